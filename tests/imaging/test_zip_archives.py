"""ZIP archives: opened in memory, counted while they unpack; what cannot be read is refused file by file."""

from __future__ import annotations

import csv
import io
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

import xray_model
from tests.support.pictures import packed, saved, smooth
from xray_model import Archive, InvalidRadiograph, is_archive
from xray_model.__main__ import main
from xray_model.imaging import zip_archives

PNG = saved(smooth())


def refusal(data: bytes, name: str | None = None) -> str:
    archive = Archive(data)
    with pytest.raises(InvalidRadiograph) as caught:
        archive.read(name or archive.names[0])
    return str(caught.value)


def test_files_at_any_depth_come_out_as_they_went_in():
    archive = Archive(packed(("a.png", PNG), ("ward 3/b/c.png", b"no image"), ("empty folder/", b""), ("zero", b"")))
    assert archive.names == ("a.png", "ward 3/b/c.png", "zero")
    assert [archive.read(name) for name in archive.names] == [PNG, b"no image", b""]


def test_an_archive_is_known_by_its_first_bytes():
    assert is_archive(packed(("a.png", PNG)))
    assert is_archive(packed())
    assert not is_archive(PNG)
    assert not is_archive(b"")


def test_clutter_of_operating_systems_is_skipped():
    litter = ("__MACOSX/._a.png", "._a.png", ".DS_Store", "ward/.hidden/x.png", "ward/Thumbs.db", "desktop.ini")
    assert Archive(packed(*[(name, b"x") for name in litter], ("ward/a.png", PNG))).names == ("ward/a.png",)


@pytest.mark.parametrize("name", ["Röntgen.png", "胸部X線.png", "صدر/أشعة.png", "छाती.png", "грудь.png", "🫁.png"])
def test_names_in_any_script(name):
    assert Archive(packed((name, PNG))).names == (name,)


def test_names_in_unmarked_utf_8_and_in_an_old_code_page():
    data = packed(("Röntgen.png", PNG))
    unflagged = data.replace(struct.pack("<H", zip_archives.UTF_8), b"\0\0")
    assert Archive(unflagged).names == ("Röntgen.png",)
    assert Archive(packed(("Rxntgen.png", PNG)).replace(b"Rxntgen", b"R\x94ntgen")).names == ("Röntgen.png",)


def test_names_cannot_control_a_terminal_or_reverse_the_writing():
    [name] = Archive(packed(("a\x1b[31m\n\u202egnp.exe.png", PNG))).names
    assert name == "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}gnp.exe.png"
    assert len(Archive(packed(("x" * 60_000 + ".png", PNG))).names[0]) == zip_archives.MAX_NAME


def test_equal_names_are_told_apart():
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = Archive(packed(("a.png", PNG), ("a.png", b"2"), ("./a.png", b"3")))
    assert archive.names == ("a.png", "a.png (2)", "a.png (3)")
    assert [archive.read(name) for name in archive.names] == [PNG, b"2", b"3"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/../../b.png", "..\\b.png", "C:\\b.png", "c:b.png", "\\\\host\\b.png"]
)
def test_a_path_that_leads_out_is_refused_under_a_harmless_name(name):
    data = packed((name, PNG))
    [shown] = Archive(data).names
    assert ".." not in Path(shown).parts
    assert not Path(shown).is_absolute()
    assert ":" not in shown
    assert "leads out of the archive" in refusal(data)


def link() -> bytes:
    entry = zipfile.ZipInfo("film.png")
    entry.external_attr = 0o120777 << 16
    return packed((entry, b"/etc/passwd"))


def encrypted() -> bytes:
    data = bytearray(packed(("a.png", PNG)))
    data[6] |= zip_archives.ENCRYPTED
    data[data.index(b"PK\x01\x02") + 8] |= zip_archives.ENCRYPTED
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (link(), "link"),
        (packed(("film.png", packed(("a.png", PNG)))), "inside the archive"),
        (encrypted(), "encrypted"),
        (packed(("a.png", PNG), method=zipfile.ZIP_BZIP2), "packed in a way"),
        (packed(("a.png", PNG), method=zipfile.ZIP_LZMA), "packed in a way"),
        (packed(("bomb", bytes(30 * 2**20))), "100 times"),
    ],
)
def test_files_that_must_not_be_unpacked_are_refused(data, words):
    assert words in refusal(data)


def test_an_unknown_name_is_refused():
    assert "no file of this name" in refusal(packed(("a.png", PNG)), "b.png")


