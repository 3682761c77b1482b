"""What a server leaves to the next one, and what ends with it; here no run comes as far as an epoch."""

from __future__ import annotations

import json
import shutil
import time

import numpy as np
import pytest

from tests.support.tiny_run import DATA, SLOW
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.zip_reader import IMAGES_FILE, UploadedImages
from xray_model.errors import InvalidConfig
from xray_model.jobs import restart, runs_folder
from xray_model.jobs.center import JobCenter
from xray_model.recipes.lessons.catalogue import LESSONS


@pytest.fixture(params=["temporary", "named"])
def place(request, tmp_path, monkeypatch):
    """The folder of servers' folders: the system's temporary one, or one that the host has named."""
    monkeypatch.delenv(runs_folder.RUNS_DIR, raising=False)
    monkeypatch.setattr(runs_folder.tempfile, "tempdir", str(tmp_path))
    if request.param == "named":
        monkeypatch.setenv(runs_folder.RUNS_DIR, str(tmp_path))
    return tmp_path


def stopped_server(**settings) -> None:
    """A server that had a paused run, one that waits, one on a visitor's images, and a lesson."""
    center = JobCenter(**settings)
    first = center.start("me", SLOW, DATA, "first")
    center.control("me", first, "pause")
    center.start("me", SLOW, DATA, "second")
    films = _films()
    center.start("you", SLOW, films.choice, "own films", films)
    center.start_lesson("me-lessons", next(iter(LESSONS)))
    center.shut_down()
    center.shut_down()  # the second time there is nothing to do


def _films() -> UploadedImages:
    names = tuple("abcd")
    images = LabelledImages(np.zeros((4, 64, 64), np.uint8), np.array([0, 1, 0, 1], np.int8), names, names)
    return UploadedImages("films.zip", "0" * 64, images, {}, 0, None, 4)


def test_runs_are_left_to_the_next_server_and_a_visitor_s_images_only_where_the_host_says_so(place):
    stopped_server()
    uploads = list(place.glob(f"*/*/{IMAGES_FILE}"))
    assert runs_folder.has_left_runs()
    center = JobCenter()
    try:
        assert not runs_folder.has_left_runs()
        second, first = center.list_runs("me")
        assert (first.name, first.state, first.place) == ("first", "queued", 1)
        assert (second.name, second.state, second.place) == ("second", "queued", 2)
        assert (second.config, second.data) == (SLOW, DATA)
        assert center.list_runs("me-lessons") == []
        control = json.loads((center._runs[first.run_id].folder / "control.json").read_text())
        assert control["action"] == "pause", "a paused run stays paused"
        told = center.view("me", first.run_id).events
        assert "began anew" in next(event["sentence"] for event in told if event.get("about") == "restart")
        others = center.list_runs("you")
        assert [run.name for run in others] == (["own films"] if runs_folder.is_named() else [])
        assert len(uploads) == len(list(place.glob(f"*/*/{IMAGES_FILE}"))) == len(others)
        assert len(list(place.iterdir())) == 1
    finally:
        center.close()
    assert list(place.iterdir()) == []


def test_what_was_left_long_ago_or_by_another_version_is_removed(place):
    stopped_server()
    (folder,) = place.iterdir()
    shutil.copytree(folder, place / f"{runs_folder.FOLDER}1-old")
    left = json.loads((folder / runs_folder.LEFT).read_text())
    old = left | {"time": time.time() - restart.KEPT_FOR - 60}
    (place / f"{runs_folder.FOLDER}1-old" / runs_folder.LEFT).write_text(json.dumps(old))
    (folder / left["runs"][0]["id"] / "request.json").write_text('{"config": {"unheard": "of"}}')
    center = JobCenter()
    try:
        assert [run.name for run in center.list_runs("me")] == ["second"]
        assert len(list(place.iterdir())) == 1
    finally:
        center.close()


def test_a_booth_s_server_leaves_nothing(place):
    stopped_server(outlived=False)
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("wrong", ["file", "file/below"])
def test_a_named_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch, wrong):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(runs_folder.RUNS_DIR, str(tmp_path / wrong))
    with pytest.raises(InvalidConfig, match=r"XRAY_RUNS_DIR names .*, where nothing can be written \("):
        JobCenter()
    assert not runs_folder.has_left_runs()
