"""Labelled files for `evaluate`: class folders and tables, as people write them."""

from __future__ import annotations

import pytest

from tests.support.dicom_files import dicom
from tests.support.pictures import packed
from xray_model.datasets.manifest import LabelledFile, list_labelled
from xray_model.errors import InvalidDataset
from xray_model.labels import NORMAL, PNEUMONIA

LAYOUT = ("train/normal/patient1/a.jfif", "train/Pneumonia/b.png", "VAL/NORMAL/c", "test/pneumonia/d.dcm")


@pytest.fixture
def folder(tmp_path):
    for name in ("NORMAL/IM-0115-0001.jpeg", "NORMAL/b.PNG", "NORMAL/notes.txt", "PNEUMONIA/person12_virus_3.dcm"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"never read")
    return tmp_path


def table(tmp_path, text: str, encoding: str = "utf-8"):
    path = tmp_path / "films.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refusal(source) -> str:
    with pytest.raises(InvalidDataset) as caught:
        list_labelled(source)
    return str(caught.value)


def test_class_folders_give_labels_and_names_give_patients(folder):
    assert list_labelled(folder) == [
        LabelledFile(folder / "NORMAL" / "IM-0115-0001.jpeg", NORMAL, "IM-0115"),
        LabelledFile(folder / "NORMAL" / "b.PNG", NORMAL, "NORMAL/b.PNG"),
        LabelledFile(folder / "PNEUMONIA" / "person12_virus_3.dcm", PNEUMONIA, "person12"),
    ]


def test_a_table_s_paths_are_relative_to_the_table(tmp_path):
    rows = "path,label\nfilms/person3_bacteria_1.png,PNEUMONIA\n/else/IM-2.png,NORMAL\n"
    files = list_labelled(table(tmp_path, rows))
    assert [str(file.path) for file in files] == [str(tmp_path / "films/person3_bacteria_1.png"), "/else/IM-2.png"]
    assert [file.patient for file in files] == ["person3", "IM-2"]


@pytest.mark.parametrize(
    ("normal", "pneumonia"),
    [("0", "1"), ("0.0", "1.0"), ("NORMAL", "PNEUMONIA"), ("Normal", " pneumonia "), (" 0 ", "1 ")],
)
def test_labels_may_be_words_or_numbers(tmp_path, normal, pneumonia):
    files = list_labelled(table(tmp_path, f"path,label\na.png,{normal}\nb.png,{pneumonia}\n"))
    assert [file.label for file in files] == [NORMAL, PNEUMONIA]


def test_a_byte_order_mark_other_columns_and_line_ends_are_accepted(tmp_path):
    files = list_labelled(table(tmp_path, "age,label,path\r\n3,0,ä.png\r\n4,1,b.png\r\n", "utf-8-sig"))
    assert [file.path.name for file in files] == ["ä.png", "b.png"]
    files = list_labelled(table(tmp_path, "path,label\na.png,0\nb.png,1\n", "utf-8-sig"))
    assert [file.path.name for file in files] == ["a.png", "b.png"], "the mark is not part of the first column's name"


def test_a_column_names_the_patients(tmp_path):
    files = list_labelled(table(tmp_path, "path,label,patient\na.png,0,anna\nb.png,1,anna\nperson7_virus_1.png,1,\n"))
    assert [file.patient for file in files] == ["anna", "anna", "person7"]


def test_a_table_as_spreadsheets_and_windows_write_it(folder):
    text = "Label;PATH ;Patient\n0;NORMAL\\IM-0115-0001.jpeg;anna\n1;PNEUMONIA\\person12_virus_3.dcm;\n"
    files = list_labelled(table(folder, text))
    assert [file.path.exists() for file in files] == [True, True]
    assert [file.patient for file in files] == ["anna", "person12"]


def test_every_layout_that_training_accepts(tmp_path):
    names = [f"set/{name}" for name in LAYOUT]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dicom())
    (tmp_path / "set" / "train" / "normal" / "list.txt").write_text("what there is")
    (tmp_path / "set" / "DICOMDIR").write_bytes(dicom())
    passed_over = []
    found = list_labelled(tmp_path / "set", passed_over)
    assert [(file.path.name, file.label) for file in found] == [
        *(("c", NORMAL), ("a.jfif", NORMAL), ("d.dcm", PNEUMONIA), ("b.png", PNEUMONIA)),
    ]
    assert [file.patient for file in found][1] == "patient1"
    assert sorted(path.name for path in passed_over) == ["DICOMDIR", "list.txt"]
    whole = packed(*((name, (tmp_path / name).read_bytes()) for name in names))
    (tmp_path / "set.zip").write_bytes(whole)
    assert sorted(file.path.name for file in list_labelled(tmp_path / "set.zip")) == ["a.jfif", "b.png", "c", "d.dcm"]


@pytest.mark.parametrize("text", ["", "path,label\n", "file,label\na.png,0\n", "path,class\na.png,0\n"])
def test_missing_rows_or_columns_are_named(tmp_path, text):
    assert refusal(table(tmp_path, text)).startswith("The table lacks rows, or the columns path and label")


@pytest.mark.parametrize(
    ("row", "words"),
    [("c.png,2", "'2'"), ("c.png,", "''"), ("c.png", "''"), ("c.png,ill", "'ill'"), (",1", "no path")],
)
def test_an_invalid_row_is_named_by_its_line(tmp_path, row, words):
    said = refusal(table(tmp_path, f"path,label\na.png,0\nb.png,1\n{row}\n"))
    assert said.startswith("Line 4 of the table")
    assert words in said


@pytest.mark.parametrize(("label", "missing"), [("0", "no PNEUMONIA images"), ("1", "no NORMAL images")])
def test_a_table_of_one_label_is_refused(tmp_path, label, missing):
    assert missing in refusal(table(tmp_path, f"path,label\na.png,{label}\nb.png,{label}\n"))


def test_a_folder_of_one_label_or_none_is_refused(folder):
    for path in (folder / "NORMAL").iterdir():
        path.unlink()
    assert "There are no NORMAL images" in refusal(folder)
    assert "There is no folder or file" in refusal(folder / "nowhere")


def test_a_table_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "films.csv"
    path.write_bytes(b"path,label\n\xff\xfe\x00,1\n")
    assert "cannot be read: expected a CSV file in UTF-8" in refusal(path)
