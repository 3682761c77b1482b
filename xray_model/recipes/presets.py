"""The recipes that have a name: the bundled model's, the published article's, and Quick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from xray_model.augmentation.policy import ARTICLE as ARTICLE_AUGMENTATION
from xray_model.bundles.card import POOLED
from xray_model.bundles.default_backbone import bundled_body
from xray_model.bundles.folders import FETCH
from xray_model.errors import InvalidBundle
from xray_model.recipes.config import BUNDLED, Phase, TrainingConfig

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


@cache
def quick() -> TrainingConfig:
    """A new head on the bundled model's backbone, whose features are computed once; paced so that one can watch.

    Raises `InvalidBundle` where no bundle says what its backbone is.
    """
    body = bundled_body()
    if not body:
        raise InvalidBundle(f"The recipe Quick begins with the bundled backbone, and there is no bundle. {FETCH}")
    return TrainingConfig(
        weights=BUNDLED,
        **body,
        phases=(Phase("head", 16, 3e-3, schedule="cosine"),),
        validation_share=0.2,
        cached_features=True,
        views=2,
        pace=0.8,
    )


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
