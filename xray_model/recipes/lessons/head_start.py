"""Lesson 1: is a head start worth it?"""

from xray_model.recipes.config import BUNDLED
from xray_model.recipes.lessons.lesson import (
    IMAGENET,
    LARGEST,
    SKIP,
    Conclusion,
    Lesson,
    LessonOutcome,
    Record,
    Training,
)

LEVEL = 0.95
NOTHING, PHOTOS, FILMS = "from nothing", "from photographs (ImageNet)", "from radiographs (bundled)"


def conclude(outcome: LessonOutcome) -> Conclusion:
    """Epochs and images that each start needs to the same AUC."""
    records = [outcome.one(name) for name in outcome.names]
    sentences = tuple(f"The network that started {record.training.name} {_did(record)}." for record in records)
    arrived = [record for record in records if record.epochs_to(LEVEL) is not None]
    if not arrived:
        return Conclusion(3, (*sentences, "This time no start was enough."))
    first = min(arrived, key=lambda record: (record.epochs_to(LEVEL), -record.last("auc")))
    return Conclusion((NOTHING, PHOTOS, FILMS).index(first.training.name), sentences)


def _did(record: Record) -> str:
    epochs = record.epochs_to(LEVEL)
    if epochs is None:
        total = len(record.points) - 1
        return f"did not reach an AUC of {LEVEL} in {total} epochs; it ended at {record.last('auc'):.3f}"
    seen = epochs * record.training.images
    return f"reached {LEVEL} after {epochs} {'epoch' if epochs == 1 else 'epochs'}, having looked at {seen:,} images"


LESSON = Lesson(
    key="head-start",
    title="Is a head start worth it?",
    question=f"Three networks of the same build learn from the same {LARGEST} phantoms. Only their last layer learns; "
    f"the rest stays as it came. Which one is first at an AUC of {LEVEL}?",
    choices=("The one from nothing", "The one from photographs", "The one from radiographs", "None of them"),
    trainings=(Training(NOTHING, None), Training(PHOTOS, IMAGENET), Training(FILMS, BUNDLED)),
    conclude=conclude,
    textbook="What a network learned on one task carries over to another, the better the closer the tasks are. The "
    "bundled network has an easy game here: it has learned from phantoms of this kind, though not from these.",
    source=("Yosinski et al., How transferable are features in deep neural networks? NeurIPS 2014",
            "https://arxiv.org/abs/1411.1792"),
    try_next="On the Train page, choose Custom, start from random weights and unfreeze everything. How long until it "
    "catches up?",
    offline=SKIP,
    pace=0.3,
)  # fmt: skip
