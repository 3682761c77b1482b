"""Every sentence about a result, in plain words and without advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xray_model import PNEUMONIA, POPULATION

if TYPE_CHECKING:
    from xray_model import Heatmap, NotSureBand, OperatingPoint, Source

TIMES = "\N{MULTIPLICATION SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
RANGE = "\N{NON-BREAKING HYPHEN}"  # between the ends of an interval
WEAK = 0.5  # of the usual maximum of a PNEUMONIA map: below, the picture is faint and the words say so
POINTS = {
    "screening": ("Screening", "Misses few radiographs with pneumonia, and flags more without."),
    "balanced": ("Balanced", "Keeps both kinds of error few, and leans to missing fewer."),
    "rule-in": ("Rule-in", "Flags few radiographs without pneumonia, and misses more with."),
}
POPULATION_LINE = f"Trained on {POPULATION}. Results on other people are unreliable."


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage that never claims certainty."""
    edge = 10**-decimals
    if 0 < share * 100 < edge / 2:
        return f"<{NBSP}{edge:g}{NBSP}%"
    if 100 - edge / 2 < share * 100 < 100:
        return f">{NBSP}{100 - edge:.{decimals}f}{NBSP}%"
    return f"{share * 100:.{decimals}f}{NBSP}%"


def interval(low: float, high: float, decimals: int = 0) -> str:
    """A 95 % interval, short and unbroken; with one more decimal where its ends would read the same."""
    ends = [f"{end * 100:.{decimals}f}" for end in (low, high)]
    if ends[0] == ends[1] and low < high:
        ends = [f"{end * 100:.{decimals + 1}f}" for end in (low, high)]
    return f"{RANGE.join(ends)}{NBSP}%"


def plain(text: str) -> str:
    """A file's name as Markdown shows it unchanged, on one line."""
    text = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:-])", r"\\\1", text)


def point_title(name: str) -> str:
    """An operating point's name for a reader."""
    return POINTS.get(name, (name.replace("-", " ").capitalize(), ""))[0]


def point_purpose(name: str) -> str:
    """What an operating point is made for, in one sentence; empty for a name nobody described."""
    return POINTS.get(name, ("", ""))[1]


def source_sentence(source: Source) -> str:
    """The facts that are kept of a file, one after the other."""
    size = f"{source.width:,} {TIMES} {source.height:,} pixels, {source.bit_depth} {plural('bit', source.bit_depth)}"
    facts = [source.format, size]
    if (found := source.acquisition) is not None:
        facts[1:1] = [word for word in (found.modality, (found.body_part or "").lower(), found.view) if word]
        facts += [found.photometric] if found.photometric else []
        facts += [f"{found.spacing[0]:.3g}{NBSP}mm a pixel"] if found.spacing else []
        facts += [f"window {found.window[0]:g}{NBSP}/{NBSP}{found.window[1]:g}"] if found.window else []
    return " · ".join(facts)


def plural(word: str, count: int) -> str:
    """The word, with an s unless there is one."""
    return word if count == 1 else f"{word}s"


def probability_sentence(probability: float) -> str:
    """What a calibrated probability means."""
    of_hundred = round(probability * 100)
    amount = f"about {of_hundred}"
    if of_hundred == 0:
        amount = "fewer than 1"
    elif of_hundred == 100:
        amount = "more than 99"
    return f"Of 100 radiographs that the model gives this probability, {amount} would be expected to show pneumonia."


def decision_sentence(probability: float, point: OperatingPoint) -> str:
    """How the decision follows from the probability."""
    verb = "at or above" if point.decide(probability) == PNEUMONIA else "below"
    decimals = 0
    while decimals < 3 and percent(probability, decimals) == percent(point.threshold, decimals):
        decimals += 1  # "42 % is below 42 %" helps nobody
    value, limit = percent(probability, decimals), percent(point.threshold, decimals)
    value = value.replace(">", "\\>")  # at the beginning of a line Markdown takes it for a quotation
    return f"{value} is {verb} the threshold of {limit} at the {point_title(point.name).lower()} operating point."


def not_sure_sentence(band: NotSureBand) -> str:
    """What the "not sure" band means and what it promises."""
    return (
        f"**Not sure.** Between {percent(band.low)} and {percent(band.high)} the probability rules out neither label. "
        f"Outside of that band at most {percent(band.error)} of the radiographs of each label, if they are like the "
        f"{band.normal + band.pneumonia:,} it was chosen on, are answered wrongly."
    )


def population_sentence(unusual: float) -> str:
    """A warning for an image unlike those that the model learned from."""
    return (
        f"**Unlike the children of 1{RANGE}5 years that the model learned from**: more unusual than "
        f"{percent(unusual)} of them. The probability and the figures beside it may not hold."
    )


def outside_sentence(share: float, pooled: bool) -> str:
    """How much of the network's evidence for PNEUMONIA lies outside the lungs, and what is done with it."""
    sentence = f"Evidence for PNEUMONIA outside the lungs: {percent(share)} of what the network sees in the picture"
    return f"{sentence}. It is left out of the answer and of the map." if pooled else f"{sentence}."


def table_sentence(point: OperatingPoint) -> str:
    """What the decisions in a table were made with."""
    limit = percent(point.threshold)
    return f"Decisions at the {point_title(point.name).lower()} operating point, threshold {limit}."


def point_sentence(point: OperatingPoint) -> str:
    """An operating point's sensitivity and specificity, with intervals and where they were measured."""
    return (
        f"**Sensitivity {percent(point.sensitivity)}** (95{NBSP}% interval {interval(*point.sensitivity_interval)}): "
        f"of 100 radiographs with pneumonia it flags about {point.sensitivity * 100:.0f}. "
        f"**Specificity {percent(point.specificity)}** ({interval(*point.specificity_interval)}): "
        f"of 100 without it leaves about {point.specificity * 100:.0f} unflagged. "
        f"Measured on {point.data}."
    )


def region_sentence(heatmap: Heatmap) -> str:
    """Where a map is strongest, how strong it is, or that it is empty."""
    if heatmap.is_empty:
        return f"No evidence for {heatmap.target} was found: the map is empty, so nothing is drawn."
    sentence = f"Evidence for {heatmap.target} is strongest in the {_place(heatmap.region() or '')}."
    if heatmap.strength < WEAK:
        sentence += f" It is weak: {percent(heatmap.strength)} of what is drawn at full strength."
    return sentence


def _place(region: str) -> str:
    side = region.split()[0]
    if side in ("right", "left"):
        return f"{region} (the patient's {side}, on the picture's {'left' if side == 'right' else 'right'})"
    return f"{region.removeprefix('midline, ')}, near the midline"
