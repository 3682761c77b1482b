"""The README's table of the default bundle, from its card."""

from __future__ import annotations

from typing import Any

import xray_model
from xray_model.bundles.card import SERIES

COLUMNS = {
    "validation": "held-out children",
    "shifted validation": "the same under simulated acquisition shift",
    SERIES: "films of a series never seen",
}


def model_table(card: xray_model.ModelCard) -> str:
    """Markdown: figures at the default operating point for each test set."""
    sets = [card.evaluation[name] for name in COLUMNS]
    point = card.default_operating_point
    rows = [
        ("AUC", [_decimals(figures["auc"]) for figures in sets]),
        *(
            (kind, [_percent(figures["operating_points"][point][kind]) for figures in sets])
            for kind in ("sensitivity", "specificity")
        ),
        ("calibration error (ECE, 15 bins)", [_decimals(figures["ece"]) for figures in sets]),
    ]
    head = f"| at the {point} operating point | {' | '.join(COLUMNS.values())} |"
    rule = "|---" * (1 + len(COLUMNS)) + "|"
    return "\n".join([head, rule, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)])


def _decimals(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}-{high:.3f})"


def _percent(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.1%} ({low:.1%}-{high:.1%})"
