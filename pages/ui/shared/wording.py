"""The sentences about a result, in plain words and without advice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from xray_model import LABELS, PNEUMONIA, POPULATION

if TYPE_CHECKING:
    from pages.ui.shared.session import Setting
    from xray_model import Heatmap, NotSureBand, OperatingPoint, Prediction, PredictiveValues, Source

TIMES = "\N{MULTIPLICATION SIGN}"
NBSP = "\N{NO-BREAK SPACE}"
RANGE = "\N{NON-BREAKING HYPHEN}"  # between the ends of an interval
NAMED = 5  # files in a sentence; more are counted
WEAK = 0.5  # of the usual maximum of a PNEUMONIA map; a weaker map looks faint, and a sentence says so
FAINT = 0.1  # of full strength: no place is worth naming
POINTS = {
    "screening": ("Screening", "Misses few radiographs with pneumonia, but flags more without it."),
    "balanced": ("Balanced", "Keeps both kinds of error low, with a preference for missing fewer."),
    "rule-in": ("Rule-in", "Flags few radiographs without pneumonia, but misses more with it."),
}
POPULATION_LINE = f"Trained on {POPULATION}. Results for other people are unreliable."


def percent(share: float, decimals: int = 0) -> str:
    """A share in [0, 1] as a percentage, never rounded to 0 % or 100 %."""
    edge = 10**-decimals
    if 0 < share * 100 < edge / 2:
        return f"<{NBSP}{edge:g}{NBSP}%"
    if 100 - edge / 2 < share * 100 < 100:
        return f">{NBSP}{100 - edge:.{decimals}f}{NBSP}%"
    return f"{share * 100:.{decimals}f}{NBSP}%"


def interval(low: float, high: float, decimals: int = 0) -> str:
    """An interval in per cent, with one more decimal where its ends would look the same."""
    ends = [f"{end * 100:.{decimals}f}" for end in (low, high)]
    if ends[0] == ends[1] and low < high:
        ends = [f"{end * 100:.{decimals + 1}f}" for end in (low, high)]
    return f"{RANGE.join(ends)}{NBSP}%"


def plain(text: str) -> str:
    """A text, such as a file's name, escaped so that Markdown shows it unchanged on one line."""
    text = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~$:-])", r"\\\1", text)


def names(files: Sequence[str]) -> str:
    """The first few names of files, and how many more there are."""
    more = f" and {len(files) - NAMED:,} more" if len(files) > NAMED else ""
    return ", ".join(plain(name) for name in files[:NAMED]) + more


def point_title(name: str) -> str:
    """An operating point's name, as the page shows it."""
    return POINTS.get(name, (name.replace("-", " ").capitalize(), ""))[0]


def point_purpose(name: str) -> str:
    """The purpose of an operating point in one sentence; empty for an unknown name."""
    return POINTS.get(name, ("", ""))[1]


def source_sentence(source: Source) -> str:
    """The facts kept about a file, in one line."""
    size = f"{source.width:,} {TIMES} {source.height:,} pixels, {source.bit_depth} {plural('bit', source.bit_depth)}"
    facts = [source.format, size]
    if (found := source.acquisition) is not None:
        facts[1:1] = [word for word in (found.modality, (found.body_part or "").lower(), found.view) if word]
        facts += [found.photometric] if found.photometric else []
        facts += [f"{found.spacing[0]:.3g}{NBSP}mm a pixel"] if found.spacing else []
        facts += [f"window {found.window[0]:g}{NBSP}/{NBSP}{found.window[1]:g}"] if found.window else []
    return " · ".join(facts)


def plural(word: str, count: int) -> str:
    """The word, in the plural unless `count` is 1."""
    return word if count == 1 else f"{word}s"


def probability_sentence(probability: float, prevalence: float) -> str:
    """The meaning of a calibrated probability, which holds for a prevalence."""
    of_hundred = round(probability * 100)
    amount = f"about {of_hundred}"
    if of_hundred == 0:
        amount = "fewer than 1"
    elif of_hundred == 100:
        amount = "more than 99"
    where = f"where {percent(prevalence)} have pneumonia"
    return f"Of 100 radiographs with this answer, {where}, **{amount}** should show it."


