"""The watch over a run: takes its events, lets it wait between batches, and asks it to stop. Without Keras."""

from __future__ import annotations

import base64
import csv
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages

BETWEEN_PROGRESS = 0.25  # seconds: four a second are as many as anybody can read

HISTORY_COLUMNS = (
    *("epoch", "phase", "learning_rate", "loss", "accuracy", "auc", "sensitivity", "specificity"),
    *("val_loss", "val_accuracy", "val_auc", "val_sensitivity", "val_specificity", "images_per_second", "seconds"),
)

Event = dict[str, Any]


class StopRun(Exception):
    """Somebody asked the run to end; raised by `Watch.wait` between two batches."""


@dataclass
class Watch:
    """The hooks of a run. report: takes each event.

    wait: called between batches, returns when the run may go on, or raises `StopRun`. epoch_done: called after each
    epoch. film: images whose probability and map are drawn at every epoch.
    """

    report: Callable[[Event], None] = lambda event: None  # noqa: ARG005
    wait: Callable[[], None] = lambda: None
    epoch_done: Callable[[], None] = lambda: None
    film: LabelledImages | None = None
    _last: float = field(default=0.0, init=False)
    _what: str = field(default="", init=False)

    def progress(self, what: str, done: int, total: int, sentence: str, **more: Any) -> None:
        """Report how far something has come, but not more often than anybody can read."""
        now = time.monotonic()
        if done < total and what == self._what and now - self._last < BETWEEN_PROGRESS:
            return
        self._last, self._what = now, what
        blank = {"epoch": None, "phase": None, "images_per_second": None, "seconds_left": None}
        self.report(
            {"kind": "progress", "what": what, "done": done, "total": total, "sentence": sentence, **blank, **more}
        )

    def show_film(self) -> None:
        """Report the images of the film themselves, as PNG in base64."""
        if self.film is None:
            return
        shown = zip(self.film.names, self.film.labels, self.film.grey, strict=True)
        images = [{"name": n, "label": int(y), "size": int(g.shape[0]), "png": _png(g)} for n, y, g in shown]
        self.report({"kind": "film", "images": images})

    def tell(self, state: str, sentence: str) -> None:
        """Report that the run is in another state."""
        self.report({"kind": "state", "state": state, "sentence": sentence})

    def warn(self, about: str, sentence: str, epoch: int | None = None) -> None:
        """Report something that a person should know."""
        self.report({"kind": "warning", "about": about, "sentence": sentence, "epoch": epoch})


def _png(grey: NDArray[np.uint8]) -> str:
    return base64.b64encode(cv2.imencode(".png", grey)[1].tobytes()).decode("ascii")


def print_epoch(event: Event) -> None:
    """One line on standard error for each epoch, for the command line."""
    if event["kind"] == "start":
        sys.stderr.write(
            f"before the first step: validation loss {event['val_loss']:.4f}, accuracy {event['val_accuracy']:.3f}, "
            f"AUC {event['val_auc'] or 0:.3f}\n"
        )
    elif event["kind"] == "epoch":
        sys.stderr.write(
            f"epoch {event['epoch'] + 1}/{event['epochs_total']} ({event['phase']}): loss {event['loss']:.4f}, "
            f"validation loss {event['val_loss']:.4f}, accuracy {event['val_accuracy']:.3f}, "
            f"AUC {event['val_auc'] or 0:.3f}; {event['seconds']:.0f} s\n"
        )
    elif event["kind"] == "warning":
        sys.stderr.write(f"{event['sentence']}\n")


def write_history(rows: list[Event], path: Path) -> None:
    """`history.csv`: a row for each epoch, after that of the start."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, HISTORY_COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
