"""A bundle's card in words: `model_card.md` filled in from `card.json` alone, so that no number in it can differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xray_model.bundles.card import POOLED, SERIES, VALIDATION, ModelCard
from xray_model.bundles.judged import FIGURES, NOT_YET, NOTE, SHARES
from xray_model.evaluation.groups import AS_TAKEN, worst_cell
from xray_model.evaluation.operating_points import RULES
from xray_model.labels import NORMAL, PNEUMONIA
from xray_model.notice import NOTICE

# Figures of the audit that the card shows, and their titles.
AUDITED = {"hit": "peak in the opacity", "auprc": "AUPRC", "deletion": "hidden"}
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
        prevalence=f"{100 * card.prevalence:.3g} %",
        bias=f"{'-' if card.calibration.bias < 0 else '+'} {abs(card.calibration.bias):.4f}",
        made_by="a visitor's own run, checked by nobody" if card.user_run else "made by this project",
        population=part[f"population, {whose}"].format(population=card.population[0].upper() + card.population[1:]),
        learned=training["training"],
        held_out=training["validation"],
        config=training["config"],
        images="images" if card.user_run else "real radiographs",
        points=_operating_points(card),
        rules=RULES,
        chosen_on="on the left-out series" if across else "on the validation images",
        figures=_figures(evaluation),
    )
    redecided = training.get("redecided")
    newest = (redecided or training)["versions"]
    versions = ", ".join(f"{name} {number}" for name, number in newest.items())
    shown = [
        head,
        part["across"].format(series=part["series"], shortened=_shortened(training)) if across else None,
        *_groups(part, card),
        _not_sure(part["not sure"], card),
        _phantoms(part["phantoms"], evaluation.get("phantoms")),
        _judged(part, card.judged) if not card.user_run else None,
        part["explanation"].format(
            card=card,
            lungs=f"{lungs} " if lungs else "",
            audit=f"\n\n{_audit(part['audit'], card.audit)}" if card.audit else "",
            versions=versions,
            commands="\n".join(commands(training)),
            redecided=f"{part['redecided'].format(made=redecided)}\n\n" if redecided else "",
        ),
        part["choices"] if card.lungs == POOLED and not card.user_run else None,
        part["limits"],
    ]
    return "\n\n".join(text for text in shown if text is not None) + "\n"


def commands(training: dict[str, Any]) -> list[str]:
    """What makes the bundle again, in order: the training of its network and, if made anew, its decisions."""
    again = [training["redecided"]["command"]] if "redecided" in training else []
    return [training["command"], *again]


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
    """A row for each point: what it does on the films as taken and, where groups were judged, in the worst of them."""
    groups = card.evaluation.get(SERIES, card.evaluation.get(VALIDATION, {})).get("groups", ())
    rows = [
        (
            f"{point.name}{' (default)' if point.name == card.default_operating_point else ''}",
            f"{point.threshold:.4f}",
            f"{percent(point.sensitivity)} ({_interval(point.sensitivity_interval)})",
            f"{percent(point.specificity)} ({_interval(point.specificity_interval)})",
            *([_worst(groups, point.name, label) for label in (PNEUMONIA, NORMAL)] if groups else []),
        )
        for point in card.operating_points
    ]
    worst = ("… in the worst group of the ill", "… of the healthy") if groups else ()
    return _table(("name", "threshold", "sensitivity", "specificity", *worst), *rows)


def _worst(groups: Sequence[dict[str, Any]], point: str, label: str) -> str:
    worst = worst_cell(groups, point, label)
    group = worst["group"].removeprefix(f"{label}, ")
    return f"{_percent(worst['right'][point])} of {worst['n']:,}: {group}, {worst['condition']}"


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


def _groups(part: dict[str, str], card: ModelCard) -> list[str]:
    """For each set whose groups were judged a table: a row for each group, a column for each condition."""
    found = []
    for name in (SERIES, VALIDATION):
        groups = card.evaluation.get(name, {}).get("groups")
        if groups:
            table = _group_table(groups, card.default_operating_point)
            most = max((record["n"] for record in groups if record["condition"] != AS_TAKEN), default=0)
            found.append(part["groups"].format(name=f"the {name}" if name == SERIES else name, most=most, table=table))
    is_told = SERIES not in card.evaluation and any("series" in text for text in found)
    return [*found, part["groups, series"].format(series=part["series"])] if is_told else found


def _group_table(groups: Sequence[dict[str, Any]], point: str) -> str:
    conditions = list(dict.fromkeys(record["condition"] for record in groups))
    by_group: dict[str, dict[str, dict[str, Any]]] = {}
    for record in groups:
        by_group.setdefault(record["group"], {})[record["condition"]] = record
    worst_first = sorted(by_group.items(), key=lambda item: min(_right(of, point) for of in item[1].values()))
    rows = [
        (name, f"{of[AS_TAKEN]['n']:,}", *(_percent(of[how]["right"][point]) for how in conditions))
        for name, of in worst_first
    ]
    return _table(("group", "n", *conditions), *rows)


def _right(record: dict[str, Any], point: str) -> float:
    return float(record["right"][point]["value"])


def _shortened(training: dict[str, Any]) -> str:
    """How much shorter the runs across series were than the recipe, if they were."""
    whole = sum(phase["epochs"] for phase in training["config"]["phases"])
    epochs = training.get("redecided", training).get("across_epochs") or whole
    return f" (in {epochs} of its {whole} epochs)" if epochs < whole else ""


def _audit(text: str, audit: dict[str, Any]) -> str:
    """How the bundle's map did on phantoms, beside maps that know less."""
    rows = [
        (name, *(f"{value:.2f} ({half:.2f})" for value, half in map(method["all"].get, AUDITED)))
        for name, method in audit["methods"].items()
    ]
    again = [f"{one['rank_correlation']:.2f} with {one['bundle']}" for one in audit.get("reproducibility", ())]
    return text.format(
        films=audit["films"],
        first=audit["seeds"][0],
        last=audit["seeds"][1],
        table=_table(("map", *AUDITED.values()), *rows),
        lost=audit["randomisation"][-1]["rank_correlation"],
        stays=next(iter(audit["repeatability"].values()))["rank_correlation"],
        again=f"; beside other trainings (docs/audit.md), {', '.join(again)}" if again else "",
    )


