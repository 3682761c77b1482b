"""A lesson as a run: the same folder, files and states, another program in the process."""

from __future__ import annotations

from pathlib import Path

from xray_model.datasets.choice import DataChoice
from xray_model.datasets.zip_reader import UploadedImages
from xray_model.errors import InvalidConfig
from xray_model.jobs.run import Run
from xray_model.jobs.run_files import REQUEST, write_json
from xray_model.recipes.lessons.catalogue import LESSONS
from xray_model.recipes.lessons.lesson import BODY, HELD_OUT, LARGEST


class LessonRun(Run):
    """A run whose name is a lesson's key; it leaves events and no bundle."""

    kind = "lesson"

    @classmethod
    def of(cls, key: str, folder: Path, run_id: str, owner: str) -> LessonRun:
        """A new one; `InvalidConfig` for a key that no lesson has."""
        if key not in LESSONS:
            raise InvalidConfig(f"Got lesson {key!r}; expected one of {', '.join(LESSONS)}.")
        data = DataChoice(count=LARGEST + HELD_OUT)
        return cls(folder, run_id, owner, key, BODY, data, module="xray_model.training.lessons.worker")

    def write_request(self, bundle: str, images: UploadedImages | None = None, *, resume: bool = False) -> None:  # noqa: ARG002
        """Make the folder and name the lesson in it."""
        self.folder.mkdir(exist_ok=True)
        write_json(self.folder / REQUEST, {"lesson": self.name})
