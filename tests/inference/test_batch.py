"""Answers and overlays for many files: in order, with a network for each thread and decoding in separate processes."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.command_line import predict, write_images
from tests.support.deadly import EATS, HANGS, KILLS, deadly_decoders
from xray_model.bundles.bundle import load_bundle
from xray_model.bundles.litert import Runtime
from xray_model.imaging import sandbox
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import SIDE
from xray_model.inference.analyze import analyze
from xray_model.inference.batch import analyze_files
from xray_model.notice import NOTICE
from xray_model.phantoms import draw_phantom
from xray_model.reports.overlay_folder import overlay_names


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_images(tmp_path / "in")


@pytest.fixture
def run(tiny_bundle, capsys):
    """`run(arguments…)` -> (exit code, rows, standard error) of `predict` with the small bundle."""
    return lambda *arguments, bundle=tiny_bundle: predict(capsys, *arguments, "--bundle", bundle)


def test_each_image_gets_an_overlay_with_a_unique_name(run, folder, tmp_path):
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


def test_a_full_disk_is_reported_in_one_sentence(run, folder, tmp_path, monkeypatch):
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
        assert answer.radiograph.pixels.shape == (SIDE, SIDE)
        assert answer.radiograph.levels is None
        assert answer.radiograph.source == radiograph.source


def test_a_file_that_kills_or_hangs_its_decoder_costs_only_its_own_answer(run, folder, monkeypatch):
    for name, data in (("kills", KILLS), ("eats", EATS), ("hangs", HANGS)):
        (folder / f"{name}.png").write_bytes(data)
    with deadly_decoders(monkeypatch):
        code, rows, _ = run(folder / "b.png", folder / "kills.png", folder / "eats.png", folder / "a.PNG")
        monkeypatch.setattr(sandbox, "SECONDS", 1.0)
        _, [late], _ = run(folder / "hangs.png")
    assert code == 0
    assert [row["status"] for row in rows] == ["ok", "unreadable", "unreadable", "ok"]
    assert {row["message"] for row in rows[1:3]} == {"The image stopped its decoder. Export it again."}
    assert "not decoded within 1 s" in late["message"]


def test_threads_never_share_a_network(folder, tiny_bundle, monkeypatch):
    """Each has its own, and the shared bundle's network is not used."""
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
