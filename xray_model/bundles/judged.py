"""What the card says of its test: figures that somebody else measured, on images that no decision ever saw.

`card.judged` is {"note", "date", "figures", "former"}. `figures` is a list with a record for each set of images, empty
until the bundle has been judged: {"on", "n", "refused", and figures as in `evaluation`, such as "auc"}. `former` is the
same of the bundle whose network this is, with its name under "bundle".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xray_model.errors import InvalidConfig

if TYPE_CHECKING:
    from xray_model.bundles.card import ModelCard

NOTE = "Measured independently; this split has been looked at twice, before the first recipe and after v9."
NOT_YET = "Not judged yet."
# Title of each figure that may stand in a record, and the number of decimals; shares are told in per cent.
FIGURES = {"auc": "AUC", "accuracy": "accuracy", "sensitivity": "sensitivity", "specificity": "specificity"}
FIGURES |= {"ece": "ECE", "brier": "Brier"}
SHARES = ("accuracy", "sensitivity", "specificity")


def check_judged(judged: Any) -> dict[str, Any]:
    """{"date", "figures"} as somebody who measured writes them; raises `InvalidConfig` with what is wrong."""
    if not isinstance(judged, dict) or set(judged) != {"date", "figures"} or not isinstance(judged["figures"], list):
        raise InvalidConfig("Expected an object with a date and a list of figures.")
    for record in judged["figures"]:
        unknown = set(record) - {"on", "n", "refused", *FIGURES}
        if unknown or not {"on", "n"} <= set(record):
            raise InvalidConfig(f"Each set of images has on, n, refused and {', '.join(FIGURES)}; got {set(record)}.")
        for name in set(record) & set(FIGURES):
            value, (low, high) = record[name]["value"], record[name].get("interval", (0, 1))
            if not 0 <= low <= value <= high <= 1:
                raise InvalidConfig(f"{name} is {record[name]}; expected a share in [0, 1] inside its interval.")
    return judged


def not_judged(former: ModelCard) -> dict[str, Any]:
    """The field of a bundle with the network of `former` and decisions of its own."""
    judged = {"note": NOTE, "date": "", "figures": []}
    if former.judged.get("figures"):
        return judged | {"former": {"bundle": former.name, **former.judged}}
    return judged
