"""Everything that defines a run, in one file: how it learns, and from which images."""

from __future__ import annotations

import json
from dataclasses import dataclass

from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.errors import InvalidConfig
from xray_model.recipes.config import TrainingConfig

DATA = "data"  # the key beside those of `TrainingConfig`


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run. data: None when the command names a folder instead."""

    config: TrainingConfig
    data: DataChoice | None = None

    def to_json(self) -> str:
        """The text of `settings.json`: the training settings, and `data`."""
        data = {DATA: self.data.to_dict()} if self.data else {}
        return json.dumps(self.config.to_dict() | data, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> RunSettings:
        """Settings as `to_json` writes them; raises `InvalidConfig` on anything else."""
        try:
            settings = json.loads(text)
            data = settings.pop(DATA, None)
        except (ValueError, AttributeError, TypeError) as error:  # no JSON, no text, no object
            raise InvalidConfig("The settings cannot be read. Expected a JSON file written by this app.") from error
        return cls(TrainingConfig.from_dict(settings), DataChoice.from_dict(data) if data else None)

    def command(self) -> str:
        """What makes the same run from the command line, `settings.json` being in the current folder."""
        given = {None: "FOLDER ", ARCHIVE: "ARCHIVE.zip "}.get(self.data.kind if self.data else None, "")
        return f"python -m xray_model train {given}--config settings.json"
