"""The Train page's images: an archive, a server folder, the public set."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from pages.ui.train.state import BENCH
from tests.pages.conftest import text_of
from tests.support.labelled import class_files, film, save_class_folders, zipped
from tests.support.train_visit import PAGE, choose, load_settings, owner, started
from xray_model import RECIPES, DataChoice, RunSettings
from xray_model.datasets import pneumoniamnist


def upload_zip(app, files, name="films.zip"):
    choose(app, "train-data", "zip")
    data = files if isinstance(files, bytes) else zipped(files)
    app.file_uploader(key="train-zip").set_value([(name, data, "application/zip")])
    app.run()
    assert not app.exception
    return app


def test_an_archive_is_read_described_and_given_to_the_run(app, center):
    choose(app, "train-data", "zip")
    assert "Nothing to train on yet" in text_of(app)
    upload_zip(app, class_files(24, "X-rays/{label}/person{seed}_virus_1.png"))
    text = text_of(app)
    assert "48 images" in text
    assert "NORMAL 24 (50%)" in text
    assert "24 patients" in text
    assert "until it has finished" in text
    assert text.count("<figure>") == 6
    assert "train ARCHIVE.zip --config settings.json" in app.code[1].value
    started(app)
    run = center.list_runs(owner(app))[0]
    assert (run.data.kind, run.data.path) == ("zip", "films.zip")
    assert len(center.images.images) == 48
    assert run.data.sha256 == center.images.sha256


def test_an_archives_images_stay_until_they_are_removed_or_forgotten(app):
    upload_zip(app, class_files(12))
    app.file_uploader(key="train-zip").set_value([]).run()
    assert app.session_state[BENCH].upload is None
    upload_zip(app, class_files(12))
    app.switch_page("pages/analyze.py").run()
    app.switch_page(PAGE).run()
    assert "From **films" in text_of(app)
    assert "24 images" in text_of(app)
    app.button(key="train-zip-forget").click().run()
    assert not app.exception
    assert "24 images" not in text_of(app)
    assert app.session_state[BENCH].upload is None


def test_unreadable_files_of_an_archive_are_named(app):
    upload_zip(app, class_files(24) | {"NORMAL/_broken_.png": b"x", "../../PNEUMONIA/evil.png": film("NORMAL", 1)})
    (named,) = [fold for fold in app.expander if fold.label == "2 files could not be read and are left out"]
    lines = named.markdown[0].value.replace("\\", "")
    assert "NORMAL/_broken_.png" in lines
    assert "leads out of the archive" in lines
    assert not app.button(key="train-start").disabled


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (b"no archive", "damaged"),
        (class_files(3), "expected 10 or more of each"),
        ({f"NORMAL/{seed}.png": film("NORMAL", seed) for seed in range(12)}, "no images in PNEUMONIA/"),
    ],
    ids=["no archive", "too few", "one class"],
)
def test_an_archive_that_cannot_be_used_is_refused_in_words(app, files, why):
    upload_zip(app, files)
    assert why in app.error[0].value
    assert "Nothing to train on yet" in text_of(app)
    upload_zip(app, class_files(24), "better.zip")
    assert not app.error
    assert "48 images" in text_of(app)


def test_settings_of_an_archive_ask_for_it(app):
    other = DataChoice("zip", None, "theirs.zip", sha256="0" * 64)
    load_settings(app, RunSettings(RECIPES["quick"], other).to_json())
    assert "theirs" in app.info[0].value
    upload_zip(app, class_files(10))
    assert "theirs" in app.info[0].value


def test_a_server_folder_is_described_and_a_part_of_it_can_be_taken(app, center, monkeypatch, tmp_path):
    root = save_class_folders(tmp_path / "mine", 60).parent
    (root / "LICENSE").write_text("CC BY 4.0 *somebody*")
    monkeypatch.setenv("XRAY_DATA_DIR", str(root))
    app.run()
    choose(app, "train-data", "folder")
    text = text_of(app).replace("\\", "")
    assert "120 images" in text
    assert "Licence: CC BY 4.0 *somebody*." in text
    assert text.count("<figure>") == 6
    app.select_slider(key="train-count-folder").set_value(100).run()
    assert "NORMAL 50 (50%)" in text_of(app)
    started(app)
    assert center.list_runs(owner(app))[0].data == DataChoice("folder", 100, "mine")


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A small PneumoniaMNIST on this machine, to be downloaded."""
    rng = np.random.default_rng(0)
    (tmp_path / "origin").mkdir()
    file = tmp_path / "origin" / "pneumoniamnist_64.npz"
    arrays = {}
    for part, count in (("train", 30), ("val", 10)):
        arrays |= {f"{part}_images": rng.integers(0, 255, (count, 64, 64), np.uint8)}
        arrays |= {f"{part}_labels": np.arange(count)[:, None] % 2}
    np.savez(file, **arrays)
    monkeypatch.setitem(pneumoniamnist.MD5, 64, hashlib.md5(file.read_bytes()).hexdigest())
    monkeypatch.setattr(pneumoniamnist, "default_folder", lambda: tmp_path / "kept")
    monkeypatch.setenv("XRAY_PNEUMONIAMNIST_ORIGIN", file.parent.as_uri())
    return file


@pytest.mark.usefixtures("record")
def test_the_public_set_can_be_downloaded_and_looked_at_before_a_run(app):
    choose(app, "train-data", "pneumoniamnist")
    text = text_of(app)
    assert "when a run begins: about 20 MB" in text
    assert "CC BY 4.0" in text
    assert "600 images" in text
    assert "<figure>" not in text
    app.button(key="train-download").click().run()
    assert not app.exception
    assert text_of(app).count("<figure>") == 6
    assert "downloaded" not in text_of(app)


def test_the_public_set_offline_says_so_and_the_page_goes_on(app, monkeypatch, tmp_path):
    monkeypatch.setattr(pneumoniamnist, "default_folder", lambda: tmp_path)
    monkeypatch.setenv("XRAY_PNEUMONIAMNIST_ORIGIN", "http://127.0.0.1:9")
    choose(app, "train-data", "pneumoniamnist")
    app.button(key="train-download").click().run()
    assert not app.exception
    assert "could not be downloaded (Connection refused)" in app.error[0].value
    assert "train on the phantoms" in app.error[0].value
