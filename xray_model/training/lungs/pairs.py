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
from xray_model.models.lung_finder import INPUT_SIZE
from xray_model.phantoms import draw_phantom
from xray_model.training.lungs.masks import clean_mask, split_lungs
from xray_model.training.lungs.no_chest import draw_no_chest

SIDE = 224  # pixels: the training images' own
MAP_SIZE = 64  # cells of a side of the network's answer
BATCH, SEED = 32, 1
PHANTOMS = 500
NO_CHEST, MIRRORED = 0.25, 0.2  # shares of the pictures of an epoch
POLICY = AugmentationPolicy(
    rotation=12,
    width_shift=0.1,
    height_shift=0.1,
    zoom=0.15,
    shear=5,
    tighter=0.25,
    looser=0.5,
    brightness=0.1,
    contrast=0.6,
    gamma=0.6,
    noise=0.04,
    blur=1.5,
    erasing=0.1,
    border=0.12,
    fill="black",
)
Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def draw_batches(grey: NDArray[np.uint8], masks: NDArray[np.uint8], epoch: int) -> Iterator[Batch]:
    """One epoch of augmented batches: images (b, 128, 128) and masks (b, 64, 64, 2), the same for the same epoch."""
    order = np.random.default_rng((SEED, epoch)).permutation(len(grey))
    chosen = [order[start : start + BATCH] for start in range(0, max(1, len(order) - BATCH + 1), BATCH)]

    def draw(indices: NDArray[np.intp]) -> Batch:
        drawn = [_draw(grey[i], masks[i], np.random.default_rng((SEED, epoch, int(i)))) for i in indices]
        return np.stack([image for image, _ in drawn]), np.stack([mask for _, mask in drawn])

    with ThreadPoolExecutor(1) as pool:  # the next one is drawn while the network learns from this one
        coming = pool.submit(draw, chosen[0])
        for following in [*chosen[1:], None]:
            batch = coming.result()
            if following is not None:
                coming = pool.submit(draw, following)
            yield batch


def _draw(grey: NDArray[np.uint8], masks: NDArray[np.uint8], rng: np.random.Generator) -> Batch:
    image, truth = grey.astype(np.float32), masks.astype(np.float32)
    if rng.random() < NO_CHEST:
        image, truth = draw_no_chest(image, rng), np.zeros_like(truth)
    elif rng.random() < MIRRORED:
        image, truth = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(truth[::-1, :, ::-1])
    draw = POLICY.draw(rng)
    moved = [warp(mask, draw.matrix(image.shape), "black") for mask in truth]
    return _shrunk(draw.apply(image), INPUT_SIZE), np.stack([_shrunk(mask, MAP_SIZE) for mask in moved], axis=-1)


def _shrunk(image: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def with_masks(images: LabelledImages, folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images and clean masks (n, 2, s, s) of those whose mask looks like two lungs."""
    kept = [(image, mask) for image, name in zip(images.grey, images.names, strict=True)
            if (mask := _mask(folder / f"{Path(name).stem}.png")) is not None]  # fmt: skip
    if not kept:
        raise InvalidDataset("No lung mask fits an image: give the folder of PNG masks named like the images.")
    return np.stack([image for image, _ in kept]), np.stack([mask for _, mask in kept])


def _mask(path: Path) -> NDArray[np.uint8] | None:
    levels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    return None if levels is None else clean_mask(cv2.resize(levels, (SIDE, SIDE)) > 0)


def with_phantoms(grey: NDArray[np.uint8], masks: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Phantoms know their lungs under every opacity: they teach that a white lung is a lung."""
    phantoms = [draw_phantom(seed, size=SIDE) for seed in range(TRAINING_SEEDS, TRAINING_SEEDS + PHANTOMS)]
    known = [(phantom.pixels, lungs) for phantom in phantoms if (lungs := split_lungs(phantom.lung_mask)) is not None]
    return np.concatenate([grey, [pixels for pixels, _ in known]]), np.concatenate(
        [masks, [lungs for _, lungs in known]]
    )
