"""The sentences about two answers beside one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.ui.shared import wording

if TYPE_CHECKING:
    from xray_model import Heatmap, Prediction

FILMS = (
    "Position, breath and exposure move a probability too: two films of one person may differ by more than a disease, "
    "and a small difference means nothing."
)
MODELS = (
    "Each model has its own calibration and threshold. A difference says that they disagree, not which one is right."
)


def probabilities(names: tuple[str, str], first: Prediction, second: Prediction) -> str:
    """How far apart the probabilities are, in percentage points."""
    a, b = (f"**{wording.plain(name)}**" for name in names)
    points = round(abs(second.probability - first.probability) * 100)
    values = f"{wording.percent(first.probability)} and {wording.percent(second.probability)}"
    if points == 0:
        return f"{a} and {b} have the same probability, to the percentage point: {values}."
    way = "higher" if second.probability > first.probability else "lower"
    unit = wording.plural("percentage point", points)
    return f"The probability of {b} is {points} {unit} {way} than that of {a}: {values}."


def decisions(first: Prediction, second: Prediction) -> str:
    """Whether the decisions agree, at which operating point, and who is not sure."""
    points = [wording.point_title(one.operating_point.name).lower() for one in (first, second)]
    limits = [wording.percent(one.threshold) for one in (first, second)]
    where = f"at the {points[0]} operating point, threshold {limits[0]}"
    if points[0] != points[1]:
        where += f", and the other model's {points[1]} one, threshold {limits[1]}, as it has none of that name"
    elif limits[0] != limits[1]:
        where += f" and {limits[1]}"
    if first.label == second.label:
        said = f"Both are called **{first.label}** {where}."
    else:
        said = f"The decisions differ: **{first.label}** and **{second.label}** {where}."
    unsure = [which for which, one in (("first", first), ("second", second)) if one.unsure]
    return said + (f" Not sure: the {' and the '.join(unsure)}." if unsure else "")


def places(maps: tuple[Heatmap, Heatmap]) -> str:
    """Where each map is strongest."""
    first, second = (found.region() if not found.is_empty else None for found in maps)
    target = maps[0].target
    if first == second:
        return f"Both have evidence for {target} in the same place: {first}." if first else f"No evidence for {target}."
    return f"Strongest evidence for {target}: {first or 'none'} in the first, {second or 'none'} in the second."
