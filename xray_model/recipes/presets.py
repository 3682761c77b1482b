"""The recipes that have a name: the bundled model's, the published article's, and Quick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from xray_model.augmentation.policy import ARTICLE as ARTICLE_AUGMENTATION
from xray_model.augmentation.policy import NONE
from xray_model.bundles.card import POOLED
from xray_model.bundles.default_backbone import bundled_body
from xray_model.bundles.folders import FETCH
from xray_model.datasets.choice import ELSEWHERE, PHANTOMS, PUBLIC, DataChoice
from xray_model.errors import InvalidBundle
from xray_model.recipes.config import BUNDLED, Phase, TrainingConfig
from xray_model.recipes.imagenet_weights import needs_download

# The published article's method, to the letter; its two phases are the frozen base and the partly unfrozen one.
ARTICLE = TrainingConfig(
    backbone="VGG16",
    head="article",
    scaling="unit",
    augmentation=ARTICLE_AUGMENTATION,
    balanced=False,
    phases=(
        Phase("head", 50, 1e-3, schedule="plateau", early_stopping=8),
        Phase("fine-tune", 50, 1e-5, unfreeze="block5_conv1", schedule="plateau", early_stopping=8),
    ),
)
# The bundled model. Of the starts that were tried, MobileNetV2 holds best under strong simulated shift, if it is given
# the epochs (`docs/experiments.md`). The cut leaves a 12 x 12 map; with the linear head that map adds up to the logit.
RADIOGRAPH = TrainingConfig(
    backbone="MobileNetV2",
    last_layer="block_13_expand_relu",
    input_size=192,
    phases=(
        Phase("head", 1, 1e-3),
        Phase("fine-tune", 24, 4e-4, unfreeze="block_3_expand", schedule="cosine"),
    ),
    phantoms=800,
    dropout=0.5,
    weight_averaging=0.99,
    lungs=POOLED,
    across_series=True,
)


# The bundled model learned from images like these: going on from it, nothing would be left to learn.
KNOWN = (PHANTOMS, PUBLIC)
LAST_BLOCKS = "block_10_expand"  # of MobileNetV2: with these free, a run learns in a minute what its head alone cannot


@cache
def quick(weights: str = BUNDLED) -> TrainingConfig:
    """The last blocks of the bundled model's backbone, on maps that are computed once; paced so that one can watch.

    weights: "bundled", whose head is kept, or "imagenet", where the head is new. Raises `InvalidBundle` where no bundle
    says what its backbone is.
    """
    body = bundled_body()
    if not body:
        raise InvalidBundle(f"The recipe Quick begins with the bundled backbone, and there is no bundle. {FETCH}")
    is_new = weights != BUNDLED
    return TrainingConfig(
        weights=weights,
        keep_head=not is_new,
        **body,
        phases=(
            Phase("head", 2 if is_new else 1, 3e-3 if is_new else 1e-3),
            Phase("fine-tune", 10, 3e-4, unfreeze=LAST_BLOCKS, schedule="cosine"),
        ),
        augmentation=NONE,
        batch=16,
        validation_share=0.2,
        cached_features=True,
        pace=1.5,
    )


def quick_for(kind: str) -> TrainingConfig:
    """Quick for data of this kind: from ImageNet if the bundled model knows them and the weights are here."""
    return quick("imagenet") if kind in KNOWN and has_imagenet() else quick()


def default_data() -> DataChoice:
    """What a run that nobody has set up learns from: phantoms from ImageNet on, or without it another hospital's."""
    return DataChoice(PHANTOMS, 300) if has_imagenet() else DataChoice(ELSEWHERE, 500)


def has_imagenet() -> bool:
    """True when a run of Quick could start from ImageNet without a download."""
    return not needs_download(quick("imagenet"))


class Recipes(Mapping[str, TrainingConfig]):
    """Recipes by name. Quick is read from the bundle's card when it is asked for; the others need no bundle."""

    def __getitem__(self, name: str) -> TrainingConfig:
        return quick() if name == "quick" else {"radiograph": RADIOGRAPH, "article": ARTICLE}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(("radiograph", "article", "quick"))

    def __len__(self) -> int:
        return 3


RECIPES = Recipes()
if TYPE_CHECKING:
    QUICK: TrainingConfig
else:

    def __getattr__(name: str) -> TrainingConfig:
        """`QUICK`, made when it is first asked for."""
        if name == "QUICK":
            return quick()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
