"""Event files of a run's history, read back by TensorFlow's own reader, which checks every checksum."""

import csv
import io
import os
import zipfile

import pytest

from xray_model.jobs.tensorboard import tensorboard_zip
from xray_model.training.tensorboard import CURVES, write_event_files
from xray_model.training.watch import HISTORY_COLUMNS

ENDED = 1_700_000_000


@pytest.fixture
def folder(tmp_path):
    """A bundle's history: five epochs of ten seconds, one AUC missing."""
    with (tmp_path / "history.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, HISTORY_COLUMNS)
        writer.writeheader()
        for epoch in range(5):
            figures: dict = dict.fromkeys(HISTORY_COLUMNS, f"{1 / (epoch + 1):.6f}")
            figures |= {"epoch": epoch, "phase": "head", "seconds": 10, "val_auc": "" if epoch == 3 else 0.75}
            writer.writerow(figures)
    os.utime(tmp_path / "history.csv", (ENDED, ENDED))
    return tmp_path


def read(path):
    import tensorflow as tf

    return list(tf.compat.v1.train.summary_iterator(str(path)))


def test_every_epoch_has_its_time(folder):
    write_event_files(folder)
    [train] = (folder / "tensorboard" / "train").iterdir()
    first, *events = read(train)
    assert first.file_version == "brain.Event:2"
    assert [events[0].wall_time, events[-1].wall_time] == [ENDED - 40, ENDED]


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
    write_event_files(folder)
    with zipfile.ZipFile(io.BytesIO(tensorboard_zip(folder))) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    files = sorted((folder / "tensorboard").glob("*/*"))
    assert len(files) == 2
    assert packed == {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
