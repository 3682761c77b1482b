"""The lung finder's card in words, rendered from the figures in `finder.json`."""

from __future__ import annotations

from xray_model.bundles.finder_card import KERAS, LITERT, FinderCard
from xray_model.explanation.lung_signs import ALARM as SIGN_ALARM
from xray_model.notice import NOTICE

TEMPLATE = """# {name}

> {notice}

Finds both lungs on an upright frontal chest radiograph: a small U-Net of separable convolutions, made by this
project. Version {version}, {created}. Input: {size} x {size} grey levels 0-255. Output: a score per lung on a 64 x 64
grid, 160 features, and three scores: frontal chest, mirrored, processed. `{keras}` is the network, `{litert}` the same
for LiteRT. Licence Apache-2.0; training data CC BY 4.0 (children) and NIH ChestX-ray8 (adults).

It does four things. It draws the lungs' outline. An image whose smaller lung takes less than {least:.1%} of the
picture, or that scores below {chest:.0%} as a frontal chest (the network's score times its certainty about the less
certain lung), is refused. A linear score of its features warns when an image looks unlike the children of 1-5 years
that the classifier learned from. And a warning goes with a film that seems mirrored or strongly processed, whose lungs
are cut off at the edge, or one of whose lungs is white.

## Data

{images} radiographs of the Kermany training folder whose lung mask (made by somebody's U-Net) looks like two whole
lungs, and {phantoms} synthetic phantoms, which know their lungs under every opacity. In the second half of the epochs
also children without such a mask and {others} radiographs of adults (NIH), as the network itself outlines them. Wires,
tubes, writing and white lungs are drawn over them; they are turned by up to 18 degrees, framed widely, made flat, and
processed. Four in ten pictures of an epoch show no upright chest: radiographs turned, inverted, shuffled, enlarged to a
detail, halved or on a screen, clouds, shapes, cards with writing, limb-like bodies, bodies cut across, long bones. No
image of the things to be refused was learned from. Split by patient, seed {seed}; fingerprint {fingerprint}.

## Figures

- Lungs: mean Dice coefficient {dice:.3f} on {outlines} held-out radiographs (5 % of them below {worst:.3f}), against
  masks that are noisy themselves. The outline that is drawn is wider: each lung's convex hull and 4 of 224 pixels
  around it.
- Held-out children: {children_refused} of {children} refused; {children_flagged} flagged as unlike the population
  (the threshold was set on them, at {alarm:.0%}; those of the other warnings too, at {sign_alarm:.1%} each).
- Held-out adults (NIH): {adults_refused} of {adults} refused; {adults_flagged} flagged. Warnings: {adults_warned}.
- The same held-out children drawn as in training: {lessons_refused} of {lessons_chests} chests refused,
  {lessons_answered} of {lessons_no_chests} pictures of no chest not refused.

## How to make it again

```
{command}
```

## Limits

A lung that an opacity or fluid has turned white may be found too small. On heavily built adults on portable films the
lungs can be missed, and the image is refused. Lateral films were neither learned from nor measured. The population
check knows adults as the only people outside.
"""


def render_finder_card(card: FinderCard) -> str:
    """The text of `FINDER_CARD.md`."""
    names = "outline", "children", "adults", "adults_warned", "lessons"
    outline, children, adults, warned, lessons = (card.evaluation[name] for name in names)
    return TEMPLATE.format(
        name=card.name,
        notice=NOTICE,
        version=card.version,
        created=card.created,
        size=card.input_size,
        keras=KERAS,
        litert=LITERT,
        least=card.least_lung,
        chest=card.least_chest,
        images=card.training["images"],
        phantoms=card.training["phantoms"],
        others=card.training["others"],
        seed=card.training["seed"],
        fingerprint=card.training["fingerprint"],
        dice=outline["dice"],
        outlines=outline["n"],
        worst=outline["dice_5th_percentile"],
        children=children["n"],
        children_refused=children["refused"],
        children_flagged=children["flagged"],
        alarm=card.training["alarm"],
        sign_alarm=SIGN_ALARM,
        adults=adults["n"],
        adults_refused=adults["refused"],
        adults_flagged=adults["flagged"],
        adults_warned=", ".join(f"{sign} {count}" for sign, count in warned.items()),
        lessons_chests=lessons["chests"],
        lessons_refused=lessons["refused"],
        lessons_no_chests=lessons["no_chests"],
        lessons_answered=lessons["answered"],
        command=card.training["command"],
    )
