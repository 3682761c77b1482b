"""A learning-rate range test as a run: the same folder, files and states, another program in the process."""

from __future__ import annotations

from pathlib import Path

from xray_model.datasets.choice import DataChoice
from xray_model.jobs.run import Run
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.range_test import range_data, range_settings

NAME = "range test"


class RangeRun(Run):
    """A run that leaves `sweep` events and no bundle."""

    kind = NAME

    @classmethod
    def of(cls, config: TrainingConfig, data: DataChoice, folder: Path, run_id: str, owner: str) -> RangeRun:
        """A new one. config, data: of the run that is being prepared."""
        settings, data = range_settings(config), range_data(data, config)
        return cls(folder, run_id, owner, NAME, settings, data, module="xray_model.training.range_worker")
