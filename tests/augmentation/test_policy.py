"""The policy: refused settings, repeatable draws, the tensor that reaches the network, and Keras' own generator."""

import base64
import dataclasses
import io
import json
import warnings

import numpy as np
import pytest
from PIL import Image

from pages.ui.augmentation import grid, sheet
from xray_model import PRESETS, AugmentationDraw, AugmentationPolicy, Radiograph, draw_phantom
from xray_model.augmentation.policy import ARTICLE, LIMITS, NONE, RADIOGRAPH_SAFE
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.errors import InvalidConfig
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.training.loop import AugmentedBatches

SIDE = 224
DRAWS = 8
# Each setting alone, then whole policies: the proof that page and training agree runs over all of them.
ALONE = {name: AugmentationPolicy(**{name: high / 4}) for name, (_, high) in LIMITS.items()}
EVERYTHING = AugmentationPolicy(**{name: high / 8 for name, (_, high) in LIMITS.items()}, horizontal_flip=True)
POLICIES = (
    ALONE
    | {"horizontal_flip": AugmentationPolicy(horizontal_flip=True)}
    | {"black": AugmentationPolicy(rotation=20, fill="black"), "everything": EVERYTHING}
    | PRESETS
)


@pytest.fixture(scope="module")
def radiograph():
    return Radiograph.from_array(draw_phantom(12, "lobar", 300).pixels)


@pytest.fixture(scope="module")
def grey(radiograph):
    return radiograph.grey(SIDE)


def shown(uri: str) -> np.ndarray:
    """The levels that a browser draws for a data URI."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_what_the_page_shows_is_the_tensor_that_reaches_the_network(policy, radiograph, grey):
    pixels = radiograph.grey(SIDE).astype(np.uint8)
    images = LabelledImages(np.stack([pixels] * DRAWS), np.zeros(DRAWS, np.int8), ("p",) * DRAWS, ("n",) * DRAWS)
    config = TrainingConfig(
        "MobileNet", augmentation=policy, phases=(Phase("x", 1, 0.1),), batch=DRAWS, balanced=False, seed=5
    )
    tensor, _ = AugmentedBatches(images, config)[0]
    pictures = grid.render(grey, policy.draw_many((config.seed, 0, 0), DRAWS))
    np.testing.assert_array_equal(pictures[1:], tensor)
    for picture, levels in zip(pictures[1:], tensor, strict=True):
        np.testing.assert_array_equal(shown(sheet.encode(picture)), np.rint(levels))


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_the_same_seed_gives_the_same_pictures_within_the_scale(policy, grey):
    first, again = (grid.render(grey, policy.draw_many(3, 4)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 255 + 1e-3
    others = grid.render(grey, policy.draw_many(4, 4))
    assert policy.is_off or not np.array_equal(first, others)


@pytest.mark.parametrize("name", [*LIMITS, "horizontal_flip"])
def test_every_setting_changes_pictures_and_nothing_that_the_others_draw(name, grey):
    policy = dataclasses.replace(RADIOGRAPH_SAFE, **{name: POLICIES[name].to_dict()[name]})
    touched = {"zoom": {"zoom_x", "zoom_y"}, "tighter": {"zoom_x", "zoom_y"}, "looser": {"zoom_x", "zoom_y"}}
    touched |= {"horizontal_flip": {"flipped"}, "erasing": {"erased"}, "border": {"borders"}}
    for before, after in zip(RADIOGRAPH_SAFE.draw_many(1, 9), policy.draw_many(1, 9), strict=True):
        changed = {key for key, value in dataclasses.asdict(before).items() if dataclasses.asdict(after)[key] != value}
        assert changed <= touched.get(name, {name})
    assert (grid.render(grey, POLICIES[name].draw_many(1, 9))[1:] != grey).any()


def test_none_is_the_radiograph_itself(grey):
    assert NONE.is_off
    for draw in NONE.draw_many(0, 5):
        np.testing.assert_array_equal(draw.apply(grey), grey)


def test_draws_stay_within_their_ranges():
    draws = RADIOGRAPH_SAFE.draw_many(0, 500)
    assert max(abs(draw.rotation) for draw in draws) <= RADIOGRAPH_SAFE.rotation
    assert max(draw.erased[2] * draw.erased[3] for draw in draws if draw.erased) <= RADIOGRAPH_SAFE.erasing + 1e-9
    assert 0.4 < np.mean([draw.erased is not None for draw in draws]) < 0.6
    assert 0.4 < np.mean([draw.borders is not None for draw in draws]) < 0.6
    assert not any(draw.flipped for draw in draws)


def test_the_bundled_model_trained_with_exactly_these_settings():
    """A change here is a change of what the bundle in weights/ was trained with: train it again."""
    assert {name: value for name, value in RADIOGRAPH_SAFE.to_dict().items() if value} == {
        "rotation": 10, "width_shift": 0.06, "height_shift": 0.06, "zoom": 0.08, "shear": 3, "tighter": 0.3,
        "looser": 0.1, "brightness": 0.08, "contrast": 0.35, "gamma": 0.5, "noise": 0.03, "blur": 1.2,
        "erasing": 0.04, "border": 0.12, "fine_detail": 0.9, "coarse_detail": 0.5, "fill": "black",
    }  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_policies_survive_json(policy):
    assert AugmentationPolicy.from_json(json.dumps(policy.to_dict())) == policy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"rotation": 181}', "rotation = 181; expected a number from 0 to 180"),
        ('{"rotation": -1}', "rotation = -1"),
        ('{"rotation": NaN}', "rotation = nan"),
        ('{"rotation": "ten"}', "rotation = 'ten'"),
        ('{"rotation": true}', "rotation = True"),
        ('{"horizontal_flip": "yes"}', "expected true or false"),
        ('{"fill": ["black"]}', "expected one of nearest, black"),
        ('{"colour": 1}', "Unknown augmentation settings: colour"),
        ("[1]", "Got list"),
        ("{", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_foolish_policies_are_refused_with_a_reason(text, message):
    with pytest.raises(InvalidConfig, match=message):
        AugmentationPolicy.from_json(text)


# Keras' own generator builds the matrix that `affine_matrix` builds, and then swaps its axes. So for the same numbers
# its picture is ours of the film mirrored along the diagonal, mirrored back; and each of its pictures is one of ours.


@pytest.fixture(scope="module")
def generator():
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    return ImageDataGenerator(
        rotation_range=20,
        width_shift_range=0.1,
        height_shift_range=0.1,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
    )


def keras_picture(generator, grey, drawn):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras asks for scipy.ndimage by its old address
        return generator.apply_transform(grey[..., None], drawn)[..., 0]


def same_numbers(drawn) -> AugmentationDraw:
    """Keras' parameters, each in the place where its generator draws it; the flip is left to the caller."""
    return AugmentationDraw(
        rotation=drawn["theta"],
        height_shift=drawn["tx"] / SIDE,
        width_shift=drawn["ty"] / SIDE,
        shear=drawn["shear"],
        zoom_y=drawn["zx"],
        zoom_x=drawn["zy"],
    )


