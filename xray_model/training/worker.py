"""The training process: `python -m xray_model.training.worker RUN_FOLDER`, started and followed by `jobs`.

The folder holds `request.json` (settings, data, whether to go on from a checkpoint) and `control.json` (what the page
asks); the process appends one JSON object a line to `events.jsonl` and leaves its bundle in `result/`. Keras is
imported only after the images are there, so that drawing them in two processes costs little memory.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.load import load_data, with_phantoms
from xray_model.datasets.zip_reader import IMAGES_FILE, load_uploaded
from xray_model.errors import XrayModelError
from xray_model.jobs.run_files import CONTROL, EVENTS, REQUEST, RESULT, read_json
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.run_settings import RunSettings
from xray_model.training.early_features import start_early
from xray_model.training.watch import StopRun, Watch
from xray_model.training.weights_download import check_download

POLL = 0.1  # seconds between two looks at the control file while paused
MEMORY_SENTENCE = "The run needed more memory than there is. Choose a smaller batch or backbone, or fewer images."


class Orders:
    """What the page asks for, read between batches. Ends the process when the one that started it has gone."""

    def __init__(self, folder: Path, watch: Watch) -> None:
        self._file, self._watch, self._parent = folder / CONTROL, watch, os.getppid()
        self._stamp, self._action, self._serial, self._leaves = 0, "resume", 0, False
        self._steps_done, self._is_paused = -1, False

    def wait(self) -> None:
        """Return when the run may go on; raise `StopRun` when it may not."""
        while True:
            self._read()
            if self._action == "stop":
                raise StopRun
            if os.getppid() != self._parent:
                raise SystemExit("The app that started this run has gone.")
            if self._action == "pause" or (self._action == "step" and self._steps_done == self._serial):
                self._say(paused=True)
                self._leave_if_asked()
                time.sleep(POLL)
                continue
            self._say(paused=False)
            return

    def epoch_done(self) -> None:
        """After one step, pause again; the checkpoint is written, so that the process may end now."""
        self._steps_done = self._serial
        self._read()
        self._leave_if_asked()

    def _leave_if_asked(self) -> None:
        if self._leaves and self._action != "stop":  # a stopped run rather finishes, if it finds the time
            raise SystemExit("The app that started this run is being stopped.")

    def _read(self) -> None:
        try:
            stamp = self._file.stat().st_mtime_ns
        except OSError:
            return
        if stamp != self._stamp:
            order = read_json(self._file)
            self._stamp, self._action, self._serial = stamp, order["action"], order["serial"]
            self._leaves = order.get("leave", False)

    def _say(self, *, paused: bool) -> None:
        if paused != self._is_paused:
            self._is_paused = paused
            self._watch.tell(*(("paused", "Paused. Nothing is lost.") if paused else ("training", "Training.")))


class EventFile:
    """Appends events to a file, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, event: dict[str, Any]) -> None:
        """Append one; an event that a full disk refuses is lost, the run is not."""
        line = json.dumps(event | {"time": time.time()}, allow_nan=False) + "\n"
        try:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(line)
        except OSError as error:
            sys.stderr.write(f"event lost: {error.strerror}\n")


def main(folder: Path, run: Callable[[Path, Watch], None] | None = None) -> int:
    """Run what the folder asks for; every end is told as an event. run: what to do, a training run if not given."""
    watch = Watch(report=EventFile(folder / EVENTS).write)
    try:
        (run or _run)(folder, watch)
    except StopRun:
        watch.tell("stopped", "Stopped before the first epoch ended: there is nothing to keep.")
    except MemoryError:
        watch.tell("out of memory", MEMORY_SENTENCE)
    except XrayModelError as error:
        watch.tell("failed", str(error))
    except OSError as error:
        traceback.print_exc()
        watch.tell("failed", f"The run could not write or read its files ({error.strerror or type(error).__name__}).")
    except Exception as error:  # noqa: BLE001 - a visitor gets a sentence, the log the traceback
        traceback.print_exc()
        is_memory = type(error).__name__ == "ResourceExhaustedError"
        sentence = f"The training stopped on an unexpected error ({type(error).__name__}). Other settings may work."
        watch.tell(*(("out of memory", MEMORY_SENTENCE) if is_memory else ("failed", sentence)))
    return 0


def be_process(run: Callable[[Path, Watch], None] | None = None) -> int:
    """`main` for a process of its own and the folder in its arguments."""
    prepare_process()
    return main(Path(sys.argv[1]), run)


def prepare_process() -> None:
    """Before Keras is imported: silence TensorFlow, and leave out what no run calls."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    gc.set_threshold(50_000)  # a fifth of Keras' import would be looking for garbage among what stays
    for name in ("matplotlib", "pandas"):
        # Keras loads these wherever they are installed: a fifth of its start, and 90 MB
        sys.modules[name] = None  # type: ignore[assignment]  # so that they cannot be imported


def _run(folder: Path, watch: Watch) -> None:
    request = read_json(folder / REQUEST)
    config, choice = TrainingConfig.from_dict(request["config"]), DataChoice.from_dict(request["data"])
    check_download(config)
    orders = Orders(folder, watch)
    watch.tell("preparing", "Getting the images ready.")
    training, validation = _load(folder, config, choice, watch)
    if not request["resume"]:  # asked to stop, such a run still makes a bundle of its best epoch
        orders.wait()
    early = start_early(config, {"validation": validation, "training": training})
    watch.tell("preparing", "Starting Keras and building the network.")
    from xray_model.training.accelerator import device_sentence, find_device, suited
    from xray_model.training.film import choose_film
    from xray_model.training.finish import finish_run
    from xray_model.training.loop import TrainingLoop

    config = suited(config, find_device())
    watch.report({"kind": "device", "sentence": device_sentence(find_device(), config)})
    watch.wait, watch.epoch_done, watch.film = orders.wait, orders.epoch_done, choose_film(validation)
    out = _clean_result(folder, request["bundle"])
    again = {"checkpoints": folder, "resume": request["resume"]}
    loop = TrainingLoop(config, training, validation, out, watch, early=early, **again)
    watch.tell("training", "Training.")
    model = loop.run()
    watch.tell("finishing", "All epochs are done. The network becomes a model that can be used.")

    def tell(done: int, total: int, sentence: str) -> None:
        watch.progress("finishing", done, total, sentence, seconds_left=loop.left.finishing(done / total))

    result = finish_run(model, out, RunSettings(config, choice), training, validation, tell)
    watch.report({"kind": "result", "folder": str(out), "worse": result.worse, "sentence": result.sentence})
    if loop.stopped:
        watch.tell("stopped", f"Stopped; the best epoch so far is kept. {result.sentence}")
    else:
        (folder / IMAGES_FILE).unlink(missing_ok=True)  # it cannot be continued: nothing needs a visitor's images now
        watch.tell("finished", result.sentence)


def _load(
    folder: Path, config: TrainingConfig, choice: DataChoice, watch: Watch
) -> tuple[LabelledImages, LabelledImages]:
    own = load_uploaded(folder / IMAGES_FILE) if choice.kind == ARCHIVE else None
    share, seed, size = config.validation_share, config.seed, config.input_size
    training, validation = load_data(choice, size, share, seed, watch.progress, own=own, warn=watch.warn)
    return with_phantoms(training, config.phantoms, size), validation


def _clean_result(folder: Path, bundle: str) -> Path:
    shutil.rmtree(folder / RESULT, ignore_errors=True)
    out = folder / RESULT / bundle
    out.mkdir(parents=True)
    return out


if __name__ == "__main__":
    raise SystemExit(be_process())
