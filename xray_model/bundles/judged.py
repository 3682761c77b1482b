"""What the card says of its test: figures that somebody else measured, on images that no decision ever saw.

`card.judged` is {"note", "date", "figures", "former"}. `figures` is a list with a record for each set of images, empty
until the bundle has been judged: {"on", "n", "refused", and figures as in `evaluation`, such as "auc"}. `former` is the
same of the bundle whose network this is, with its name under "bundle".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xray_model.bundles.card import ModelCard

NOTE = "Measured independently; this split has been looked at twice, before the first recipe and after v9."
NOT_YET = "Not judged yet."
# Title of each figure that may stand in a record, and the number of decimals; shares are told in per cent.
FIGURES = {"auc": "AUC", "accuracy": "accuracy", "sensitivity": "sensitivity", "specificity": "specificity"}
FIGURES |= {"ece": "ECE", "brier": "Brier"}
SHARES = ("accuracy", "sensitivity", "specificity")


def not_judged(former: ModelCard) -> dict[str, Any]:
    """The field of a bundle with the network of `former` and decisions of its own."""
    judged = {"note": NOTE, "date": "", "figures": []}
    if former.judged.get("figures"):
        return judged | {"former": {"bundle": former.name, **former.judged}}
    return judged
