"""The prose card, written from `card.json` alone, so that no number in it can differ."""

from __future__ import annotations

from typing import Any

from xray_model.bundles.card import POOLED, SERIES, ModelCard
from xray_model.evaluation.operating_points import RULES
from xray_model.notice import NOTICE

DATA_LICENCE_TEXT = """The weights in this folder were learned from:

Kermany, Daniel; Zhang, Kang; Goldbaum, Michael (2018), "Labeled Optical Coherence Tomography (OCT) and Chest X-Ray
Images for Classification", Mendeley Data, V2, doi: 10.17632/rscbjbr9sj.2. Licence: CC BY 4.0,
https://creativecommons.org/licenses/by/4.0/. Changes: reduced to 224 x 224 pixels; learned from, not included.

Kermany, Goldbaum, Cai, et al., "Identifying Medical Diagnoses and Treatable Diseases by Image-Based Deep Learning",
Cell 172(5), 2018, doi: 10.1016/j.cell.2018.02.010.

and from synthetic phantoms drawn by this project (Apache-2.0). The start weights of the backbone were learned from
ImageNet (Apache-2.0 release). The weights themselves are released under Apache-2.0.
"""

_POOLING = {
    "gate": "An image on which the lung finder sees no two lungs is refused. ",
    "pooled": "The answer is pooled over the lungs alone: the lung finder outlines them, an image without two lungs is "
    "refused, and evidence elsewhere in the picture has no say. The graph's own logit is that of the whole picture; "
    "`pool_over_lungs` turns it into the answer's. ",
}
_WHICH_SERIES = "first `IM-` and persons below 1000, second `NORMAL2-IM-` and persons from 1000 on"
_ACROSS = (
    "Left-out series: the recipe was run twice more, each time without one of the two series of films that the file "
    f"names tell ({_WHICH_SERIES}), and every film "
    "was answered by the network that saw nothing of its series. Those networks are not the one in this folder; they "
    "learned from half as many films, and tell how the recipe does on films of other months and habits.\n\n"
)
LIMITS = (
    "## Limits\n\nNearly all public models on these data lose specificity on radiographs from elsewhere: healthy "
    "people are called ill. Side markers, tubes, framing and exposure differ between the two labels in the training "
    "data and can mislead. "
    "Findings other than pneumonia are not looked for: a NORMAL call does not mean a normal film.\n"
)


def render_model_card(card: ModelCard) -> str:
    """`MODEL_CARD.md` (Mitchell et al., FAT* 2019), Markdown."""
    parts = [
        f"# {card.name}\n",
        f"> {NOTICE}\n",
        _what(card),
        "## Population\n",
        _population(card),
        _data(card),
        _operating_points(card),
        _figures(card.evaluation),
        _selective(card),
        _phantoms(card.evaluation.get("phantoms", {})),
        _explanation(card),
        _training(card.training),
        _choices(card),
        LIMITS,
    ]
    return "\n".join(part for part in parts if part)


def percent(share: float) -> str:
    """A share in [0, 1] as text, one decimal: `93.2 %`."""
    return f"{100 * share:.1f} %"


def _interval(pair: Any) -> str:
    return f"{100 * pair[0]:.1f}-{100 * pair[1]:.1f}"


def _what(card: ModelCard) -> str:
    origin = "a visitor's own run, checked by nobody" if card.user_run else "made by this project"
    return (
        f"A {card.backbone} classifier of frontal chest radiographs, PNEUMONIA or NORMAL; {origin}. "
        f"Version {card.version}, {card.created}. Input: {card.input_size} x {card.input_size} grey levels 0-255. "
        "Output: a logit; "
        f"probability = sigmoid({card.calibration.scale:.4f} x logit + {card.calibration.bias:.4f}). "
        f"Licence {card.licence}; training data {card.data_licence}.\n\n"
        "Intended use: teaching, research and demonstration of transfer learning, calibration and explanation. "
        "Not intended: any decision about a person's care.\n"
    )


def _population(card: ModelCard) -> str:
    first = f"{card.population[0].upper()}{card.population[1:]}."
    if card.user_run:
        return f"{first} On anybody and anything else the figures below do not hold.\n"
    return (
        f"{first} Age and sex of the single child are not "
        "in the data set, so no figures by them can be given. On adults, other hospitals "
        "and other views the figures below do not hold.\n"
    )


def _data(card: ModelCard) -> str:
    training, kind = card.training, "images" if card.user_run else "real radiographs"
    learned, held = training["training"], training["validation"]
    return (
        "## Data\n\n"
        f"Learned from {learned['NORMAL']:,} NORMAL and {learned['PNEUMONIA']:,} PNEUMONIA images, of which "
        f"{training['config']['phantoms']} are synthetic phantoms; held out: {held['NORMAL']:,} NORMAL and "
        f"{held['PNEUMONIA']:,} PNEUMONIA {kind}. Split by patient, near-duplicates kept together, seed "
        f"{training['config']['seed']}; fingerprints {learned['fingerprint']} and {held['fingerprint']}. "
        "No test set was looked at.\n"
    )


def _operating_points(card: ModelCard) -> str:
    rows = [
        f"| {point.name}{' (default)' if point.name == card.default_operating_point else ''} | {point.threshold:.4f} "
        f"| {percent(point.sensitivity)} ({_interval(point.sensitivity_interval)}) "
        f"| {percent(point.specificity)} ({_interval(point.specificity_interval)}) |"
        for point in card.operating_points
    ]
    return (
        f"## Operating points\n\nRule: PNEUMONIA when probability >= threshold. Chosen on "
        f"{card.operating_points[0].data}; brackets: 95 % intervals.\n\n"
        "| name | threshold | sensitivity | specificity |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
        f"\n{RULES}\n"
    )


