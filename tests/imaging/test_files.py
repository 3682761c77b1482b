"""Finding image files by names, in folders and in archives; working on several at once, in order."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tests.support.command_line import write_images
from tests.support.dicom_files import dicom
from tests.support.pictures import packed, saved, smooth
from xray_model.imaging.files import list_files, name_some
from xray_model.inference.batch import AHEAD, map_ahead


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_images(tmp_path / "in")


def test_hidden_files_are_skipped_and_names_sorted(folder, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(b"")
    found = list_files([other, folder / "deep", folder])
    assert found[0] == other
    assert [path.name for path in found[1:5]] == ["c.jpg", "cut.png", "a.tif", "b.webp"]
    assert len(found) == 8


def test_images_are_recognised_by_their_first_bytes_if_not_by_suffix(tmp_path):
    for name, data in (
        *(("IM000001", dicom()), ("scan.jfif", saved(smooth(), "JPEG")), ("scan.jpg_large", saved(smooth(), "JPEG"))),
        *(("DICOMDIR", dicom()), ("readme", b"about these films"), ("empty", b""), ("table.csv", b"path,label")),
    ):
        (tmp_path / name).write_bytes(data)
    os.mkfifo(tmp_path / "pipe")
    passed_over = []
    found = list_files([tmp_path], passed_over=passed_over)
    assert [path.name for path in found] == ["IM000001", "scan.jfif", "scan.jpg_large"]
    assert [path.name for path in passed_over] == ["DICOMDIR", "empty", "pipe", "readme", "table.csv"]
    assert name_some([path.name for path in passed_over], 2) == "DICOMDIR, empty and 3 more"


def test_a_folder_that_cannot_be_listed_is_reported(folder, monkeypatch):
    told = []
    monkeypatch.setattr(
        os, "scandir", lambda place: (_ for _ in ()).throw(PermissionError(13, "Permission denied", place))
    )
    assert list_files([folder], on_error=told.append) == []
    assert told[0].strerror == "Permission denied"


def test_working_ahead_keeps_the_order_and_its_distance():
    """Answers stay in order, and at most `AHEAD` wait in memory, however slow a file is."""
    started, lock = [], threading.Lock()

    def slow(path: Path) -> str:
        with lock:
            started.append(path)
        time.sleep(0.02 if int(path.name) % 3 == 0 else 0)
        return f"answer {path.name}"

    paths = [Path(str(number)) for number in range(40)]
    for number, (path, answer) in enumerate(map_ahead(slow, paths, workers=3)):
        assert (path, answer) == (paths[number], f"answer {number}")
        assert len(started) <= number + AHEAD
    assert len(started) == 40


def test_working_ahead_stops_with_its_reader():
    started = []
    reader = map_ahead(started.append, [Path(str(number)) for number in range(1000)], workers=2)
    next(reader)
    reader.close()
    assert len(started) <= AHEAD
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("map-ahead")]


def test_failure_of_the_work_reaches_the_reader():
    def fail(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    with pytest.raises(OSError, match="No space left"):
        list(map_ahead(fail, [Path("a"), Path("b")], workers=2))


def test_an_archive_in_a_folder_is_the_files_in_it(folder):
    whole = packed(("ward/film.png", b"x"), ("notes.txt", b"x"), ("__MACOSX/._a.png", b"x"))
    (folder / "deep" / "Films.ZIP").write_bytes(whole)
    (folder / "deep" / "cut.zip").write_bytes(whole[:60])
    (folder / "deep" / "none.zip").write_bytes(packed())
    (folder / "deep" / ".hidden.zip").write_bytes(whole)
    names = [path.relative_to(folder).as_posix() for path in list_files([folder / "deep"])]
    assert [name for name in names if ".zip" in name.lower()] == [
        "deep/Films.ZIP/ward/film.png",
        "deep/Films.ZIP/notes.txt",
        "deep/cut.zip",
        "deep/none.zip",
    ]
    assert list_files([folder / "deep" / "Films.ZIP", folder / "deep"])[:2] == [
        folder / "deep" / "Films.ZIP" / "ward" / "film.png",
        folder / "deep" / "Films.ZIP" / "notes.txt",
    ]
