"""Before a run: what it costs, what cannot be, and what is foolish."""

import dataclasses
from types import SimpleNamespace

import pytest

from xray_model.augmentation.policy import NONE, RADIOGRAPH_SAFE
from xray_model.datasets.choice import ELSEWHERE, DataChoice
from xray_model.jobs.memory import SHARE
from xray_model.recipes import costs
from xray_model.recipes.checks import check_config
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.presets import ARTICLE, QUICK, RADIOGRAPH, quick


def replaced(**changes):
    return dataclasses.replace(QUICK, **changes)


@pytest.fixture
def usual_machine(monkeypatch):
    """As fast as the one that the costs were measured on."""
    monkeypatch.setattr(costs, "machine_speed", lambda: costs.REFERENCE)


@pytest.mark.usefixtures("usual_machine")
def test_recipes_pass_the_check():
    quick, article, radiograph = (check_config(one, DataChoice(), 8000) for one in (QUICK, ARTICLE, RADIOGRAPH))
    assert quick.problems == article.problems == radiograph.problems == ()
    assert quick.seconds < 75
    assert article.seconds > radiograph.seconds > 5 * quick.seconds


@pytest.mark.usefixtures("usual_machine")
@pytest.mark.parametrize("backbone", costs.COSTS)
def test_more_freedom_more_images_and_larger_batches_cost_more(backbone):
    def check(unfreeze="none", batch=8, count=600):
        phases = (Phase("one", 3, 1e-4, unfreeze=unfreeze),)
        config = TrainingConfig(backbone, None, phases=phases, batch=batch)
        return check_config(config, DataChoice(count=count))

    frozen, all_of_it, large, many = check(), check("all"), check("all", 64), check("all", 8, 2000)
    assert frozen.seconds < all_of_it.seconds < many.seconds
    assert frozen.memory_mb <= all_of_it.memory_mb < large.memory_mb
    assert all_of_it.memory_mb < many.memory_mb


@pytest.mark.usefixtures("usual_machine")
def test_what_is_computed_once_is_counted_once():
    """The last blocks cost less without augmentation, if there is room for what lies below; and learn to cost more."""

    def estimate(count=600, unfreeze="block_13_expand", augmentation=NONE, **more):
        phases = (Phase("tune", 10, 1e-4, unfreeze=unfreeze),)
        config = TrainingConfig("MobileNetV2", None, phases=phases, augmentation=augmentation, **more)
        return check_config(config, DataChoice(count=count))

    kept, drawn = estimate(), estimate(augmentation=RADIOGRAPH_SAFE)
    assert kept.seconds < 0.7 * drawn.seconds  # both with the same start and export
    assert kept.memory_mb < drawn.memory_mb
    assert estimate(augmentation=RADIOGRAPH_SAFE, cached_features=True, views=3).seconds < drawn.seconds
    assert kept.seconds < estimate(unfreeze="block_6_expand").seconds < estimate(unfreeze="all").seconds
    many = 20_000  # of block 3: 6 GB
    low, high = (estimate(many, "block_3_expand", one).seconds for one in (NONE, RADIOGRAPH_SAFE))
    assert low == high


@pytest.mark.parametrize("run", [(quick(), DataChoice(ELSEWHERE, 500)), (quick("imagenet"), DataChoice(count=400))])
def test_the_default_run_fits_a_host_of_two_gigabytes_and_a_small_one_refuses_it(run):
    """Measured at its peak: the first 1,053 MB."""
    fits = check_config(*run, SHARE * 2000)
    assert fits.problems == ()
    assert 1055 < fits.memory_mb < 1200
    [problem] = check_config(*run, SHARE * 690).problems
    assert "needs at least 0.9 GB, and it has 0.5 GB" in problem


def test_a_slower_machine_takes_longer(monkeypatch):
    monkeypatch.setattr(costs, "machine_speed", lambda: costs.REFERENCE)
    usual = check_config(ARTICLE, DataChoice()).seconds
    monkeypatch.setattr(costs, "machine_speed", lambda: costs.REFERENCE / 2)
    assert check_config(ARTICLE, DataChoice()).seconds == pytest.approx(2 * usual)


def test_a_machine_is_as_fast_as_its_fastest_product(monkeypatch):
    """Of all rounds the second is the shortest, by two milliseconds."""
    clock = iter([0, 0.004, 1, 1.002, *[2, 2.1] * (costs.ROUNDS - 2)])
    monkeypatch.setattr(costs, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    assert costs.machine_speed.__wrapped__() == pytest.approx(2 * costs.SIDE**3 / 1e9 / 0.002)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (replaced(backbone="VGG16", last_layer=None), "bundled start weights belong to"),
        (replaced(backbone="Inception"), "no backbone 'Inception'"),
        (replaced(batch=1024), "larger than what 600 images leave"),
        (replaced(input_size=16), "too small"),
        (replaced(weights="/etc/passwd"), "no start weights '/etc/passwd'"),
        (replaced(phases=(Phase("x", 1, 1e-3, unfreeze="block9"),)), "no block 'block9'"),
    ],
)
def test_impossible_settings_are_refused(config, problem):
    assert any(problem in said for said in check_config(config, DataChoice()).problems)


@pytest.mark.usefixtures("usual_machine")
def test_a_download_is_announced_with_a_way_around_it(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    [said] = [said for said in check_config(ARTICLE, DataChoice()).warnings if "VGG16 are not on this server" in said]
    assert "the recipe Quick" in said
    assert check_config(QUICK, DataChoice()).warnings == ()


def test_too_little_memory_is_a_problem():
    assert "this host gives 1.0 GB" in check_config(QUICK, DataChoice(), memory_limit_mb=1000).problems[0]
    assert "too little memory for training" in check_config(QUICK, DataChoice(), memory_limit_mb=100).problems[0]


@pytest.mark.parametrize(
    ("config", "warning"),
    [
        (replaced(weights=None), "starts from random numbers"),
        (replaced(phases=(Phase("all", 2, 1e-2, unfreeze="all"),)), "forget"),
        (replaced(phases=(Phase("head", 2, 0.1),)), "jump about"),
        (replaced(phases=(Phase("head", 3, 1e-3, early_stopping=3),)), "cannot act in a phase of 3"),
        (replaced(phases=(Phase("head", 3, 1e-3, schedule="plateau"),)), "does nothing in a phase of 3"),
        (replaced(mixup=0.2), "cannot be cached"),
        (replaced(class_weights=True), "one of them is enough"),
        (replaced(dropout=0.9), "hides most of the features"),
        (ARTICLE, "heart to the right"),
        (ARTICLE, "Fewer epochs or images are faster"),
    ],
)
def test_foolish_settings_are_warned_about(config, warning):
    assert any(warning in said for said in check_config(config, DataChoice()).warnings)


@pytest.mark.parametrize(
    ("config", "data", "warning"),
    [
        (QUICK, DataChoice(count=60), "60 images are few"),
        (replaced(validation_share=0.05), DataChoice(count=200), "hold back more"),
        (replaced(balanced=False), DataChoice("pneumoniamnist", None), "more than twice as frequent"),
    ],
)
def test_images_that_do_not_suit_are_warned_about(config, data, warning):
    assert any(warning in said for said in check_config(config, data).warnings)
