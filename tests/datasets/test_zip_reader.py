"""An uploaded ZIP archive of class folders: what people really pack, and hostile archives."""

import zipfile

import numpy as np
import pytest

from tests.support.labelled import class_files, film, zipped
from xray_model.datasets.splitting import split_images
from xray_model.datasets.summary import describe_upload
from xray_model.datasets.zip_reader import IMAGES_FILE, ArchiveReading, UploadedImages, load_uploaded
from xray_model.errors import InvalidDataset
from xray_model.imaging import zip_archives
from xray_model.labels import NORMAL, PNEUMONIA

PERSONS = "{label}/person{seed}_virus_1.png"


def read(files, name="films.zip", count=None) -> UploadedImages:
    reading = ArchiveReading(zipped(files), name, count)
    while reading.advance():
        pass
    return reading.finish()


def refusal(files) -> str:
    with pytest.raises(InvalidDataset) as caught:
        read(files)
    return str(caught.value)


@pytest.fixture(scope="module")
def plain():
    return read(class_files(12))


def test_images_are_reduced_and_labelled_by_their_folders(plain):
    assert plain.images.grey.shape == (24, 224, 224)
    assert plain.images.grey.dtype == np.uint8
    assert plain.images.counts() == {NORMAL: 12, PNEUMONIA: 12}
    assert (plain.unreadable, plain.tests, plain.count) == ({}, 0, None)
    assert plain.choice.path == "films.zip"
    assert len(plain.choice.sha256) == 64
    assert plain.examples(4).counts() == {NORMAL: 2, PNEUMONIA: 2}


def test_saved_images_are_loaded_unchanged(plain, tmp_path):
    plain.save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [IMAGES_FILE]
    again = load_uploaded(tmp_path / IMAGES_FILE)
    np.testing.assert_array_equal(again.grey, plain.images.grey)
    assert (again.names, again.groups) == (plain.images.names, plain.images.groups)
    assert again.labels.tolist() == plain.images.labels.tolist()


def test_reading_resumes_where_it_was_interrupted():
    reading = ArchiveReading(zipped(class_files(12)), "films.zip")
    assert reading.advance()
    assert 0 < reading.done < reading.total == 24
    assert not reading.advance()
    assert len(reading.finish().images) == 24


def test_nested_folders_any_case_and_clutter():
    files = class_files(10, "Chest X-rays/Data/{label}/deep/{seed}.png")
    files = {name.replace("NORMAL", "Normal").replace("PNEUMONIA", "pneumonia"): data for name, data in files.items()}
    litter = {"__MACOSX/Data/NORMAL/._1.png": b"x", "Data/NORMAL/.DS_Store": b"x", "Data/NORMAL/Thumbs.db": b"x"}
    found = read(files | litter | {"README.txt": b"hello", "labels.csv": b"a,b"})
    assert found.images.counts() == {NORMAL: 10, PNEUMONIA: 10}
    assert found.unreadable == {}


def test_val_is_the_validation_part_and_test_is_not_read():
    files = (
        class_files(12, "train/" + PERSONS)
        | class_files(4, "val/" + PERSONS.replace("person", "person9"), first=50)
        | class_files(3, "test/" + PERSONS, first=90)
        | {"val/NORMAL/person3_virus_2.png": film(NORMAL, 77)}  # person 3 is in train as well
    )
    found = read(files)
    assert found.tests == 6
    assert not any("test" in name for name in found.images.names)
    training, validation = split_images(found.images, 0.3, 1)
    assert set(validation.names) == {name for name in found.images.names if name.startswith("val/")}
    assert not set(training.groups) & set(validation.groups)
    assert "train/NORMAL/person3_virus_1.png" not in training.names
    summary = describe_upload(found)
    assert "9 images in the folder val measure" in summary.validation
    assert "6 test images stay closed" in summary.note


def test_train_and_test_alone_are_split_by_patient():
    found = read(class_files(12, "train/" + PERSONS) | class_files(3, "test/" + PERSONS, first=90))
    training, validation = split_images(found.images, 0.25, 1)
    assert len(training) + len(validation) == 24
    assert not set(training.groups) & set(validation.groups)
    assert "Split by patient, as named in the file names: 12 patients" in describe_upload(found).validation


