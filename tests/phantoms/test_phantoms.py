"""Phantoms: repeatable, one child for all findings of a seed, exact masks, and grey levels like real radiographs."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from xray_model.phantoms import (
    ELSEWHERE,
    FINDINGS,
    HOME,
    MASK_FRACTION,
    Phantom,
    draw_chest,
    draw_finding,
    draw_phantom,
)
from xray_model.phantoms.anatomy import draw_pose
from xray_model.phantoms.canvas import Canvas
from xray_model.phantoms.opacities import draw_opacity

ABNORMAL = FINDINGS[1:]
SIZE = 128
SEEDS = range(30)

# 1st to 99th percentile over every sixth image of the Kermany training set (870 radiographs, 224 pixels).
REAL_MEAN = (76, 167)
REAL_DEVIATION = (33, 76)
REAL_LUNG_MEAN = (69, 182)
REAL_LUNG_AREA = (0.147, 0.368)


@pytest.fixture(scope="module")
def normals() -> list[Phantom]:
    return [draw_phantom(seed, "none", SIZE) for seed in SEEDS]


@pytest.fixture(scope="module")
def ills() -> dict[str, list[Phantom]]:
    """Each finding in the first of the same children."""
    return {finding: [draw_phantom(seed, finding, SIZE) for seed in SEEDS[:12]] for finding in ABNORMAL}


def grown(mask: np.ndarray, reach: float) -> np.ndarray:
    """The mask dilated by `reach` image widths."""
    side = 2 * round(reach * len(mask)) + 1
    return cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0


def hull(mask: np.ndarray) -> np.ndarray:
    """The convex hull of a mask: for both lungs, the rib cage with heart and mediastinum."""
    corners = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    return cv2.fillPoly(np.zeros(mask.shape, np.uint8), [corners], 1) > 0


@pytest.mark.parametrize("finding", FINDINGS)
def test_arrays_have_the_promised_types(finding: str) -> None:
    phantom = draw_phantom(3, finding, 96)
    assert phantom.pixels.dtype == np.uint8
    assert phantom.opacity_mask.dtype == phantom.lung_mask.dtype == bool
    assert phantom.pixels.shape == phantom.opacity_mask.shape == phantom.lung_mask.shape == (96, 96)
    assert (phantom.finding, phantom.seed) == (finding, 3)
    assert phantom.label == ("NORMAL" if finding == "none" else "PNEUMONIA")
    assert phantom.opacity_mask.any() == (finding != "none")
    with pytest.raises(dataclasses.FrozenInstanceError):
        phantom.seed = 4  # type: ignore[misc]


@pytest.mark.parametrize("finding", FINDINGS)
def test_same_seed_same_pixels(finding: str) -> None:
    first, second = draw_phantom(11, finding, SIZE), draw_phantom(11, finding, SIZE)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.opacity_mask, second.opacity_mask)
    assert np.array_equal(first.lung_mask, second.lung_mask)


def test_global_random_state_is_left_alone_and_does_not_matter() -> None:
    np.random.seed(1)
    first = draw_phantom(5, size=64)
    state = np.random.get_state()[1].copy()
    np.random.seed(2)
    assert np.array_equal(first.pixels, draw_phantom(5, size=64).pixels)
    np.random.seed(1)
    assert np.array_equal(state, np.random.get_state()[1])


def test_finding_is_drawn_from_the_seed_half_of_them_none() -> None:
    streams = [np.random.SeedSequence(seed).spawn(4)[0] for seed in range(120)]  # as `draw_phantom` has them
    drawn = [draw_finding(np.random.Generator(np.random.PCG64(stream))) for stream in streams]
    counts = {finding: drawn.count(finding) for finding in FINDINGS}
    assert 42 <= counts["none"] <= 78  # 60 expected, three standard deviations
    assert all(counts[finding] >= 7 for finding in ABNORMAL)  # 20 expected each
    assert drawn[:8] == [draw_phantom(seed, size=64).finding for seed in range(8)]
    assert drawn[4] == draw_phantom(4, size=96).finding


def test_drawn_finding_is_the_same_picture_as_the_named_one() -> None:
    drawn = draw_phantom(17, size=SIZE)
    assert np.array_equal(drawn.pixels, draw_phantom(17, drawn.finding, SIZE).pixels)


@pytest.mark.parametrize("finding", ABNORMAL)
def test_pair_differs_only_around_the_mask(finding: str, normals: list[Phantom], ills: dict) -> None:
    for normal, ill in zip(normals, ills[finding], strict=False):
        assert np.array_equal(normal.lung_mask, ill.lung_mask)
        change = ill.pixels.astype(float) - normal.pixels
        far = ~grown(ill.opacity_mask, 0.12)
        assert np.percentile(np.abs(change[far]), 95) <= 10  # grey levels; less scatter, and the edge enhancement
        assert np.abs(change[far]).mean() < 0.15 * change[ill.opacity_mask].mean()


@pytest.mark.parametrize("finding", ABNORMAL)
def test_opacity_can_be_seen(finding: str, normals: list[Phantom], ills: dict) -> None:
    for normal, ill in zip(normals, ills[finding], strict=False):
        change = ill.pixels.astype(float) - normal.pixels
        assert change[ill.opacity_mask].mean() > 10  # grey levels
        assert 0.008 < ill.opacity_mask.mean() < 0.30


@pytest.mark.parametrize("finding", ABNORMAL)
def test_opacity_lies_in_the_lungs(finding: str, ills: dict) -> None:
    shares = []
    for ill in ills[finding]:
        assert not (ill.opacity_mask & ~grown(hull(ill.lung_mask), 0.02)).any()
        shares.append((ill.opacity_mask & ill.lung_mask).sum() / ill.opacity_mask.sum())
    assert np.mean(shares) > 0.75  # the rest lies behind the heart
    assert min(shares) > 0.30


def test_interstitial_takes_both_lungs(ills: dict) -> None:
    for ill in ills["interstitial"]:
        halves = ill.opacity_mask[:, : SIZE // 2].sum(), ill.opacity_mask[:, SIZE // 2 :].sum()
        assert min(halves) > 0.25 * max(halves)


@pytest.mark.parametrize("finding", ["lobar", "patchy"])
def test_mask_is_exactly_where_the_opacity_exceeds_its_fraction(finding: str) -> None:
    for seed in range(6):
        body, opacity = (np.random.Generator(np.random.PCG64((seed, stream))) for stream in (0, 1))
        canvas = Canvas(SIZE, draw_pose(body))
        chest = draw_chest(canvas, body)
        added, mask = draw_opacity(canvas, chest, finding, opacity)
        assert added.min() >= 0
        assert added[mask].min() > MASK_FRACTION * added.max() >= added[~mask].max()
        assert (added[chest.air <= 0] == 0).all()


@pytest.mark.parametrize("finding", FINDINGS)
def test_size_changes_the_resolution_and_not_the_scene(finding: str) -> None:
    for seed in (1, 7):
        large, small = draw_phantom(seed, finding, 512), draw_phantom(seed, finding, 224)
        reduced = cv2.resize(large.pixels, (224, 224), interpolation=cv2.INTER_AREA).astype(float)
        assert np.abs(reduced - small.pixels).mean() < 4  # grey levels
        assert np.corrcoef(reduced.ravel(), small.pixels.ravel())[0, 1] > 0.99
        mask = cv2.resize(large.opacity_mask.astype(np.float32), (224, 224), interpolation=cv2.INTER_AREA) > 0.5
        assert (mask & small.opacity_mask).sum() >= 0.88 * (mask | small.opacity_mask).sum()


def test_grey_levels_are_those_of_real_radiographs() -> None:
    phantoms = [draw_phantom(seed, size=SIZE) for seed in range(200, 240)]
    measured = [(p.pixels.mean(), p.pixels.std(), p.pixels[p.lung_mask].mean(), p.lung_mask.mean()) for p in phantoms]
    ranges = (REAL_MEAN, REAL_DEVIATION, REAL_LUNG_MEAN, REAL_LUNG_AREA)
    for values, (low, high) in zip(np.transpose(measured), ranges, strict=True):
        inside = (values >= low) & (values <= high)
        assert inside.mean() >= 0.9
        assert low < np.median(values) < high


def test_lungs_are_darker_than_heart_and_abdomen(normals: list[Phantom]) -> None:
    for phantom in normals:
        between = hull(phantom.lung_mask) & ~grown(phantom.lung_mask, 0.02)
        assert phantom.pixels[between].mean() > phantom.pixels[phantom.lung_mask].mean() + 15


def test_heart_lies_on_the_patients_left(normals: list[Phantom]) -> None:
    rows, near = slice(int(0.50 * SIZE), int(0.70 * SIZE)), int(0.2 * SIZE)
    middle = SIZE // 2
    right = np.array([p.pixels[rows, middle - near : middle].mean() for p in normals])
    left = np.array([p.pixels[rows, middle : middle + near].mean() for p in normals])
    assert (left - right).mean() > 10
    assert (left > right).mean() > 0.85


def test_seeds_differ(normals: list[Phantom]) -> None:
    alike = np.corrcoef([phantom.pixels.ravel() for phantom in normals])
    others = alike[~np.eye(len(normals), dtype=bool)]
    assert others.max() < 0.985
    assert np.std([p.pixels.mean() for p in normals]) > 6
    assert np.std([p.lung_mask.mean() for p in normals]) > 0.01
    assert np.std([p.pixels.std() for p in normals]) > 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        *(
            ({"seed": 0, "finding": finding}, "expected one of .*lobar.*None")
            for finding in ("pneumonia", "", "NONE", 1)
        ),
        *(({"seed": 0, "size": size}, "from 64 to 2048") for size in (0, -1, 63, 5000, 224.0, "224")),
        *(({"seed": seed}, "whole number of 0 or more") for seed in (-1, 1.5, None)),
    ],
)
def test_what_cannot_be_drawn_says_what_to_pass(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        draw_phantom(**arguments)
    assert repr(list(arguments.values())[-1]) in str(caught.value)


def test_another_hospital_has_other_people_and_another_technique(normals: list[Phantom]) -> None:
    others = [draw_phantom(seed, "none", SIZE, ELSEWHERE) for seed in SEEDS[:12]]
    homes = normals[: len(others)]
    lungs = [np.mean([p.lung_mask.mean() for p in group]) for group in (homes, others)]
    assert lungs[1] > 1.1 * lungs[0], "longer lungs"
    darkness = [np.mean([p.pixels[p.lung_mask].mean() for p in group]) for group in (homes, others)]
    assert darkness[1] < darkness[0] - 15
    assert draw_phantom(17, size=64, hospital=ELSEWHERE).finding == draw_phantom(17, size=64).finding
    homes, others = (
        [draw_phantom(seed, "lobar", SIZE, place).pixels - 1.0 * draw_phantom(seed, "none", SIZE, place).pixels
         for seed in range(4)] for place in (HOME, ELSEWHERE)
    )  # fmt: skip
    assert np.max(others, axis=(1, 2)).mean() < np.max(homes, axis=(1, 2)).mean(), "fainter opacities"
