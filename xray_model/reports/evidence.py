"""Charts of the evidence for a bundle, each from its card and its answers on validation films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.card import SERIES, VALIDATION, ModelCard
from xray_model.bundles.validation_answers import load_answers
from xray_model.evaluation.curves import accuracy_by_coverage, corners, decision_curve, net_benefit, reliability
from xray_model.evaluation.curves import roc_curve as roc
from xray_model.evaluation.groups import AS_TAKEN, worst_cell
from xray_model.evaluation.operating_points import OperatingPoint, measure_operating_point
from xray_model.evaluation.prevalence import HIGHEST, LOWEST, at_prevalence, predictive_values
from xray_model.labels import LABELS
from xray_model.reports.chart import BLUE, GREY, ORANGE, Chart, Series

DRAWN = 200  # points of a curve that is drawn by coverage
THRESHOLDS = np.arange(1, 96) / 100  # of the decision curve
CORNER = 0.3  # of the ROC curve's axes
HUNDRED = 10  # figures in a row, and rows, of a hundred people
SAID = {
    SERIES: "each answered by a network that saw nothing of its series; the thresholds were chosen on them",
    VALIDATION: "held out, answered by the bundle's own network",
}


@dataclass(frozen=True, eq=False)
class AnsweredFilms:
    """A set of validation films as taken. name: in the card's `evaluation`. probability: (n,), of PNEUMONIA where both
    labels are equally common. label: (n,), 0 or 1. data: a phrase naming the films."""

    name: str
    probability: NDArray[np.float64]
    label: NDArray[np.int8]
    data: str

    def point(self, name: str, threshold: float) -> OperatingPoint:
        """What a threshold does on these films."""
        return measure_operating_point(name, threshold, self.probability, self.label, self.data)

    def at(self, prevalence: float) -> NDArray[np.float64]:
        """The probabilities told for another prevalence."""
        return at_prevalence(self.probability, prevalence)

    @property
    def share(self) -> float:
        """The share of PNEUMONIA among these films."""
        return float(self.label.mean())


def answered_films(bundle: Bundle) -> dict[str, AnsweredFilms]:
    """Set -> its films, those that the thresholds were chosen on first; raises `InvalidBundle` without its answers."""
    found = {}
    for name, rows in load_answers(bundle.folder).items():
        films = rows.take(rows.as_taken)
        children = len(set(films.patient.tolist()))
        data = f"{len(films):,} films of {children:,} children, {SAID.get(name, name)}"
        found[name] = AnsweredFilms(name, films.probability, films.label, data)
    return dict(sorted(found.items(), key=lambda item: item[0] != SERIES))


def roc_chart(films: AnsweredFilms, card: ModelCard, threshold: float, corner: bool = False) -> Chart:
    """ROC curve, the operating points on it, and a threshold of one's own. corner: only where the points lie."""
    across, up = roc(films.probability, films.label)
    kept = corners(across, up)
    points = [films.point(point.name, point.threshold) for point in card.operating_points]
    chosen = films.point("chosen", threshold)
    names = tuple(point.name for point in points)
    return Chart(
        "roc",
        "ROC curve with the operating points",
        "false alarms (1 - specificity)",
        "found (sensitivity)",
        (
            Series("every threshold", across[kept].tolist(), up[kept].tolist()),
            _dots("operating points", points, "circle", BLUE, names),
            _dots("your threshold", [chosen], "diamond", ORANGE),
        ),
        films.data,
        (0, CORNER) if corner else (0, 1),
        (1 - CORNER, 1.005) if corner else (0, 1),
        diagonal=True,
    )


def _dots(name: str, points: list[OperatingPoint], marker: str, colour: str, texts: tuple[str, ...] = ()) -> Series:
    across, up = [1 - point.specificity for point in points], [point.sensitivity for point in points]
    return Series(name, across, up, texts=texts, marker=marker, colour=colour)


