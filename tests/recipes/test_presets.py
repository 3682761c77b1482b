"""The recipes that have a name."""

import pytest

from xray_model.bundles import default_backbone
from xray_model.bundles.default_backbone import body_words, is_bundled_shape
from xray_model.errors import InvalidBundle
from xray_model.recipes import presets
from xray_model.recipes.presets import ARTICLE, QUICK, RADIOGRAPH, RECIPES


def test_article_recipe_is_the_article_to_the_letter():
    policy = ARTICLE.augmentation
    assert (ARTICLE.backbone, ARTICLE.head, ARTICLE.scaling, ARTICLE.dropout) == ("VGG16", "article", "unit", 0.2)
    assert (policy.shear, policy.zoom, policy.horizontal_flip, policy.rotation) == (0.2, 0.2, True, 20)
    assert (policy.width_shift, policy.height_shift) == (0.1, 0.1)
    head, fine = ARTICLE.phases
    assert (head.epochs, head.early_stopping, head.schedule, head.unfreeze) == (50, 8, "plateau", "none")
    assert fine.learning_rate < head.learning_rate
    assert fine.unfreeze not in ("none", "all")


def test_the_bundled_recipe_keeps_the_heart_on_its_side():
    assert not RADIOGRAPH.augmentation.horizontal_flip


def test_quick_follows_the_default_bundle():
    assert RECIPES["quick"] == QUICK
    assert is_bundled_shape(QUICK)
    assert QUICK.backbone in body_words()


def test_without_a_bundle_there_is_no_quick_but_every_other_recipe(monkeypatch):
    monkeypatch.setattr(default_backbone, "find_bundle", lambda: (_ for _ in ()).throw(InvalidBundle("none")))
    monkeypatch.setattr(presets, "quick", presets.quick.__wrapped__)  # what was read before is kept
    with pytest.raises(InvalidBundle, match="there is no bundle"):
        RECIPES["quick"]
    assert not is_bundled_shape(RECIPES["article"])
    assert "no bundle" in body_words()
