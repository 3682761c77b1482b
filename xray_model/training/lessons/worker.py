"""A lesson's process: `python -m xray_model.training.lessons.worker FOLDER`, started and followed by `jobs`.

`request.json` names the lesson. Beside `state` and `progress`, it writes the events `offline` (what stands in for
missing weights), `point`, `measure`, `picture` and `sweep`; each names its training by its place in the lesson (`run`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xray_model.jobs.run_files import REQUEST, read_json
from xray_model.recipes.lessons.at_hand import at_hand, lesson_offline_note
from xray_model.recipes.lessons.catalogue import LESSONS
from xray_model.recipes.lessons.lesson import Lesson, Training
from xray_model.training.lessons.images import LessonImages
from xray_model.training.watch import Watch
from xray_model.training.worker import Orders, be_process


def run_lesson(folder: Path, watch: Watch) -> None:
    """Run the lesson that the folder's request names."""
    lesson = LESSONS[read_json(folder / REQUEST)["lesson"]]
    orders = Orders(folder, watch)
    watch.tell("preparing", "Getting the phantoms ready.")
    if sentence := lesson_offline_note(lesson):
        watch.report({"kind": "offline", "sentence": sentence})
    images = LessonImages()
    watch.tell("preparing", "Starting Keras.")
    watch.wait = orders.wait
    teach(lesson, at_hand(lesson), images, watch)
    watch.tell("finished", "Finished.")


def teach(lesson: Lesson, trainings: dict[int, Training], images: LessonImages, watch: Watch) -> None:
    """Run the trainings, by turns or one after the other, and report what they give."""
    from xray_model.training.lessons.features import Backbones

    def tell(name: str, done: int, total: int) -> None:
        watch.wait()
        watch.progress("features", done, total, f"Looking at the images: {name}.")

    backbones = Backbones(images, tell)
    watch.tell("training", "Learning.")
    for event in _turns(lesson, [_events(lesson, i, training, backbones) for i, training in trainings.items()]):
        watch.wait()
        watch.report(event)
        if event["kind"] in ("point", "sweep"):
            time.sleep(
                lesson.pace / (4 if event["kind"] == "sweep" else 1) / (len(trainings) if lesson.together else 1)
            )


def _turns(lesson: Lesson, runs: list[Iterator[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The events of all runs: each gives one in turn, or all of its own."""
    while runs:
        for run in list(runs):
            for event in run:
                yield event
                if lesson.together and event["kind"] == "point":
                    break
            else:
                runs.remove(run)


def _events(lesson: Lesson, number: int, training: Training, backbones: Any) -> Iterator[dict[str, Any]]:
    from xray_model.training.lessons.features import backbone_key
    from xray_model.training.lessons.learn import learn, matter_of, network_of, sweep
    from xray_model.training.lessons.maps import look

    matter = matter_of(lesson, training, backbones)
    if lesson.sweep and number == 0:
        yield from sweep(training, matter)
    network = network_of(training, matter)
    for point in learn(training, matter, network, backbones.images.labels[backbones.images.held_out]):
        yield {"kind": "point", "run": number} | point
    costs = backbones.costs.get(backbone_key(training))
    if costs:
        yield {"kind": "measure", "run": number, "values": costs}
    if lesson.marker and matter.scale is not None:
        yield from (event | {"run": number} for event in look(training, matter, network, backbones))


if __name__ == "__main__":
    raise SystemExit(be_process(run_lesson))
