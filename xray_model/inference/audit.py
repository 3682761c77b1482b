"""The audit of the maps: on phantoms, whose opacities are known to the pixel, beside other ways to make a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.shuffled import shuffled
from xray_model.errors import InvalidConfig, RefusedRadiograph
from xray_model.explanation import hiding, other_maps
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.lung_pooling import cell_shares
from xray_model.explanation.map_figures import average_precision, hit, iou_at_otsu, rank_correlation
from xray_model.explanation.proof import SHARES, Probabilities
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import Analysis, analyze
from xray_model.inference.prove import asker
from xray_model.labels import PNEUMONIA
from xray_model.phantoms import FINDINGS, UPLOAD_SIZE, Phantom, draw_phantom

SEEDS = 5000  # the first of the audit's phantoms: no training, trial or sample uses these
FILMS = 204  # phantoms with an opacity, as many of each finding
FEW = 18  # of them, for what is slow
SHIPPED, WHOLE, OCCLUSION, RISE = "Grad-CAM in the lungs (shipped)", "Grad-CAM, whole picture", "occlusion", "RISE"
RANDOM, BLOB, LUNGS = "random map", "blob in the middle", "the lungs"
METHODS = (SHIPPED, WHOLE, OCCLUSION, RISE, RANDOM, BLOB, LUNGS)
REPEATED = (SHIPPED, WHOLE, OCCLUSION, RISE)  # which should not change when the film hardly does
FIGURES = ("hit", "iou", "auprc", "deletion", "insertion")
LAYERS = (1, 2, 4, 8, 16, 32, None)  # shuffled from the head down; None: all
MOVES = ((4, 0), (0, -4), (-3, 3))  # pixels of `UPLOAD_SIZE`, down and right
NEAR = 0.1  # of the side: a peak that moves no further has stayed
NOISE = 4.0  # grey levels, standard deviation
SMALL, LARGE = 1 / 6, 1 / 3  # of the lungs: sizes of an opacity


@dataclass(frozen=True, eq=False)
class AuditFilm:
    """A phantom as the network sees it.

    grey, mask, inside: (size, size), the picture, the opacity and the lungs as they were found. whole: the signed map
    without pooling. ask: the network, with the lungs where they are.
    """

    phantom: Phantom
    grey: NDArray[np.float32]
    mask: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    analysis: Analysis
    whole: NDArray[np.float32]
    ask: Probabilities

    @property
    def size_name(self) -> str:
        """How large the opacity is against the lungs."""
        share = self.phantom.opacity_mask.sum() / max(1, self.phantom.lung_mask.sum())
        return "small" if share < SMALL else "large" if share > LARGE else "medium"


def one_by_one(work: Callable[[Bundle, int], Any], bundle: Bundle, numbers: Iterable[int]) -> Iterator[Any]:
    """`work(bundle, number)` for each number, in this process."""
    return (work(bundle, number) for number in numbers)


def audit_bundle(
    bundle: Bundle,
    films: int = FILMS,
    advance: Callable[[int, int], None] | None = None,
    beside: Sequence[Bundle] = (),
    each: Callable[..., Iterator[Any]] = one_by_one,
) -> dict[str, Any]:
    """All figures as plain values, for JSON. advance: called with (done, in all) after each phantom.

    beside: the same recipe trained with other seeds, to see how far the maps of two trainings agree. each: does what
    `one_by_one` does, where it likes. Raises `InvalidConfig` for fewer than three films, and for a bundle with another
    input size.
    """
    other = next((one for one in beside if one.card.input_size != bundle.card.input_size), None)
    if other is not None:
        raise InvalidConfig(
            f"{other.name} takes {other.card.input_size} pixels and {bundle.name} {bundle.card.input_size}: their maps "
            "cannot be laid on each other. Name bundles of one recipe."
        )
    if films < len(FINDINGS) - 1:
        raise InvalidConfig(f"Got {films} films; an audit needs at least {len(FINDINGS) - 1}.")
    rows: list[dict[str, Any]] = []
    chosen: list[int] = []
    for number, row in enumerate(each(measure_number, bundle, range(films))):
        if row is not None:
            rows.append(row)
            chosen += [number] if len(chosen) < min(FEW, films) else []
        if advance:
            advance(number + 1, films)
    few = [film for number in chosen if (film := numbered_film(bundle, number))]
    return {
        "bundle": bundle.name,
        "hash": bundle.hash,
        "films": len(rows),
        "refused": films - len(rows),
        "seeds": [SEEDS, SEEDS + films - 1],
        "methods": {method: _summary(rows, method) for method in METHODS},
        "randomisation": _randomisation(few, bundle),
        "repeatability": _repeatability(each(disturb_number, bundle, chosen)),
        "reproducibility": [{"bundle": one.name, "hash": one.hash} | _agreement(few, one) for one in beside],
    }


def audit_film(phantom: Phantom, bundle: Bundle, pixels: NDArray[np.uint8] | None = None) -> AuditFilm | None:
    """A phantom, analyzed; None when the gate refuses it. pixels: another picture of it."""
    size = bundle.card.input_size
    radiograph = Radiograph.from_array(phantom.pixels if pixels is None else pixels)
    try:
        analysis = analyze(radiograph, bundle)
    except RefusedRadiograph:
        return None
    grey = radiograph.squeezed(size).grey(size)
    whole = bundle.runtime.forward(grey[None]).evidence()[0]
    inside = np.ones((size, size), bool) if analysis.field is None else cell_shares(analysis.field, size, size) >= 0.5
    mask = cell_shares(phantom.opacity_mask, size, size) >= 0.5
    return AuditFilm(phantom, grey, mask, inside, analysis, whole, asker(bundle, analysis.field))


def numbered_film(bundle: Bundle, number: int) -> AuditFilm | None:
    """The audit's phantom of this number, analyzed; None when the gate refuses it."""
    return audit_film(draw_phantom(SEEDS + number, FINDINGS[1 + number % 3], UPLOAD_SIZE), bundle)


