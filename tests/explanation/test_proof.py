"""The proof's arithmetic, against plain loops and a model whose reason is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from xray_model.explanation import hiding
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.map_figures import average_precision, hit, iou_at_otsu, rank_correlation
from xray_model.explanation.proof import ACROSS, SHARES, prove
from xray_model.explanation.proof_words import proof_notes, proof_sentences, proof_title
from xray_model.labels import PNEUMONIA

SIZE = 48
PATCH = (slice(20, 32), slice(8, 20))  # what the model below looks at
FIELD = np.zeros((SIZE, SIZE), bool)
FIELD[8:40, 4:22] = FIELD[8:40, 26:44] = True


def film() -> np.ndarray:
    """Dark lungs with a white patch in one of them, float32 (SIZE, SIZE)."""
    grey = np.random.default_rng(3).uniform(40, 60, (SIZE, SIZE)).astype(np.float32)
    grey[PATCH] += 120
    return grey


def ask(pictures: np.ndarray) -> np.ndarray:
    """A model that knows its reason: the patch's brightness."""
    assert pictures.dtype == np.float32
    return 1 / (1 + np.exp(-(pictures[(slice(None), *PATCH)].mean(axis=(1, 2)).astype(np.float64) - 100) / 8))


def cells(rows: slice, columns: slice) -> np.ndarray:
    """Evidence in a part of the map, nothing elsewhere, float32 (ACROSS, ACROSS)."""
    evidence = np.zeros((ACROSS, ACROSS), np.float32)
    evidence[rows, columns] = 1
    return evidence


TRUE, FALSE = cells(slice(5, 8), slice(2, 5)), cells(slice(5, 8), slice(7, 10))


def proved(evidence: np.ndarray, model=ask):
    heatmap = Heatmap.from_evidence(evidence, PNEUMONIA, field=FIELD)
    return prove(film(), FIELD, evidence, heatmap, model)


