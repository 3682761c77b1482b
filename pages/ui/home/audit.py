"""The audit of the maps in short: how often they point right, beside maps that know less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.shared import wording

if TYPE_CHECKING:
    from xray_model import Bundle

COLUMNS = {"hit": "Peak in the opacity", "auprc": "AUPRC", "deletion": "Probability left when hidden"}
HELP = (
    "AUPRC: how well the map's brightness tells the opacity's pixels from the others, 1 at best. Probability left: its "
    "mean while the brightest parts are hidden one after another; less is better."
)


def show(bundle: Bundle) -> None:
    """Draw the table, if this network was audited."""
    found = bundle.card.audit
    if not found:
        return
    st.markdown(
        f"**How far its maps can be trusted.** Measured on {found['films']} phantoms whose opacities are known to the "
        "pixel, beside other maps of the same answers.",
        help=HELP,
    )
    st.table([_row(name, groups["all"]) for name, groups in found["methods"].items()])
    st.caption(_sentence(found))


def _row(name: str, group: dict[str, Any]) -> dict[str, str]:
    shares = {"hit": wording.percent(group["hit"][0]), "deletion": wording.percent(group["deletion"][0])}
    return {"Map": name[0].upper() + name[1:]} | {
        title: shares.get(figure, f"{group[figure][0]:.2f}") for figure, title in COLUMNS.items()
    }


def _sentence(found: dict[str, Any]) -> str:
    """What became of the map when the network was broken, and when the film was moved."""
    lost = found["randomisation"][-1]["rank_correlation"]
    stays = next(iter(found["repeatability"].values()))["rank_correlation"]
    return (
        f"With all layers of the network shuffled, the map keeps a likeness of {lost:.2f} to what it was (1: the same, "
        f"0: none); with the film moved by a few pixels or mild noise added, {stays:.2f}. `xray-lab audit` measures it."
    )
