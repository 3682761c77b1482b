"""Training batches, the same each time for the same seed and epoch."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import AugmentationDraw
from xray_model.augmentation.transforms import warp
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.explanation.lung_pooling import cell_shares
from xray_model.recipes.config import TrainingConfig
from xray_model.training.lung_fields import LungFields


class AugmentedBatches:
    """Training batches: (b, size, size) grey levels 0-255 and (b, 1) labels, the same for the same seed and epoch."""

    def __init__(self, images: LabelledImages, config: TrainingConfig, epoch: int = 0) -> None:
        self._images, self._config, self._epoch = images, config, epoch
        self._order = self._draw_order()

    def __len__(self) -> int:
        return max(1, len(self._images) // self._config.batch)

    def __getitem__(self, index: int) -> tuple[Any, NDArray[np.float32]]:
        chosen = self._order[index * self._config.batch : (index + 1) * self._config.batch]
        rng = np.random.default_rng((self._config.seed, self._epoch, index))
        inputs, labels = self._inputs(chosen, rng), self._images.labels[chosen].astype(np.float32)[:, None]
        if not self._config.mixup:
            return inputs, labels
        share, other = draw_mixup(len(chosen), self._config.mixup, rng)
        return self._blended(inputs, share, other), blend(labels, share, other)

    def _inputs(self, chosen: NDArray[np.intp], rng: np.random.Generator) -> Any:
        """What the network sees of the chosen images."""
        policy = self._config.augmentation
        return np.stack([policy.augment(self._images.grey[i].astype(np.float32), rng) for i in chosen])

    def _blended(self, inputs: Any, share: NDArray[np.float32], other: NDArray[np.intp]) -> Any:
        return blend(inputs, share, other)

    def _draw_order(self) -> NDArray[np.intp]:
        rng = np.random.default_rng((self._config.seed, self._epoch))
        if not self._config.balanced:
            return rng.permutation(len(self._images))
        half = (len(self._images) + 1) // 2
        sides = [_fill(rng, np.flatnonzero(self._images.labels == label), half) for label in (0, 1)]
        return np.stack(sides, axis=1).ravel()  # labels alternate, so that every batch has both equally often


def _fill(rng: np.random.Generator, indices: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """`count` of the indices: whole permutations one after the other, so none comes twice before all came."""
    rounds = -(-count // len(indices))
    return np.concatenate([rng.permutation(indices) for _ in range(rounds)])[:count]


def prefetched(batches: AugmentedBatches) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The batches of one epoch, in order; the next one is made while the network learns from this one."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(batches.__getitem__, 0)
        for index in range(1, len(batches) + 1):
            batch = coming.result()
            if index < len(batches):
                coming = pool.submit(batches.__getitem__, index)
            yield batch


def label_weights(labels: NDArray[Any]) -> tuple[float, float]:
    """Weights of NORMAL and PNEUMONIA that make both labels count equally; their mean over the images is 1."""
    positive = float(np.mean(labels > 0))
    return (0.5 / max(1e-6, 1 - positive), 0.5 / max(1e-6, positive))


def sample_weights(labels: NDArray[np.float32], weights: tuple[float, float]) -> NDArray[np.float32]:
    """The weight (n,) of each of these labels (n, 1), of which mixup may blend two. weights: as `label_weights`."""
    return np.asarray((labels * weights[1] + (1 - labels) * weights[0])[:, 0], np.float32)


def draw_mixup(count: int, alpha: float, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """(share of each image that stays, the image that it is blended with): mixup (Zhang et al., ICLR 2018)."""
    share = rng.beta(alpha, alpha, count).astype(np.float32)
    return np.maximum(share, 1 - share), rng.permutation(count)  # the first image stays the main one


def blend(values: NDArray[np.float32], share: NDArray[np.float32], other: NDArray[np.intp]) -> NDArray[np.float32]:
    """Each of `values` (b, ...) blended with another of the batch."""
    kept = share.reshape(-1, *[1] * (values.ndim - 1))
    return values * kept + values[other] * (1 - kept)


class LungBatches(AugmentedBatches):
    """`AugmentedBatches` with named inputs: `grey` and `lungs`, the share of each map cell in the lungs (b, h, w)."""

    def __init__(
        self,
        images: LabelledImages,
        config: TrainingConfig,
        fields: LungFields,
        cells: tuple[int, int],
        epoch: int = 0,
    ) -> None:
        """fields: of the same images. cells: (h, w) of the feature map."""
        super().__init__(images, config, epoch)
        self._fields, self._cells = fields, cells

    def _inputs(self, chosen: NDArray[np.intp], rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        pairs = [(i, self._config.augmentation.draw(rng)) for i in chosen]
        grey = np.stack([draw.apply(self._images.grey[i].astype(np.float32)) for i, draw in pairs])
        return {"grey": grey, "lungs": np.stack([self._shares(i, draw) for i, draw in pairs])}

    def _blended(self, inputs: Any, share: NDArray[np.float32], other: NDArray[np.intp]) -> Any:
        lungs = np.maximum(inputs["lungs"], inputs["lungs"][other])  # those of both are in the picture
        return {"grey": blend(inputs["grey"], share, other), "lungs": lungs}

    def _shares(self, index: int, draw: AugmentationDraw) -> NDArray[np.float32]:
        field = self._fields[index].astype(np.float32)
        return cell_shares(warp(field, draw.matrix(field.shape), "black"), *self._cells)
