"""The answer to one image: probability, decision and regions in words, with the viewer beside them."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import downloads, file_facts, proof, results, window
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
    """Draw the opened image: the answer, the pictures, the download, the facts of the file."""
    words, pictures = st.columns([1, 2], gap="large")
    with words:
        _say(current, reading, bundle, point)
    with pictures:
        target, colormap = _choose_view()
        heatmap = reading.answer.explain(target)
        shown = window.choose(reading)
        picture, shape = _picture(current, reading, shown)
        note = window.sentence(shown)
        current.opacity = viewer.show(
            picture, shape, reading.name, heatmap, colormap, current.opacity, note, reading.key, _lungs(reading)
        )
        with st.container(horizontal=True):
            downloads.overlay(reading, bundle, point, target, colormap, current.opacity, shown)
            downloads.report([reading], current, bundle, point)
        proof.show(current, reading, bundle, point)
        file_facts.show(reading)
    results.choose_operating_point(bundle.card)  # last, so that on a phone the pictures follow the answer
    frame.notice("result")


def _say(current: Session, reading: Reading, bundle: Bundle, point: OperatingPoint) -> None:
    prediction = reading.prediction(point)
    st.caption(wording.plain(reading.name))
    st.markdown("Probability of pneumonia")
    st.html(_scale(prediction.probability, point))
    st.caption(wording.probability_sentence(prediction.probability))
    with st.container(key="decision"):
        st.markdown(f"#### {prediction.label}")
        st.markdown(wording.decision_sentence(prediction.probability, point))
        _warn(reading, bundle.card)
        proof.warn(current, reading, point)
    with st.container(key="regions"):
        for label in TARGETS:
            st.markdown(wording.region_sentence(reading.answer.explain(label)))
        if reading.answer.outside is not None:
            pooled = reading.answer.field is not None
            st.caption(wording.outside_sentence(reading.answer.outside, pooled))
    file_facts.warn(reading)


def _warn(reading: Reading, card: ModelCard) -> None:
    """Warn about a probability in the not-sure band, a person unlike those the model learned from, a doubtful film."""
    admission = reading.answer.admission
    if reading.answer.prediction.unsure and card.not_sure:
        st.warning(wording.not_sure_sentence(card.not_sure), icon=":material/contrast:")
    if admission and admission.outside and not card.user_run:
        st.warning(wording.population_sentence(admission.unusual), icon=":material/group_off:")
    for sentence in admission.warnings if admission else ():
        st.warning(sentence, icon=":material/report:")


def _lungs(reading: Reading) -> list[NDArray[np.float32]]:
    admission = reading.answer.admission
    return admission.lungs.outlines() if admission else []


def _choose_view() -> tuple[str, str]:
    """Let the visitor choose the evidence on show; returns (target, colour map)."""
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
    """The opened image encoded for the viewer, and its (height, width). Only the last one is kept."""
    key = (reading.key, shown)
    if current.picture[:1] != (key,):
        radiograph = decode(reading.source)
        height, width = radiograph.pixels.shape
        current.picture = (key, viewer.encode(radiograph, shown), (height, width))
    _, encoded, shape = current.picture
    return encoded, shape


def _scale(probability: float, point: OperatingPoint) -> str:
    """HTML of the probability, as a number and as a bar with the threshold marked. Only numbers: nothing to escape."""
    value, threshold = wording.percent(probability), wording.percent(point.threshold)
    side = "low" if point.threshold < 0.2 else "high" if point.threshold > 0.8 else ""
    label = f"Probability of pneumonia {value}, threshold {threshold}"
    return SCALE.format(
        label=label, value=value, threshold=threshold, side=side, share=probability * 100, at=point.threshold * 100
    )
