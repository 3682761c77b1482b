"""The open image beside another one, or beside another model's answer to it; the setting is the same for both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.analyze import comparison_words, results
from pages.ui.shared import cache, turns
from pages.ui.shared.session import Reading, Session, Setting, Unanswered, answered, decode
from xray_model import InvalidBundle

if TYPE_CHECKING:
    from xray_model import Bundle, Prediction

KEY = "compare"
NOTHING, IMAGE, MODEL = "", "image ", "model "  # how a choice begins; the image's key or the model's name follows
OWN = "your own"


@dataclass(frozen=True, eq=False)
class Beside:
    """What the open image is compared with. name: as it is written over its picture. model: whether it is another
    model's answer to the same image."""

    reading: Reading
    setting: Setting
    name: str
    model: bool

    @property
    def prediction(self) -> Prediction:
        """Its prediction in its setting."""
        return self.reading.prediction(self.setting)


def choose(current: Session, reading: Reading, setting: Setting) -> Beside | None:
    """Let the visitor choose another image or another model; None without one, or if the model gives no answer."""
    models = _models(current)
    images = {IMAGE + other.key: other for other in current.answered if other.key != reading.key}
    options = [NOTHING, *images, *(MODEL + name for name in models)]
    if len(options) == 1:
        return None
    if st.session_state.get(KEY) not in options:
        st.session_state.pop(KEY, None)  # it was removed, or is the open one now
    chosen = st.selectbox(
        "Compare with",
        options,
        format_func=lambda option: _title(option, current),
        key=KEY,
        persist_state="session",
        help="Side by side, with the same zoom, operating point and prevalence.",
    )
    if chosen in images:
        return Beside(images[chosen], setting, images[chosen].name, model=False)
    return _asked(current, reading, setting, chosen.removeprefix(MODEL), models) if chosen else None


def is_asked_for() -> bool:
    """Whether the visitor has chosen something to compare with, which may turn out to be gone."""
    return bool(st.session_state.get(KEY))


def say(reading: Reading, setting: Setting, beside: Beside) -> None:
    """Write the difference in words."""
    first, second = reading.prediction(setting), beside.prediction
    maps = reading.answer.heatmap, beside.reading.answer.heatmap
    with st.container(key="difference"):
        st.markdown(comparison_words.probabilities(names(reading, setting, beside), first, second))
        st.markdown(comparison_words.decisions(first, second))
        st.markdown(comparison_words.places(maps))
        st.caption(comparison_words.MODELS if beside.model else comparison_words.FILMS)


def names(reading: Reading, setting: Setting, beside: Beside) -> tuple[str, str]:
    """What stands over the two pictures: two files, or two models."""
    return setting.card.name if beside.model else reading.name, beside.name


def _title(option: str, current: Session) -> str:
    """The option's title, by which Streamlit knows it: images of one name, as pasted ones have, get a number."""
    if option.startswith(IMAGE):
        key = option.removeprefix(IMAGE)
        name = current.readings[key].name
        alike = [reading.key for reading in current.answered if reading.name == name]
        return f"{name}, number {alike.index(key) + 1}" if len(alike) > 1 else name
    return f"Model: {option.removeprefix(MODEL)}" if option else "Nothing"


def _models(current: Session) -> dict[str, Callable[[], Bundle]]:
    """Models at hand other than the one in use: those in `weights/`, and the visitor's own."""
    names = xray_model.list_bundles()
    found: dict[str, Callable[[], Bundle]] = {name: partial(cache.other_bundle, name) for name in names[:-1]}
    if current.own:
        found |= dict.fromkeys(names[-1:], cache.bundle)
    elif tried := current.tried:
        found[f"{OWN}, {tried.name}"] = lambda: tried
    return found


def _asked(
    current: Session, reading: Reading, setting: Setting, name: str, models: dict[str, Callable[[], Bundle]]
) -> Beside | None:
    """Another model's answer to the open image, or a sentence saying why there is none."""
    try:
        bundle = models[name]()
    except InvalidBundle as error:
        st.error(f"This model cannot be opened. {error}", icon=":material/error:")
        return None
    found = _second(current, reading, bundle)
    if isinstance(found, Unanswered):
        st.warning(f"This model gives no answer to the image. {found.message}", icon=":material/error:")
        return None
    return Beside(found, results.same_setting(bundle.card, setting), name, model=True)


def _second(current: Session, reading: Reading, bundle: Bundle) -> Reading | Unanswered:
    """The bundle's answer to the image. Only the last one is kept."""
    model, (known, kept) = f"{bundle.name} {bundle.hash}", current.beside or ("", None)
    if kept is None or (known, kept.key) != (model, reading.key):
        with turns.turns().turn(turns.say):
            kept = answered(reading.key, reading.name, decode(reading.source), reading.source, bundle, reading.upload)
        current.beside = (model, kept)
    return kept
