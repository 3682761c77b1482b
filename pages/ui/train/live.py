"""The live view of a run: state, controls, curves and film, redrawn every second."""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from pages.ui.shared import cache, wording
from pages.ui.train import curves, film, take_away
from pages.ui.train.start import duration
from pages.ui.train.state import Bench
from xray_model import RunView, epoch_records, point_records

SECONDS = 1.0
NOTHING = "\N{EN DASH}"
STATES = {
    "queued": "Waiting",
    "starting": "Starting",
    "preparing": "Preparing",
    "training": "Training",
    "paused": "Paused",
    "finishing": "Finishing",
    "finished": "Finished",
    "stopped": "Stopped early",
    "failed": "Failed",
    "crashed": "Crashed",
    "out of memory": "Out of memory",
}
FIGURES = '<div class="run-figures">{cells}</div>'
FIGURE = "<div><span>{name}</span><b data-testid='{test}'>{value}</b></div>"
BROKEN = ("failed", "crashed", "out of memory")


def show(bench: Bench, view: RunView, others: dict[str, list[dict[str, Any]]]) -> None:
    """Draw the open run, every second until it ends. others: records of runs to draw over its curves."""
    st.fragment(_draw, run_every=None if view.ended else SECONDS)(bench, view.run_id, view.ended, others)


def _draw(bench: Bench, run_id: str, had_ended: bool, others: dict[str, list[dict[str, Any]]]) -> None:
    view = bench.follow(run_id)
    if view is None or view.ended != had_ended:
        st.rerun()  # the whole page, as the results appear or the run is gone
    events = bench.events[run_id]
    records, points = epoch_records(events), point_records(events)
    _status(view, events, records)
    _controls(bench, view)
    _guard(view, events)
    if view.ended and not points:
        return  # without a point there is nothing to draw
    phases = [event for event in events if event["kind"] == "phase"]
    latest = {event["phase_index"]: event for event in phases}  # a continued run repeats them
    curves.show(points, list(latest.values()), view.epochs_total, run_id, others)
    _warnings(events)  # below the curves, so that a new one does not move them
    films = [event for event in events if event["kind"] == "film"]
    if films:
        st.markdown(
            "**The film of the learning.** A few validation images, with the probability of pneumonia and the evidence "
            "for it before the first step and after each epoch."
        )
        film.show(films[-1]["images"], [point for point in points if point.get("film")], run_id)


def _status(view: RunView, events: list[dict[str, Any]], records: list[dict[str, Any]]) -> None:
    """Draw the state, its sentence, the progress bar and the figures."""
    queue = f", number {view.place} in the queue" if view.state == "queued" and view.place else ""
    st.markdown(f"#### {STATES.get(view.state, view.state.capitalize())}{queue}")
    if view.state in BROKEN:
        st.error(view.sentence, icon=":material/error:")
    else:
        is_news = view.sentence.rstrip(".") != STATES.get(view.state)
        st.markdown(view.sentence if is_news else wording.NBSP)
    progress: dict[str, Any] = next((event for event in reversed(events) if event["kind"] == "progress"), {})
    if not view.ended:
        share = progress.get("done", 0) / (progress.get("total") or 1)
        st.progress(min(1.0, share), progress.get("sentence") or wording.NBSP)
    left = next((event["seconds_left"] for event in reversed(events) if event.get("seconds_left") is not None), None)
    _figures(view, progress, records, left)
    where = next((event["sentence"] for event in reversed(events) if event["kind"] == "device"), wording.NBSP)
    st.caption(wording.plain(where))


def _figures(view: RunView, progress: dict[str, Any], records: list[dict[str, Any]], left: float | None) -> None:
    """Draw a row of figures. left: seconds, of the latest event that knows."""
    last = records[-1] if records else {}
    best = max((record["val_auc"] for record in records if record.get("val_auc") is not None), default=None)
    speed = progress.get("images_per_second") or last.get("images_per_second")
    cells = {
        "Epoch": f"{len(records)} of {view.epochs_total}",
        "Time left": NOTHING if left is None or view.ended else f"about {duration(max(5, 5 * round(left / 5)))}",
        "Images per second": f"{speed:,.0f}" if speed else NOTHING,
        "Best validation AUC": f"{best:.3f}" if best is not None else NOTHING,
    }
    shown = "".join(
        FIGURE.format(name=name, value=html.escape(value), test=f"run-{name.split()[0].lower()}")
        for name, value in cells.items()
    )
    st.html(FIGURES.format(cells=shown))


def _controls(bench: Bench, view: RunView) -> None:
    """Draw the buttons. During a run they keep their places; those without effect are disabled."""
    with st.container(horizontal=True, key="train-controls"):
        if not view.ended:
            is_paused = view.state == "paused"
            if is_paused:
                _button(bench, view, "resume", "Resume", ":material/play_arrow:", True)
            else:
                can_pause = view.state in ("starting", "preparing", "training")
                _button(bench, view, "pause", "Pause", ":material/pause:", can_pause)
            _button(bench, view, "step", "One epoch", ":material/skip_next:", is_paused)
            _button(bench, view, "stop", "Stop, keep the best", ":material/stop:", view.state != "finishing")
        elif view.result:
            take_away.buttons(bench, view)
        if view.ended and view.can_continue:
            st.button(
                "Continue from the last checkpoint",
                key="train-continue",
                icon=":material/resume:",
                on_click=cache.jobs().continue_run,
                args=(bench.owner, view.run_id),
            )
        with st.popover("Discard", icon=":material/delete:"):
            st.markdown("This ends the run and deletes its files. It cannot be undone.")
            _button(bench, view, "discard", "Discard this run", ":material/delete_forever:", True)


def _button(bench: Bench, view: RunView, action: str, label: str, icon: str, is_open: bool) -> None:
    st.button(
        label,
        key=f"train-{action}",
        icon=icon,
        disabled=not is_open,
        on_click=_control,
        args=(bench, view.run_id, action),
    )


def _control(bench: Bench, run_id: str, action: str) -> None:
    cache.jobs().control(bench.owner, run_id, action)
    if action == "discard":
        bench.forget(run_id)


def _guard(view: RunView, events: list[dict[str, Any]]) -> None:
    """Warn if the result is worse than the model that the run started from."""
    last = next((event for event in reversed(events) if event["kind"] == "result"), None)
    if view.result and last and last["worse"]:
        st.warning(f"**{last['sentence']}**", icon=":material/trending_down:")


def _warnings(events: list[dict[str, Any]]) -> None:
    """Draw the run's warnings, only the latest on each subject."""
    found = {event["about"]: event for event in events if event["kind"] == "warning"}
    for event in found.values():
        epoch = f"Epoch {event['epoch'] + 1}. " if event.get("epoch") is not None else ""
        st.warning(f"{epoch}{event['sentence']}", icon=":material/lightbulb:")
