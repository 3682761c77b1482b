"""What the network learns from in a phase: whole images, images pooled over the lungs, or cached features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.explanation.lung_pooling import lung_shares
from xray_model.recipes.config import TrainingConfig
from xray_model.training.batches import AugmentedBatches, LungBatches
from xray_model.training.cut_maps import CutBatches, CutMaps
from xray_model.training.features import FeatureBatches, FeatureStore, head_model
from xray_model.training.lung_fields import LungFields
from xray_model.training.setup import lung_pooled_model
from xray_model.training.views import Views

PART = 200  # training images that a whole network is asked about before its first step


class PhaseInputs(Protocol):
    """The part of the network that learns, and its inputs."""

    @property
    def network(self) -> keras.Model:
        """What is compiled and trained."""

    def held_out(self) -> Any:
        """Inputs of the validation images, unaugmented."""

    def learned_from(self) -> tuple[Any, NDArray[np.int8]]:
        """Inputs of training images, unaugmented, and their labels (n,); of a part of the images if all take long."""

    def batches(self, epoch: int) -> AugmentedBatches:
        """Augmented batches of the training images for one epoch, counted from 0."""


@dataclass(frozen=True)
class WholeImages:
    """The whole network, on grey levels."""

    network: keras.Model
    training: LabelledImages
    validation: LabelledImages
    config: TrainingConfig

    def held_out(self) -> Any:
        """uint8 (n, size, size)."""
        return self.validation.grey

    def learned_from(self) -> tuple[Any, NDArray[np.int8]]:
        """Of a part of the images."""
        part = self.training.spread(PART)
        return self.training.grey[part], self.training.labels[part]

    def batches(self, epoch: int) -> AugmentedBatches:
        """Batches of images."""
        return AugmentedBatches(self.training, self.config, epoch=epoch)


@dataclass(frozen=True)
class LungPooledImages:
    """The whole network, on grey levels and the share of the lungs in each cell of its feature map."""

    model: keras.Model
    training: LabelledImages
    validation: LabelledImages
    config: TrainingConfig
    fields: dict[str, LungFields]

    @property
    def network(self) -> keras.Model:
        """The model with a second input."""
        return lung_pooled_model(self.model)

    def held_out(self) -> Any:
        """Images and shares by the names of the inputs."""
        shares = lung_shares(self.fields["validation"].of(slice(None)), *self._cells)
        return {"grey": self.validation.grey, "lungs": shares}

    def learned_from(self) -> tuple[Any, NDArray[np.int8]]:
        """Of a part of the images."""
        part = self.training.spread(PART)
        shares = lung_shares(self.fields["training"].of(slice(None))[part], *self._cells)
        return {"grey": self.training.grey[part], "lungs": shares}, self.training.labels[part]

    def batches(self, epoch: int) -> AugmentedBatches:
        """Batches of images, their lungs moved along."""
        return LungBatches(self.training, self.config, self.fields["training"], self._cells, epoch=epoch)

    @property
    def _cells(self) -> tuple[int, int]:
        height, width = self.model.get_layer("pooler").input.shape[1:3]
        return int(height), int(width)


@dataclass(frozen=True)
class CachedFeatures:
    """The head alone, on what the frozen backbone says of each image, computed once.

    store: features of "training" or "validation". advance: is told (images done, images in all).
    """

    model: keras.Model
    training: LabelledImages
    config: TrainingConfig
    store: Callable[[str], FeatureStore]
    advance: Callable[[int, int], None]

    @property
    def network(self) -> keras.Model:
        """The head."""
        return head_model(self.model)

    def held_out(self) -> Any:
        """Features of the unaugmented images."""
        return self.store("validation").plain(self.advance)

    def learned_from(self) -> tuple[Any, NDArray[np.int8]]:
        """Of all images."""
        return self.store("training").view(0, self.advance), self.training.labels

    def batches(self, epoch: int) -> AugmentedBatches:
        """Batches of features of augmented images."""
        features = self.store("training").view(epoch, self.advance)
        return FeatureBatches(self.training, self.config, features, epoch=epoch)


@dataclass(frozen=True)
class CachedMaps:
    """The upper part of the backbone and the head, on what the frozen lower part says of each image, computed once.

    network: takes maps at the cut. views, maps: of the training images; held_out_maps: of the validation images.
    """

    network: keras.Model
    config: TrainingConfig
    views: Views
    maps: CutMaps
    held_out_maps: CutMaps
    advance: Callable[[int, int], None]

    def held_out(self) -> Any:
        """Maps of the unaugmented images."""
        self.held_out_maps.prepare(1, self.advance)
        return self.held_out_maps.first_view()

    def learned_from(self) -> tuple[Any, NDArray[np.int8]]:
        """Of all images."""
        self.maps.prepare(1, self.advance)
        return self.maps.first_view(), self.views.images.labels

    def batches(self, epoch: int) -> AugmentedBatches:
        """Batches of maps of augmented images."""
        self.maps.prepare(self.views.there(epoch), self.advance)
        return CutBatches(self.views.images, self.config, self.maps, self.views.chosen(epoch), epoch=epoch)
