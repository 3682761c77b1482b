"""Charts of figures that stand in tables: a recipe's choices, what others published, and the audit of the maps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from xray_model.bundles.card import ModelCard
from xray_model.inference.audit import SHIPPED
from xray_model.inference.audit_text import TITLES
from xray_model.reports.chart import BLUE, ORANGE, Chart, Series

ABLATION_FILE = "ablation.csv"
PUBLISHED_FILE = Path(__file__).with_name("published.csv")
LONG = ": 12 epochs"  # how the ablation marks its longer runs
PUBLIC_TEST = "the data set's official test folder, 624 films of children"
MEASURES = {"auc": "AUC", "accuracy": "accuracy"}
AUDITED = {figure: title.partition(" (")[0] for figure, title in TITLES.items()}


def read_ablation(folder: Path) -> list[dict[str, str]]:
    """The rows of a bundle's `ablation.csv`; none without it."""
    path = folder / ABLATION_FILE
    return _rows(path) if path.is_file() else []


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def ablation_chart(rows: list[dict[str, str]], long: bool) -> Chart:
    """AUC of the recipe, changed in one way at a time. long: the runs of 12 epochs, not the short ones."""
    chosen = [row for row in rows if row["change"].endswith(LONG) == long]
    first, *others = chosen
    ordered = [first, *sorted(others, key=lambda row: -float(row["shifted_auc"]))]
    names = [row["change"].removesuffix(LONG) for row in ordered]

    def series(name: str, column: str, marker: str, colour: str) -> Series:
        values = [[float(row[f"{column}_{end}"]) for row in ordered] for end in ("low", "high")]
        means = [float(row["auc" if column == "auc" else "shifted_auc"]) for row in ordered]
        return Series(name, means, names, values[0], values[1], (), colour, marker=marker)

    both = (
        series("films as they are", "auc", "circle", BLUE),
        series("under simulated shift", "shifted", "diamond", ORANGE),
    )
    return Chart(
        "ablation-long" if long else "ablation",
        f"One change of the recipe at a time, {'12 epochs' if long else 'short runs'}",
        "AUC on films never seen",
        "change",
        both,
        "A series of films and children that the network never saw; 95 % intervals",
        (_floor(min(both[1].low)), 1),
        rows=tuple(names),
        at=float(first["shifted_auc"]),
        percent="",
    )


def published() -> list[dict[str, str]]:
    """Published figures on the official test folder, each with its source; a figure not told is empty."""
    return _rows(PUBLISHED_FILE)


def published_chart(card: ModelCard, measure: str) -> Chart:
    """Published figures on the official test folder and this project's, best first. measure: a key of `MEASURES`."""
    theirs = {f"{row['network']}\n{row['work']}": float(row[measure]) for row in published() if row[measure]}
    judged = card.judged["figures"] or card.judged.get("former", {}).get("figures", [])
    name = card.name if card.judged["figures"] else card.judged.get("former", {}).get("bundle", "")
    ours = {f"this project\n{name}": record[measure] for record in judged[:1] if measure in record}
    values = theirs | {row: figure["value"] for row, figure in ours.items()}
    bounds = [figure.get("interval", [figure["value"]] * 2) for figure in ours.values()]
    own = Series(
        "this project, with 95 % interval",
        [figure["value"] for figure in ours.values()],
        list(ours),
        [pair[0] for pair in bounds],
        [pair[1] for pair in bounds],
        colour=ORANGE,
        marker="diamond",
    )
    return Chart(
        f"published-{measure}",
        f"Published on the same test folder: {MEASURES[measure]}",
        MEASURES[measure],
        "work",
        (Series("published", list(theirs.values()), list(theirs), marker="circle"), *([own] if ours else [])),
        f"{PUBLIC_TEST[0].upper()}{PUBLIC_TEST[1:]}",
        (_floor(min(values.values())), 1),
        rows=tuple(sorted(values, key=lambda row: -values[row])),
        percent="x" if measure == "accuracy" else "",
    )


def audit_chart(figures: dict[str, Any], measure: str) -> Chart:
    """One of the audit's figures for each kind of map, best first. figures: a card's `audit`. measure: of `AUDITED`."""
    found = {method: groups["all"][measure] for method, groups in figures["methods"].items()}
    sign = 1 if measure == "deletion" else -1

    def series(name: str, methods: list[str], marker: str, colour: str) -> Series:
        means, halves = zip(*(found[method] for method in methods), strict=True)
        low = [max(0.0, mean - half) for mean, half in zip(means, halves, strict=True)]
        high = [min(1.0, mean + half) for mean, half in zip(means, halves, strict=True)]
        return Series(name, means, methods, low, high, (), colour, marker=marker)

    others = [method for method in found if method != SHIPPED]
    return Chart(
        f"audit-{measure}",
        f"Maps of the same answers: {AUDITED[measure]}",
        TITLES[measure],
        "map",
        (series("what the app draws", [SHIPPED], "diamond", ORANGE), series("to compare", others, "circle", BLUE)),
        f"{figures['films']} phantoms with an opacity, drawn for this alone; 95 % intervals",
        rows=tuple(sorted(found, key=lambda method: sign * found[method][0])),
        percent="x" if measure == "hit" else "",
    )


def _floor(value: float) -> float:
    """A round number below a value."""
    return float(np.floor(value * 50 - 0.2) / 50)
