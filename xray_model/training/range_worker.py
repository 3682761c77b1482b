"""The process of a learning-rate range test: `python -m xray_model.training.range_worker FOLDER`.

Started and followed by `jobs`. Beside `state` and `progress`, it writes a `sweep` event for each rate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.load import load_data
from xray_model.datasets.zip_reader import IMAGES_FILE, load_uploaded
from xray_model.jobs.run_files import REQUEST, read_json
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.range_test import most_images
from xray_model.training.batches import label_weights, sample_weights
from xray_model.training.early_features import start_early
from xray_model.training.lung_fields import LungFields
from xray_model.training.watch import Watch
from xray_model.training.weights_download import check_download
from xray_model.training.worker import Orders, be_process

if TYPE_CHECKING:
    from xray_model.training.range_test import Batch

PACE = 0.02  # seconds between two rates, so that one sees the curve come


def run_range_test(folder: Path, watch: Watch) -> None:
    """Run the test that the folder's request asks for."""
    request = read_json(folder / REQUEST)
    config, choice = TrainingConfig.from_dict(request["config"]), DataChoice.from_dict(request["data"])
    check_download(config)
    watch.wait = Orders(folder, watch).wait
    watch.tell("preparing", "Getting the images ready.")
    images = load_some(folder, config, choice, watch)
    for event in sweep_head(config, images, watch):
        watch.wait()
        watch.report(event)
        time.sleep(PACE)
    watch.tell("finished", "Finished.")


def load_some(folder: Path, config: TrainingConfig, choice: DataChoice, watch: Watch) -> LabelledImages:
    """At most `most_images` of those that the run would learn from. A visitor's images are removed from the folder."""
    own = None
    if choice.kind == ARCHIVE:
        own = load_uploaded(folder / IMAGES_FILE)
        (folder / IMAGES_FILE).unlink()
    share, seed, size = config.validation_share, config.seed, config.input_size
    training, _ = load_data(choice, size, share, seed, watch.progress, own=own, warn=watch.warn)
    return training.take(training.spread(most_images(config)))


def sweep_head(config: TrainingConfig, images: LabelledImages, watch: Watch) -> Iterator[dict[str, Any]]:
    """The events of a range test of the head on the frozen backbone's features. config: as `range_settings` gives."""
    early = start_early(config, {"training": images})
    watch.tell("preparing", "Starting Keras and building the network.")
    from xray_model.training.features import FeatureBatches, FeatureStore, head_model, keras_maps
    from xray_model.training.range_test import range_test
    from xray_model.training.setup import compile_model, start_model

    def advance(done: int, total: int) -> None:
        watch.wait()
        sentence = f"Computing what the frozen layers say about each image: {done} of {total}."
        watch.progress("features", done, total, sentence)

    model = start_model(config)
    store = FeatureStore(keras_maps(model), images, config, LungFields(images.grey))
    features = early.take("training", advance) if early else store.plain(advance)
    head = head_model(model)
    compile_model(head, config.phases[0], config, steps=1)
    watch.tell("training", "Raising the learning rate from step to step.")
    weights = label_weights(images.labels) if config.class_weights else None
    epochs = (FeatureBatches(images, config, features, epoch) for epoch in count())
    batches = (_weighted(*batches[i], weights) for batches in epochs for i in range(len(batches)))
    labels = images.labels.astype(np.float32)[:, None]
    yield from range_test(head, batches, _weighted(features, labels, weights))


def _weighted(inputs: NDArray[np.float32], labels: NDArray[np.float32], weights: tuple[float, float] | None) -> Batch:
    return inputs, labels, None if weights is None else sample_weights(labels, weights)


if __name__ == "__main__":
    raise SystemExit(be_process(run_range_test))