def measure_number(bundle: Bundle, number: int) -> dict[str, Any] | None:
    """Figures of every method on the phantom of this number; None when the gate refuses it."""
    film = numbered_film(bundle, number)
    return _measure(film, np.random.default_rng(number)) if film else None


def disturb_number(bundle: Bundle, number: int) -> dict[str, list[tuple[float, float]]]:
    """By method, (rank correlation, distance of the peaks) of the phantom's map and each disturbed picture's."""
    film = numbered_film(bundle, number)
    return _disturb(film, bundle) if film else {}


def draw_map(method: str, film: AuditFilm, rng: np.random.Generator) -> NDArray[np.float32]:
    """The map of one of `METHODS`, float32 (size, size)."""
    size = len(film.grey)
    if method == SHIPPED:
        return np.maximum(film.analysis.heatmap.fine(size, size), 0) * film.inside
    if method == WHOLE:
        return np.maximum(Heatmap.from_evidence(film.whole, PNEUMONIA).fine(size, size), 0)
    if method == OCCLUSION:
        return other_maps.occlusion(film.grey, film.inside, film.ask)
    if method == RISE:
        return other_maps.rise(film.grey, film.inside, film.ask, rng)
    if method == RANDOM:
        return hiding.clumps(size, rng)
    return other_maps.middle_blob(size) if method == BLOB else film.inside.astype(np.float32)


def _measure(film: AuditFilm, rng: np.random.Generator) -> dict[str, Any]:
    """Figures of every method on one film."""
    found: dict[str, Any] = {"finding": film.phantom.finding, "size": film.size_name}
    for method in METHODS:
        drawn = draw_map(method, film, rng)
        deletion, insertion = _areas(film, drawn + 1e-6 * hiding.clumps(len(drawn), rng))  # of equal ones any
        figures = (hit(drawn, film.mask), iou_at_otsu(drawn, film.mask), average_precision(drawn, film.mask))
        found[method] = dict(zip(FIGURES, (*figures, deletion, insertion), strict=True))
    return found


def _areas(film: AuditFilm, order: NDArray[np.float32]) -> tuple[float, float]:
    """Areas under deletion and insertion of the probability, over shares of the lungs' area."""
    areas = [round(share * int(film.inside.sum())) for share in SHARES]
    parts, veil = hiding.parts_by(order, areas), hiding.blurred_lungs(film.grey, film.inside)
    shown = (film.inside | parts[-1]) & ~parts
    pictures = [hiding.hide(film.grey, veil, part) for part in (*parts, *shown)]
    answers = film.ask(np.stack(pictures)).reshape(2, len(SHARES))
    return float(np.trapezoid(answers[0], SHARES)), float(np.trapezoid(answers[1], SHARES))


