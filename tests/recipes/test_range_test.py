"""What a learning-rate range test says, on losses that are made up, and what it leaves of a run's settings."""

from __future__ import annotations

from dataclasses import replace

from tests.support.tiny_run import TINY
from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.recipes.range_test import (
    FEWEST_IMAGES,
    most_images,
    range_data,
    range_settings,
    read_range_test,
    steepest_rate,
)


def falling(step: int) -> float:
    """Stands for twenty steps, falls for four, explodes after forty."""
    return 1.0 if step < 20 else 50.0 if step >= 40 else max(0.2, 1.0 - 0.2 * (step - 20))


FALLS = [(10.0 ** (step / 10 - 5), falling(step)) for step in range(50)]


def test_it_names_the_steepest_fall_and_where_the_loss_explodes():
    assert 1e-3 < steepest_rate(FALLS) < 2e-3
    assert read_range_test(FALLS).sentence == "The loss falls fastest at 0.002; it explodes from 0.1 on."
    assert read_range_test(FALLS[:40]).sentence == "The loss falls fastest at 0.002; it does not explode up to 3."


def test_a_fall_back_after_the_explosion_counts_for_nothing():
    again = [*FALLS, *((rate, 2.0) for rate in (1.5, 2.0, 2.5, 3.0))]
    assert read_range_test(again).rate == 0.002
    leap = [(rate, 0.9 if step == 30 else loss) for step, (rate, loss) in enumerate(FALLS)]
    assert read_range_test(leap).rate == 0.002, "nor what is won back after a leap"


def test_a_test_that_is_short_or_level_names_no_rate():
    assert steepest_rate(FALLS[:5]) is None
    level = read_range_test([(rate, 0.3) for rate, _ in FALLS])
    assert level.rate is None
    assert "hardly falls at any rate" in level.sentence
    assert read_range_test([]).rate is None


def test_settings_without_a_part_in_it_do_not_make_it_another_test():
    other = replace(TINY, mixup=0.0, pace=2.0, phases=(replace(TINY.phases[0], learning_rate=0.1, epochs=9),))
    assert range_settings(other) == range_settings(TINY) == range_settings(range_settings(TINY))
    assert range_settings(replace(TINY, batch=16)) != range_settings(TINY)


def test_it_takes_a_part_of_the_images_that_leaves_enough_to_learn_from():
    assert range_data(DataChoice(count=4000), replace(TINY, validation_share=0.5)).count == 400
    assert range_data(DataChoice(count=60), TINY).count == 60
    assert most_images(replace(TINY, backbone="VGG16", input_size=224)) == FEWEST_IMAGES
    archive = DataChoice(ARCHIVE, None, "films.zip")
    assert range_data(archive, TINY) == archive
