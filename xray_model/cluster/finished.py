"""The trials of a search that have ended, kept in a file as they end, so that a search that was killed goes on.

Ray Tune's own state is copied into its folder file by file. If a kill cuts one off, Tune begins anew without a word.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from ray import tune

Reports = list[dict[str, Any]]  # what a trial has reported, in order


class Finished(tune.Callback):
    """Told by Ray Tune of every report and end. known: what ended trials have reported, by `setting_key`."""

    def __init__(self, path: Path, kept: tuple[str, ...]) -> None:
        """path: the file, a line of JSON a trial; one that was cut off is dropped. kept: names of what is reported."""
        self.known: dict[str, Reports] = {}
        self._path, self._kept = path, kept
        self._reports: dict[str, Reports] = {}  # by trial
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            with suppress(ValueError, KeyError, TypeError):
                found = json.loads(line)
                self.known[found["setting"]] = found["reports"]
        whole = path.with_suffix(".part")
        whole.write_text("".join(_line(*one) for one in self.known.items()), encoding="utf-8")
        whole.replace(path)

    # Tune gives all arguments by name, and more than are needed here.
    def on_trial_result(self, *, trial: Any, result: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        """Note a report."""
        report = {name: result[name] for name in self._kept if name in result}
        self._reports.setdefault(trial.trial_id, []).append(report)

    def on_trial_complete(self, *, trial: Any, **_: Any) -> None:  # type: ignore[override]
        """Keep a trial that has ended, or was stopped early."""
        setting, reports = setting_key(trial.config), self._reports.pop(trial.trial_id, [])
        if setting not in self.known and reports:
            self.known[setting] = reports
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(_line(setting, reports))


def setting_key(chosen: dict[str, Any]) -> str:
    """What a trial's setting is known by: a search of the same seed chooses the same ones again."""
    return json.dumps(chosen, sort_keys=True, default=str)


def _line(setting: str, reports: Reports) -> str:
    return json.dumps({"setting": setting, "reports": reports}) + "\n"