def test_it_is_what_plain_loops_find():
    found, grey = proved(TRUE), film()
    sigma, weights = SIZE / 6, FIELD.astype(np.float32)
    veil = cv2.GaussianBlur(grey * weights, (0, 0), sigma) / cv2.GaussianBlur(weights, (0, 0), sigma)
    drawn = cv2.resize(TRUE, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    inside = sorted((-drawn[y, x], y, x) for y in range(SIZE) for x in range(SIZE) if FIELD[y, x])

    def answer(part: np.ndarray) -> float:
        share = cv2.GaussianBlur(part.astype(np.float32), (0, 0), SIZE / 64)
        return float(ask((grey * (1 - share) + veil * share)[None])[0])

    deletion, insertion = [], []
    for share in SHARES:
        part = np.zeros((SIZE, SIZE), bool)
        for _, y, x in inside[: round(share * len(inside))]:
            part[y, x] = True
        deletion.append(answer(part))
        insertion.append(answer(FIELD & ~part))
    assert found.deletion["map"] == pytest.approx(deletion, abs=1e-4)
    assert found.insertion["map"] == pytest.approx(insertion, abs=1e-4)

    side = SIZE // ACROSS
    for row, column in ((6, 3), (6, 8), (3, 2)):
        part = np.zeros((SIZE, SIZE), bool)
        part[(row - 1) * side : (row + 2) * side, (column - 1) * side : (column + 2) * side] = True
        before, after = (np.log(p / (1 - p)) for p in (found.probability, answer(part & FIELD)))
        assert found.occlusion[row, column] == pytest.approx(before - after, abs=1e-3)
    assert found.occlusion[0, 0] == 0, "outside the lungs nothing is asked"


def test_a_map_that_shows_the_reason_is_supported_and_another_is_not():
    found, wrong = proved(TRUE), proved(FALSE)
    assert found.level(0.5) == "well supported"
    assert found.bright < 0.6 < 0.99 < min(found.elsewhere)
    assert found.area("deletion", "map") < found.area("deletion", "lungs") < found.area("deletion", "random")
    assert found.area("insertion", "map") > found.area("insertion", "lungs")
    assert 0 < found.smallest_part(0.5) <= 0.2
    assert wrong.level(0.5) == "not supported"
    assert proof_title(wrong, 0.5) == "Not supported by the picture"


def test_told_for_another_prevalence_it_reads_the_same():
    found = proved(TRUE)
    told = found.told(lambda p: 0.1 * p / (0.1 * p + 1 - p))
    assert told.fall == pytest.approx(found.fall, abs=1e-6)
    assert told.probability < found.probability
    assert told.level(0.1 * 0.5 / (0.1 * 0.5 + 0.5)) == found.level(0.5)
    assert told.smallest_part(1 / 11) == found.smallest_part(0.5)


def test_a_map_that_only_half_agrees_is_partly_supported():
    assert replace(proved(TRUE), agreement=0.1).level(0.5) == "partly supported"


@pytest.mark.parametrize("constant", [0.02, 0.98])
def test_a_model_that_looks_at_nothing_is_never_supported(constant):
    found = proved(TRUE, lambda pictures: np.full(len(pictures), constant))
    assert found.level(0.5) == ("not supported" if constant > 0.5 else "cannot be tested")
    assert found.smallest_part(0.5) is None
    assert found.agreement == 0


def test_an_empty_map_is_no_reason():
    found = proved(-TRUE)
    assert (found.bright, found.level(0.5)) == (None, "not supported")
    assert "map for PNEUMONIA is empty" in proof_sentences(found, 0.5)[0]


def test_words():
    found = proved(TRUE)
    said = " ".join(proof_sentences(found, 0.5))
    assert f"from {found.probability * 100:.1f} % to" in said or "from more than 99.9 % to" in said
    assert "changes the decision to NORMAL" in said
    assert "points to the places where hiding lowers the probability most" in said
    rare = found.told(lambda probabilities: probabilities / 50)
    assert rare.smallest_part(1e-6) is None
    assert (
        "It would call PNEUMONIA even with the lungs hidden: the probability does not fall below the threshold of less "
        "than 0.1 %." in " ".join(proof_sentences(rare, 1e-6))
    )
    assert "nothing to hide" in " ".join(proof_sentences(found, 1.0))
    assert "CAM, Grad-CAM and HiResCAM are one and the same map" in " ".join(proof_notes(found, 0.5, pooled=True))


def test_parts_grow_and_windows_are_squares():
    parts = hiding.parts_by(hiding.clumps(SIZE, np.random.default_rng(1)), [0, 7, 100])
    assert parts.sum(axis=(1, 2)).tolist() == [0, 7, 100]
    assert (parts[1] <= parts[2]).all()
    window = hiding.windows(SIZE, ACROSS, 3)[ACROSS * 5 + 5]
    assert np.argwhere(window).min(axis=0).tolist() == [16, 16]
    assert np.argwhere(window).max(axis=0).tolist() == [27, 27]
    untouched = np.asarray(hiding.hide(film(), film() * 0, parts[0]))
    assert (untouched == film()).all()


def test_figures_of_a_map_are_those_of_plain_definitions():
    from scipy.stats import spearmanr  # takes a second, in every process that lists tests

    rng = np.random.default_rng(5)
    values, mask = np.round(rng.random((9, 9)), 1).astype(np.float32), rng.random((9, 9)) < 0.3
    precision_times_step, before = 0.0, 0.0
    for threshold in sorted(set(values.ravel()), reverse=True):
        called = values >= threshold
        recall = (called & mask).sum() / mask.sum()
        precision_times_step += (recall - before) * (called & mask).sum() / called.sum()
        before = recall
    assert average_precision(values, mask) == pytest.approx(precision_times_step)
    assert average_precision(mask.astype(np.float32), mask) == 1
    assert hit(values, mask) == mask[values == values.max()].mean()
    assert iou_at_otsu(mask.astype(np.float32), mask) == 1
    assert iou_at_otsu(values * 0, mask) == 0
    other = rng.random((9, 9))
    assert rank_correlation(values, other) == pytest.approx(spearmanr(values.ravel(), other.ravel()).statistic)
    assert rank_correlation(values * 0, other) == 0
