"""The audit's figures as tables in Markdown."""

from __future__ import annotations

from typing import Any

from xray_model.inference.audit import FIGURES, METHODS, SHIPPED

TITLES = {
    "hit": "peak in the opacity",
    "iou": "IoU at Otsu's threshold",
    "auprc": "AUPRC",
    "deletion": "deletion AUC (low is good)",
    "insertion": "insertion AUC (high is good)",
}


def audit_tables(figures: dict[str, Any]) -> str:
    """Tables of `audit_bundle`'s figures, as a card holds them, in Markdown.

    All methods, the shipped one by finding and size, randomisation, repeatability, and reproducibility if other
    trainings were looked at.
    """
    first, last = figures["seeds"]
    head = (
        f"{figures['bundle']} ({figures['hash']}) on {figures['films']} phantoms with an opacity, seeds {first} to "
        f"{last}; {figures['refused']} more were refused. Behind each mean: half of its 95 % interval."
    )
    tables = [_methods(figures), _groups(figures), _randomised(figures), _repeated(figures)]
    return "\n\n".join([head, *tables, *([_reproduced(figures)] if figures.get("reproducibility") else [])])


def _methods(figures: dict[str, Any]) -> str:
    rows = [[method, *_cells(figures["methods"][method]["all"])] for method in METHODS]
    return _table(["map", *TITLES.values()], rows)


def _groups(figures: dict[str, Any]) -> str:
    groups = {name: group for name, group in figures["methods"][SHIPPED].items() if name != "all"}
    rows = [[f"{name} ({group['n']})", *_cells(group)] for name, group in groups.items()]
    return _table([f"{SHIPPED}, by finding and size", *TITLES.values()], rows)


def _cells(group: dict[str, Any]) -> list[str]:
    return [f"{group[figure][0]:.3f} ± {group[figure][1]:.3f}" for figure in FIGURES]


def _randomised(figures: dict[str, Any]) -> str:
    steps = figures["randomisation"]
    names = ["all" if step["layers"] is None else str(step["layers"]) for step in steps]
    likeness = [f"{step['rank_correlation']:.2f}" for step in steps]
    return _table(["layers shuffled, from the head down", *names], [["likeness of the map in the lungs", *likeness]])


def _repeated(figures: dict[str, Any]) -> str:
    found = figures["repeatability"]
    rows = [[name, f"{one['rank_correlation']:.3f}", f"{one['peak_stays']:.3f}"] for name, one in found.items()]
    return _table(["moved by a few pixels, or with mild noise", "likeness of the map", "peak stays"], rows)


def _reproduced(figures: dict[str, Any]) -> str:
    rows = [
        [one["bundle"], f"{one['rank_correlation']:.3f}", f"{one['peak_stays']:.3f}"]
        for one in figures["reproducibility"]
    ]
    return _table([f"{SHIPPED}, beside another training", "likeness of the map", "same peak"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
