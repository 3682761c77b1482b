"""A bundle's card in words: `model_card.md` filled in from `card.json` alone, so that no number in it can differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xray_model.bundles.card import POOLED, SERIES, ModelCard
from xray_model.evaluation.operating_points import RULES
from xray_model.notice import NOTICE

TEMPLATE = Path(__file__).with_name("model_card.md")  # parts, each after a comment with its name


def render_model_card(card: ModelCard) -> str:
    """`MODEL_CARD.md` (Mitchell et al., FAT* 2019), Markdown."""
    part = _parts(TEMPLATE.read_text(encoding="utf-8"))
    evaluation, training = card.evaluation, card.training
    lungs = part[f"lungs, {card.lungs}"]
    whose, across = "visitor" if card.user_run else "bundled", SERIES in evaluation
    head = part["head"].format(
        card=card,
        notice=NOTICE,
        made_by="a visitor's own run, checked by nobody" if card.user_run else "made by this project",
        population=part[f"population, {whose}"].format(population=card.population[0].upper() + card.population[1:]),
        learned=training["training"],
        held_out=training["validation"],
        config=training["config"],
        images="images" if card.user_run else "real radiographs",
        points=_operating_points(card),
        rules=RULES,
        chosen_on="on the left-out series" if across else "on the shifted validation images",
        figures=_figures(evaluation),
    )
    versions = ", ".join(f"{name} {number}" for name, number in training["versions"].items())
    shown = [
        head,
        part["across"].format(series=part["series"]) if across else None,
        _subgroups(part, evaluation),
        _not_sure(part["not sure"], card),
        _phantoms(part["phantoms"], evaluation.get("phantoms")),
        part["explanation"].format(card=card, lungs=f"{lungs} " if lungs else "", versions=versions),
        part["choices"] if card.lungs == POOLED and not card.user_run else None,
        part["limits"],
    ]
    return "\n\n".join(text for text in shown if text is not None) + "\n"


def percent(share: float) -> str:
    """A share in [0, 1] as text, one decimal: `93.2 %`."""
    return f"{100 * share:.1f} %"


def _parts(template: str) -> dict[str, str]:
    """Name -> text of each part of the template, without the line break that ends it."""
    _, *found = re.split(r"^<!-- (.+) -->\n", template, flags=re.MULTILINE)
    return {name: text.removesuffix("\n") for name, text in zip(found[::2], found[1::2], strict=True)}


def _table(*rows: Sequence[str]) -> str:
    """A Markdown table; the first row is its head."""
    head, *lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *lines])


def _percent(figure: dict[str, Any]) -> str:
    return f"{percent(figure['value'])} ({_interval(figure['interval'])})"


def _interval(pair: Any) -> str:
    return f"{100 * pair[0]:.1f}-{100 * pair[1]:.1f}"


def _decimal(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}-{high:.3f})"


def _operating_points(card: ModelCard) -> str:
    rows = [
        (
            f"{point.name}{' (default)' if point.name == card.default_operating_point else ''}",
            f"{point.threshold:.4f}",
            f"{percent(point.sensitivity)} ({_interval(point.sensitivity_interval)})",
            f"{percent(point.specificity)} ({_interval(point.specificity_interval)})",
        )
        for point in card.operating_points
    ]
    return _table(("name", "threshold", "sensitivity", "specificity"), *rows)


def _figures(evaluation: dict[str, Any]) -> str:
    rows = [
        (
            name,
            f"{of['n']:,}",
            _decimal(of["auc"]),
            _percent(of["accuracy"]),
            _decimal(of["ece"]),
            _decimal(of["brier"]),
        )
        for name, of in evaluation.items()
        if "auc" in of
    ]
    return _table(("on", "n", "AUC", "accuracy", "ECE", "Brier"), *rows)


def _subgroups(part: dict[str, str], evaluation: dict[str, Any]) -> str | None:
    """A row for each group that the file names tell; None when they tell none."""
    sets = {name: figures["subgroups"] for name, figures in evaluation.items() if figures.get("subgroups")}
    if not sets:
        return None
    names = dict.fromkeys(name for groups in sets.values() for name in groups)
    rows = [(name, *(_right(groups.get(name)) for groups in sets.values())) for name in names]
    is_told = SERIES not in evaluation and any("series" in name for name in names)
    series = f" (series: {part['series']})" if is_told else ""
    return part["subgroups"].format(series=series, table=_table(("of", *sets), *rows))


def _right(group: dict[str, Any] | None) -> str:
    return f"{percent(group['right'])} of {group['n']:,}" if group else ""


def _not_sure(part: str, card: ModelCard) -> str | None:
    """The "not sure" band and what answering fewer images buys; None for a run too small to have a band."""
    if card.not_sure is None:
        return None
    sets = {name: figures for name, figures in card.evaluation.items() if "not_sure" in figures}
    shares = [
        f"- {name}: {percent(figures['not_sure']['share']['value'])} not sure, "
        f"accuracy of the others {_percent(figures['not_sure']['accuracy_of_the_others'])}."
        for name, figures in sets.items()
    ]
    steps = [f"{step['coverage']:.0%}" for step in next(iter(sets.values()))["risk_coverage"]]
    rows = [
        (name, *(percent(step["accuracy"]["value"]) for step in figures["risk_coverage"]))
        for name, figures in sets.items()
    ]
    return part.format(
        band=card.not_sure,
        error=percent(card.not_sure.error),
        shares="\n".join(shares),
        coverage=_table(("on", *steps), *rows),
    )


def _phantoms(part: str, trial: dict[str, Any] | None) -> str | None:
    if not trial:
        return None
    shares = {name: percent(trial[name]) for name in ("accuracy", "pointing")}
    return part.format(n=trial["n"], abnormal=trial["abnormal"], **shares)
