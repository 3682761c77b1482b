"""Commands on a real cluster of two machines, of one core each: what they write is what they write without it."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from ray._common.usage import usage_lib

from tests.support.cluster_work import DEADLY, deadly, loaded_modules, search
from tests.support.command_line import write_images
from tests.support.labelled import save_class_folders
from tests.support.pictures import saved
from tests.support.places import ROOT
from tests.support.tiny_run import TINY
from tests.support.two_series import save_two_series
from xray_model.bundles.bundle import load_bundle
from xray_model.cli import main
from xray_model.cluster.answers import rows  # before Ray, whose usage statistics it switches off
from xray_model.cluster.connection import connected
from xray_model.cluster.spread import spread
from xray_model.errors import InvalidBundle, InvalidConfig
from xray_model.phantoms import draw_phantom
from xray_model.recipes.run_settings import RunSettings
from xray_model.training import ablation

NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
NAME = "planted-name"
FINISHED = "finished.jsonl"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """The cluster, of two nodes, to which this process stays connected; whoever takes one away adds another."""
    from ray.cluster_utils import Cluster

    running = Cluster(initialize_head=True, head_node_args=NODE)
    running.add_node(**NODE)
    with connected(running.address):
        yield running
    running.shutdown()


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """A hundred phantoms, four parts for the machines, and files of other kinds among them."""
    folder = write_images(tmp_path_factory.mktemp("films"))
    films = [saved(draw_phantom(seed, size=512).pixels) for seed in range(6)]
    for number in range(100):
        (folder / f"{NAME}-{number:03}.png").write_bytes(films[number % len(films)])
    return folder


@pytest.fixture(scope="module")
def alone(films, tiny_bundle, tmp_path_factory) -> bytes:
    """The rows that one machine writes of the films."""
    table = tmp_path_factory.mktemp("alone") / "alone.csv"
    assert run("predict", films, "--bundle", tiny_bundle, "--csv", table) == 0
    return table.read_bytes()


def run(*arguments: object) -> int:
    """A command, in this process."""
    return main(list(map(str, arguments)))


def on(cluster: Any) -> tuple[str, ...]:
    """The options that choose the cluster."""
    return "--engine", "ray", "--address", cluster.address


pytestmark = pytest.mark.usefixtures("cluster")


def test_a_machine_that_is_lost_in_the_middle_costs_no_row(cluster, films, alone, tiny_bundle, tmp_path):
    """Its films are answered again by the other one, and no row is lost or doubled."""
    shared = tmp_path / "shared.csv"
    lost = cluster.add_node(**NODE)
    command = [sys.executable, "-m", "xray_model", "predict", films, "--bundle", tiny_bundle, *on(cluster)]
    with shared.open("wb") as rows_go_to:  # standard output, where Ray itself would like to tell of the loss
        running = subprocess.Popen(command, cwd=ROOT, stdout=rows_go_to, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: at_work(lost))
        assert running.poll() is None
        cluster.remove_node(lost, allow_graceful=False)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert shared.read_bytes() == alone


def test_films_at_an_address_give_the_same_rows(cluster, films, alone, tiny_bundle, tmp_path, capsys):
    table = tmp_path / "addresses.csv"
    assert run("predict", f"file://{films}", "--bundle", tiny_bundle, "--csv", table, *on(cluster)) == 0
    assert table.read_text() == alone.decode().replace(str(films), f"file://{films}")
    assert "Skipped 1 file that is not an image: notes.txt." in capsys.readouterr().err


def test_a_process_that_is_lost_again_and_again_costs_one_result():
    """Processes of the cluster answer the rest, and nothing is lost or doubled."""
    found = list(spread(deadly, range(40), lambda item: f"lost {item}", at_once=8))
    assert found == [f"lost {item}" if item == DEADLY else item for item in range(40)]


def test_machines_answer_without_tensorflow_and_only_with_the_same_bundle(films, tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    assert len(list(rows(sorted(films.glob("*.png"))[:70], bundle))) == 70
    loaded = set().union(*spread(loaded_modules, range(8), at_once=1))
    assert "ai_edge_litert" in loaded
    assert not {"tensorflow", "keras"} & loaded
    other = replace(bundle, card=replace(bundle.card, version=9))
    with pytest.raises(InvalidBundle, match="A machine of the cluster has another bundle tiny-random-v1"):
        list(rows([films / "b.png"], other))


def test_figures_and_audit_are_those_of_one_machine(cluster, tmp_path, tiny_bundle, capsys):
    """By path and by address; the same table and the same file of figures."""
    data = save_class_folders(tmp_path / "labelled", 4)
    (data / "table.csv").write_text("path,label\nNORMAL/NORMAL1.png,0\nPNEUMONIA\\PNEUMONIA1.png,1\nabsent.png,0\n")
    for command in (("evaluate", data), ("evaluate", data / "table.csv"), ("audit", "--films", 3)):
        alone, shared = (
            (*command, "--bundle", tiny_bundle, "--json", tmp_path / name) for name in ("a.json", "b.json")
        )
        assert run(*alone) == 0
        said = capsys.readouterr().out
        if command[0] == "evaluate":
            shared = (shared[0], f"file://{shared[1]}", *shared[2:])
        assert run(*shared, *on(cluster)) == 0
        assert said in capsys.readouterr().out  # Ray may still say what was lost in the tests above
        assert (tmp_path / "b.json").read_bytes() == (tmp_path / "a.json").read_bytes()


@pytest.mark.usefixtures("true_intervals")  # as in the processes of the cluster
def test_an_ablation_s_rows_are_those_of_one_machine(cluster, tmp_path, monkeypatch):
    """Only the seconds differ."""
    save_two_series(tmp_path)
    monkeypatch.setattr(ablation, "BASE", replace(TINY.with_epochs(1), phantoms=0, mixup=0.0))
    command = ("ablate", tmp_path, "--only", "horizontal flip", "--out")
    assert run(*command, tmp_path / "alone.csv") == 0
    assert run(*command, tmp_path / "shared.csv", *on(cluster)) == 0
    alone, shared = (
        [line.rpartition(",")[0] for line in (tmp_path / name).read_text().splitlines()]
        for name in ("alone.csv", "shared.csv")
    )
    assert len(alone) == 2
    assert shared == alone


SPACE = """
data = "films"
config = "settings.json"
epochs = 8
trials = 6
cores = 1
[space]
dropout = { low = 0.1, high = 0.9 }
"""


def test_a_search_that_is_killed_goes_on_and_stops_the_weak_early(cluster, tmp_path):
    """What was finished is not done again; the best is trained to its end. A line that was cut off is dropped."""
    (tmp_path / "settings.json").write_text(RunSettings(TINY).to_json())
    (tmp_path / "space.toml").write_text(SPACE)
    (tmp_path / "hold").touch()
    out, log = tmp_path / "out", tmp_path / "log"
    command = [sys.executable, "-m", "tests.support.cluster_work", tmp_path / "space.toml", out, cluster.address]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: finished(out) == 2)
    running.kill()
    running.wait()
    begun = log.read_text().splitlines()
    (tmp_path / "hold").unlink()
    with (out / FINISHED).open("a") as stream:
        stream.write('{"setting": "{\\"drop')
    rows = search(tmp_path / "space.toml", out, cluster.address)
    again = log.read_text().splitlines()[len(begun) :]
    assert not set(begun[:2]) & set(again)
    assert len(set(begun[:2] + again)) == len(rows) == 6
    assert next(row["auc"] for row in rows if "stopped" not in row["change"]) == max(row["auc"] for row in rows)
    assert any("stopped after epoch" in row["change"] for row in rows)
    assert finished(out) == 6
    assert search(tmp_path / "space.toml", out, cluster.address) == rows
    assert len(log.read_text().splitlines()) == len(begun) + len(again)
    (tmp_path / "space.toml").write_text(SPACE.replace("0.9", "0.8"))
    with pytest.raises(InvalidConfig, match="holds a search of another space"):
        search(tmp_path / "space.toml", out, cluster.address)


def finished(out: Path) -> int:
    """Trials that the search knows to be finished."""
    kept = out / FINISHED
    return len(kept.read_text().splitlines()) if kept.exists() else 0


def test_a_search_writes_the_columns_of_an_ablation(cluster, tmp_path):
    (tmp_path / "films").mkdir()
    save_two_series(tmp_path / "films")
    (tmp_path / "settings.json").write_text(RunSettings(TINY).to_json())
    (tmp_path / "space.toml").write_text(SPACE.replace("trials = 6", "trials = 1").replace("epochs = 8", "epochs = 1"))
    assert run("sweep", tmp_path / "space.toml", "--out", tmp_path / "out", "--address", cluster.address) == 0
    [row] = csv.DictReader((tmp_path / "out" / "table.csv").read_text().splitlines())
    assert tuple(row) == ablation.COLUMNS
    assert row["change"].startswith("dropout 0.")
    assert 0 <= float(row["auc_low"]) <= float(row["auc"]) <= float(row["auc_high"]) <= 1


def test_nothing_of_a_film_is_left_on_the_machines_and_nothing_is_reported(cluster):
    """After the commands above: names and pixels, in what Ray wrote; and its reports of usage."""
    session = Path(cluster.head_node.get_session_dir_path())
    written = [path for path in session.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in written)
    assert not [path for path in written if NAME.encode() in path.read_bytes()]
    assert not usage_lib.usage_stats_enabled()
    started = [info.process.pid for kind in cluster.head_node.all_processes.values() for info in kind]
    assert len(started) > 2
    assert {psutil.Process(pid).environ()["RAY_USAGE_STATS_ENABLED"] for pid in started} == {"0"}


def test_a_cluster_that_cannot_be_used_is_one_sentence(films, capsys):
    for address, words in (
        ("127.0.0.1:1", "No Ray cluster can be used at 127.0.0.1:1 ("),
        ("here", "here is no cluster"),
    ):
        assert run("predict", films, "--engine", "ray", "--address", address) == 2
        assert f"xray-lab: {words}" in capsys.readouterr().err
    assert run("predict", "s3://films") == 2
    assert "s3://films is an address, which needs --engine ray." in capsys.readouterr().err
    assert run("predict", films, "--address", "127.0.0.1:1") == 2
    assert run("predict", films, "--engine", "ray", "--overlays", films / "out") == 2


def test_without_the_extra_the_command_says_what_to_install(films):
    """In a fresh Python, where Ray cannot be imported; scripts see an exit code of its own."""
    code = "import sys\nsys.modules['ray'] = None\nfrom xray_model.cli import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "predict", str(films), "--engine", "ray"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        "xray-lab: ray is not installed. Install the extra: pip install 'chest-xray-pneumonia[ray]'."
    )
    assert done.stdout == ""


def at_work(node: Any) -> bool:
    """Whether a process of this machine has a part in work, as its title says."""
    raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
    with suppress(psutil.NoSuchProcess):
        return any("ray::_do" in " ".join(child.cmdline()) for child in raylet.children())
    return False


def wait_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.005)
