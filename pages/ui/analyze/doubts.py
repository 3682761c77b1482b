"""Doubts about an answer, in a word or two: beside the answer, and in the list of images."""

from __future__ import annotations

from pages.ui.shared.session import Reading, Setting

# "it": the model
UNSURE, UNLIKE, OTHER_AGE = "not sure", "unlike the children it knows", "{} than the children it knows"


def of(reading: Reading, setting: Setting) -> list[str]:
    """All of them."""
    return [UNSURE] * reading.prediction(setting).unsure + about_person(reading, setting)


def about_person(reading: Reading, setting: Setting) -> list[str]:
    """How the person differs from those that the bundled model learned from; of other models it is not known."""
    if setting.card.user_run:
        return []
    age = reading.packed.source.other_age if reading.packed else ""
    return [UNLIKE] * is_unlike(reading, setting) + ([OTHER_AGE.format(age)] if age else [])


def is_unlike(reading: Reading, setting: Setting) -> bool:
    """True when the film does not look like theirs."""
    admission = reading.answer.admission
    return bool(admission and admission.outside and not setting.card.user_run)
