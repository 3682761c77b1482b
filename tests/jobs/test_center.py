"""Runs in real processes, with real Keras, on tiny phantoms: watched, ordered about, killed and taken up again."""

import dataclasses
import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from tests.support.job_server import OWNER
from tests.support.places import ROOT
from tests.support.tiny_run import DATA, SLOW
from tests.support.tiny_run import HEAD_ONLY as TINY
from xray_model.bundles.bundle import load_bundle
from xray_model.bundles.card import KERAS_FILE
from xray_model.datasets.choice import DataChoice
from xray_model.datasets.load import load_data
from xray_model.errors import InvalidConfig
from xray_model.jobs.center import JobCenter, UnknownRun, epoch_records, point_records
from xray_model.jobs.result import load_result
from xray_model.jobs.run_files import read_events, write_json
from xray_model.jobs.runs_folder import FOLDER, LEFT, RUNS_DIR
from xray_model.recipes.config import Phase

LONG = dataclasses.replace(TINY, pace=0.4, phases=(Phase("head", 60, 1e-2),))
PATIENCE = 120.0


@pytest.fixture
def center():
    made = JobCenter(nice=0)
    yield made
    made.close()


def wait_for(center, run_id, condition, owner="me"):
    """The first view that fulfils the condition."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        view = center.view(owner, run_id)
        if condition(view):
            return view
        time.sleep(0.05)
    raise AssertionError(f"waited in vain; state {view.state}: {view.sentence}; events {view.events[-3:]}")


def epochs(view):
    return [record["epoch"] for record in epoch_records(view.events)]


def process_of(center, run_id):
    return center._runs[run_id]._process.pid


def test_a_run_ends_in_a_bundle_and_a_second_one_waits(center):
    run_id = center.start("me", TINY, DATA, "First try!")
    other = center.start("you", LONG, DATA)
    waiting = center.view("you", other)
    assert (waiting.state, waiting.place) == ("queued", 1)
    assert "number 1" in waiting.sentence
    view = wait_for(center, run_id, lambda view: view.ended)
    assert (view.state, epochs(view), view.last_epoch) == ("finished", [0, 1, 2], 2)
    states = [event["state"] for event in view.events if event["kind"] == "state"]
    assert states == ["starting", "preparing", "preparing", "training", "finishing", "finished"]
    assert load_bundle(view.result).card.user_run
    result = load_result(view.result)
    assert result.grey.shape[0] == len(result.labels) == len(result.probabilities) == len(result.before)
    assert result.evidence.shape[0] == len(result.names)
    assert (result.settings["batch"], len(result.history)) == (8, 4)
    assert not result.worse  # than what it started from: random numbers
    assert "the bundled model has" in view.sentence
    assert [point["epoch"] for point in point_records(view.events)] == [-1, 0, 1, 2]
    names = zipfile.ZipFile(io.BytesIO(center.zip_result("me", run_id))).namelist()
    assert {name.split("/")[1] for name in names} >= {"model.tflite", "card.json", "history.csv", "settings.json"}
    assert names[0].startswith("first-try-")
    assert not view.can_continue
    wait_for(center, other, lambda view: view.place == 0, owner="you")
    for call in (center.view, center.zip_result, lambda *args: center.control(*args, "discard")):
        with pytest.raises(UnknownRun, match="not yours"):
            call("you", run_id)
    assert [view.run_id for view in center.list_runs("you")] == [other]
    center.control("you", other, "discard")
    assert center.list_runs("you") == []


def test_a_range_test_replaces_the_one_before_and_leaves_other_runs_alone(center):
    run_id = center.start("me", LONG, DATA)
    for batch in (8, 16):
        test = center.start_range_test("me", dataclasses.replace(LONG, batch=batch), DataChoice(count=2000))
    assert [view.run_id for view in center.list_runs("me")] == [test, run_id]
    view = center.view("me", test)
    assert (view.place, view.config.batch, view.config.pace, view.data.count) == (1, 16, 0.0, 267)


def test_pause_step_resume_stop_going_on_and_too_little_memory(center):
    """One run; the memory watchdog ends it as a stop does, with the best epoch."""
    run_id = center.start("me", LONG, DATA)
    wait_for(center, run_id, lambda view: len(epochs(view)) >= 1)
    center.control("me", run_id, "pause")
    paused = wait_for(center, run_id, lambda view: view.state == "paused")
    if sys.platform == "linux":
        mapped = Path(f"/proc/{process_of(center, run_id)}/maps").read_text()
        assert "tensorflow" in mapped
        assert not any(name in mapped for name in ("pandas", "matplotlib")), "Keras loads them, and no run needs them"
    center.control("me", run_id, "step")
    stepped = wait_for(center, run_id, lambda view: view.state == "paused" and epochs(view) != epochs(paused))
    told = [event.get("state", event["kind"]) for event in stepped.events if event["kind"] in ("state", "epoch")]
    assert told[told.index("paused") :] == ["paused", "training", "epoch", "paused"]
    center.control("me", run_id, "resume")
    wait_for(center, run_id, lambda view: len(epochs(view)) > len(epochs(stepped)))
    center.control("me", run_id, "stop")
    stopped = wait_for(center, run_id, lambda view: view.ended)
    assert stopped.state == "stopped"
    assert "best epoch so far is kept" in stopped.sentence
    assert load_result(stopped.result).card.user_run
    assert stopped.can_continue
    center.continue_run("me", run_id)
    again = wait_for(center, run_id, lambda view: len(epochs(view)) > len(epochs(stopped)))
    assert epochs(again) == list(range(len(epochs(again))))
    run = center._runs[run_id]
    with center._lock:  # between two looks of the center: the fresh process would be over this limit as well
        run.check(memory_mb=100, nice=0)
    assert any(event.get("about") == "memory" for event in run.events)
    ended = wait_for(center, run_id, lambda view: view.ended)
    assert ended.state == "stopped"
    assert ended.result is not None


def test_a_stopped_server_s_run_goes_on_in_the_next_one_to_the_same_end(tmp_path, monkeypatch, unbroken):
    """There its process is killed, which is reported, and the run is taken up once more."""
    monkeypatch.setenv(RUNS_DIR, str(tmp_path))
    command = [sys.executable, "-m", "tests.support.job_server"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "0\n"
        server.terminate()
        assert server.wait(PATIENCE) == 0
    (left,) = tmp_path.glob(f"*/{LEFT}")
    worker_log = next(left.parent.glob("*/worker.log")).read_text()
    assert "is being stopped" in worker_log, "its process ended by itself, with an epoch's checkpoint"
    center = JobCenter(nice=0)
    try:
        (run,) = center.list_runs(OWNER)  # by the secret that the visitor's browser keeps
        assert run.name == "to be stopped"
        done = len(epochs(center.view(OWNER, run.run_id)))
        wait_for(center, run.run_id, lambda view: len(epochs(view)) > done, OWNER)
        os.kill(process_of(center, run.run_id), signal.SIGKILL)
        crashed = wait_for(center, run.run_id, lambda view: view.ended, OWNER)
        assert crashed.state == "crashed"
        assert "killed from outside" in crashed.sentence
        assert crashed.can_continue
        center.continue_run(OWNER, run.run_id)
        view = wait_for(center, run.run_id, lambda view: view.ended, OWNER)
        assert_same_end(view, *unbroken)
        (said,) = [event["sentence"] for event in view.events if event.get("about") == "restart"]
        assert "went on from its last checkpoint" in said
    finally:
        center.close()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """(validation losses, weights) of the run `SLOW` in one piece, in this process."""
    from xray_model.training.loop import TrainingLoop

    config = dataclasses.replace(SLOW, pace=0.0)
    training, validation = load_data(DATA, config.input_size, config.validation_share, config.seed)
    loop = TrainingLoop(config, training, validation, tmp_path_factory.mktemp("unbroken"))
    weights = loop.run().get_weights()
    return [row["val_loss"] for row in loop.progress.rows], weights


def assert_same_end(view, losses, weights):
    """The run has finished, each epoch was told, and its network is that of the unbroken run."""
    import keras

    assert (view.state, epochs(view)) == ("finished", [0, 1, 2, 3])
    result = load_result(view.result)
    assert [float(row["val_loss"]) for row in result.history] == pytest.approx(losses, abs=1e-5)
    found = keras.models.load_model(view.result / KERAS_FILE).get_weights()
    for one, other in zip(found, weights, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_two_visitors_who_press_start_together(center):
    together, runs = threading.Barrier(2), {}

    def press(owner):
        together.wait()
        runs[owner] = center.start(owner, LONG, DATA)

    visitors = [threading.Thread(target=press, args=(owner,)) for owner in ("me", "you")]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    views = [center.view(owner, run_id) for owner, run_id in runs.items()]
    assert sorted(view.place for view in views) == [0, 1]
    assert sorted(view.state == "queued" for view in views) == [False, True]
    first = next(owner for owner, view in zip(runs, views, strict=True) if view.place == 0)
    center.control(first, runs[first], "discard")
    other = next(owner for owner in runs if owner != first)
    wait_for(center, runs[other], lambda view: view.place == 0, owner=other)


def test_memory_watchdog_before_the_first_epoch(center):
    run_id = center.start("me", LONG, DATA)
    center.memory_mb = 50
    view = wait_for(center, run_id, lambda view: view.ended)
    assert view.state == "out of memory"
    assert "smaller batch" in view.sentence


def test_a_host_that_is_too_small_says_so_before_anything_starts(center):
    center.memory_mb = 300.0
    for start in (lambda: center.start("me", TINY, DATA), lambda: center.start_lesson("me", "freeze")):
        with pytest.raises(InvalidConfig, match=r"at least 0\.9 GB, and it has 0\.3 GB .* computer with 2 GB"):
            start()
    assert center.list_runs("me") == []


def test_stop_before_the_first_epoch_and_a_failure_in_words(center):
    run_id = center.start("me", LONG, DATA)
    center.control("me", run_id, "stop")
    view = wait_for(center, run_id, lambda view: view.ended)
    assert (view.state, view.result) == ("stopped", None)
    assert "nothing to keep" in view.sentence
    wrong = center.start("me", dataclasses.replace(TINY, weights="bundled"), DATA)
    failed = wait_for(center, wrong, lambda view: view.ended)
    assert failed.state == "failed"
    assert "bundled start weights fit the bundled backbone only" in failed.sentence


def test_abandoned_runs_end_and_leave_nothing():
    center = JobCenter(nice=0, abandoned_after=1.0)
    try:
        run_id = center.start("me", LONG, DATA)
        run = center._runs[run_id]
        pid, end = process_of(center, run_id), time.monotonic() + PATIENCE
        while run_id in center._runs and time.monotonic() < end:  # `view` would say that somebody is there
            time.sleep(0.05)
        with center._lock, pytest.raises(UnknownRun):
            center.view("me", run_id)
        assert not run.folder.exists()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    finally:
        center.close()


def test_folders_of_servers_that_are_gone_are_removed(tmp_path, monkeypatch):
    monkeypatch.setenv(RUNS_DIR, str(tmp_path))
    living, other, dead = (
        tmp_path / f"{FOLDER}{name}" for name in (f"{os.getpid()}-a", f"{os.getpid()}-b", "4194304-c")
    )
    for folder in (living, other, dead):
        folder.mkdir()
    os.utime(other, (0, 0))  # its server's number has gone to this process since
    JobCenter().close()
    assert list(tmp_path.iterdir()) == [living]


def test_orders_and_numbers_are_checked(center):
    with pytest.raises(UnknownRun):
        center.view("me", "nothing")
    run_id = center.start("me", LONG, DATA)
    with pytest.raises(InvalidConfig, match="Got action 'fly'"):
        center.control("me", run_id, "fly")
    with pytest.raises(InvalidConfig, match="cannot be taken up"):
        center.continue_run("me", run_id)
    with pytest.raises(InvalidConfig, match="no result yet"):
        center.zip_result("me", run_id)
    for _ in range(5):
        center.start("me", LONG, DATA)
    with pytest.raises(InvalidConfig, match="discard one"):
        center.start("me", LONG, DATA)


def test_half_a_line_waits_for_its_end(tmp_path):
    file = tmp_path / "events"
    assert read_events(file, 0) == ([], 0)
    file.write_text('{"kind": "a"}\nrubbish\n{"kind"')
    assert read_events(file, 0) == ([{"kind": "a"}], 22)
    write_json(tmp_path / "x.json", 1)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