def _figures(evaluation: dict[str, Any]) -> str:
    head = "| on | n | AUC | accuracy | ECE | Brier |\n|---|---|---|---|---|---|\n"
    rows = []
    for name, figures in evaluation.items():
        if "auc" not in figures:
            continue
        cells = [f"{figures[key]['value']:.3f} ({_three(figures[key]['interval'])})" for key in ("auc",)]
        cells += [f"{percent(figures['accuracy']['value'])} ({_interval(figures['accuracy']['interval'])})"]
        cells += [f"{figures[key]['value']:.3f} ({_three(figures[key]['interval'])})" for key in ("ece", "brier")]
        rows.append(f"| {name} | {figures['n']:,} | " + " | ".join(cells) + " |")
    chosen_on = "on the left-out series" if SERIES in evaluation else "on the shifted validation images"
    return (
        "## Figures\n\nAt the default operating point; brackets: 95 % bootstrap intervals, by patient. Calibration and "
        f"thresholds were chosen {chosen_on}, so its figures are optimistic.\n\n"
        + head + "\n".join(rows) + "\n\n" + (_ACROSS if SERIES in evaluation else "") + _subgroups(evaluation)
    )  # fmt: skip


def _subgroups(evaluation: dict[str, Any]) -> str:
    """A table of the groups that the file names tell, a row for each; empty when they tell none."""
    sets = {name: figures["subgroups"] for name, figures in evaluation.items() if figures.get("subgroups")}
    if not sets:
        return ""
    rows = [
        f"| {group} | " + " | ".join(_right(groups.get(group)) for groups in sets.values()) + " |"
        for group in dict.fromkeys(group for groups in sets.values() for group in groups)
    ]
    series = f" (series: {_WHICH_SERIES})" if SERIES not in evaluation and any("series" in row for row in rows) else ""
    return (
        f"Called right (sensitivity of the ill, specificity of the healthy), by what the file names tell{series}:\n\n"
        + "| of | " + " | ".join(sets) + " |\n|---|" + "---|" * len(sets) + "\n" + "\n".join(rows) + "\n"
    )  # fmt: skip


def _right(group: dict[str, Any] | None) -> str:
    return f"{percent(group['right'])} of {group['n']:,}" if group else ""


def _selective(card: ModelCard) -> str:
    """The "not sure" band and what answering fewer images buys; empty for a run too small to have a band."""
    band = card.not_sure
    if band is None:
        return ""
    sets = {name: figures for name, figures in card.evaluation.items() if "not_sure" in figures}
    shares = [
        f"- {name}: {percent(figures['not_sure']['share']['value'])} not sure, "
        f"accuracy of the others {percent(figures['not_sure']['accuracy_of_the_others']['value'])} "
        f"({_interval(figures['not_sure']['accuracy_of_the_others']['interval'])})."
        for name, figures in sets.items()
    ]
    steps = [step["coverage"] for step in next(iter(sets.values()))["risk_coverage"]]
    rows = [
        f"| {name} | " + " | ".join(percent(step["accuracy"]["value"]) for step in figures["risk_coverage"]) + " |"
        for name, figures in sets.items()
    ]
    return (
        f"## Not sure\n\nProbabilities from {band.low:.4f} to {band.high:.4f} are called not sure. Outside of that "
        f"band, of new images exchangeable with the {band.normal:,} NORMAL and {band.pneumonia:,} PNEUMONIA ones it "
        f"was chosen on, at most {percent(band.error)} of each label are answered wrongly, on average over such "
        "choices (class-conditional split-conformal prediction). A shift of population voids the promise.\n\n"
        + "\n".join(shares)
        + "\n\nAccuracy when only the share of images furthest from the threshold is answered:\n\n| on | "
        + " | ".join(f"{step:.0%}" for step in steps)
        + " |\n|---|"
        + "---|" * len(steps)
        + "\n"
        + "\n".join(rows)
        + "\n"
    )


def _three(pair: Any) -> str:
    return f"{pair[0]:.3f}-{pair[1]:.3f}"


def _phantoms(trial: dict[str, Any]) -> str:
    if not trial:
        return ""
    return (
        f"Synthetic phantoms of unseen seeds: {percent(trial['accuracy'])} of {trial['n']:,} called right; "
        "the map's peak lies in the opacity, or within a tenth of the width of it, in "
        f"{percent(trial['pointing'])} of {trial['abnormal']} abnormal ones.\n"
    )


def _explanation(card: ModelCard) -> str:
    return (
        "## Explanation\n\n"
        + _POOLING.get(card.lungs, "")
        + "Grad-CAM of the logit for PNEUMONIA, of minus the logit for NORMAL. A map is drawn at "
        f"full strength from {card.evidence_reference:.4f} logits per cell on, the median maximum over held-out "
        "PNEUMONIA images; weaker maps are drawn weaker. A map shows where the network found its evidence, not where "
        "disease is.\n"
    )


def _training(training: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in training["versions"].items())
    return f"## How to make it again\n\n```\n{training['command']}\n```\n\nWith {versions}. Settings: `card.json`.\n"


def _choices(card: ModelCard) -> str:
    """Where the recipe comes from; a visitor's own run has no such table."""
    if card.user_run or card.lungs != POOLED:
        return ""
    return (
        "What each choice of the recipe is worth stands in `ablation.csv`: short runs, one change at a time, judged on "
        "a series of films and on persons that they never saw, as they are and under simulated acquisition shift. It "
        'is made by `python -m xray_model ablate "$XRAY_DATA_DIR/kermany_train" --out ablation.csv`.\n'
    )
