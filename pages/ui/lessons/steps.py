"""One lesson: prediction, live run, and what happened."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.lessons import charts, overview, state
from pages.ui.shared import cache, wording
from xray_model import InvalidConfig, Lesson, RunView, host_refusal, lesson_offline_note, lesson_outcome

SECONDS = 0.7  # between two looks at the run


def show(lesson: Lesson) -> None:
    """Draw the lesson as far as the visitor has come."""
    st.markdown(lesson.question)
    visit = state.visit_of(lesson)
    if visit is None:
        _predict(lesson)
        return
    view = visit.follow()
    ended = view is None or view.ended
    st.fragment(_run, run_every=None if ended else SECONDS)(lesson, ended)
    if ended:
        _conclude(lesson)


def _predict(lesson: Lesson) -> None:
    answer = st.radio(
        "What do you expect?", range(len(lesson.choices)), index=None,
        format_func=lesson.choices.__getitem__, key=f"lesson-predict-{lesson.key}",
    )  # fmt: skip
    if note := lesson_offline_note(lesson):
        st.caption(f":material/cloud_off: {note}")
    refusal = host_refusal(cache.jobs().memory_mb)
    is_pressed = st.button(
        "Start", key="lesson-start", type="primary", icon=":material/play_arrow:",
        disabled=answer is None or refusal is not None,
    )  # fmt: skip
    if refusal:
        st.error(refusal, icon=":material/block:")
    elif answer is None:
        st.caption("Choose first: a wrong guess teaches more than none.")
    elif is_pressed:
        try:
            state.begin(lesson, answer)
        except InvalidConfig as error:
            st.error(f"The lesson was not started. {wording.plain(str(error))}", icon=":material/error:")
            return
        st.rerun()


def _run(lesson: Lesson, had_ended: bool) -> None:
    visit = state.visit_of(lesson)
    view = visit.follow() if visit else None
    if visit is None or (view is None or view.ended) != had_ended:
        st.rerun()  # the whole page: the conclusion appears
    with st.container(gap="small"):  # one place, however much stands in it: a chart that moves is drawn anew
        _state(lesson, visit, view)
    charts.show(lesson, lesson_outcome(lesson, visit.events), visit.events)
    if view is not None and not view.ended:
        _again(lesson, "Stop and start again")


def _state(lesson: Lesson, visit: state.Visit, view: RunView | None) -> None:
    """Draw what is expected and how far the run has come, or why it ended early."""
    if visit.prediction is not None and view is not None and not view.ended:
        st.markdown(f"You expect: **{lesson.choices[visit.prediction]}**")
    if view is None:
        st.warning("This run has been removed. Start again.", icon=":material/history:")
    elif view.state != "finished" and view.ended:
        st.error(view.sentence, icon=":material/error:")
    elif not view.ended:
        _progress(lesson, view, visit.events)
    for event in visit.events:
        if event["kind"] == "offline":
            st.caption(f":material/cloud_off: {event['sentence']}")


def _progress(lesson: Lesson, view: RunView, events: list[dict[str, Any]]) -> None:
    """Draw how far it has come: of the images that are looked at, else of all epochs."""
    last = events[-1] if events else {}
    if last.get("kind") == "progress":
        st.progress(last["done"] / last["total"], last["sentence"])
        return
    done = sum(event["kind"] == "point" for event in events)
    total = sum(training.epochs + 1 for training in lesson.trainings)
    st.progress(done / total, view.sentence)


def _conclude(lesson: Lesson) -> None:
    visit = state.visit_of(lesson)
    if visit is None or visit.view is None or visit.view.state != "finished":
        _again(lesson, "Start again")
        return
    found = lesson.conclude(lesson_outcome(lesson, visit.events))
    with st.container(border=True, key="lesson-conclusion"):
        happened = "something in between" if found.answer is None else lesson.choices[found.answer]
        st.markdown(f"#### What happened: {happened.rstrip('.').lower()}")
        if visit.prediction is not None:
            is_right = visit.prediction == found.answer
            icon = ":material/check_circle:" if is_right else ":material/compare_arrows:"
            st.markdown(
                f"{icon} **{'As you expected.' if is_right else f'You expected: {lesson.choices[visit.prediction]}.'}**"
            )
        st.markdown("\n".join(f"- {sentence}" for sentence in found.sentences))
    books, on = st.columns(2, gap="large")
    title, address = lesson.source
    with books:
        st.markdown(f"**What the books say.** {lesson.textbook}")
        st.caption(f"[{title}]({address})")
    with on:
        st.markdown(f"**Try this.** {lesson.try_next}")
        st.caption("One run with fixed seeds on synthetic phantoms: an illustration, not proof.")
    with st.container(horizontal=True):
        _again(lesson, "Start again")
        following = overview.following(lesson)
        if following:
            st.button(
                f"Next: {following.title}", key="lesson-next", icon=":material/arrow_forward:",
                on_click=overview.open_lesson, args=(following.key,),
            )  # fmt: skip


def _again(lesson: Lesson, label: str) -> None:
    st.button(label, key="lesson-again", icon=":material/replay:", on_click=state.forget, args=(lesson,))
