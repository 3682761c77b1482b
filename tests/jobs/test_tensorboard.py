"""Event files of a run's history, read back by TensorFlow's own reader, which checks every checksum."""

import csv
import io
import os
import zipfile

import pytest

from xray_model.jobs.tensorboard import CURVES, event_files, tensorboard_zip, write_event_files
from xray_model.training.watch import HISTORY_COLUMNS

ENDED = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    """A bundle's history: 300 epochs of ten seconds, one AUC missing."""
    with (tmp_path / "history.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, HISTORY_COLUMNS)
        writer.writeheader()
        for epoch in range(300):
            figures: dict = dict.fromkeys(HISTORY_COLUMNS, f"{1 / (epoch + 1):.6f}")
            figures |= {"epoch": epoch, "phase": "head", "seconds": 10, "val_auc": "" if epoch == 3 else 0.75}
            writer.writerow(figures)
    os.utime(tmp_path / "history.csv", (ENDED, ENDED))
    return tmp_path


def read(path):
    import tensorflow as tf

    return list(tf.compat.v1.train.summary_iterator(str(path)))


def test_tensorflow_reads_what_was_written(folder):
    write_event_files(folder)
    [train] = (folder / "tensorboard" / "train").iterdir()
    first, *events = read(train)
    assert first.file_version == "brain.Event:2"
    [value] = events[0].summary.value
    assert (value.tag, value.simple_value, events[0].step) == ("epoch_loss", 1.0, 0)
    last = events[-1]
    assert (last.step, last.wall_time, last.summary.value[0].tag) == (299, ENDED, "epoch_learning_rate")
    assert events[0].wall_time == ENDED - 2990
    assert len(events) == 300 * 6


def test_a_figure_that_is_not_there_is_left_out(folder):
    write_event_files(folder)
    [validation] = (folder / "tensorboard" / "validation").iterdir()
    found = [event for event in read(validation)[1:] if event.summary.value[0].tag == "epoch_auc"]
    assert [event.step for event in found] == [step for step in range(300) if step != 3]
    assert found[0].summary.value[0].simple_value == 0.75


@pytest.mark.parametrize(("part", "prefix"), [("train", ""), ("validation", "val_")])
def test_every_figure_is_that_of_the_history(folder, part, prefix):
    write_event_files(folder)
    [file] = (folder / "tensorboard" / part).iterdir()
    found = {(event.step, value.tag): value.simple_value for event in read(file)[1:] for value in event.summary.value}
    names = [*CURVES, *([] if prefix else ["learning_rate"])]
    with (folder / "history.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    said = {(int(row["epoch"]), f"epoch_{n}"): row[prefix + n] for row in rows for n in names if row[prefix + n]}
    assert found == pytest.approx({key: float(figure) for key, figure in said.items()}, rel=1e-6)


def test_the_archive_holds_the_same_files(folder):
    with zipfile.ZipFile(io.BytesIO(tensorboard_zip(folder))) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {f"tensorboard/{name}": data for name, data in event_files(folder / "history.csv").items()}