def decision_sentence(prediction: Prediction) -> str:
    """The reason for the decision: probability against threshold, both told for one prevalence."""
    verb = "at or above" if prediction.label == PNEUMONIA else "below"
    probability, threshold, point = prediction.probability, prediction.threshold, prediction.operating_point
    decimals = 0
    while decimals < 3 and percent(probability, decimals) == percent(threshold, decimals):
        decimals += 1  # "42 % is below 42 %" would make no sense
    value, limit = percent(probability, decimals), percent(threshold, decimals)
    value, limit = (text.replace(">", "\\>") for text in (value, limit))  # a quotation, in Markdown
    return f"{value} is {verb} the threshold of {limit} at the {point_title(point.name).lower()} operating point."


def worth_sentence(label: str, worth: PredictiveValues) -> str:
    """What a decision is worth at a prevalence: its predictive value, with the interval."""
    value, bounds, what = (
        (worth.ppv, worth.ppv_interval, "have it (PPV)")
        if label == PNEUMONIA
        else (worth.npv, worth.npv_interval, "do not have it (NPV)")
    )
    ends = interval(*bounds, decimals=1)
    return f"Of all those called {label}, {percent(value, 1)} {what}; 95{NBSP}% interval {ends}."


def not_sure_sentence(band: NotSureBand, low: float, high: float) -> str:
    """The meaning of the not-sure band, and what it guarantees. low, high: its limits as they are told."""
    each = "label" if band.groups == len(LABELS) else "group of films"
    return (
        f"**Not sure.** A probability between {percent(low)} and {percent(high)} rules out neither label. "
        f"Outside that band, at most {percent(band.error)} of each {each} get a wrong answer, "
        f"provided that they are like those that the band was chosen on."
    )


def population_sentence(unusual: float) -> str:
    """The warning about an image unlike those the model learned from. unusual: share in [0, 1] of them."""
    share = "any" if unusual > 0.995 else percent(unusual)
    return (
        f"**Unlike the children of 1{RANGE}5 years that the model learned from**: more unusual than "
        f"{share} of them. The probability and the figures may be wrong."
    )


def outside_sentence(share: float, pooled: bool) -> str:
    """How much of the evidence for PNEUMONIA lies outside the lungs. pooled: the answer leaves it out."""
    sentence = f"{percent(share)} of what speaks for PNEUMONIA in this picture lies outside the lungs"
    return f"{sentence}. It does not count: answer and map keep to the lungs." if pooled else f"{sentence}."


def table_sentence(setting: Setting) -> str:
    """The operating point of the decisions in a table, and the prevalence of its probabilities."""
    name, limit = point_title(setting.point.name).lower(), percent(setting.threshold)
    return f"Decisions at the {name} operating point, threshold {limit}, where {percent(setting.prevalence)} are ill."


def point_sentence(point: OperatingPoint) -> str:
    """An operating point's sensitivity and specificity, with intervals and the data they were measured on."""
    return (
        f"**Sensitivity {percent(point.sensitivity)}** (95{NBSP}% interval {interval(*point.sensitivity_interval)}): "
        f"of 100 radiographs with pneumonia it flags about {point.sensitivity * 100:.0f}. "
        f"**Specificity {percent(point.specificity)}** ({interval(*point.specificity_interval)}): "
        f"of 100 without it, it leaves about {point.specificity * 100:.0f} unflagged. "
        f"Measured on {point.data}."
    )


def region_sentence(heatmap: Heatmap) -> str:
    """Where a map is strongest and whether it is weak, or that it is empty."""
    if heatmap.is_empty:
        return f"No evidence for {heatmap.target}: the map is empty."
    if heatmap.strength < FAINT:
        return f"Hardly any evidence for {heatmap.target}: at most {percent(heatmap.strength)} of full strength."
    sentence = f"Evidence for {heatmap.target} is strongest in the {_place(heatmap.region() or '')}."
    if heatmap.strength < WEAK:
        sentence += f" It is weak: {percent(heatmap.strength)} of full strength."
    return sentence


def _place(region: str) -> str:
    side = region.split()[0]
    if side in ("right", "left"):
        return f"{region} (the patient's {side}, on the picture's {'left' if side == 'right' else 'right'})"
    return f"{region.removeprefix('midline, ')}, near the midline"
