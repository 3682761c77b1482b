"""One image's answer: probability, decision and region in words, and the viewer beside them."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import downloads, file_facts, results, window
from pages.ui.shared import frame, viewer, wording
from pages.ui.shared.session import Reading, Session, decode
from xray_model import COLORMAPS, DEFAULT_COLORMAP, LABELS, Bundle, ModelCard, OperatingPoint

TARGETS = tuple(reversed(LABELS))  # the positive class first
SCALE = """
<div class="answer" role="img" aria-label="{label}">
  <div class="value" data-testid="probability">{value}</div>
  <div class="scale"><i style="width:{share:.1f}%"></i><b style="left:{at:.1f}%"></b></div>
  <div class="mark"><span class="{side}" style="left:{at:.1f}%">threshold {threshold}</span></div>
</div>"""


def show(current: Session, reading: Reading, bundle: Bundle, point: OperatingPoint) -> None:
    """The opened image: the answer first, then the pictures, then what may be taken away."""
    words, pictures = st.columns([1, 2], gap="large")
    with words:
        _say(reading, bundle, point)
    with pictures:
        target, colormap = _choose_view()
        heatmap = reading.heatmap(bundle.card, target)
        shown = window.choose(reading)
        picture, shape = _picture(current, reading, shown)
        note = window.sentence(shown)
        current.opacity = viewer.show(
            picture, shape, reading.name, heatmap, colormap, current.opacity, note, reading.key, _lungs(reading)
        )
        downloads.overlay(reading, bundle, point, target, colormap, current.opacity, shown)
        file_facts.say(reading)
    results.choose_operating_point(bundle.card)  # under both: on a phone the pictures come right after the answer
    frame.notice("result")


def _say(reading: Reading, bundle: Bundle, point: OperatingPoint) -> None:
    prediction = reading.prediction(point)
    st.caption(wording.plain(reading.name))
    st.markdown("Probability of pneumonia")
    st.html(_scale(reading.probability, point))
    st.caption(wording.probability_sentence(reading.probability))
    with st.container(key="decision"):
        st.markdown(f"#### {prediction.label}")
        st.markdown(wording.decision_sentence(reading.probability, point))
        _warn(reading, bundle.card)
    with st.container(key="regions"):
        for label in TARGETS:
            st.markdown(wording.region_sentence(reading.heatmap(bundle.card, label)))
        _say_outside(reading)
    file_facts.warn(reading)


def _warn(reading: Reading, card: ModelCard) -> None:
    """What limits the answer: a probability that is none, a person unlike those learned from, a doubtful film."""
    if reading.unsure and card.not_sure:
        st.warning(wording.not_sure_sentence(card.not_sure), icon=":material/contrast:")
    if reading.admission and reading.admission.outside and not card.user_run:
        st.warning(wording.population_sentence(reading.admission.unusual), icon=":material/group_off:")
    for sentence in reading.admission.warnings if reading.admission else ():
        st.warning(sentence, icon=":material/report:")


def _say_outside(reading: Reading) -> None:
    """How much of the evidence lies outside the lungs."""
    if reading.outside is not None:
        st.caption(wording.outside_sentence(reading.outside, reading.field is not None))


def _lungs(reading: Reading) -> list[NDArray[np.float32]]:
    return reading.admission.lungs.outlines() if reading.admission else []


def _choose_view() -> tuple[str, str]:
    """(target, colour map) chosen by the visitor."""
    with st.container(horizontal=True):
        target = st.segmented_control(
            "Evidence for", TARGETS, default=TARGETS[0], required=True, key="target", persist_state="session"
        )
        names = list(COLORMAPS)
        colormap = st.selectbox(
            "Colour map", names, names.index(DEFAULT_COLORMAP), key="colormap", width=160, persist_state="session"
        )
    return target, colormap


def _picture(current: Session, reading: Reading, shown: tuple[float, float] | None) -> tuple[str, tuple[int, int]]:
    """The opened image encoded for the viewer, and its (height, width); only the last one is kept."""
    key = (reading.key, shown)
    if current.picture[:1] != (key,):
        assert reading.source is not None
        radiograph = decode(reading.source)
        height, width = radiograph.pixels.shape
        current.picture = (key, viewer.encode(radiograph, shown), (height, width))
    _, encoded, shape = current.picture
    return encoded, shape


def _scale(probability: float, point: OperatingPoint) -> str:
    """The probability large, and as a bar with the threshold's mark; numbers only, so nothing to escape."""
    value, threshold = wording.percent(probability), wording.percent(point.threshold)
    side = "low" if point.threshold < 0.2 else "high" if point.threshold > 0.8 else ""
    label = f"Probability of pneumonia {value}, threshold {threshold}"
    return SCALE.format(
        label=label, value=value, threshold=threshold, side=side, share=probability * 100, at=point.threshold * 100
    )