def test_a_large_file_is_stopped(monkeypatch):
    monkeypatch.setattr(zip_archives, "MAX_BYTES", 2**20)
    noise = np.random.default_rng(0).bytes(2**20 + 1)
    assert "larger than 1 MB" in refusal(packed(("noise", noise), method=zipfile.ZIP_STORED))


@pytest.mark.parametrize(("field", "claim"), [(24, 0), (24, 10), (24, 2**31), (20, 2**31)])
def test_false_sizes_are_not_trusted(field, claim):
    """Bytes 20 and 24 of an entry state its packed and its unpacked size."""
    data = packed(("bomb", bytes(30 * 2**20)))
    place = data.index(b"PK\x01\x02") + field
    sentence = refusal(data[:place] + struct.pack("<I", claim) + data[place + 4 :])
    assert "100 times" in sentence or "damaged" in sentence


def test_all_files_together_are_counted_too(monkeypatch):
    monkeypatch.setattr(zip_archives, "MAX_UNPACKED", 3 * len(PNG))
    archive = Archive(packed(*[(f"{number}.png", PNG) for number in range(5)]))
    for name in archive.names[:3]:
        assert archive.read(name) == PNG
    for name in archive.names[3:]:
        with pytest.raises(InvalidRadiograph, match="unpacks to more than"):
            archive.read(name)


def test_an_endless_table_of_contents_is_never_read(monkeypatch):
    monkeypatch.setattr(zip_archives, "MAX_ENTRIES", 10)
    data = packed(*[(f"{number}", b"") for number in range(11)])
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(InvalidRadiograph, match="more than 10 files"):
        Archive(data)


def test_damaged_archives_are_refused_at_every_cut_and_flip():
    data = packed(("ward/a.png", PNG), ("b.png", PNG))
    generator = np.random.default_rng(1)
    for cut in range(0, len(data), 97):
        check_bounded(data[:cut])
    for _ in range(300):
        flipped = bytearray(data)
        flipped[generator.integers(len(data))] ^= 1 << generator.integers(8)
        check_bounded(bytes(flipped))


def check_bounded(data: bytes) -> None:
    """Every file comes out whole or is refused with a reason."""
    sentences = []
    try:
        archive = Archive(data)
    except InvalidRadiograph as error:
        archive = None
        sentences.append(str(error))
    for name in archive.names if archive else ():
        try:
            sound = archive.read(name) == PNG
        except InvalidRadiograph as error:
            sentences.append(str(error))
        else:
            assert sound
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_path_may_name_a_file_inside_an_archive(tmp_path):
    path = tmp_path / "films.zip"
    path.write_bytes(packed(("ward/a.png", PNG)))
    np.testing.assert_array_equal(xray_model.Radiograph.from_file(path / "ward" / "a.png").pixels, smooth())
    for wrong, words in ((path / "no.png", "no file of this name"), (path, "This is a ZIP archive")):
        with pytest.raises(InvalidRadiograph, match=words):
            xray_model.Radiograph.from_file(wrong)


def test_a_changed_archive_is_opened_again(tmp_path):
    path = tmp_path / "films.zip"
    path.write_bytes(packed(("a.png", PNG)))
    assert zip_archives.open_archive(path) is zip_archives.open_archive(path)
    assert zip_archives.open_archive(path).names == ("a.png",)
    path.write_bytes(packed(("bigger.png", PNG + PNG)))
    assert zip_archives.open_archive(path).names == ("bigger.png",)


def test_predict_gives_a_row_for_each_file_of_an_archive(tmp_path, capsys, tiny_bundle):
    path, bad = tmp_path / "films.zip", tmp_path / "cut.zip"
    files = [("ward/胸.png", PNG), ("notes.txt", b"text"), ("../out.png", PNG), ("__MACOSX/._a.png", b"x")]
    path.write_bytes(packed(*files))
    bad.write_bytes(path.read_bytes()[:100])
    before = sorted(tmp_path.rglob("*"))
    assert main(["predict", str(path), str(bad), "--bundle", str(tiny_bundle)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["file"], row["status"]) for row in rows] == [
        (str(path / "ward" / "胸.png"), "ok"),
        (str(path / "notes.txt"), "unreadable"),
        (str(path / "out.png"), "unreadable"),
        (str(bad), "unreadable"),
    ]
    assert re.search("not an image", rows[1]["message"])
    assert "leads out" in rows[2]["message"]
    assert "damaged or cut off" in rows[3]["message"]
    assert sorted(tmp_path.rglob("*")) == before, "nothing was unpacked"
