"""The exported network behind its contract: what goes in, what comes out, and from several threads at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.support.bundle_factory import CELLS, CHANNELS, SIZE
from xray_model.bundles.litert import MOST_THREADS, OUTPUTS, Runtime
from xray_model.errors import InvalidBundle
from xray_model.explanation.heatmap import signed_evidence


@pytest.fixture(scope="module")
def runtime(tiny_bundle) -> Runtime:
    return Runtime(tiny_bundle / "model.tflite")


def pictures(n: int) -> np.ndarray:
    return np.random.default_rng(n).uniform(0, 255, (n, SIZE, SIZE)).astype(np.float32)


def test_forward_gives_the_three_outputs_of_every_image(runtime):
    forward = runtime.forward(pictures(3))
    assert runtime.input_size == SIZE
    assert forward.feature_map.shape == (3, CELLS, CELLS, CHANNELS)
    assert forward.pooler_gradient.shape == (3, CHANNELS)
    assert forward.logit.shape == (3,)
    assert np.ptp(forward.logit) > 0


def test_an_answer_does_not_depend_on_its_neighbours(runtime):
    grey = pictures(5)
    together = runtime.forward(grey)
    for number in range(5):
        alone = runtime.forward(grey[number : number + 1])
        for name in OUTPUTS:
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[number])


def test_the_network_is_the_keras_model(runtime, tiny_bundle):
    from xray_model.models.classifier import load_classifier

    grey = pictures(4)
    score = load_classifier(tiny_bundle).predict(grey, verbose=0)[:, 0]
    assert np.allclose(1 / (1 + np.exp(-runtime.forward(grey).logit)), score, atol=1e-5)


def test_evidence_comes_from_the_same_pass(runtime):
    forward = runtime.forward(pictures(2))
    evidence = forward.evidence()
    assert evidence.shape == (2, CELLS, CELLS)
    assert np.array_equal(evidence, signed_evidence(forward.feature_map, forward.pooler_gradient))


def test_threads_may_share_it(runtime):
    grey = pictures(8)
    expected = runtime.forward(grey).logit
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = list(pool.map(lambda image: runtime.forward(image[None]).logit[0], grey))
            assert np.array_equal(found, expected)


def test_outputs_are_the_callers_own(runtime):
    """The next pass does not write into the arrays that this one gave."""
    grey = pictures(2)
    first = runtime.forward(grey[:1])
    before = first.feature_map.copy()
    runtime.forward(grey[1:])
    assert np.array_equal(first.feature_map, before)


def test_other_number_types_are_taken(runtime):
    grey = np.rint(pictures(1))
    assert runtime.forward(grey.astype(np.uint8)).logit == runtime.forward(grey).logit


@pytest.mark.parametrize("shape", [(0, SIZE, SIZE), (1, SIZE, SIZE + 1), (SIZE, SIZE), (1, SIZE, SIZE, 3)])
def test_other_shapes_are_refused(runtime, shape):
    with pytest.raises(ValueError, match=rf"shape \({shape[0]}, .* expected \({shape[0]}, {SIZE}, {SIZE}\)"):
        runtime.forward(np.zeros(shape, np.float32))


def test_answer_that_is_no_number_is_the_bundles_fault(runtime):
    with pytest.raises(InvalidBundle, match="no number"):
        runtime.forward(np.full((1, SIZE, SIZE), np.nan, np.float32))


@pytest.mark.parametrize("data", [b"", b"no network", bytes(5000)])
def test_file_that_is_no_network_is_named(tmp_path, data):
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    with pytest.raises(InvalidBundle, match=r"model\.tflite is not an exported network\. Fetch the bundle again"):
        Runtime(path)


def test_network_of_another_contract_says_what_it_has(tmp_path):
    """A bare export of a Keras model, without the outputs that explanations need."""
    import keras

    from xray_model.models.export import write_litert

    grey = keras.Input((8, 8), name="grey")
    network = keras.Model(grey, {"logit": keras.layers.Dense(1)(keras.layers.Flatten()(grey))})
    path = tmp_path / "model.tflite"
    write_litert(network, path)
    with pytest.raises(
        InvalidBundle, match=r"takes \['grey'\] and gives \['logit'\]; expected grey and \['feature_map'"
    ):
        Runtime(path)


def test_threads_are_the_cores_but_never_very_many(tiny_bundle, monkeypatch):
    asked = []

    def interpreter(**options):
        asked.append(options["num_threads"])
        return Interpreter(**options)

    monkeypatch.setattr("xray_model.bundles.litert.Interpreter", interpreter)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64))
    Runtime(tiny_bundle / "model.tflite")
    Runtime(tiny_bundle / "model.tflite", threads=1)
    assert asked == [MOST_THREADS, 1]