def of_hundred(point: OperatingPoint) -> dict[str, int]:
    """What becomes of 100 ill and 100 healthy people, in whole people: found, missed, cleared, false alarm.

    Somebody is missed unless really nobody is: 99.6 are 99.
    """
    found, cleared = _people(point.sensitivity), _people(point.specificity)
    return {"found": found, "missed": 100 - found, "cleared": cleared, "false alarm": 100 - cleared}


def _people(share: float) -> int:
    return round(100 * share) if share in (0, 1) else min(99, max(1, round(100 * share)))


def hundred_chart(point: OperatingPoint) -> Chart:
    """100 ill people and beside them 100 healthy ones, each a mark that says what a threshold makes of them."""
    counts, series = of_hundred(point), []
    looks = {"found": ("circle", BLUE), "missed": ("cross", ORANGE), "cleared": ("square", BLUE)}
    looks["false alarm"] = ("triangle", ORANGE)
    for number, (name, (marker, colour)) in enumerate(looks.items()):
        first = 0 if number % 2 == 0 else 100 - counts[name]
        places = range(first, first + counts[name])
        across = [place % HUNDRED + (HUNDRED + 2) * (number // 2) for place in places]
        up = [HUNDRED - place // HUNDRED for place in places]
        who = "of the ill" if number < 2 else "of the healthy"
        series.append(Series(f"{counts[name]} {who}: {name}", across, up, marker=marker, colour=colour))
    return Chart(
        "of-100",
        f"100 ill children (left) and 100 healthy ones (right) at a threshold of {point.threshold:.1%}",
        "column",
        "row",
        tuple(series),
        point.data,
        (-1, 2 * HUNDRED + 2),
        (0, HUNDRED + 4),
        percent="",
        bare=True,
    )


def predictive_values_chart(point: OperatingPoint, prevalence: float) -> Chart:
    """PPV and NPV of the decisions at a point, by prevalence, with their intervals."""
    shares = [LOWEST, *(percent / 100 for percent in range(2, round(HIGHEST * 100) + 1))]
    worth = [predictive_values(point, share) for share in shares]
    limits = {"ppv": [one.ppv_interval for one in worth], "npv": [one.npv_interval for one in worth]}
    low, high = ({name: [pair[end] for pair in pairs] for name, pairs in limits.items()} for end in (0, 1))
    ppv, npv = [one.ppv for one in worth], [one.npv for one in worth]
    return Chart(
        "predictive-values",
        f"What a decision is worth, by prevalence ({point.name})",
        "prevalence of pneumonia",
        "share of the calls that is right",
        (
            Series("PPV: called PNEUMONIA, and has it", shares, ppv, low["ppv"], high["ppv"], colour=ORANGE),
            Series("NPV: called NORMAL, and is healthy", shares, npv, low["npv"], high["npv"], dash=(6, 3)),
        ),
        point.data,
        (0, HIGHEST),
        at=prevalence,
    )


def reliability_chart(films: AnsweredFilms) -> Chart:
    """Observed share of the ill against the probability told for these films' own share."""
    bins = reliability(films.at(films.share), films.label)
    low, high = ([one.interval[end] for one in bins] for end in (0, 1))
    counts = tuple(f"n = {one.n:,}" for one in bins)
    dots = Series(
        "tenths of the scale", [one.mean for one in bins], [one.share for one in bins], low, high, counts,
        marker="circle",
    )  # fmt: skip
    return Chart(
        "reliability",
        f"Reliability, where {films.share:.0%} have pneumonia, as of these films",
        "probability",
        "observed share",
        (dots,),
        films.data,
        diagonal=True,
    )


def decision_chart(films: AnsweredFilms, prevalence: float) -> Chart:
    """Decision curve: net benefit of treating by the model, of treating all, and of treating none."""
    model = decision_curve(films.at(prevalence), films.label, prevalence, THRESHOLDS)
    everyone = net_benefit(1.0, 1.0, prevalence, THRESHOLDS)
    shown, x = everyone >= -0.05, THRESHOLDS.tolist()
    return Chart(
        "decision-curve",
        f"Decision curve, where {prevalence:.0%} have pneumonia",
        "treat from this probability on",
        "net benefit per child",
        (
            Series("by the model", x, model.tolist()),
            Series("treat all", THRESHOLDS[shown].tolist(), everyone[shown].tolist(), colour=ORANGE, dash=(6, 3)),
            Series("treat none", x, [0.0] * len(x), colour=GREY, dash=(2, 2)),
        ),
        films.data,
        y_range=(-0.05, max(0.1, prevalence * 1.05)),
        percent="x",
    )


def coverage_chart(films: AnsweredFilms, card: ModelCard) -> Chart:
    """Accuracy on the surest part of the films, and where the not-sure band leaves it."""
    share, accuracy = accuracy_by_coverage(films.probability, films.label, card.operating_point().threshold)
    kept = np.unique(np.linspace(share.size * 0.3, share.size - 1, DRAWN).astype(int))
    figures = card.evaluation[films.name]
    records = figures["risk_coverage"]
    low, high = ([record["accuracy"]["interval"][end] for record in records] for end in (0, 1))
    series = [
        Series("the surest first", share[kept].tolist(), accuracy[kept].tolist()),
        Series(
            "with 95 % interval",
            [record["coverage"] for record in records],
            [record["accuracy"]["value"] for record in records],
            low,
            high,
            marker="circle",
        ),
    ]
    if band := figures.get("not_sure"):
        answered, right = 1 - band["share"]["value"], band["accuracy_of_the_others"]
        series.append(
            Series(
                "without those called not sure",
                [answered],
                [right["value"]],
                right["interval"][:1],
                right["interval"][1:],
                colour=ORANGE,
                marker="diamond",
            )
        )
    return Chart(
        "coverage",
        "Accuracy against the share of films answered",
        "share of films answered",
        "accuracy",
        tuple(series),
        films.data,
        (0.3, 1.02),
        (min(low) - 0.01, 1.003),
    )


def groups_chart(card: ModelCard, films: AnsweredFilms, point: str) -> Chart:
    """Each group's share called right at an operating point: as taken, under simulated change, and the worst."""
    records = card.evaluation[films.name]["groups"]
    plain = [record for record in records if record["condition"] == AS_TAKEN]
    changed = [record for record in records if record["condition"] != AS_TAKEN]
    worst = [worst_cell(records, point, label) for label in LABELS]
    least = min(record["right"][point]["interval"][0] for record in [*plain, *worst])
    names = sorted({record["group"] for record in records})
    return Chart(
        "groups",
        f"Called right, by group of films ({point})",
        "share called right",
        "group",
        (
            _cells("under a simulated change", changed, point, "tick", GREY, bare=True),
            _cells("as taken", plain, point, "circle", BLUE),
            _cells("served worst, of the ill and of the healthy", worst, point, "diamond", ORANGE),
        ),
        films.data,
        (max(0.0, least - 0.02), 1.003),
        rows=tuple(row_name(name) for name in names),
        percent="x",
    )


def _cells(
    name: str, records: list[dict[str, Any]], point: str, marker: str, colour: str, bare: bool = False
) -> Series:
    figures = [record["right"][point] for record in records]
    low, high = ([] if bare else [figure["interval"][end] for figure in figures] for end in (0, 1))
    texts = [] if marker == "circle" else [record["condition"] for record in records]
    rows = [row_name(record["group"]) for record in records]
    return Series(name, [figure["value"] for figure in figures], rows, low, high, texts, colour, marker=marker)


def row_name(group: str) -> str:
    """A group's name on two lines."""
    label, _, rest = group.partition(", ")
    return f"{label}\n{rest}" if rest else label
