"""The job centre: starts and follows training runs in processes of their own, one at a time; the others wait.

This module stands between the pages and `training` and imports neither: a run is a folder of plain files
(`run_files`) and a process that writes events into it. A crash or a lack of memory there costs nobody else anything.
"""

from __future__ import annotations

import atexit
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable

from xray_model.datasets.choice import DataChoice
from xray_model.datasets.zip_reader import UploadedImages
from xray_model.errors import InvalidConfig, XrayModelError
from xray_model.jobs import restart, runs_folder
from xray_model.jobs.lesson_run import LessonRun
from xray_model.jobs.memory import memory_limit_mb
from xray_model.jobs.range_run import NAME, RangeRun
from xray_model.jobs.run import Run, RunView
from xray_model.recipes.checks import host_refusal
from xray_model.recipes.config import TrainingConfig

TICK = 0.25  # seconds between two looks at the running process
ABANDONED_AFTER = 15 * 60.0  # seconds without a page asking: a closed browser, not a slow reader
MOST_OF_ONE = 6  # runs that one visitor may keep, finished ones too
MOST_WAITING = 20
GRACE = 5.0  # seconds for an epoch to end when the server is stopped; Docker kills whatever takes more than 10
ACTIONS = ("pause", "resume", "step", "stop", "discard")


class UnknownRun(XrayModelError, KeyError):
    """The run belongs to somebody else, or is not there any more."""

    def __str__(self) -> str:
        return "This run is not yours or has been removed."


