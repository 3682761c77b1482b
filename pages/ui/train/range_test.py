"""The learning-rate range test in Custom: one press, the loss against the rate as it comes, one rate to take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui.shared import cache, range_chart, wording
from pages.ui.shared.followed_run import FollowedRun
from pages.ui.train.data import Images
from pages.ui.train.state import Bench
from pages.ui.train.terms import TERMS
from xray_model import (
    InvalidConfig,
    RangeReading,
    RunView,
    check_config,
    range_data,
    range_settings,
    read_range_test,
)

SECONDS = 0.5  # between two looks at the test
OTHER = "Of other settings or images than those above and below: test again."


def show(bench: Bench, images: Images | None) -> None:
    """Draw the button, and the test that was begun last as far as it has come."""
    if bench.custom.phases[0].unfreeze != "none":
        return  # a settings file may let more than the head learn from the beginning
    test = bench.find_range_test()
    view = test.follow() if test else None
    is_pressed = st.button(
        "Find a learning rate", key="train-range", icon=":material/query_stats:", help=TERMS["range_test"],
        disabled=images is None or (view is not None and not view.ended), width="stretch",
    )  # fmt: skip
    if is_pressed and images:
        _begin(bench, images)
    elif test and view and view.ended:
        _end(bench, images, test, view)
    elif test and view:
        st.fragment(_draw, run_every=SECONDS)(bench)


def _begin(bench: Bench, images: Images) -> None:
    config = range_settings(bench.custom)
    check = check_config(config, images.choice, cache.jobs().memory_mb, images.summary)
    try:
        if check.problems:
            raise InvalidConfig(" ".join(check.problems))
        bench.start_range_test(images.choice, images.upload)
    except InvalidConfig as error:
        st.error(f"The test was not started. {wording.plain(str(error))}", icon=":material/error:")
        return
    st.rerun()


def _draw(bench: Bench) -> None:
    """Draw a test that is under way."""
    test = bench.range_test
    view = test.follow() if test else None
    if test is None or view is None or view.ended:
        st.rerun()  # the whole page: the result appears, or the test is gone
    sweep = _sweep(test)
    if sweep:
        st.caption(view.sentence)
        range_chart.show(sweep, "train-range-chart")
    else:
        _progress(test, view)
    st.button("Stop the test", key="train-range-stop", icon=":material/stop:", on_click=bench.end_range_test)


def _progress(test: FollowedRun, view: RunView) -> None:
    last: dict[str, Any] = test.events[-1] if test.events else {}
    share, sentence = 0.0, view.sentence
    if last.get("kind") == "progress":
        share, sentence = last["done"] / (last["total"] or 1), last["sentence"]
    st.progress(min(1.0, share), sentence)


def _end(bench: Bench, images: Images | None, test: FollowedRun, view: RunView) -> None:
    """Draw what a test has found, or why it ended early."""
    if view.state != "finished":
        st.error(view.sentence, icon=":material/error:")
        return
    sweep = _sweep(test)
    reading = read_range_test(sweep)
    is_present = images is not None and (view.config, view.data) == (
        range_settings(bench.custom),
        range_data(images.choice, bench.custom),
    )
    range_chart.show(sweep, "train-range-chart", reading.rate)
    st.markdown(reading.sentence)
    if is_present:
        _offer(bench, reading)
    else:
        st.caption(f":material/history: {OTHER}")


def _offer(bench: Bench, reading: RangeReading) -> None:
    if reading.rate is not None and reading.rate != bench.custom.phases[0].learning_rate:
        st.button(
            f"Use {reading.rate:g}", key="train-range-use", icon=":material/check:", on_click=_use,
            args=(bench, reading.rate),
        )  # fmt: skip


def _use(bench: Bench, rate: float) -> None:
    head, *others = bench.custom.phases
    bench.custom = replace(bench.custom, phases=(replace(head, learning_rate=rate), *others))


def _sweep(test: FollowedRun) -> list[tuple[float, float]]:
    return [(event["rate"], event["loss"]) for event in test.events if event["kind"] == "sweep"]
