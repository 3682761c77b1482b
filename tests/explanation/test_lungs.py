"""Lungs from scores: patches, areas, the field and its outlines, and how much of a map lies outside."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.lungs import WIDENED, Lungs
from xray_model.imaging.resize import SIDE
from xray_model.labels import PNEUMONIA

CELLS = 56  # a quarter of the field's side: edges of cells are edges of pixels
FEATURES, KIND = np.zeros(3, np.float32), np.array([0.9, 0.2, 0.1], np.float32)
LEFT, RIGHT = (slice(10, 41), slice(8, 21)), (slice(10, 41), slice(34, 47))  # rows, columns of cells


def lungs(*parts: list[tuple[slice, slice]]) -> Lungs:
    """Lungs whose scores are 0.9 in these rectangles of each side and 0.1 elsewhere."""
    scores = np.full((CELLS, CELLS, 2), 0.1, np.float32)
    for side, rectangles in enumerate(parts):
        for rows, columns in rectangles:
            scores[rows, columns, side] = 0.9
    return Lungs.from_scores(scores, FEATURES, KIND)


def pixels(part: tuple[slice, slice], margin: int = 0) -> tuple[slice, slice]:
    """A rectangle of cells as pixels of the field, with a margin all around."""
    rows, columns = (slice(4 * cells.start - margin, 4 * cells.stop + margin) for cells in part)
    return rows, columns


def test_only_the_largest_patch_of_each_lung_is_kept():
    island = (slice(48, 52), slice(2, 6))
    found = lungs([LEFT, island], [RIGHT, island])
    expected = np.zeros((2, CELLS, CELLS), bool)
    expected[0][LEFT] = expected[1][RIGHT] = True
    assert np.array_equal(found.masks, expected)


def test_patches_that_touch_at_a_corner_are_two():
    found = lungs([LEFT, (slice(41, 43), slice(21, 23))], [RIGHT])
    assert found.masks[0].sum() == 31 * 13


def test_a_cell_is_lung_from_one_half_on():
    scores = np.array([[[0.5, 0.4999], [0.4999, 0.5]]], np.float32)
    assert Lungs.from_scores(scores, FEATURES, KIND).masks.tolist() == [[[True, False]], [[False, True]]]


def test_areas_are_those_of_the_smaller_and_the_larger_lung():
    for right, area in (([(slice(10, 20), slice(34, 44))], 100 / CELLS**2), ([], 0)):
        found = lungs([LEFT], right)
        assert (found.smaller_area, found.larger_area) == pytest.approx((area, 31 * 13 / CELLS**2))
    assert (lungs([], []).smaller_area, lungs([], []).larger_area) == (0, 0)


def test_scores_go_by_name():
    assert lungs([LEFT], [RIGHT]).chest == pytest.approx(0.9 * KIND[0], rel=1e-5)
    assert lungs([LEFT], []).chest == 0, "a lung that is not found is not certain"
    assert [lungs([LEFT], [RIGHT]).score(kind) for kind in ("chest", "mirrored", "processed")] == pytest.approx(KIND)


def test_the_field_is_each_lung_a_little_widened_and_nothing_between():
    field = lungs([LEFT], [RIGHT]).field
    assert field.shape == (SIDE, SIDE)
    for part in (LEFT, RIGHT):
        assert field[pixels(part)].all()
        rows, columns = pixels(part, WIDENED)
        assert field[rows.start, 4 * part[1].start + 9]
        assert field[4 * part[0].start + 9, columns.stop - 1]
    expected = np.zeros_like(field)
    expected[pixels(LEFT, WIDENED)] = expected[pixels(RIGHT, WIDENED)] = True
    assert not (field & ~expected).any()


def test_a_dent_is_inside_the_field():
    """An opacity at the rim of a lung may be missing from the mask; the hull brings it back."""
    dent = (slice(20, 30), slice(8, 14))
    upper, lower = (slice(10, 20), LEFT[1]), (slice(30, 41), LEFT[1])
    found = lungs([upper, lower, (slice(20, 30), slice(14, 21))], [RIGHT])
    assert not found.masks[0][dent].any()
    assert found.field[pixels(dent)].all()
    assert np.array_equal(found.field, lungs([LEFT], [RIGHT]).field)


def test_one_lung_has_a_field_and_none_has_an_empty_one():
    one = lungs([LEFT], [])
    assert one.field[pixels(LEFT)].all()
    assert len(one.outlines()) == 1
    assert not lungs([], []).field.any()
    assert lungs([], []).outlines() == []


def test_outlines_are_closed_lines_around_the_field():
    found = lungs([LEFT], [(slice(0, 56), slice(34, 56))])  # one reaches the picture's border
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    for line in found.outlines():
        assert line.min() >= 0
        assert line.max() <= 1
        cv2.fillConvexPoly(drawn, np.rint(line * SIDE - 0.5).astype(np.int32), 1)
    assert np.array_equal(drawn > 0, found.field)


def toy_map(values: np.ndarray) -> Heatmap:
    return Heatmap(values.astype(np.float32), PNEUMONIA)


def test_share_outside_is_counted_as_by_hand():
    found = lungs([LEFT], [RIGHT])
    values = np.zeros((SIDE, SIDE))
    values[100, 50] = 1  # in the lung
    assert found.share_outside(toy_map(values)) == 0.0
    values[5, 5] = 3
    assert found.share_outside(toy_map(values)) == pytest.approx(0.75)
    values[100, 50] = 0
    assert found.share_outside(toy_map(values)) == 1.0


def test_an_even_map_lies_outside_as_far_as_the_picture_does():
    found = lungs([LEFT], [RIGHT])
    assert found.share_outside(toy_map(np.ones((14, 14)))) == pytest.approx(1 - found.field.mean())
    assert lungs([], []).share_outside(toy_map(np.ones((14, 14)))) == 1.0


def test_an_empty_map_has_no_share():
    assert lungs([LEFT], [RIGHT]).share_outside(toy_map(np.zeros((7, 7)))) is None
