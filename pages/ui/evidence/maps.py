"""How far the bundled model's maps can be trusted: the audit's figures, as a chart and whole."""

from __future__ import annotations

from typing import Any

import streamlit as st

import xray_model
from pages.ui.evidence import figure
from pages.ui.shared import wording
from xray_model import AUDITED, AnsweredFilms, Bundle

PUBLISHED = (
    "**What others measured**, on radiographs of adults against radiologists' boxes: eight saliency methods reached an "
    "AUPRC of 0.16 to 0.52, and each failed at least one test of trust; a detector trained on such boxes reached 0.60 "
    "([Arun et al., Radiology: Artificial Intelligence 2021](https://doi.org/10.1148/ryai.2021200267)). On phantoms it "
    "is easier: those figures and these cannot be compared."
)


def show(bundle: Bundle, films: AnsweredFilms) -> None:  # noqa: ARG001 - the parts of the page are called alike
    """Draw the part."""
    st.subheader("How far its maps can be trusted", anchor="maps")
    found = bundle.card.audit
    if not found:
        st.caption("The maps of this bundle have not been audited. `xray-lab audit` does it.")
        return
    measure = st.segmented_control(
        "Figure", list(AUDITED), default="hit", required=True, format_func=_title, key="audit-measure",
        label_visibility="collapsed",
    )  # fmt: skip
    chart = xray_model.audit_chart(found, measure or "hit")
    figure.show(chart, bundle, f"{len(chart.rows)} maps, the best first: {', '.join(chart.rows)}.")
    st.caption(
        f"On {found['films']} phantoms whose opacities are known to the pixel. With a map of the middle, or of the "
        "lungs, nothing of the answer is known."
    )
    st.markdown(_tests(found))
    with st.expander("All figures, and what others measured", icon=":material/table_chart:"):
        st.markdown(xray_model.audit_tables(found))
        st.caption("Measured by `xray-lab audit`.")
        st.markdown(PUBLISHED)


def _title(measure: str) -> str:
    return f"{AUDITED[measure][0].upper()}{AUDITED[measure][1:]}"


def _tests(found: dict[str, Any]) -> str:
    """What became of the map when the network was broken, the film moved, and the training repeated."""
    layers = {step["layers"]: step["rank_correlation"] for step in found["randomisation"]}
    steady = next(iter(found["repeatability"].values()))
    lines = [
        f"- **A broken network draws another map.** Likeness {layers[1]:.2f} with the last layer shuffled, "
        f"{layers[2]:.2f} with two, {layers[None]:.2f} with all (1: the same, 0: none).",
        "- **A film moved by a few pixels, or with mild noise, keeps its map.** "
        f"Likeness {steady['rank_correlation']:.2f}; the peak stays in {wording.percent(steady['peak_stays'])}.",
    ]
    others = found.get("reproducibility", [])
    if others:
        alike = " and ".join(f"{one['rank_correlation']:.2f}" for one in others)
        same = " and ".join(wording.percent(one["peak_stays"]) for one in others)
        lines.append(
            "- **Another training draws a different one.** Short ones with other seeds, which rank films as well: "
            f"likeness {alike}, the same peak in {same}. A map is one network's evidence, no outline of a disease."
        )
    return "\n".join(lines)
