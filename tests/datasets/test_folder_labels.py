"""Label, part and patient, from the names of files and folders."""

import pytest

from xray_model.datasets.folder_labels import (
    TEST,
    TRAINING,
    VALIDATION,
    ClassFile,
    part_of,
    patient_in,
    patient_of,
    sample,
    sort_by_class,
)
from xray_model.labels import NORMAL, PNEUMONIA


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("NORMAL/a.png", NORMAL),
        ("Pneumonia/a.png", PNEUMONIA),
        ("chest_xray/train/normal/deep/er/a.png", NORMAL),
        ("normal/chest/PNEUMONIA/a.png", PNEUMONIA),  # the innermost counts
        ("pneumonia study/normal/a.png", NORMAL),
    ],
)
def test_the_folder_gives_the_label_in_any_case(name, label):
    assert [file.label for file in sort_by_class([name])] == [label]


@pytest.mark.parametrize("name", ["a.png", "NORMAL.png", "abnormal/a.png", "normals/a.png", "train/a.png"])
def test_files_in_other_folders_are_skipped(name):
    assert sort_by_class([name]) == []


def test_files_are_sorted_by_label_then_by_name():
    names = ["PNEUMONIA/1.png", "NORMAL/b.png", "NORMAL/a.png"]
    assert [file.name for file in sort_by_class(names)] == ["NORMAL/a.png", "NORMAL/b.png", "PNEUMONIA/1.png"]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("NORMAL/a.png", TRAINING),
        ("Train/NORMAL/a.png", TRAINING),
        ("x/VAL/NORMAL/a.png", VALIDATION),
        ("NORMAL/validation/a.png", VALIDATION),
        ("test/NORMAL/a.png", TEST),
        ("testing/NORMAL/a.png", TEST),
        ("test set/NORMAL/val.png", TRAINING),
    ],
)
def test_the_folder_gives_the_part(name, part):
    assert part_of(name) == part


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("person12_bacteria_46.jpeg", "person12"),
        ("person12_virus_3.jpeg", "person12"),
        ("IM-0115-0001.jpeg", "IM-0115"),
        ("NORMAL2-IM-0115-0001-0002.jpeg", "NORMAL2-IM-0115"),
        ("00000193_019.png", "00000193"),
        ("Patient 7/view1.png", "Patient 7"),
        ("patient00012/study1/view1_frontal.jpg", "patient00012"),
        ("chest 7.png", None),
        ("20240131.png", None),
    ],
)
def test_names_and_folders_give_the_patient(name, patient):
    assert patient_in(name) == patient
    assert "/" in name or patient_of(name) == (patient or name.removesuffix(".png"))


def test_only_folders_inside_the_class_folder_are_patients():
    outside, inside = sort_by_class(["subject1 export/NORMAL/a.png", "NORMAL/subject1/a.png"])[::-1]
    assert (outside.patient, inside.patient) == (outside.name, "subject1")


def test_equal_names_of_both_labels_are_two_patients():
    assert len({file.patient for file in sort_by_class(["NORMAL/1.png", "PNEUMONIA/1.png"])}) == 2


def test_a_sample_keeps_proportions_and_contains_smaller_samples():
    files = [
        ClassFile(f"{label}/{part}/{i}", label, part, str(i))
        for label, count in ((NORMAL, 40), (PNEUMONIA, 120))
        for part, share in ((TRAINING, count * 3 // 4), (VALIDATION, count // 4))
        for i in range(share)
    ]
    small, large = sample(files, 40), sample(files, 80)
    assert set(small) < set(large)
    assert small == sorted(small) == sample(files, 40)
    kept = [(files[index].label, files[index].part) for index in small]
    counts = [kept.count((label, part)) for label in (NORMAL, PNEUMONIA) for part in (TRAINING, VALIDATION)]
    assert counts == [8, 2, 22, 8]
    few = [file for file in files if file.part == TRAINING or int(file.patient) < 4]
    kept = [few[index] for index in sample(few, 40)]
    assert sum(file.part == VALIDATION for file in kept) == 8, "validation is kept whole"
    assert len(kept) == 40
    assert sample(files, None) == sample(files, 1000) == list(range(160))
