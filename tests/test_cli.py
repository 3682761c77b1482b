"""`python -m xray_model predict`: a row per image whatever the images are, and nothing but rows on standard output."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bundle_factory import SIZE
from tests.pictures import saved, smooth
from xray_model.batch import analyze_files, overlay_names
from xray_model.bundle import load_bundle
from xray_model.cli import main
from xray_model.files import AHEAD, list_files, map_ahead
from xray_model.inference import analyze
from xray_model.notice import NOTICE, NOTICE_SHORT
from xray_model.phantoms import draw_phantom
from xray_model.radiograph import Radiograph
from xray_model.runtime import Runtime

ROOT = Path(__file__).parent.parent
COLUMNS = ["file", "status", "probability", "label", "operating_point", "message"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Five images at three depths, three files that are none, and what a walk must pass over."""
    for seed, name in enumerate(("b.png", "a.PNG", "deep/c.jpg", "deep/deeper/a.tif", "deep/deeper/b.webp")):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_phantom(seed, size=96).pixels).save(path)
    (tmp_path / "in" / "deep" / "cut.png").write_bytes((tmp_path / "in" / "b.png").read_bytes()[:500])
    (tmp_path / "in" / "empty.bmp").write_bytes(b"")
    for name in ("notes.txt", ".hidden.png", "._b.png", ".cache/d.png"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"not for the table")
    return tmp_path / "in"


@pytest.fixture
def run(tiny_bundle, capsys):
    """`run(arguments…)` -> (exit code, rows, standard error) of `predict` with the small bundle."""

    def predict(*arguments, bundle: object = tiny_bundle) -> tuple[int, list[dict[str, str]], str]:
        code = main(["predict", *map(str, arguments), "--bundle", str(bundle)])
        printed = capsys.readouterr()
        return code, list(csv.DictReader(io.StringIO(printed.out))), printed.err

    return predict


def process(*arguments: object, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "xray_model", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_folder_gives_a_sorted_row_per_image(run, folder):
    code, rows, _ = run(folder)
    assert code == 0
    assert [Path(row["file"]).relative_to(folder).as_posix() for row in rows] == [
        "a.PNG", "b.png", "deep/c.jpg", "deep/cut.png", "deep/deeper/a.tif", "deep/deeper/b.webp", "empty.bmp",
    ]  # fmt: skip
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "unreadable", "ok", "ok", "unreadable"]
    assert list(rows[0]) == COLUMNS


def test_row_is_what_analyze_says(run, folder, tiny_bundle):
    _, rows, _ = run(folder / "b.png")
    prediction = analyze(Radiograph.from_file(folder / "b.png"), load_bundle(tiny_bundle)).prediction
    assert float(rows[0]["probability"]) == pytest.approx(prediction.probability, abs=1e-6)
    assert (rows[0]["label"], rows[0]["operating_point"]) == (prediction.label, "balanced")


def test_unreadable_row_has_only_its_reason(run, folder):
    _, rows, _ = run(folder / "deep" / "cut.png", folder / "empty.bmp", folder / "b.png")
    assert [row["message"] for row in rows[:2]] == [
        "The image is damaged or cut off. Export it again.",
        "The file is empty (0 bytes). Export the image again.",
    ]
    assert {row[name] for row in rows[:2] for name in ("probability", "label", "operating_point")} == {""}
    assert rows[2]["status"] == "ok"


def test_named_file_is_a_row_whatever_it_is_called(run, folder):
    (folder / "image").write_bytes((folder / "b.png").read_bytes())
    code, rows, _ = run(folder / "image", folder / "notes.txt", folder / "absent.png")
    assert code == 0
    assert [row["status"] for row in rows] == ["ok", "unreadable", "unreadable"]
    assert "Expected a PNG, JPEG, WebP, BMP or TIFF file" in rows[1]["message"]
    assert "No such file" in rows[2]["message"]


def test_file_named_twice_is_one_row(run, folder):
    _, rows, _ = run(folder / "b.png", folder, folder / "b.png")
    assert len(rows) == 7
    assert rows[0]["file"].endswith("b.png")


