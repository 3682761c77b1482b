"""The list of lessons, and which one the address names."""

from __future__ import annotations

import streamlit as st

from xray_model import LESSONS, Lesson

PARAMETER = "lesson"
COLUMNS = 2


def chosen() -> Lesson | None:
    """The lesson that the address names; None for the list."""
    return LESSONS.get(st.query_params.get(PARAMETER, ""))


def show() -> None:
    """Draw a card for each lesson."""
    cells = [cell for _ in range(0, len(LESSONS), COLUMNS) for cell in st.columns(COLUMNS)]
    for number, (cell, lesson) in enumerate(zip(cells, LESSONS.values(), strict=True), 1):
        with cell.container(border=True, height="stretch", gap=None, key=f"lesson-card-{lesson.key}"):
            st.button(
                f"**{number}. {lesson.title}** :material/arrow_forward:",
                key=f"lesson-open-{lesson.key}",
                type="tertiary",
                on_click=open_lesson,
                args=(lesson.key,),
            )
            st.caption(lesson.question)


def heading(lesson: Lesson) -> None:
    """Draw the way back to the list, and the lesson's number and title."""
    number = list(LESSONS).index(lesson.key) + 1
    label = f"All lessons · {number} of {len(LESSONS)}"
    st.button(
        label, key="lesson-list", icon=":material/arrow_back:", type="tertiary", on_click=open_lesson, args=(None,)
    )
    st.title(lesson.title, anchor=False)


def open_lesson(key: str | None) -> None:
    """Go to a lesson's address, or to the list."""
    if key:
        st.query_params[PARAMETER] = key
    else:
        st.query_params.clear()


def following(lesson: Lesson) -> Lesson | None:
    """The next one; None after the last."""
    keys = list(LESSONS)
    place = keys.index(lesson.key) + 1
    return LESSONS[keys[place]] if place < len(keys) else None
