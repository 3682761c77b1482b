"""What a lesson can run on this machine: ImageNet weights are used if they are here, and never downloaded."""

from __future__ import annotations

from dataclasses import replace

from xray_model.recipes.imagenet_weights import imagenet_file
from xray_model.recipes.lessons.lesson import BODY, IMAGENET, SKIP, Lesson, Training


def at_hand(lesson: Lesson) -> dict[int, Training]:
    """The trainings that can run, by their place in the lesson; others left out or started from what stands in."""
    found = {}
    for index, training in enumerate(lesson.trainings):
        if not _is_missing(training):
            found[index] = training
        elif lesson.offline != SKIP:
            found[index] = replace(training, weights=lesson.offline)
    return found


def lesson_offline_note(lesson: Lesson) -> str:
    """What to say of weights that are not here; empty when all are."""
    missing = [training for training in lesson.trainings if _is_missing(training)]
    if not missing:
        return ""
    if lesson.offline == SKIP:
        names = ", ".join(dict.fromkeys(training.name for training in missing))
        return f"ImageNet weights that are not on this machine are left out: {names}."
    return (
        "The ImageNet weights are not on this machine, so the bundled backbone stands in. It knows radiographs already."
    )


def _is_missing(training: Training) -> bool:
    body = training.last_layer if training.backbone != BODY.backbone else None
    return training.weights == IMAGENET and imagenet_file(training.backbone, training.alpha, body) is None
