"""`xray-lab predict`: a row for every image, and nothing but rows on standard output."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import predict, write_images
from tests.support.pictures import packed, saved, smooth
from xray_model.bundles.bundle import load_bundle
from xray_model.cli import _failure, build_parser, main
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze
from xray_model.notice import NOTICE, NOTICE_SHORT

COLUMNS = ["file", "status", "probability", "prevalence", "label", "operating_point", "message"]


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_images(tmp_path / "in")


@pytest.fixture
def run(tiny_bundle, capsys):
    """`run(arguments…)` -> (exit code, rows, standard error) of `predict` with the small bundle."""
    return lambda *arguments, bundle=tiny_bundle: predict(capsys, *arguments, "--bundle", bundle)


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


@pytest.mark.parametrize("said", ["20%", "0.2"])
def test_the_prevalence_moves_the_probability_and_no_label(run, folder, said):
    usual, there = (run(folder / "b.png", *more)[1][0] for more in ([], ["--prevalence", said]))
    assert (usual["prevalence"], there["prevalence"]) == ("0.5", "0.2")
    odds = [float(row["probability"]) / (1 - float(row["probability"])) for row in (usual, there)]
    assert odds[1] == pytest.approx(odds[0] / 4, rel=1e-4)
    assert there["label"] == usual["label"]


@pytest.mark.parametrize("said", ["95%", "20", "few", "nan"])
def test_what_is_no_prevalence_is_refused_with_a_reason(said, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", "films", "--prevalence", said])
    assert f"{said} is no prevalence. Give one from 1% to 90%, as 20% or 0.2." in capsys.readouterr().err


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


def test_each_message_holds_notes_and_the_notice(run, tmp_path):
    (tmp_path / "pink.png").write_bytes(saved(np.dstack([smooth(), smooth() // 2, smooth() // 2])))
    _, rows, err = run(tmp_path / "pink.png")
    assert (
        rows[0]["message"]
        == "Colour was converted to grey. Only the levels 0 to 152 are in use: they are shown from black to white. "
        f"{NOTICE_SHORT}."
    )
    assert err.count(NOTICE) == 1


def test_nothing_readable_is_exit_code_1_with_the_rows(run, folder):
    code, rows, err = run(folder / "notes.txt", folder / "empty.bmp")
    assert (code, len(rows)) == (1, 2)
    assert "Read 0 of 2 files." in err


def test_folder_without_images_says_so(run, tmp_path):
    code, rows, err = run(tmp_path)
    assert (code, rows) == (1, [])
    assert "No image files found" in err


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


def test_an_undecodable_file_name_gets_a_row(run, folder, tmp_path):
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
        (("--csv", "{folder}/b.png"), "--csv names an input image or archive."),
        (("--csv", "{folder}/films.zip"), "--csv names an input image or archive."),
        (("--csv", "{folder}/absent/out.csv"), "/absent/out.csv (No such file or directory)."),
        (("--overlays", "{folder}"), "--overlays names a folder of input images."),
        (("--overlays", "{folder}/b.png"), "/b.png (File exists)."),
        (("--dicom-out", "{folder}"), "--dicom-out names a folder of input images."),
    ],
)
def test_wrong_command_is_one_sentence_and_exit_code_2(run, folder, arguments, words):
    (folder / "films.zip").write_bytes(packed(("film.png", b"x")))
    code, rows, err = run(folder, *(argument.format(folder=folder) for argument in arguments))
    assert (code, rows) == (2, [])
    assert words in err.splitlines()[-1]
    assert err.splitlines()[-1].startswith("xray-lab: ")
    assert (folder / "b.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("out/t.csv", "Cannot write out/t.csv (No space left on device)."),
        ("maps/a/b.png", "Cannot write maps/a/b.png (No space left on device)."),
        ("film.png", "Cannot open film.png (No space left on device)."),
        (None, "Reading or writing failed (No space left on device)."),
        (1, "Reading or writing failed (No space left on device)."),
    ],
)
def test_a_failure_names_what_failed(file, said):
    options = build_parser().parse_args(["predict", "film.png", "--csv", "out/t.csv", "--overlays", "maps"])
    assert _failure(OSError(28, "No space left on device", file), options) == said


@pytest.mark.parametrize("port", ["no", "-1", "0", "70000"])
def test_an_invalid_port_is_refused_with_a_reason(port, capsys):
    with pytest.raises(SystemExit):
        main(["app", f"--port={port}"])
    assert f"{port} cannot be used. Give a number from 1024 to 65535." in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["app", "predict", "evaluate", "train", "redecide", "enter-judged", "train-lungs", "ablate", "audit", "sweep"],
)
def test_help_shows_no_escaped_percent_signs(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "%%" not in capsys.readouterr().out


def test_unknown_bundle_is_one_sentence_and_exit_code_2(run, folder):
    code, rows, err = run(folder, bundle="resnet-mars-v1")
    assert (code, rows) == (2, [])
    assert "There is no bundle 'resnet-mars-v1'" in err


@pytest.mark.parametrize("arguments", [[], ["predict"], ["predict", "--fast", "a.png"], ["dream"]])
def test_usage_errors_are_argparses(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: xray-lab" in capsys.readouterr().err


def test_help_says_columns_exit_codes_and_notice(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["predict", "--help"])
    assert caught.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in (*COLUMNS, "Exit code: 0", "For an unreadable file, the message says why", NOTICE):
        assert words in said