def as_upright_draw(drawn) -> AugmentationDraw:
    """The draw that gives Keras' picture of the film as it stands: its matrix taken apart into ours."""

    def turn(angle):
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    theta, shear = np.deg2rad(drawn["theta"]), np.deg2rad(drawn["shear"])
    slant = np.array([[1, -np.sin(shear)], [0, np.cos(shear)]])
    linear = (turn(theta) @ slant @ np.diag([drawn["zx"], drawn["zy"]]))[::-1, ::-1]
    rotation = np.arctan2(linear[1, 0], linear[0, 0])
    upper = turn(-rotation) @ linear
    shift = turn(-rotation) @ (turn(theta) @ [drawn["tx"], drawn["ty"]])[::-1]
    return AugmentationDraw(
        rotation=np.rad2deg(rotation),
        height_shift=shift[0] / SIDE,
        width_shift=shift[1] / SIDE,
        shear=np.rad2deg(np.arctan2(-upper[0, 1], upper[1, 1])),
        zoom_y=upper[0, 0],
        zoom_x=np.hypot(upper[0, 1], upper[1, 1]),
        flipped=bool(drawn["flip_horizontal"]),
    )


INTERPOLATION = 0.5  # grey levels of 255: OpenCV and SciPy sample between pixels in different precision


@pytest.mark.parametrize("seed", range(8))
def test_the_same_numbers_give_keras_picture(generator, grey, seed):
    drawn = generator.get_random_transform((SIDE, SIDE, 1), seed=seed)
    ours = same_numbers(drawn).apply(np.ascontiguousarray(grey.T)).T
    ours = ours[:, ::-1] if drawn["flip_horizontal"] else ours
    assert np.abs(ours - keras_picture(generator, grey, drawn)).max() < INTERPOLATION


@pytest.mark.parametrize("seed", range(8))
def test_every_keras_picture_is_one_of_ours_with_nearly_the_same_numbers(generator, grey, seed):
    drawn = generator.get_random_transform((SIDE, SIDE, 1), seed=seed)
    draw = as_upright_draw(drawn)
    assert np.abs(draw.apply(grey) - keras_picture(generator, grey, drawn)).max() < INTERPOLATION
    assert draw.rotation == pytest.approx(
        -drawn["theta"], abs=0.4
    )  # degrees; the other way round, about zero both ways
    assert abs(draw.shear) < 0.4
    assert (draw.zoom_x, draw.zoom_y) == pytest.approx((drawn["zx"], drawn["zy"]), abs=0.01)


def test_article_draws_from_keras_distributions(generator):
    count = 2000
    theirs = [same_numbers(generator.get_random_transform((SIDE, SIDE, 1), seed=seed)) for seed in range(count)]
    flips = [generator.get_random_transform((SIDE, SIDE, 1), seed=seed)["flip_horizontal"] for seed in range(count)]
    ours = ARTICLE.draw_many(0, count)
    for name in ("rotation", "height_shift", "width_shift", "shear", "zoom_x", "zoom_y"):
        mine, other = (np.array([getattr(draw, name) for draw in draws]) for draws in (ours, theirs))
        assert largest_gap(mine, other) < 1.95 * np.sqrt(2 / count), name  # Kolmogorov-Smirnov, p about 0.001
    assert np.mean([draw.flipped for draw in ours]) == pytest.approx(np.mean(flips), abs=0.05)
    for draws in (ours, theirs):
        assert abs(np.corrcoef([draw.zoom_x for draw in draws], [draw.zoom_y for draw in draws])[0, 1]) < 0.07


def largest_gap(first, second) -> float:
    """Between two empirical distribution functions."""
    points = np.concatenate([first, second])
    shares = [np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())
