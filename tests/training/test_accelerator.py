"""A run on a GPU: the same run in mixed precision, with more images a step, and a float32 network at its end.

This machine has none: the device is made up, and its precision computes on the processor as well.
"""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import xray_model
from tests.support.tiny_run import TINY
from xray_model.datasets.choice import PHANTOMS, DataChoice
from xray_model.jobs.result import SETTINGS_FILE
from xray_model.jobs.run_files import EVENTS, REQUEST, read_events, write_json
from xray_model.models.classifier import load_classifier
from xray_model.phantoms import draw_phantom
from xray_model.recipes.config import Phase
from xray_model.recipes.presets import ARTICLE
from xray_model.recipes.run_settings import RunSettings
from xray_model.training import accelerator, finish, setup, worker
from xray_model.training.accelerator import MIXED, Device, device_sentence, find_device, suited

GPU = Device("Imagined 9000", MIXED)
EACH_WAY = (  # the head alone, on maps at a cut, on whole images
    Phase("head", 1, 1e-3),
    Phase("last blocks", 1, 1e-3, unfreeze="conv_dw_3"),
    Phase("fine-tune", 1, 1e-3, unfreeze="all"),
)


@pytest.fixture
def on_a_gpu(monkeypatch):
    for module in (accelerator, setup):
        monkeypatch.setattr(module, "find_device", lambda: GPU)
    monkeypatch.setattr(finish, "VISITOR_TRIAL_SEEDS", range(2))


@pytest.mark.usefixtures("on_a_gpu")
def test_a_run_leaves_a_float32_network_that_its_export_equals(tmp_path):
    config = dataclasses.replace(
        TINY, last_layer="conv_pw_3_relu", cached_features=True, mixup=0.0, lungs="pooled", phases=EACH_WAY
    )
    asked = {"config": config.to_dict(), "data": DataChoice(PHANTOMS, 30).to_dict()}
    write_json(tmp_path / REQUEST, asked | {"bundle": "mine-v1", "resume": False})
    assert worker.main(tmp_path) == 0
    events, _ = read_events(tmp_path / EVENTS, 0)
    assert events[-1]["state"] == "finished", events[-1]
    [where] = [event["sentence"] for event in events if event["kind"] == "device"]
    assert where == "Computes on a GPU, Imagined 9000, in mixed precision (bfloat16), 32 images a step."
    folder = tmp_path / "result" / "mine-v1"
    assert RunSettings.from_json((folder / SETTINGS_FILE).read_text()).config.batch == 32
    network = load_classifier(folder)
    assert {layer.compute_dtype for layer in network.get_layer("backbone").layers} == {"float32"}
    picture = xray_model.Radiograph.from_array(draw_phantom(3).pixels).squeezed(64).grey(64)[None]
    logit = keras.Model(network.input, network.get_layer("logit").output)(picture).numpy()
    exported = xray_model.load_bundle(folder).runtime.forward(picture).logit
    np.testing.assert_allclose(exported, logit[:, 0], atol=1e-3)


@pytest.mark.usefixtures("on_a_gpu")
def test_the_backbone_computes_in_bfloat16_the_head_and_all_weights_are_float32():
    network = setup.start_model(TINY)
    kernels = [layer for layer in network.get_layer("backbone").layers if layer.weights]
    assert {layer.compute_dtype for layer in kernels} == {"bfloat16"}
    assert {weight.dtype for weight in network.trainable_weights} == {"float32"}
    assert network.get_layer("pooler").output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
    full = setup.full_precision(network, TINY)
    for one, other in zip(full.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_more_images_make_a_step_but_not_in_the_published_method():
    more = suited(TINY, GPU)
    assert more.batch == 4 * TINY.batch
    assert more.phases[0].learning_rate == pytest.approx(2 * TINY.phases[0].learning_rate)
    assert suited(ARTICLE, GPU) == ARTICLE
    assert suited(TINY, Device()) == TINY
    wide = dataclasses.replace(TINY, batch=100)
    assert suited(wide, GPU).batch == 128


def test_without_a_gpu_the_processor_computes_and_says_so():
    assert find_device() == Device()
    assert device_sentence(find_device(), TINY).startswith("Computes on the processor, ")


def test_a_gpu_that_does_not_compute_is_left_alone(monkeypatch):
    hidden = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [f"{kind}:0"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: {"device_name": "Broken 1"})
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda devices, kind: hidden.append((devices, kind)))
    found = accelerator.find_device.__wrapped__()
    assert not found.gpu
    assert hidden == [([], "GPU")]
    assert device_sentence(found, TINY).startswith("Broken 1 (ValueError) was found, but does not compute. Computes on")