class JobCenter:
    """All runs of a server; make one and share it. Safe to call from any thread."""

    def __init__(
        self,
        *,
        memory_mb: float | None = None,
        abandoned_after: float = ABANDONED_AFTER,
        nice: int = 10,
        outlived: bool = True,
        tell: Callable[..., object] | None = None,
    ) -> None:
        """Take up what the server before has left. `InvalidConfig` when XRAY_RUNS_DIR names no folder to write to.

        memory_mb: what one run may hold. abandoned_after: seconds without `view` until a run is removed. nice: added to
        a run's niceness, so that it takes no core from an answer. outlived: runs are left to the next server when this
        one ends; otherwise they end with it. tell: called with "run_started" and "run_ended", and facts about each.
        """
        self._tell = tell or (lambda *_, **__: None)
        self.memory_mb = memory_limit_mb() if memory_mb is None else memory_mb
        self._abandoned_after, self._nice = abandoned_after, nice
        self._root, self._outlived = runs_folder.new(), outlived
        atexit.register(self.shut_down)
        runs, self._queue = restart.take_up(self._root)
        self._runs = {run.run_id: run for run in runs}
        self._lock = threading.RLock()
        self._closing = threading.Event()
        threading.Thread(target=self._watch, name="training runs", daemon=True).start()

    def start(
        self,
        owner: str,
        config: TrainingConfig,
        data: DataChoice,
        name: str = "my run",
        images: UploadedImages | None = None,
    ) -> str:
        """Queue a run and return its id; raises `InvalidConfig` when this visitor, or everybody, has too many.

        images: the visitor's own, where `data` are an archive; they lie in the run's folder until it has finished.
        """
        with self._lock:
            run_id = self._admit(owner)
            run = Run(self._root / run_id, run_id, owner, name.strip()[:60] or "my run", config, data)
            run.write_request(_bundle_name(name, run_id), images)
            return self._enqueue(run)

    def start_lesson(self, owner: str, key: str) -> str:
        """Queue a lesson and return its run's id; raises `InvalidConfig` as `start` does, or for an unknown key.

        One at a time: any other lesson of this owner ends.
        """
        with self._lock:
            self._end(owner, LessonRun)
            run_id = self._admit(owner)
            run = LessonRun.of(key, self._root / run_id, run_id, owner)
            run.write_request(key)
            return self._enqueue(run)

    def start_range_test(
        self, owner: str, config: TrainingConfig, data: DataChoice, images: UploadedImages | None = None
    ) -> str:
        """Queue a range test of a run's head and return its id; raises `InvalidConfig` as `start` does.

        One at a time: any other range test of this owner ends. images: see `start`.
        """
        with self._lock:
            self._end(owner, RangeRun)
            run_id = self._admit(owner)
            run = RangeRun.of(config, data, self._root / run_id, run_id, owner)
            run.write_request(NAME, images)
            return self._enqueue(run)

    def _end(self, owner: str, kind: type[Run]) -> None:
        """Remove this owner's runs of one kind."""
        for other in [run for run in self._runs.values() if run.owner == owner and isinstance(run, kind)]:
            self._remove(other)

    def _admit(self, owner: str) -> str:
        """The id of a new run of this owner."""
        if refusal := host_refusal(self.memory_mb):
            raise InvalidConfig(refusal)
        if sum(run.owner == owner for run in self._runs.values()) >= MOST_OF_ONE:
            raise InvalidConfig(f"You keep {MOST_OF_ONE} runs already: discard one first.")
        if len(self._queue) >= MOST_WAITING:
            raise InvalidConfig(f"{MOST_WAITING} runs are waiting already: try again later.")
        return secrets.token_hex(8)

    def _enqueue(self, run: Run) -> str:
        self._runs[run.run_id] = run
        self._queue.append(run.run_id)
        self._advance_queue()
        return run.run_id

    def view(self, owner: str, run_id: str, since: int = 0) -> RunView:
        """How the run stands, with its events from index `since` on; tells the center that somebody is there."""
        with self._lock:
            run = self._own(owner, run_id)
            run.last_seen = time.monotonic()
            return run.view(self._place(run_id), since)

    def list_runs(self, owner: str) -> list[RunView]:
        """This visitor's runs, the newest first, without events."""
        with self._lock:
            own = [run for run in self._runs.values() if run.owner == owner]
            for run in own:
                run.last_seen = time.monotonic()
            return [run.view(self._place(run.run_id), None) for run in reversed(own)]

    def control(self, owner: str, run_id: str, action: str) -> None:
        """pause, resume, step (one epoch, then pause), stop (keep the best so far) or discard (end and remove)."""
        if action not in ACTIONS:
            raise InvalidConfig(f"Got action {action!r}; expected one of {', '.join(ACTIONS)}.")
        with self._lock:
            run = self._own(owner, run_id)
            if action == "discard":
                self._remove(run)
            elif run.run_id in self._queue and action == "stop":
                self._queue.remove(run.run_id)
                run.enter("stopped", "Taken from the queue before it began.")
            elif not run.ended:
                run.order(action)

    def continue_run(self, owner: str, run_id: str) -> None:
        """Queue an ended run again: it goes on from its last checkpoint. `InvalidConfig` when it cannot."""
        with self._lock:
            run = self._own(owner, run_id)
            if not run.can_continue:
                raise InvalidConfig("This run cannot be taken up again: it is not over, or finished, or left nothing.")
            run.prepare_to_continue()
            self._queue.append(run_id)
            self._advance_queue()

    def zip_result(self, owner: str, run_id: str) -> bytes:
        """The result's folder as a ZIP: bundle, history, settings. `InvalidConfig` when there is none yet."""
        with self._lock:
            run = self._own(owner, run_id)
        return run.zipped()

    def shut_down(self, grace: float = GRACE) -> None:
        """End in good order: leave runs to the next server, at most `grace` seconds after they were asked to end.

        A process ends after its epoch, or in `grace` seconds; what `restart.outlives` does not name is removed.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        with self._lock:
            for run in list(self._runs.values()):
                if not (self._outlived and restart.outlives(run)):
                    self._remove(run)
            self._leave(list(self._runs.values()), time.monotonic() + grace)
        if not self._runs:
            shutil.rmtree(self._root, ignore_errors=True)

    def _leave(self, runs: list[Run], until: float) -> None:
        try:
            for run in runs:
                run.leave(until)
        finally:  # also when somebody presses Ctrl+C again, who does not want to wait
            if runs:
                waiting = [run for run in runs if not run.ended and run.run_id not in self._queue]
                restart.leave(self._root, runs, [*(run.run_id for run in waiting), *self._queue])

    def close(self) -> None:
        """End every run and remove all files."""
        self._closing.set()
        with self._lock:
            for run in list(self._runs.values()):
                self._remove(run)
        shutil.rmtree(self._root, ignore_errors=True)

    def _own(self, owner: str, run_id: str) -> Run:
        run = self._runs.get(run_id)
        if run is None or not secrets.compare_digest(run.owner, owner):
            raise UnknownRun
        return run

    def _place(self, run_id: str) -> int:
        return self._queue.index(run_id) + 1 if run_id in self._queue else 0

    def _remove(self, run: Run) -> None:
        if run.is_running:
            self._tell("run_ended", kind=run.kind, state="discarded")
        run.kill()
        if run.run_id in self._queue:
            self._queue.remove(run.run_id)
        self._runs.pop(run.run_id, None)
        shutil.rmtree(run.folder, ignore_errors=True)
        self._advance_queue()

    def _advance_queue(self) -> None:
        if self._queue and not any(run.is_running for run in self._runs.values()) and not self._closing.is_set():
            run = self._runs[self._queue.pop(0)]
            run.launch(self._nice)
            self._tell("run_started", kind=run.kind)

    def _watch(self) -> None:
        while not self._closing.wait(TICK):
            with self._lock:
                for run in list(self._runs.values()):
                    was_running = run.is_running
                    run.check(self.memory_mb, self._nice)
                    if was_running and not run.is_running:
                        self._tell("run_ended", kind=run.kind, state=run.state)
                    if time.monotonic() - run.last_seen > self._abandoned_after:
                        self._remove(run)
                self._advance_queue()


def epoch_records(events: list[dict] | tuple[dict, ...]) -> list[dict]:
    """The epochs among events in order; of an epoch that was done again after an interruption, the later record."""
    found = {event["epoch"]: event for event in events if event["kind"] == "epoch"}
    return [found[epoch] for epoch in sorted(found)]


def point_records(events: list[dict] | tuple[dict, ...]) -> list[dict]:
    """The points of the curves: that before the first step, as epoch -1, and those of `epoch_records`."""
    return [event for event in events if event["kind"] == "start"][-1:] + epoch_records(events)


def _bundle_name(name: str, run_id: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    return f"{slug}-{run_id[:6]}-v1"
