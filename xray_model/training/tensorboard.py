"""A run's history as event files for TensorBoard, under the tags of Keras' own TensorBoard callback.

`tf.summary.scalar` needs the package `tensorboard`, which is not installed; TensorFlow's record writer does not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import tensorflow as tf
from tensorflow.compat.v1 import Event, Summary

from xray_model.jobs.run_files import HISTORY
from xray_model.jobs.tensorboard import FOLDER

CURVES = ("loss", "accuracy", "auc", "sensitivity", "specificity")
PARTS = {  # subfolder -> tag -> column of the history
    "train": {f"epoch_{name}": name for name in (*CURVES, "learning_rate")},
    "validation": {f"epoch_{name}": f"val_{name}" for name in CURVES},
}


def write_event_files(folder: Path) -> None:
    """Put `tensorboard/train` and `tensorboard/validation` beside a bundle's `history.csv`."""
    with (folder / HISTORY).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    ended = (folder / HISTORY).stat().st_mtime
    for part, tags in PARTS.items():
        place = folder / FOLDER / part
        place.mkdir(parents=True, exist_ok=True)
        with tf.io.TFRecordWriter(str(place / f"events.out.tfevents.{int(ended)}.history")) as writer:
            for event in _events(rows, tags, ended):
                writer.write(event.SerializeToString())


def _events(rows: Sequence[Mapping[str, str]], tags: Mapping[str, str], ended: float) -> Iterator[Event]:
    """An event for every figure of every epoch, at the time when the epoch ended."""
    time = ended - sum(float(row.get("seconds") or 0) for row in rows)
    yield Event(wall_time=time, file_version="brain.Event:2")
    for row in rows:
        time += float(row.get("seconds") or 0)
        for tag, column in tags.items():
            if row.get(column):
                value = Summary.Value(tag=tag, simple_value=float(row[column]))
                yield Event(wall_time=time, step=int(row["epoch"]), summary=Summary(value=[value]))
