"""The README's table of the default bundle, from its card."""

from __future__ import annotations

from typing import Any

import xray_model

COLUMNS = {"validation": "as they are", "shifted validation": "under simulated acquisition shift"}


def model_table(card: xray_model.ModelCard) -> str:
    """Markdown: figures at the default operating point for both sets of held-out images."""
    sets = [card.evaluation[name] for name in COLUMNS]
    point = card.default_operating_point
    rows = [
        ("AUC", [_decimals(figures["auc"]) for figures in sets]),
        ("accuracy", [_percent(figures["accuracy"]) for figures in sets]),
        *(
            (kind, [_percent(figures["operating_points"][point][kind]) for figures in sets])
            for kind in ("sensitivity", "specificity")
        ),
        ("calibration error (ECE, 15 bins)", [_decimals(figures["ece"]) for figures in sets]),
        ("Brier score", [_decimals(figures["brier"]) for figures in sets]),
    ]
    head = f"| at the {point} operating point | {' | '.join(COLUMNS.values())} |"
    return "\n".join([head, "|---|---|---|", *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)])


def _decimals(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}-{high:.3f})"


def _percent(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.1%} ({low:.1%}-{high:.1%})"
