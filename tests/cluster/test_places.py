"""Files at addresses: listed as folders are, read whole, and refused in words."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from tests.support.command_line import image, write_images
from xray_model.cluster.places import list_places, read_place
from xray_model.errors import InvalidConfig, InvalidRadiograph
from xray_model.imaging.files import list_files


@pytest.fixture
def bucket():
    """Two films, one without a suffix, beside what is none."""
    files = fsspec.filesystem("memory")
    found = {
        "b.png": image(0, "png"),
        "a/film": image(1, "png"),
        "a/notes": b"text",
        ".h/c.png": b"",
        "d.zip": b"",
    }
    files.pipe({f"/bucket/{name}": data for name, data in found.items()})
    yield "memory://bucket"
    files.rm("/bucket", recursive=True)


def test_an_address_is_listed_as_its_folder_would_be(tmp_path):
    folder = write_images(tmp_path / "in")
    others: list[Path] = []
    found = list_places([f"file://{folder}"], passed_over=others)
    assert found == [f"file://{path}" for path in list_files([folder])]
    assert [path.name for path in others] == ["notes.txt"]


def test_films_are_found_by_name_or_first_bytes_and_read_where_they_lie(bucket, tmp_path):
    names = ["a/film", "b.png", "d.zip"]
    assert list_places([tmp_path / "x.png", bucket]) == [tmp_path / "x.png", *(f"{bucket}/{name}" for name in names)]
    assert list_places([f"{bucket}/a/notes"]) == [f"{bucket}/a/notes"], "a file that is named counts, whatever it is"
    assert read_place(f"{bucket}/a/film") == image(1, "png")


@pytest.mark.parametrize("place", ["memory://bucket/no.png", "file:///nowhere/no.png", Path("/nowhere/no.png")])
def test_a_file_that_is_missing_is_refused_without_its_name(place):
    with pytest.raises(InvalidRadiograph, match=r"^The file cannot be opened \(No such file or directory\)") as caught:
        read_place(place)
    assert "no.png" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://films", "s3://films cannot be opened (Install s3fs to access S3)."),
        ("nothing://films", "nothing://films cannot be opened (Protocol not known: nothing"),
        ("zip://*::file:///films.zip", "names a file inside another"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(address, words):
    with pytest.raises(InvalidConfig) as caught:
        list_places([address])
    assert words in str(caught.value)
