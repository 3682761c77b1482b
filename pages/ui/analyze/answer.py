"""The answer to one image: probability, decision and regions in words, with the viewer beside them."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import downloads, file_facts, results, window
from pages.ui.shared import frame, viewer, wording
from pages.ui.shared.session import Reading, Session, Setting, decode
from xray_model import COLORMAPS, DEFAULT_COLORMAP, LABELS, Bundle, Prediction, predictive_values

TARGETS = tuple(reversed(LABELS))  # the positive class first
SCALE = """
<div class="answer" role="img" aria-label="{label}">
  <div class="value" data-testid="probability">{value}</div>
  <div class="scale"><i style="width:{share:.1f}%"></i><b style="left:{at:.1f}%"></b></div>
  <div class="mark"><span class="{side}" style="left:{at:.1f}%">threshold {threshold}</span></div>
</div>"""


def show(current: Session, reading: Reading, bundle: Bundle, setting: Setting) -> None:
    """Draw the opened image: the answer, the pictures, the download, the facts of the file."""
    words, pictures = st.columns([1, 2], gap="large")
    with words:
        _say(reading, setting)
    with pictures:
        target, colormap = _choose_view()
        heatmap = reading.answer.explain(target)
        shown = window.choose(reading)
        picture, shape = _picture(current, reading, shown)
        note = window.sentence(shown)
        current.opacity = viewer.show(
            picture, shape, reading.name, heatmap, colormap, current.opacity, note, reading.key, _lungs(reading)
        )
        downloads.overlay(reading, bundle, setting, target, colormap, current.opacity, shown)
        file_facts.show(reading)
    results.choose_operating_point(bundle.card)  # last, so that on a phone the pictures follow the answer
    frame.notice("result")


def _say(reading: Reading, setting: Setting) -> None:
    prediction = reading.prediction(setting)
    st.caption(wording.plain(reading.name))
    st.markdown("Probability of pneumonia")
    st.html(_scale(prediction))
    st.caption(wording.probability_sentence(prediction.probability, prediction.prevalence))
    with st.container(key="decision"):
        st.markdown(f"#### {prediction.label}")
        st.markdown(wording.decision_sentence(prediction))
        st.markdown(wording.worth_sentence(prediction.label, predictive_values(setting.point, setting.prevalence)))
        _warn(reading, setting)
    with st.container(key="prevalence-asked"):
        results.choose_prevalence(setting.card)
    with st.container(key="regions"):
        for label in TARGETS:
            st.markdown(wording.region_sentence(reading.answer.explain(label)))
        if reading.answer.outside is not None:
            pooled = reading.answer.field is not None
            st.caption(wording.outside_sentence(reading.answer.outside, pooled))
    file_facts.warn(reading)


def _warn(reading: Reading, setting: Setting) -> None:
    """Warn about a probability in the not-sure band, a person unlike those the model learned from, a doubtful film."""
    admission, card = reading.answer.admission, setting.card
    if reading.answer.prediction.unsure and (band := card.not_sure):
        limits = setting.told(band.low), setting.told(band.high)
        st.warning(wording.not_sure_sentence(band, *limits), icon=":material/contrast:")
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


def _scale(prediction: Prediction) -> str:
    """HTML of the probability, as a number and as a bar with the threshold marked. Only numbers: nothing to escape."""
    probability, limit = prediction.probability, prediction.threshold
    value, threshold = (wording.percent(share).replace("<", "&lt;") for share in (probability, limit))
    side = "low" if limit < 0.2 else "high" if limit > 0.8 else ""
    label = f"Probability of pneumonia {value}, threshold {threshold}"
    return SCALE.format(
        label=label, value=value, threshold=threshold, side=side, share=probability * 100, at=limit * 100
    )
