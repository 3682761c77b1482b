"""The bundled backbone while it is frozen, on LiteRT: faster than Keras, and ready before Keras is.

The features are the same but for the last digits: a test compares the bundle's two networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import MODEL_FILE, POOLED
from xray_model.bundles.default_backbone import bundled_body, is_bundled_shape
from xray_model.bundles.folders import find_bundle
from xray_model.bundles.litert import Runtime
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.explanation.lung_pooling import over_lungs
from xray_model.recipes.config import BUNDLED, TrainingConfig, learns_head_only
from xray_model.training.lung_fields import LungFields

CHUNK = 16  # images at once: bounds the memory of a pass

Advance: TypeAlias = Callable[[int, int], None]  # (images done, images in all), after each chunk
# At most CHUNK images (n, size, size) -> feature maps (n, h, w, c) and their means over h and w (n, c).
Maps: TypeAlias = Callable[[NDArray], tuple[NDArray[np.float32], NDArray[np.float32]]]


def unwatched(done: int, total: int) -> None:
    """An `Advance` that does nothing, for those who need not know."""


def bundled_maps(config: TrainingConfig) -> Maps | None:
    """The bundle's own network; None where a run starts from other weights, or sees images of another size."""
    body = bundled_body()
    fits = config.weights == BUNDLED and is_bundled_shape(config)
    if not fits or any(getattr(config, name) != body[name] for name in ("scaling", "input_size")):
        return None
    runtime = Runtime(find_bundle() / MODEL_FILE)

    def maps(grey: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        found = runtime.forward(grey.astype(np.float32)).feature_map
        return found, found.mean(axis=(1, 2))

    return maps


def pooled_features(maps: Maps, grey: NDArray, fields: NDArray | None = None) -> NDArray[np.float32]:
    """Features (n, c) of at most `CHUNK` images. fields: where their lungs lie, (n, s, s), to pool over these alone."""
    feature_map, pooled = maps(grey)
    return pooled if fields is None else over_lungs(feature_map, fields).mean(axis=(1, 2))


class EarlyFeatures:
    """Features of a run's images as they are, computed in a thread while this process still imports Keras."""

    def __init__(self, maps: Maps, images: Mapping[str, LabelledImages], lungs: str) -> None:
        """images: sets by name, in the order in which they will be asked for. lungs: of the run's settings."""
        self.maps, self._images, self._pools = maps, images, lungs == POOLED
        self.fields = {name: LungFields(one.grey) for name, one in images.items()}
        self._parts: dict[str, list[Future[NDArray[np.float32]]]] = {
            name: [Future() for _ in range(0, len(one), CHUNK)] for name, one in images.items()
        }
        Thread(target=self._run, name="early features", daemon=True).start()  # a run that is stopped waits for nothing

    def take(self, name: str, advance: Advance = unwatched) -> NDArray[np.float32]:
        """One set's features (n, c), once they are all there; raises what went wrong while they were computed."""
        found: list[NDArray[np.float32]] = []
        for part in self._parts[name]:
            found.append(part.result())
            advance(sum(map(len, found)), len(self._images[name]))
        return np.concatenate(found)

    def _run(self) -> None:
        for name, images in self._images.items():
            for index, part in enumerate(self._parts[name]):
                chunk = slice(index * CHUNK, (index + 1) * CHUNK)
                try:
                    fields = self.fields[name].of(chunk) if self._pools else None
                    part.set_result(pooled_features(self.maps, images.grey[chunk], fields))
                except Exception as error:  # noqa: BLE001 - raised again where somebody waits for the features
                    part.set_exception(error)


def start_early(config: TrainingConfig, images: Mapping[str, LabelledImages]) -> EarlyFeatures | None:
    """Begin at once, where the run's first phase wants such features; else None."""
    maps = bundled_maps(config) if learns_head_only(config, config.phases[0]) else None
    return EarlyFeatures(maps, images, config.lungs) if maps else None
