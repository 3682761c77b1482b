"""Augmentation: the page's grid in milliseconds, and the article's transforms beside Keras' two ways of doing them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import xray_model
from pages.ui.augmentation import opinion, sheet
from pages.ui.augmentation.grid import render
from pages.ui.shared.session import Setting
from tests.benchmarks.timing import Rounds, milliseconds, race, ratio

Contestant = Callable[[], object]
SIZE, DRAWS, BATCH = 224, 12, 32
OURS = "this project's policy"
LAYERS = "Keras random layers, in a tf.function"
GENERATOR = "Keras ImageDataGenerator"
ARTICLE = xray_model.PRESETS["Article"]
GRID, ENCODED, WITH_OPINION = "grid", "grid, encoded for the browser", "grid, encoded, with the model's opinion"


def measure_augmentation(bundle: xray_model.Bundle) -> dict[str, object]:
    """Milliseconds of a grid for each preset, and images a second of the article's transforms."""
    radiograph = xray_model.Radiograph.from_array(xray_model.draw_phantom(12, "lobar", 512).pixels)
    grey = radiograph.grey(SIZE)
    rounds = race(rivals(grey))
    return {
        "draws": DRAWS,
        "grid_milliseconds": {name: _grid(bundle, radiograph, name) for name in ("Article", "Radiograph-safe")},
        "images_per_second": {
            name: round(BATCH / milliseconds(rounds, name) * 1000) for name in (OURS, LAYERS, GENERATOR)
        },
        "layers_to_ours": ratio(rounds, LAYERS, OURS),
        "generator_to_ours": ratio(rounds, GENERATOR, OURS),
    }


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """What was measured, the figure, what was asked for: for the report's table."""
    rates, asked = figures["images_per_second"], {GRID: "≤ 60 ms", ENCODED: "≤ 60 ms", WITH_OPINION: "≤ 200 ms"}
    grids = figures["grid_milliseconds"]
    return [
        *(
            (f"{figures['draws']} draws at {SIZE}, {preset}: {what}", f"{ms:.0f} ms", asked[what])
            for preset, grid in grids.items()
            for what, ms in grid.items()
        ),
        ("the article's transforms, this project", f"{rates[OURS]:,} images/s", ""),
        (f"… against {LAYERS}", f"{rates[LAYERS]:,} images/s: {figures['layers_to_ours']:.1f} x", "≥ 3 x"),
        (f"… against {GENERATOR}", f"{rates[GENERATOR]:,} images/s: {figures['generator_to_ours']:.1f} x", "≥ 3 x"),
    ]


def rivals(grey: np.ndarray) -> dict[str, Contestant]:
    """A batch of the same film through each; all of them draw anew at each call."""
    batch = np.repeat(grey[None], BATCH, axis=0)
    return {OURS: policy(batch), LAYERS: random_layers(batch), GENERATOR: image_data_generator(batch)}


def policy(batch: np.ndarray) -> Contestant:
    """What the training pipeline does with a batch."""
    rng = np.random.default_rng(0)
    return lambda: np.stack([ARTICLE.augment(grey, rng) for grey in batch])


def random_layers(batch: np.ndarray) -> Contestant:
    """The layers that Keras recommends, a whole batch in one graph."""
    turn, shift, zoom = ARTICLE.rotation / 360, ARTICLE.width_shift, (-ARTICLE.zoom, ARTICLE.zoom)
    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(turn, fill_mode=ARTICLE.fill),
            keras.layers.RandomTranslation(shift, shift, fill_mode=ARTICLE.fill),
            keras.layers.RandomShear(x_factor=np.deg2rad(ARTICLE.shear), fill_mode=ARTICLE.fill),
            keras.layers.RandomZoom(zoom, zoom, fill_mode=ARTICLE.fill),
            keras.layers.RandomFlip("horizontal"),
        ]
    )
    graph = tf.function(lambda images: layers(images, training=True))
    images = tf.constant(batch[..., None])
    return lambda: graph(images).numpy()


def image_data_generator(batch: np.ndarray) -> Contestant:
    """The generator that the article uses."""
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="keras")  # scipy.ndimage by its old address
    generator = ImageDataGenerator(
        rotation_range=ARTICLE.rotation,
        width_shift_range=ARTICLE.width_shift,
        height_shift_range=ARTICLE.height_shift,
        shear_range=ARTICLE.shear,
        zoom_range=ARTICLE.zoom,
        horizontal_flip=ARTICLE.horizontal_flip,
        fill_mode=ARTICLE.fill,
    )
    images = batch[..., None]
    return lambda: np.stack([generator.random_transform(image) for image in images])


def _grid(bundle: xray_model.Bundle, radiograph: xray_model.Radiograph, preset: str) -> dict[str, float]:
    """The page's work for one redraw, from the settings to what is sent; the model is asked at its own size."""
    drawn = xray_model.PRESETS[preset].draw_many
    setting = Setting(bundle.card, bundle.card.operating_point(), bundle.card.prevalence)
    large, own = radiograph.grey(SIZE), radiograph.grey(bundle.card.input_size)

    def encoded(grey: np.ndarray = large) -> np.ndarray:
        pictures = render(grey, drawn(1, DRAWS))
        assert all(sheet.encode(picture) for picture in pictures)
        return pictures

    contestants = {
        GRID: lambda: render(large, drawn(1, DRAWS)),
        ENCODED: encoded,
        WITH_OPINION: lambda: opinion.ask(bundle, encoded(own), setting).labels,
    }
    rounds: Rounds = race(contestants)
    return {name: milliseconds(rounds, name) for name in contestants}