def _summary(rows: Sequence[dict[str, Any]], method: str) -> dict[str, Any]:
    """Means over all films with half the width of a 95 % interval, and means by finding and by size."""
    groups = {"all": rows}
    for key in ("finding", "size"):
        groups |= {name: [row for row in rows if row[key] == name] for name in sorted({row[key] for row in rows})}
    return {name: {"n": len(group)} | _means([row[method] for row in group]) for name, group in groups.items()}


def _means(records: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    found = {}
    for figure in FIGURES:
        values = np.array([record[figure] for record in records])
        half = 1.96 * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        found[figure] = [round(float(values.mean()), 4), round(float(half), 4)]
    return found


def _randomisation(films: Sequence[AuditFilm], bundle: Bundle) -> list[dict[str, float | int | None]]:
    """Likeness of the map to the trained network's, in the lungs, with ever more layers shuffled."""
    found: list[dict[str, float | int | None]] = []
    for layers in LAYERS:
        broken = shuffled(bundle, layers)
        alike = [_likeness(film, broken) for film in films]
        found.append({"layers": layers, "rank_correlation": round(float(np.mean(alike)), 4)})
    return found


def _likeness(film: AuditFilm, other: Bundle) -> float:
    evidence = other.runtime.forward(film.grey[None]).evidence()[0]
    cells = cell_shares(film.inside, *evidence.shape) >= 0.5
    return rank_correlation(evidence[cells], film.whole[cells])


def _repeatability(disturbed: Iterable[dict[str, list[tuple[float, float]]]]) -> dict[str, dict[str, float]]:
    """How little a map changes when the film is moved by a few pixels or gets mild noise."""
    found: dict[str, list[tuple[float, float]]] = {method: [] for method in REPEATED}
    for results in disturbed:
        for method, pairs in results.items():
            found[method] += pairs
    return {method: _agreeing(results) for method, results in found.items()}


def _disturb(film: AuditFilm, bundle: Bundle) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {method: [] for method in REPEATED}
    before = {method: draw_map(method, film, _same(film)) for method in found}
    for pixels, (down, right) in _disturbed(film.phantom):
        again = audit_film(film.phantom, bundle, pixels)
        if again is None:
            continue
        both = film.inside & again.inside
        for method, results in found.items():
            after = _moved(draw_map(method, again, _same(film)), -down, -right)
            alike = rank_correlation(before[method][both], after[both])
            results.append((alike, _distance(before[method], after)))
    return found


def _agreement(films: Sequence[AuditFilm], other: Bundle) -> dict[str, float]:
    """How far another network's maps of the same films agree."""
    found = []
    for film in films:
        again = audit_film(film.phantom, other)
        if again is not None:
            one, two = draw_map(SHIPPED, film, _same(film)), draw_map(SHIPPED, again, _same(film))
            both = film.inside & again.inside
            found.append((rank_correlation(one[both], two[both]), _distance(one, two)))
    return _agreeing(found)


def _agreeing(results: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Means over pairs of maps: (rank correlation, distance of the peaks as a share of the side)."""
    return {
        "rank_correlation": round(float(np.mean([alike for alike, _ in results])), 4),
        "peak_stays": round(float(np.mean([distance <= NEAR for _, distance in results])), 4),
    }


def _same(film: AuditFilm) -> np.random.Generator:
    """The same chance for a film and for its disturbed pictures."""
    return np.random.default_rng(film.phantom.seed)


def _disturbed(phantom: Phantom) -> Iterator[tuple[NDArray[np.uint8], tuple[float, float]]]:
    """The phantom moved, and with noise; with each the move in shares of the side."""
    for down, right in MOVES:
        move = (down / UPLOAD_SIZE, right / UPLOAD_SIZE)
        yield np.asarray(_moved(phantom.pixels, *move), np.uint8), move
    noise = np.random.default_rng(phantom.seed).normal(0, NOISE, phantom.pixels.shape)
    yield np.clip(np.rint(phantom.pixels + noise), 0, 255).astype(np.uint8), (0.0, 0.0)


def _moved(picture: NDArray[Any], down: float, right: float) -> NDArray[Any]:
    """A picture moved by shares of its side, its edge repeated."""
    size = len(picture)
    matrix = np.array([[1, 0, right * size], [0, 1, down * size]], np.float32)
    return cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Distance of two maps' peaks in shares of the side."""
    peaks = [np.array(np.unravel_index(int(values.argmax()), values.shape)) for values in (a, b)]
    return float(np.linalg.norm(peaks[0] - peaks[1]) / len(a))