def test_each_probability_carries_the_notice_and_what_befell_the_image(run, tmp_path):
    (tmp_path / "pink.png").write_bytes(saved(np.dstack([smooth(), smooth() // 2, smooth() // 2])))
    _, rows, err = run(tmp_path / "pink.png")
    assert rows[0]["message"] == f"Colour was converted to grey. {NOTICE_SHORT}."
    assert err.count(NOTICE) == 1


def test_nothing_readable_is_exit_code_1_with_the_rows(run, folder):
    code, rows, err = run(folder / "notes.txt", folder / "empty.bmp")
    assert (code, len(rows)) == (1, 2)
    assert "Read 0 of 2 files." in err


def test_folder_without_images_says_so(run, tmp_path):
    code, rows, err = run(tmp_path)
    assert (code, rows) == (1, [])
    assert "No image files there" in err


def test_table_goes_to_a_file(run, folder, tmp_path, capsys):
    code, rows, err = run(folder, "--csv", tmp_path / "out.csv")
    assert (code, rows) == (0, [])
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert len(written) == 7
    assert "Read 5 of 7 files." in err
    assert capsys.readouterr().out == ""


def test_operating_point_decides(run, folder):
    for name in ("screening", "rule-in"):
        _, rows, _ = run(folder / "b.png", "--operating-point", name)
        assert rows[0]["operating_point"] == name


def test_overlays_are_one_picture_per_image_under_names_of_their_own(run, folder, tmp_path):
    for name in ("deep/b.png", "deep/B.jpg"):
        Image.fromarray(draw_phantom(9, size=96).pixels).save(folder / name)
    code, rows, _ = run(folder, "--overlays", tmp_path / "out" / "here")
    names = sorted(path.name for path in (tmp_path / "out" / "here").iterdir())
    assert code == 0
    assert len(names) == sum(row["status"] == "ok" for row in rows) == 7
    assert len({name.casefold() for name in names}) == 7
    said = {row["message"].split("Overlay: ")[1].split(". ")[0] for row in rows if row["status"] == "ok"}
    assert said == set(names)
    for name in names:
        with Image.open(tmp_path / "out" / "here" / name) as picture:
            assert picture.mode == "RGB"
            assert picture.text["Notice"] == NOTICE
            assert picture.width >= 96


def test_overlay_row_has_the_same_figures(run, folder, tmp_path):
    _, plain, _ = run(folder)
    _, drawn, _ = run(folder, "--overlays", tmp_path / "out")
    assert [row["probability"] for row in drawn] == [row["probability"] for row in plain]


def test_overlays_of_an_earlier_run_are_not_read_as_images(run, folder):
    for _ in range(2):
        code, rows, _ = run(folder, "--overlays", folder / "overlays")
        assert (code, len(rows)) == (0, 7)


def test_overlay_never_takes_the_name_of_an_image(run, folder):
    (folder / "b-overlay.png").write_bytes((folder / "b.png").read_bytes())
    before = (folder / "b-overlay.png").read_bytes()
    _, rows, _ = run(folder / "b.png", folder / "b-overlay.png", "--overlays", folder / "." / "..")
    assert (folder / "b-overlay.png").read_bytes() == before
    assert "Overlay: b-overlay-2.png." in rows[0]["message"]


def test_very_long_name_gets_an_overlay(run, folder, tmp_path):
    long = folder / f"{'é' * 120}.png"
    long.write_bytes((folder / "b.png").read_bytes())
    code, rows, _ = run(long, "--overlays", tmp_path / "out")
    assert (code, rows[0]["status"]) == (0, "ok")
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_file_name_that_is_no_text_is_still_a_row(run, folder, tmp_path):
    path = folder / os.fsdecode(b"scan-\xff.png")
    path.write_bytes((folder / "b.png").read_bytes())
    code, _, _ = run(path, "--csv", tmp_path / "out.csv", "--overlays", tmp_path / "out")
    assert code == 0
    assert "scan-\\udcff.png,ok" in (tmp_path / "out.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--operating-point", "strict"),
            "Unknown operating point 'strict': this bundle has screening, balanced, rule-in.",
        ),
        (("--csv", "{folder}/b.png"), "--csv names an input image."),
        (("--csv", "{folder}/absent/out.csv"), "/absent/out.csv (No such file or directory)."),
        (("--overlays", "{folder}"), "--overlays names a folder of input images."),
        (("--overlays", "{folder}/b.png"), "/b.png (File exists)."),
    ],
)
def test_wrong_command_is_one_sentence_and_exit_code_2(run, folder, arguments, words):
    code, rows, err = run(folder, *(argument.format(folder=folder) for argument in arguments))
    assert (code, rows) == (2, [])
    assert words in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("python -m xray_model: ")
    assert (folder / "b.png").stat().st_size > 1000


def test_unknown_bundle_is_one_sentence_and_exit_code_2(run, folder):
    code, rows, err = run(folder, bundle="resnet-mars-v1")
    assert (code, rows) == (2, [])
    assert "There is no bundle 'resnet-mars-v1'" in err


@pytest.mark.parametrize("arguments", [[], ["predict"], ["predict", "--fast", "a.png"], ["dream"]])
def test_usage_errors_are_argparses(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m xray_model" in capsys.readouterr().err


def test_help_says_columns_exit_codes_and_notice(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["predict", "--help"])
    assert caught.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in (*COLUMNS, "Exit code: 0", "unreadable file is a row", NOTICE):
        assert words in said


LOADED = """
import json, sys
from xray_model.cli import main
code = main(sys.argv[1:])
json.dump([code, sorted(sys.modules)], sys.stderr)
"""


def test_predict_never_imports_tensorflow(folder, tiny_bundle):
    """In a process of its own, which also shows that nothing but rows reaches standard output."""
    command = [sys.executable, "-c", LOADED, "predict", folder, "--bundle", tiny_bundle]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr[done.stderr.rindex("[0,") :])
    assert code == 0
    assert "xray_model.inference" in modules
    assert not {"tensorflow", "keras", "streamlit", "matplotlib"} & set(modules)
    assert [len(row) for row in csv.reader(io.StringIO(done.stdout))] == [6] * 8


def test_help_needs_nothing_heavy():
    command = [sys.executable, "-X", "importtime", "-m", "xray_model", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "xray_model.cli" in loaded
    assert not {"numpy", "cv2", "PIL", "keras", "tensorflow", "tqdm"} & loaded


def test_closed_pipe_ends_quietly(folder, tiny_bundle):
    """As with `| head -1`: the reader takes a line and leaves."""
    for number in range(1500):
        os.link(folder / "empty.bmp", folder / f"empty-{number:04}-{'x' * 60}.bmp")
    running = process("predict", folder, "--bundle", tiny_bundle)
    assert running.stdout.readline().strip() == ",".join(COLUMNS)
    running.stdout.close()
    err = running.stderr.read()
    assert running.wait(timeout=30) == 141
    assert "Traceback" not in err
    assert "Broken pipe" not in err
    running.stderr.close()


def test_interrupt_ends_quietly(folder, tiny_bundle, tmp_path):
    """Ctrl-C while it works, which the first overlay on the disk shows; the table so far stays."""
    for number in range(3000):
        os.link(folder / "b.png", folder / f"b-{number:04}.png")
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore Ctrl-C
    running = process(
        *("predict", folder, "--bundle", tiny_bundle, "--overlays", tmp_path / "out", "--csv", tmp_path / "t.csv"),
        preexec_fn=listening,
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("out/*.png")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert (tmp_path / "t.csv").read_text().startswith(",".join(COLUMNS))


def test_walk_passes_over_hidden_files_and_keeps_the_order_of_names(folder, tmp_path):
    other = tmp_path / "other.png"
    other.write_bytes(b"")
    found = list_files([other, folder / "deep", folder])
    assert found[0] == other
    assert [path.name for path in found[1:5]] == ["c.jpg", "cut.png", "a.tif", "b.webp"]
    assert len(found) == 8


def test_folder_that_cannot_be_listed_is_told(folder, monkeypatch):
    told = []
    monkeypatch.setattr(
        os, "scandir", lambda place: (_ for _ in ()).throw(PermissionError(13, "Permission denied", place))
    )
    assert list_files([folder], on_error=told.append) == []
    assert told[0].strerror == "Permission denied"


def test_working_ahead_keeps_the_order_and_its_distance():
    """However slow a file is, answers stay in order, and never more than `AHEAD` wait in memory."""
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


def test_full_disk_is_one_sentence(run, folder, tmp_path, monkeypatch):
    def full(self: Path, _: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = run(folder, "--overlays", tmp_path / "out")
    assert code == 2
    assert err.splitlines()[-1].endswith("(No space left on device).")


def test_answers_are_those_of_analyze_and_keep_only_the_models_input(folder, tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    for path, answer in analyze_files([folder / "b.png", folder / "deep" / "c.jpg"], bundle):
        radiograph = Radiograph.from_file(path)
        alone = analyze(radiograph, bundle)
        assert answer.prediction.logit == pytest.approx(alone.prediction.logit, abs=1e-6)
        assert np.allclose(answer.evidence, alone.evidence, atol=1e-6)
        assert answer.radiograph.pixels.shape == (SIZE, SIZE)
        assert answer.radiograph.levels is None
        assert answer.radiograph.source == radiograph.source


def test_threads_never_share_a_network(folder, tiny_bundle, monkeypatch):
    """Each works with its own; the bundle that a page shares is left alone."""
    bundle = load_bundle(tiny_bundle)
    used, lock = [], threading.Lock()
    forward = Runtime.forward

    def noted(self: Runtime, grey: np.ndarray):
        with lock:
            used.append((threading.get_ident(), id(self)))
        return forward(self, grey)

    monkeypatch.setattr(Runtime, "forward", noted)
    assert len(list(analyze_files(sorted(folder.glob("*.[pP][nN][gG]")) * 8, bundle))) > 8
    assert len({thread for thread, _ in used}) == len(set(used)) == len({runtime for _, runtime in used})
    assert id(bundle.runtime) not in {runtime for _, runtime in used}


def test_overlay_names_are_given_in_order_and_never_twice():
    names = overlay_names([Path("a/x.png"), Path("b/X.jpg"), Path("x-overlay.png"), Path("c/x.tif")])
    assert list(names.values()) == ["x-overlay-2.png", "X-overlay-3.png", "x-overlay-overlay.png", "x-overlay-4.png"]
