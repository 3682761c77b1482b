"""The backbone in two parts: the lower one, which stands still in a phase, and the upper one, which learns."""

from __future__ import annotations

import keras

from xray_model.training.setup import LUNGS, score_of, shares_input


def cut_tensor(classifier: keras.Model, from_layer: str) -> keras.KerasTensor | None:
    """What passes from the layers before `from_layer` to it and those after it; None if that is more than one tensor.

    Layers learn by their place in `backbone.layers`, as `unfreeze_backbone` lets them.
    """
    layers = classifier.get_layer("backbone").layers
    start = next(place for place, layer in enumerate(layers) if layer.name == from_layer)
    below = {id(layer.output) for layer in layers[:start]}
    crossing = {id(tensor): tensor for layer in layers[start:] for tensor in _inputs(layer) if id(tensor) in below}
    return next(iter(crossing.values())) if len(crossing) == 1 else None


def lower_model(classifier: keras.Model, cut: keras.KerasTensor) -> keras.Model:
    """Images (n, size, size) -> maps at the cut, on the classifier's own layers."""
    lower = keras.Model(classifier.get_layer("backbone").input, cut, name="lower")
    return keras.Model(classifier.input, lower(classifier.get_layer("channels").output))


def upper_model(classifier: keras.Model, cut: keras.KerasTensor, pools_lungs: bool) -> keras.Model:
    """Maps at the cut -> `score` (n, 1), on the classifier's own layers: it learns for the classifier.

    pools_lungs: True gives it the second input of `lung_pooled_model`, and names to both: `cut` and `lungs`.
    """
    maps = keras.Input(cut.shape[1:], name="cut", dtype="float32")
    feature_map = keras.Model(cut, classifier.get_layer("backbone").output, name="upper")(maps)
    if not pools_lungs:
        return keras.Model(maps, score_of(classifier, feature_map))
    shares = shares_input(feature_map)
    return keras.Model({"cut": maps, LUNGS: shares}, score_of(classifier, feature_map, shares))


def _inputs(layer: keras.Layer) -> list[keras.KerasTensor]:
    return layer.input if isinstance(layer.input, list) else [layer.input]
