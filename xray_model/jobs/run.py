"""A run as the web process knows it: a folder, a process, and the events read so far."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from xray_model.datasets.choice import DataChoice
from xray_model.datasets.zip_reader import UploadedImages
from xray_model.errors import InvalidConfig
from xray_model.jobs.memory import resident_mb
from xray_model.jobs.result import VALIDATION_FILE
from xray_model.jobs.run_files import CHECKPOINT, CONTROL, EVENTS, LOG, REQUEST, RESULT, read_events, write_json
from xray_model.recipes.config import TrainingConfig

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ("failed", "crashed", "out of memory")
GONE = ("finished", "stopped", *BROKEN)  # states without a process
STATES = ("queued", "starting", "preparing", "training", "paused", "finishing", *GONE)
BLANK = {"state": "queued", "sentence": "Waiting for its turn."}


@dataclass(frozen=True)
class RunView:
    """A moment of a run, for a page. state and events: see ARCHITECTURE.md. place: 1 is next in the queue, 0 not in it.

    events: from the asked index on; next_since: the index to ask from next time. result: the bundle's folder, or None.
    """

    run_id: str
    name: str
    config: TrainingConfig
    data: DataChoice
    state: str
    sentence: str
    place: int
    events: tuple[dict[str, Any], ...]
    next_since: int
    can_continue: bool
    result: Path | None
    last_epoch: int | None
    epochs_total: int

    @property
    def ended(self) -> bool:
        """True when no process works on it and none will unless asked."""
        return self.state in GONE


@dataclass
class Run:
    """A run and, while it is running, its process. module: what that process runs. ordered: the last order given.

    kind: of run, in a word.
    """

    kind: ClassVar[str] = "run"

    folder: Path
    run_id: str
    owner: str
    name: str
    config: TrainingConfig
    data: DataChoice
    state: str = BLANK["state"]
    sentence: str = BLANK["sentence"]
    result: Path | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    last_seen: float = field(default_factory=time.monotonic)
    module: str = "xray_model.training.worker"
    bundle: str = ""
    ordered: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _offset: int = 0
    _serial: int = 0
    _rescued: bool = False

    @property
    def is_running(self) -> bool:
        """True while its process has not been seen to end."""
        return self._process is not None

    @property
    def ended(self) -> bool:
        """True when its process has gone, not just said so, and none waits to work on it."""
        return self.state in GONE and not self.is_running

    @property
    def can_continue(self) -> bool:
        """True when it ended early and left a checkpoint."""
        return self.ended and self.state != "finished" and (self.folder / CHECKPOINT).is_file()

    def write_request(self, bundle: str, images: UploadedImages | None = None, *, resume: bool = False) -> None:
        """Make the folder and say in it what is to be done; `InvalidConfig` when a visitor's images find no room."""
        self.bundle = bundle
        self.folder.mkdir(exist_ok=True)
        if images:
            self._save(images)
        request = {"config": self.config.to_dict(), "data": self.data.to_dict(), "bundle": bundle, "resume": resume}
        write_json(self.folder / REQUEST, request)

    def _save(self, images: UploadedImages) -> None:
        try:
            images.save(self.folder)
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise InvalidConfig(f"There is no room on this server for your images ({error.strerror}).") from error

    def prepare_to_continue(self) -> None:
        """Back to the queue, to go on from the last checkpoint."""
        self.write_request(self.bundle, resume=True)
        (self.folder / CONTROL).unlink(missing_ok=True)
        self.enter("queued", "Waiting for its turn, to go on from its last checkpoint.")
        self.result, self._rescued, self.ordered = None, False, ""

    def go_on_after_restart(self, order: str | None) -> None:
        """Back to the queue after the server was stopped and started again. order: "pause" or "stop", if in force."""
        self.prepare_to_continue()
        if order:
            self.order(order)
        how = "went on from its last checkpoint" if (self.folder / CHECKPOINT).is_file() else "began anew"
        sentence = f"The server was stopped and started again; the run {how}."
        self._note({"kind": "warning", "about": "restart", "sentence": sentence, "epoch": None})

    def launch(self, nice: int) -> None:
        """Start the process. Never `multiprocessing`, whose child would run the app's own script again."""
        self.enter("starting", "Starting a process for this run.")
        command = [sys.executable, "-m", self.module, str(self.folder)]
        if os.name == "posix":  # `nice` as a program: a hook between fork and exec is unsafe beside threads
            command = ["nice", "-n", str(nice), *command]
        with (self.folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def order(self, action: str) -> None:
        """Ask the process for something; it reads this between two batches."""
        self._serial, self.ordered = self._serial + 1, action
        write_json(self.folder / CONTROL, {"action": action, "serial": self._serial})

    def leave(self, until: float) -> None:
        """Let the process end after its epoch, whose checkpoint it writes; end it at `until` (`time.monotonic`).

        What it did since the last checkpoint is done again when the run goes on. A paused process ends at once.
        """
        try:
            if self._process and self.state not in ("starting", "preparing"):  # these have nothing to keep
                order = {"action": self.ordered or "resume", "serial": self._serial, "leave": True}
                write_json(self.folder / CONTROL, order)
                self._process.wait(max(0.0, until - time.monotonic()))
        except (subprocess.TimeoutExpired, OSError):  # a full disk takes no order
            pass
        finally:
            self.kill()
            self.read_events()

    def save_events(self) -> None:
        """Write all events, also those that the process did not write itself, for whoever takes the run up."""
        part = self.folder / f"{EVENTS}.part"
        part.write_text("".join(json.dumps(event) + "\n" for event in self.events), encoding="utf-8")
        part.replace(self.folder / EVENTS)

    def check(self, memory_mb: float, nice: int) -> None:
        """Read new events; notice that the process has ended, or holds too much memory."""
        if self._process is None:
            return
        code = self._process.poll()
        self.read_events()
        if code is not None:
            self._process = None
            self._explain(code)
        elif resident_mb(self._process.pid) > memory_mb:
            self._rescue(memory_mb, nice)

    def _rescue(self, memory_mb: float, nice: int) -> None:
        """End the process before the host does; a fresh one, far smaller, makes a bundle of the best epoch."""
        self.kill()
        sentence = f"The run held more than the {memory_mb:,.0f} MB it may, and was ended before the host did it."
        if self._rescued or not (self.folder / CHECKPOINT).is_file():
            self.enter("out of memory", f"{sentence} Choose a smaller batch or backbone.")
            return
        self._rescued = True
        self._note(
            {"kind": "warning", "about": "memory", "sentence": f"{sentence} The best epoch is kept.", "epoch": None}
        )
        self.write_request(self.bundle, resume=True)
        self.order("stop")
        self.launch(nice)

    def enter(self, state: str, sentence: str) -> None:
        """Put it into one of `STATES`, with the sentence that a page shows."""
        self.state, self.sentence = state, sentence
        self._note({"kind": "state", "state": state, "sentence": sentence})

    def kill(self) -> None:
        """End the process and all it started, at once."""
        if self._process is None:
            return
        try:
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None

    def view(self, place: int, since: int | None) -> RunView:
        """The present moment; without events when `since` is None."""
        count = len(self.events)
        epochs = [event["epoch"] for event in self.events if event["kind"] == "epoch"]
        sentence = f"Waiting for its turn: number {place} in the queue." if place else self.sentence
        return RunView(
            run_id=self.run_id,
            name=self.name,
            config=self.config,
            data=self.data,
            state="finishing" if self.state in GONE and self.is_running else self.state,
            sentence=sentence,
            place=place,
            events=() if since is None else tuple(self.events[max(0, since) :]),
            next_since=count,
            can_continue=self.can_continue,
            result=self.result,
            last_epoch=max(epochs, default=None),
            epochs_total=self.config.epochs,
        )

    def zipped(self) -> bytes:
        """The result's folder as a ZIP."""
        if self.result is None:
            raise InvalidConfig("This run has no result yet: wait until it has finished, or stop it.")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(self.result.iterdir()):
                if path.is_file() and path.name != VALIDATION_FILE:  # pictures of the visitor's data stay here
                    archive.write(path, f"{self.result.name}/{path.name}")
        return buffer.getvalue()

    def read_events(self) -> None:
        """Take in what the process has told since the last call."""
        new, self._offset = read_events(self.folder / EVENTS, self._offset)
        for event in new:
            self.events.append(event)
            if event["kind"] == "state":
                self.state, self.sentence = event["state"], event["sentence"]
            elif event["kind"] == "result":
                self.result = self.folder / RESULT / Path(event["folder"]).name  # the run's folder may have moved

    def _explain(self, code: int) -> None:
        """What an ended process leaves to say."""
        if self.ended:
            return
        left = " It can go on from its last checkpoint." if (self.folder / CHECKPOINT).is_file() else ""
        if code in (-signal.SIGKILL, 128 + signal.SIGKILL) if os.name == "posix" else False:
            reason = "The training process was killed from outside, most likely by the host for want of memory."
        else:
            reason = f"The training process ended by itself (exit code {code})."
        self.enter("crashed", reason + left)

    def _note(self, event: dict[str, Any]) -> None:
        self.events.append(event | {"time": time.time()})
