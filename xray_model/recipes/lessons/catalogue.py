"""The lessons by key, in the order in which the page shows them."""

from __future__ import annotations

from xray_model.recipes.lessons import (
    augmentation,
    few_images,
    freeze,
    head_start,
    learning_rate,
    shortcut,
    when_to_stop,
    which_network,
)
from xray_model.recipes.lessons.lesson import Lesson

MODULES = (head_start, few_images, freeze, augmentation, learning_rate, shortcut, when_to_stop, which_network)
LESSONS: dict[str, Lesson] = {module.LESSON.key: module.LESSON for module in MODULES}