def _judged(part: dict[str, str], judged: dict[str, Any]) -> str:
    """What somebody else measured; that nobody has yet, if so, and then what they measured of the former bundle."""
    figures, former = judged.get("figures"), judged.get("former")
    note = judged.get("note", NOTE)
    now = f"{judged['date']}. {note}\n\n{_judged_table(figures)}" if figures else NOT_YET
    text = part["judged"].format(now=now)
    if not former or figures:
        return text
    table = _judged_table(former["figures"])
    return f"{text} " + part["judged, former"].format(
        bundle=former["bundle"], date=former["date"], table=table, note=note
    )


def _judged_table(records: Sequence[dict[str, Any]]) -> str:
    rows = [
        (
            record["on"],
            f"{record['n']:,}",
            f"{record.get('refused', ''):}",
            *(_judged_cell(record, name) for name in FIGURES),
        )
        for record in records
    ]
    return _table(("on", "n", "refused", *FIGURES.values()), *rows)


def _judged_cell(record: dict[str, Any], name: str) -> str:
    """A figure with its interval, where one was told; empty for a figure that was not measured."""
    figure = record.get(name)
    if not figure:
        return ""
    low, high = figure.get("interval") or (None, None)
    if name in SHARES:
        return percent(figure["value"]) + (f" ({_interval((low, high))})" if low is not None else "")
    return f"{figure['value']:.4g}" + (f" ({low:.3f}-{high:.3f})" if low is not None else "")


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
