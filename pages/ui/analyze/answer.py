"""The answer to one image: probability, decision and regions in words, with the viewer beside them."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import comparison, doubts, downloads, file_facts, proof, results, triage, window
from pages.ui.shared import address, viewer, wording
from pages.ui.shared.session import Reading, Session, Setting, decode
from xray_model import COLORMAPS, DEFAULT_COLORMAP, LABELS, Bundle, predictive_values

COLOR_KEY, TARGET_KEY = "colormap", "evidence"
TARGETS = tuple(reversed(LABELS))  # the positive class first
SCALE = """
<div class="answer">
  <div class="label"><h3>{decision}</h3>{said}</div>
  <div class="value" data-testid="probability">{value}</div>
  <div class="of" role="img" aria-label="{label}">
  {band}<div class="scale"><i style="width:{share:.1f}%"></i><b style="left:{at:.1f}%"></b></div>
  <div class="mark"><span class="{side}" style="left:{at:.1f}%">threshold {threshold}</span></div></div>
</div>"""
BAND = '<div class="band"><span style="left:{:.1f}%;width:{:.1f}%">not sure</span></div>'


def show(current: Session, reading: Reading, bundle: Bundle, setting: Setting) -> None:
    """Draw the opened image: the answer, the pictures, the download, the facts of the file."""
    headline, is_alone = st.container(key="headline").empty(), not comparison.is_asked_for()
    if is_alone:  # drawn at once, so that it pushes nothing down
        headline.html(_scale(reading, setting))
    left, words = st.columns([2, 1], gap="large")  # in this order: on a phone, one stands below the other
    pictures = left.container(key="pictures")
    with pictures:  # before the words: its place is kept once something is in it
        address.take(COLOR_KEY, {name: name for name in COLORMAPS})
        target, colormap = _choose_target(), st.session_state.get(COLOR_KEY, DEFAULT_COLORMAP)
    with words:
        triage.show(current, setting)
        beside = comparison.choose(current, reading, setting)
        if beside:
            comparison.say(reading, setting, beside)
            results.choose_prevalence(setting.card)
        else:
            _say(current, reading, setting)
    if beside is None and not is_alone:  # what was asked for is gone
        headline.html(_scale(reading, setting))
    with pictures:
        first = st.container()
        shown = window.choose(reading)  # under the picture, which is on a phone's first screen then
        film = _film(current, reading, target, shown)
        other = _other(current, reading, beside, target, shown)
        with first:
            if beside:
                st.html(_two_scales(reading, setting, beside))
            current.opacity = viewer.show(film, colormap, current.opacity, window.sentence(shown), other)
        with st.container(horizontal=True):
            if not beside:
                downloads.overlay(reading, bundle, setting, target, colormap, current.opacity, shown)
                downloads.report([reading], current, bundle, setting)
            _choose_colors()
        if not beside:
            proof.show(current, reading, bundle, setting)
            file_facts.show(reading)
    shown_as = {
        TARGET_KEY: None if target == TARGETS[0] else target,
        COLOR_KEY: None if colormap == DEFAULT_COLORMAP else colormap,
    }
    address.tell(shown_as | results.told(setting))
    results.choose_operating_point(bundle.card)  # last, so that on a phone the pictures follow the answer


def _two_scales(reading: Reading, setting: Setting, beside: comparison.Beside) -> str:
    """HTML of both answers, each over its picture."""
    titles = [html.escape(name) for name in comparison.names(reading, setting, beside)]
    first = _scale(reading, setting)
    second = _scale(beside.reading, beside.setting)
    answers = zip(titles, (first, second.replace('"probability"', '"probability-beside"')), strict=True)
    return f'<div class="answers">{"".join(f"<section><p>{title}</p>{one}</section>" for title, one in answers)}</div>'


def _say(current: Session, reading: Reading, setting: Setting) -> None:
    prediction = reading.prediction(setting)
    st.caption(wording.plain(reading.name))
    with st.container(key="decision"):
        st.markdown(wording.decision_sentence(prediction))
        st.markdown(wording.probability_sentence(prediction.probability, prediction.prevalence))
        st.caption(wording.worth_sentence(prediction.label, predictive_values(setting.point, setting.prevalence)))
        _warn(reading, setting)
        proof.warn(current, reading, setting)
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
    if admission and doubts.is_unlike(reading, setting):
        st.warning(wording.population_sentence(admission.unusual), icon=":material/group_off:")
    for sentence in admission.warnings if admission else ():
        st.warning(sentence, icon=":material/report:")


def _lungs(reading: Reading) -> list[NDArray[np.float32]]:
    admission = reading.answer.admission
    return admission.lungs.outlines() if admission else []


def _choose_target() -> str:
    """Let the visitor choose the label whose evidence is on show."""
    address.take(TARGET_KEY, {label: label for label in TARGETS})
    with st.container(horizontal=True, vertical_alignment="center", key="view"):
        st.markdown("Evidence for", width="content")
        target: str = st.segmented_control(
            "Evidence for",
            TARGETS,
            default=TARGETS[0],
            required=True,
            key=TARGET_KEY,
            persist_state="session",
            label_visibility="collapsed",
            width="content",
        )
    return target


def _choose_colors() -> None:
    """Let the visitor choose a colour map; few do, so it is folded and stands below the pictures."""
    names = list(COLORMAPS)
    with st.popover("Colours", icon=":material/palette:"):
        st.selectbox(
            "Colour map", names, names.index(DEFAULT_COLORMAP), key=COLOR_KEY, width=160, persist_state="session"
        )


def _film(current: Session, reading: Reading, target: str, shown: tuple[float, float] | None) -> viewer.Film:
    """The image for the viewer. Only the last two that were encoded are kept."""
    key = (reading.key, shown)
    if key not in current.pictures:
        radiograph = decode(reading.source)
        height, width = radiograph.pixels.shape
        latest = list(current.pictures.items())[-1:]
        current.pictures = dict([*latest, (key, (viewer.encode(radiograph, shown), (height, width)))])
    encoded, shape = current.pictures[key]
    return viewer.Film(encoded, shape, reading.name, reading.answer.explain(target), reading.key, _lungs(reading))


def _other(
    current: Session,
    reading: Reading,
    beside: comparison.Beside | None,
    target: str,
    shown: tuple[float, float] | None,
) -> viewer.Film | None:
    """What the image is compared with; another model's picture has the same window."""
    if beside is None:
        return None
    return _film(current, beside.reading, target, shown if beside.reading.key == reading.key else None)


def _scale(reading: Reading, setting: Setting) -> str:
    """HTML of decision and probability, with a bar on which the threshold is marked, and of doubts in a word or two. No
    text of a file: nothing to escape."""
    prediction = reading.prediction(setting)
    probability, limit = prediction.probability, prediction.threshold
    value, threshold = (wording.percent(share).replace("<", "&lt;") for share in (probability, limit))
    side = "low" if limit < 0.2 else "high" if limit > 0.8 else ""
    label, drawn = f"Probability of pneumonia {value}, threshold {threshold}", ""
    if band := setting.card.not_sure:
        low, high = setting.told(band.low), setting.told(band.high)
        label += f", not sure from {wording.percent(low)} to {wording.percent(high)}".replace("<", "&lt;")
        drawn = BAND.format(low * 100, (high - low) * 100)
    return SCALE.format(
        label=label,
        band=drawn,
        decision=prediction.label,
        said="".join(f"<span>{words}</span>" for words in doubts.of(reading, setting)),
        value=value,
        threshold=threshold,
        side=side,
        share=probability * 100,
        at=limit * 100,
    )
