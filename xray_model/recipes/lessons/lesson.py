"""What a lesson is: a question, a prediction, a few small trainings, and words that are made from their figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from xray_model.augmentation.policy import NONE, AugmentationPolicy
from xray_model.bundles.card import GATE
from xray_model.recipes.config import BUNDLED, Phase, TrainingConfig

IMAGENET = "imagenet"
SKIP = "skip"
HEAD, LAST_BLOCKS, EVERYTHING = "head", "last blocks", "everything"  # what a training lets learn
SIZE = 128  # pixels a side: features of 600 images take some seconds on two cores
HELD_OUT = 200  # phantoms that no training of a lesson sees
LARGEST = 400  # and those that it may
# What lessons have in common, as settings of a run.
BODY = TrainingConfig(
    "MobileNetV2", last_layer="block_13_expand_relu", input_size=SIZE, phases=(Phase("lesson", 1, 1e-3),)
)


@dataclass(frozen=True)
class Training:
    """One curve of a lesson. Trainings of one name are the same with other seeds or numbers of images.

    weights: "imagenet", "bundled" or None (random). learns: `HEAD`, `LAST_BLOCKS` or `EVERYTHING`. images: the first
    so many are drawn with `seed`, half of each label. schedule: "constant" or "plateau" (the rate falls to 0.3 of
    itself when the validation loss has not improved for two epochs). patience: epochs without a lower validation loss
    until it stops, 0 never. decay: L2 penalty of the head's weights. lungs: "gate" (pooled over the whole picture) or
    "pooled" (over the lungs). backbone, alpha, last_layer: see `build_classifier`.
    """

    name: str
    weights: str | None = IMAGENET
    learns: str = HEAD
    images: int = LARGEST
    epochs: int = 16
    rate: float = 1e-3
    schedule: str = "constant"
    patience: int = 0
    decay: float = 0.0
    batch: int = 32
    seed: int = 1
    augmentation: AugmentationPolicy = NONE
    lungs: str = GATE
    backbone: str = BODY.backbone
    alpha: float | None = None
    last_layer: str | None = BODY.last_layer


@dataclass(frozen=True)
class Chart:
    """What a lesson draws. kind: "epochs", "images" (final values by number of images, with a band over the seeds) or
    "table". measure: key of a point. title: of the vertical axis. logarithmic: its scale."""

    measure: str = "auc"
    title: str = "AUC on 200 other phantoms"
    kind: str = "epochs"
    logarithmic: bool = False
    also: tuple[str, str] | None = None  # (measure, words) drawn dashed beside it


@dataclass(frozen=True)
class Conclusion:
    """What happened. answer: index of the choice that this run bears out, None for none of them. sentences: with this
    run's figures."""

    answer: int | None
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """A training and what it has reported: points, the first one before the first step, and single measures."""

    training: Training
    points: list[dict[str, Any]] = field(default_factory=list)
    measures: dict[str, float] = field(default_factory=dict)

    def values(self, measure: str) -> list[float]:
        """A measure's value at each point that has it."""
        return [point[measure] for point in self.points if point.get(measure) is not None]

    def last(self, measure: str) -> float:
        """Its last value; NaN before the first."""
        return (self.values(measure) or [float("nan")])[-1]

    def lowest(self, measure: str) -> tuple[int, float]:
        """(epoch, value) of its smallest value."""
        value, epoch = min((point[measure], point["epoch"]) for point in self.points if measure in point)
        return epoch, value

    def epochs_to(self, level: float, measure: str = "auc") -> int | None:
        """The first epoch with at least this value; None when none has it."""
        return next((point["epoch"] for point in self.points if point.get(measure, -1.0) >= level), None)


class LessonOutcome:
    """The records of a lesson's run, in the order of the lesson's trainings; only those that have begun."""

    def __init__(self, records: Iterable[Record], sweep: Sequence[tuple[float, float]] = ()) -> None:
        """sweep: (learning rate, loss) of a range test, if there was one."""
        self.records, self.sweep = list(records), list(sweep)

    @property
    def names(self) -> list[str]:
        """Names of trainings, each once."""
        return list(dict.fromkeys(record.training.name for record in self.records))

    def of(self, name: str, images: int | None = None) -> list[Record]:
        """Records of one name, and of one number of images if given."""
        return [r for r in self.records if r.training.name == name and images in (None, r.training.images)]

    def one(self, name: str) -> Record:
        """The only record of a name; `KeyError` when it did not run."""
        found = self.of(name)
        if not found:
            raise KeyError(name)
        return found[0]

    def final(self, name: str, measure: str = "auc", images: int | None = None) -> float:
        """Mean of the last values over the seeds."""
        return mean(record.last(measure) for record in self.of(name, images))


@dataclass(frozen=True)
class Lesson:
    """A declaration. key: its address, `/lessons?lesson=KEY`. choices: answers to the question, one of which
    `conclude` names. textbook: what books say, with its `source` (title, address). try_next: one thing to try.
    offline: what stands in for ImageNet weights that are not on this machine: "bundled", or "skip" to do without.
    together: the trainings take turns epoch by epoch, so that their curves grow side by side. pace: seconds that a
    turn takes at least. shifted: also judged on shifted images, as `shifted_auc`. marker: PNEUMONIA images carry a
    white marker; judged with it, and without, as `plain_accuracy` and `plain_auc`. sweep: a range test comes first.
    """

    key: str
    title: str
    question: str
    choices: tuple[str, ...]
    trainings: tuple[Training, ...]
    conclude: Callable[[LessonOutcome], Conclusion]
    textbook: str
    source: tuple[str, str]
    try_next: str
    chart: Chart = field(default_factory=Chart)
    offline: str = BUNDLED
    together: bool = True
    pace: float = 0.15
    shifted: bool = False
    marker: bool = False
    sweep: bool = False


def lesson_outcome(lesson: Lesson, events: Iterable[Mapping[str, Any]]) -> LessonOutcome:
    """The outcome so far. events: of kinds `point`, `measure` and `sweep`; others are ignored."""
    records = {index: Record(training) for index, training in enumerate(lesson.trainings)}
    sweep = []
    for event in events:
        if event["kind"] == "point":
            records[event["run"]].points.append(dict(event))
        elif event["kind"] == "measure":
            records[event["run"]].measures.update(event["values"])
        elif event["kind"] == "sweep":
            sweep.append((event["rate"], event["loss"]))
    return LessonOutcome([record for record in records.values() if record.points], sweep)
