"""The lung finder's lessons: images with clean masks, phantoms, pictures of no chest, all augmented."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import AugmentationPolicy
from xray_model.augmentation.transforms import warp
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.phantom_sets import TRAINING_SEEDS
from xray_model.errors import InvalidDataset
from xray_model.explanation.lungs import Lungs
from xray_model.models.lung_finder import INPUT_SIZE
from xray_model.phantoms import draw_phantom
from xray_model.training.lungs.hard_to_see import draw_over, finish, frame, halve, on_screen
from xray_model.training.lungs.masks import clean_mask, split_lungs
from xray_model.training.lungs.no_chest import draw_no_chest

Grey = NDArray[np.float32]
SIDE = 224  # pixels: the training images' own
MAP_SIZE = 64  # cells of a side of the network's answer
BATCH, SEED = 32, 1
PHANTOMS = 500
NO_CHEST, IN_PART, FRAMED, MIRRORED = 0.28, 0.14, 0.25, 0.35  # shares of the pictures of an epoch
UNKNOWN = -1.0  # of a kind: is not learned from
POLICY = AugmentationPolicy(
    rotation=18,
    width_shift=0.1,
    height_shift=0.1,
    zoom=0.15,
    shear=5,
    tighter=0.25,
    looser=0.4,
    brightness=0.1,
    contrast=0.6,
    gamma=0.6,
    noise=0.04,
    blur=1.5,
    erasing=0.1,
    border=0.12,
    fill="black",
)
Pairs = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # images (n, s, s) and masks (n, 2, s, s) of 0 and 1
Lesson = tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]


def draw_batches(grey: NDArray[np.uint8], masks: NDArray[np.uint8], epoch: int) -> Iterator[Lesson]:
    """One epoch of augmented batches, the same for the same epoch.

    Images (b, 128, 128); by name what the network should say: `lungs` (b, 64, 64, 2) and `kind` (b, 3) of 0, 1 or
    `UNKNOWN`, in the order of `KINDS`.
    """
    order = np.random.default_rng((SEED, epoch)).permutation(len(grey))
    chosen = [order[start : start + BATCH] for start in range(0, max(1, len(order) - BATCH + 1), BATCH)]

    def draw(indices: NDArray[np.intp]) -> Lesson:
        drawn = [_draw(grey[i], masks[i], np.random.default_rng((SEED, epoch, int(i)))) for i in indices]
        images, lungs, kinds = (np.stack(part) for part in zip(*drawn, strict=True))
        return images, {"lungs": lungs, "kind": kinds}

    with ThreadPoolExecutor(1) as pool:  # the next one is drawn while the network learns from this one
        coming = pool.submit(draw, chosen[0])
        for following in [*chosen[1:], None]:
            batch = coming.result()
            if following is not None:
                coming = pool.submit(draw, following)
            yield batch


def _draw(grey: NDArray[np.uint8], masks: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Grey, Grey, Grey]:
    """(image, lungs, kind) of one lesson."""
    image, truth = grey.astype(np.float32), masks.astype(np.float32)
    kind = np.array([0, UNKNOWN, UNKNOWN], np.float32)  # of no chest
    what = rng.random()
    if what < NO_CHEST:
        image, truth = draw_no_chest(image, rng), np.zeros_like(truth)
    else:
        mirrored = rng.random() < MIRRORED
        image = draw_over(image, truth, rng)
        if mirrored:
            image, truth = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(truth[::-1, :, ::-1])
        if what < NO_CHEST + IN_PART:
            image, truth = (halve if rng.random() < 0.3 else on_screen)(image, truth, rng)
        else:
            kind = np.array([1, mirrored, 0], np.float32)
            if rng.random() < FRAMED:
                image, truth = frame(image, truth, rng)
    draw = POLICY.draw(rng)
    moved = [warp(mask, draw.matrix(image.shape), "black") for mask in truth]
    image, processed = finish(draw.apply(image), rng)
    if kind[0] and processed:
        kind[2] = 1
    return _shrunk(image, INPUT_SIZE), np.stack([_shrunk(mask, MAP_SIZE) for mask in moved], axis=-1), kind


def _shrunk(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def with_masks(images: LabelledImages, folder: Path) -> tuple[Pairs, NDArray[np.uint8]]:
    """Images and clean masks of those whose mask looks like two lungs, and the other images (m, s, s)."""
    masks = [_mask(folder / f"{Path(name).stem}.png") for name in images.names]
    known = np.array([mask is not None for mask in masks])
    if not known.any():
        raise InvalidDataset("No lung mask fits an image: give the folder of PNG masks named like the images.")
    return (images.grey[known], np.stack([mask for mask in masks if mask is not None])), images.grey[~known]


def _mask(path: Path) -> NDArray[np.uint8] | None:
    levels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    return None if levels is None else clean_mask(cv2.resize(levels, (SIDE, SIDE)) > 0)


def with_phantoms(grey: NDArray[np.uint8], masks: NDArray[np.uint8]) -> Pairs:
    """Phantoms know their lungs under every opacity: they teach that a white lung is a lung."""
    phantoms = [draw_phantom(seed, size=SIDE) for seed in range(TRAINING_SEEDS, TRAINING_SEEDS + PHANTOMS)]
    known = [(phantom.pixels, lungs) for phantom in phantoms if (lungs := split_lungs(phantom.lung_mask)) is not None]
    return np.concatenate([grey, [pixels for pixels, _ in known]]), np.concatenate(
        [masks, [lungs for _, lungs in known]]
    )


def with_outlined(pairs: Pairs, grey: NDArray[np.uint8], found: list[Lungs]) -> Pairs:
    """The pairs, and the images (n, s, s) whose lungs were found plausibly, with what was found as their masks."""
    outlined = [(image, mask) for image, lungs in zip(grey, found, strict=True)
                if (mask := clean_mask(_enlarged(lungs.masks))) is not None]  # fmt: skip
    if not outlined:
        return pairs
    images, masks = (np.stack(part) for part in zip(*outlined, strict=True))
    return np.concatenate([pairs[0], images]), np.concatenate([pairs[1], masks])


def _enlarged(masks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    both = np.asarray(masks.any(axis=0), np.float32)
    return np.asarray(cv2.resize(both, (SIDE, SIDE)) >= 0.5)