def test_a_val_folder_with_one_label_is_ignored():
    found = read(class_files(12, "train/{label}/{seed}.png") | {"val/NORMAL/x.png": film(NORMAL, 60)})
    _, validation = split_images(found.images, 0.25, 1)
    assert validation.counts()[PNEUMONIA] > 0


def test_a_val_folder_with_the_same_patients_is_refused():
    found = read(class_files(10, "train/" + PERSONS) | class_files(10, "val/" + PERSONS))
    with pytest.raises(InvalidDataset, match="same patients"):
        split_images(found.images, 0.3, 1)


def test_names_without_patients_are_split_by_file_and_copies_stay_together():
    files = class_files(10, "{label}/film {seed}.png")
    files |= {"NORMAL/a copy of film 3.png": files["NORMAL/film 3.png"]}
    found = read(files)
    assert "by file" in describe_upload(found).validation
    for seed in range(4):
        _, validation = split_images(found.images, 0.4, seed)
        assert ("NORMAL/film 3.png" in validation.names) == ("NORMAL/a copy of film 3.png" in validation.names)


def test_part_of_a_large_archive_is_taken():
    found = read(class_files(20), count=24)
    assert (len(found.images), found.count, found.in_all) == (24, 24, 40)
    assert found.images.counts() == {NORMAL: 12, PNEUMONIA: 12}
    assert "24 of its 40 images" in describe_upload(found).note


def test_unreadable_files_are_listed_by_name():
    found = read(class_files(10) | {"NORMAL/broken.png": b"no image", "PNEUMONIA/notes.txt": b"hello"})
    assert set(found.unreadable) == {"NORMAL/broken.png", "PNEUMONIA/notes.txt"}
    assert all(why.endswith(".") for why in found.unreadable.values())
    assert len(found.images) == 20


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("../../NORMAL/evil.png", b"x", "leads out"),
        ("/etc/NORMAL/evil.png", b"x", "leads out"),
        ("C:\\NORMAL\\evil.png", b"x", "leads out"),
        (link("NORMAL/link.png"), b"/etc/passwd", "link"),
        ("NORMAL/bomb.png", bytes(30 * 2**20), "100 times"),
        ("NORMAL/inner.zip", zipped({"NORMAL/a.png": b"x"}), "inside the archive"),
    ],
    ids=["up", "root", "drive", "link", "bomb", "archive"],
)
def test_harmful_files_are_refused_by_name(name, data, why):
    [(shown, sentence)] = read(class_files(10) | {name: data}).unreadable.items()
    assert why in sentence
    assert ".." not in shown
    assert not shown.startswith("/")


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(zip_archives, "MAX_UNPACKED", 60_000)
    message = refusal(class_files(12))
    assert "images that can be read" in message
    assert "could not be read" in message


@pytest.mark.parametrize(  # functions: the films are drawn where they are needed, not in every process that lists tests
    ("files", "message"),
    [
        (dict, "no images in NORMAL/ and none in PNEUMONIA/"),
        (lambda: {"films/a.png": b"x"}, "expected both NORMAL/ and PNEUMONIA/ inside"),
        (lambda: class_files(12, "test/{label}/{seed}.png"), "no images in NORMAL/"),
        (lambda: {f"NORMAL/{i}.png": film(NORMAL, i) for i in range(12)}, "no images in PNEUMONIA/"),
        (lambda: class_files(4), "has 4 NORMAL and 4 PNEUMONIA images that can be read; expected 10 or more of each"),
        (lambda: {f"{label}/{i}.png": b"x" for label in (NORMAL, PNEUMONIA) for i in range(9)}, "No image"),
    ],
    ids=["empty", "no class folders", "only a test part", "one class", "too few", "nothing reads"],
)
def test_an_archive_that_cannot_be_trained_on_is_refused(files, message):
    assert message in refusal(files())


@pytest.mark.parametrize(
    "data",
    [lambda: b"", lambda: b"no archive", lambda: zipped(class_files(10))[:-200]],
    ids=["empty", "text", "cut off"],
)
def test_a_file_that_is_not_an_archive_is_refused(data):
    with pytest.raises(InvalidDataset, match="damaged"):
        ArchiveReading(data(), "films.zip")
