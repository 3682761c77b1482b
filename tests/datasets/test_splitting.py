"""Splits by patient, on phantoms saved as files and on the real data set."""

import numpy as np
import pytest
from PIL import Image

from xray_model.datasets import splitting
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.datasets.phantom_sets import phantom_images
from xray_model.datasets.splitting import near_duplicates, split_by_patient, split_images
from xray_model.errors import InvalidDataset
from xray_model.labels import LABELS
from xray_model.phantoms import draw_phantom


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """12 phantoms of 8 patients as PNG files, one near-duplicate of another patient, one damaged file."""
    root = tmp_path_factory.mktemp("data")
    for label, finding, stem in (("NORMAL", "none", "IM-{:04d}-0001"), ("PNEUMONIA", "lobar", "person{}_virus_1")):
        (root / label).mkdir()
        for seed in range(5):
            pixels = draw_phantom(seed, finding, size=96).pixels
            Image.fromarray(pixels).save(root / label / f"{stem.format(seed)}.png")
    twin = np.clip(draw_phantom(0, "lobar", size=96).pixels.astype(int) * 0.9 + 10, 0, 255).astype(np.uint8)
    Image.fromarray(twin).save(root / "PNEUMONIA" / "person77_bacteria_3.jpeg", quality=95)
    (root / "NORMAL" / "IM-0099-0001.png").write_bytes(b"not an image")
    return root


@pytest.fixture(scope="module")
def images(folder):
    """What is read of it; each reading starts two processes."""
    return load_folder(folder, 64)


def test_a_folder_is_read_without_its_damaged_file(images):
    assert images.grey.shape == (11, 64, 64)
    assert images.grey.dtype == np.uint8
    assert images.counts() == {"NORMAL": 5, "PNEUMONIA": 6}
    assert "PNEUMONIA/person77_bacteria_3.jpeg" in images.names


def test_missing_class_is_refused(tmp_path):
    (tmp_path / "NORMAL").mkdir()
    with pytest.raises(InvalidDataset, match=r"no images in NORMAL/ and none in PNEUMONIA/; expected both"):
        load_folder(tmp_path, 64)


@pytest.mark.parametrize("compared", [splitting.COMPARED, 3])
def test_only_near_duplicates_are_found_however_many_are_compared_at_a_time(images, monkeypatch, compared):
    monkeypatch.setattr(splitting, "COMPARED", compared)
    [pair] = near_duplicates(images.grey)
    assert {images.names[i] for i in pair} == {"PNEUMONIA/person0_virus_1.png", "PNEUMONIA/person77_bacteria_3.jpeg"}


@pytest.mark.parametrize("seed", range(6))
def test_split_keeps_patients_and_near_duplicates_together(images, seed):
    training, validation = split_by_patient(images, 0.4, seed)
    assert not set(training.groups) & set(validation.groups)
    assert ("person0" in validation.groups) == ("person77" in validation.groups)
    assert min(*training.counts().values(), *validation.counts().values()) >= 1


def test_the_seed_decides_on_the_split(images):
    first, again, other = (split_by_patient(images, 0.4, seed)[1].fingerprint() for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_images_are_refused():
    one = LabelledImages(np.zeros((1, 8, 8), np.uint8), np.array([1], np.int8), ("a",), ("a",))
    with pytest.raises(InvalidDataset, match="too few to split"):
        split_by_patient(one, 0.2, 1)


def test_phantoms_never_share_a_group_with_real_images(images):
    both = concatenate([images, phantom_images(range(50, 54), 64)])
    assert len(both) == 15
    assert [name for name in both.groups if name.startswith("phantom")] == [f"phantom{seed}" for seed in range(50, 54)]


@pytest.mark.real_data
def test_real_set_splits_by_patient(kermany, kermany_twins, split_kermany):
    assert kermany.counts() == {"NORMAL": 1341, "PNEUMONIA": 3875}
    training, validation = split_kermany(0.12, 1)
    assert not set(training.groups) & set(validation.groups)
    assert 0.08 < len(validation) / len(kermany) < 0.16
    assert len(kermany_twins) >= 25


@pytest.mark.parametrize(("spare", "judged"), [(300, 8 + 30), (40, 8)])
def test_a_tiny_validation_folder_is_topped_up_if_patients_can_be_spared(spare, judged):
    rng = np.random.default_rng(1)
    counts = {"train": spare, "val": 8}
    names = [f"{part}/{label}/{part}{i}.png" for part, n in counts.items() for label in LABELS for i in range(n)]
    images = LabelledImages(
        rng.integers(0, 256, (len(names), 32, 32), np.uint8),
        np.array([LABELS.index(name.split("/")[1]) for name in names], np.int8),
        tuple(names),
        tuple(names),
    )
    training, validation = split_images(images, 0.1, 1)
    assert list(validation.counts().values()) == [judged, judged]
    assert len(training) + len(validation) == len(names)
    assert {name for name in names if name.startswith("val/")} <= set(validation.names)
