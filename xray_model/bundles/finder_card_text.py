"""The lung finder's card in words, rendered from the figures in `finder.json`."""

from __future__ import annotations

from xray_model.bundles.finder_card import KERAS, LITERT, FinderCard
from xray_model.notice import NOTICE

TEMPLATE = """# {name}

> {notice}

Finds both lungs on an upright frontal chest radiograph: a small U-Net of separable convolutions, made by this
project. Version {version}, {created}. Input: {size} x {size} grey levels 0-255. Output: a score per lung on a 64 x 64
grid, and 160 features. `{keras}` is the network, `{litert}` the same for LiteRT. Licence Apache-2.0; training data CC
BY 4.0.

It does three things: it draws the lungs' outline; an image whose smaller lung takes less than {least:.1%} of the
picture is refused as no frontal chest radiograph; and a linear score of its features warns when an image looks unlike
the children of 1-5 years that the classifier learned from.

## Data

{images} radiographs of the Kermany training folder whose lung mask (made by somebody's U-Net) looks like two whole
lungs, and {phantoms} synthetic phantoms, which know their lungs under every opacity. A quarter of the pictures of an
epoch show no upright chest: radiographs turned, inverted, shuffled or enlarged to a detail, clouds, shapes, limb-like
bodies. No image of the things to be refused was learned from. Split by patient, seed {seed}; fingerprint
{fingerprint}.

## Figures

- Lungs: mean Dice coefficient {dice:.3f} on {outlines} held-out radiographs (5 % of them below {worst:.3f}), against
  masks that are noisy themselves. The outline that is drawn is wider: each lung's convex hull and 4 of 224 pixels
  around it.
- Held-out children: {children_refused} of {children} refused; {children_flagged} flagged as unlike the population
  (the threshold was set on them, at {alarm:.0%}).
- Adults (NIH): {adults_refused} of {adults} refused; of {adults_held_out} that the population check did not learn
  from, {adults_flagged} flagged.

## How to make it again

```
{command}
```

## Limits

A lung that an opacity or fluid has turned white may be found too small. On heavily built adults on portable films the
lungs can be missed, and the image is refused. The population check knows adults as the only people outside.
"""


def render_finder_card(card: FinderCard) -> str:
    """The text of `FINDER_CARD.md`."""
    outline, children, adults = (card.evaluation[name] for name in ("outline", "children", "adults"))
    return TEMPLATE.format(
        name=card.name,
        notice=NOTICE,
        version=card.version,
        created=card.created,
        size=card.input_size,
        keras=KERAS,
        litert=LITERT,
        least=card.least_lung,
        images=card.training["images"],
        phantoms=card.training["phantoms"],
        seed=card.training["seed"],
        fingerprint=card.training["fingerprint"],
        dice=outline["dice"],
        outlines=outline["n"],
        worst=outline["dice_5th_percentile"],
        children=children["n"],
        children_refused=children["refused"],
        children_flagged=children["flagged"],
        alarm=card.training["alarm"],
        adults=adults["n"],
        adults_refused=adults["refused"],
        adults_held_out=adults["held_out"],
        adults_flagged=adults["held_out_flagged"],
        command=card.training["command"],
    )
