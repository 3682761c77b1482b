"""What outlives a server: the runs of one that ended in good order are taken up by the next, and go on.

A visitor finds their run again by the random secret that their browser keeps. Runs on a visitor's own images are left
only where the host has named a folder for them (`runs_folder.RUNS_DIR`): on any other disk they end with the server.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.errors import XrayModelError
from xray_model.jobs import runs_folder
from xray_model.jobs.memory import is_alive
from xray_model.jobs.run import Run
from xray_model.jobs.run_files import REQUEST, read_json, write_json
from xray_model.jobs.runs_folder import FOLDER, LEFT
from xray_model.recipes.config import TrainingConfig

KEPT_FOR = 24 * 3600.0  # seconds for which what was left waits for a server
STAYS = {"pause": "pause", "step": "pause", "stop": "stop"}  # last order -> order to give when it goes on
OF_ANOTHER_VERSION = (ValueError, KeyError, TypeError)  # what files raise that this version cannot read


def outlives(run: Run) -> bool:
    """Whether a run is left to the next server. Lessons and range tests are short: whoever wants one begins it anew."""
    return type(run) is Run and (runs_folder.is_named() or run.data.kind != ARCHIVE)


def leave(root: Path, runs: Sequence[Run], unfinished: Iterable[str]) -> None:
    """Leave runs without a process in the server's folder `root`. unfinished: ids of those to go on, in this order."""
    for run in runs:
        run.save_events()
    records = [{"id": r.run_id, "owner": r.owner, "name": r.name, "order": STAYS.get(r.ordered)} for r in runs]
    write_json(root / LEFT, {"time": time.time(), "runs": records, "unfinished": list(unfinished)})


def take_up(root: Path) -> tuple[list[Run], list[str]]:
    """Move what was left beside `root` into it: (the runs, the ids of those that wait to go on).

    Everything else of servers that are gone is removed, and what was left for longer than `KEPT_FOR`.
    """
    runs: list[Run] = []
    unfinished: list[str] = []
    for folder in sorted(root.parent.glob(f"{FOLDER}*")):
        claimed = root / folder.name
        try:
            if folder == root or not _is_over(folder):
                continue
            folder.rename(claimed)  # at once, so that of two servers that start now only one has it
        except OSError:  # that is the other one; or the folder is somebody else's
            continue
        found, waiting = _left_in(claimed, root)
        runs, unfinished = runs + found, unfinished + waiting
        shutil.rmtree(claimed, ignore_errors=True)
    return runs, unfinished


def _is_over(folder: Path) -> bool:
    """Whether the folder's server has left it, or has gone without a word."""
    number = folder.name.removeprefix(FOLDER).partition("-")[0]
    return (folder / LEFT).is_file() or (number.isdigit() and not is_alive(int(number), folder.stat().st_mtime))


def _left_in(claimed: Path, root: Path) -> tuple[list[Run], list[str]]:
    """(the runs left in a folder, moved to `root`; ids of those that wait to go on); none if it was too long ago."""
    try:
        left = read_json(claimed / LEFT)
        if not 0 <= time.time() - left["time"] <= KEPT_FOR:
            return [], []
        records, unfinished = list(left["runs"]), list(left["unfinished"])
    except (OSError, *OF_ANOTHER_VERSION):
        return [], []
    runs = {}
    for record in records:
        with contextlib.suppress(OSError, XrayModelError, *OF_ANOTHER_VERSION):
            run = _restored(record, claimed / record["id"], root / record["id"])
            if run.run_id in unfinished:
                run.go_on_after_restart(record["order"])
            runs[run.run_id] = run
    return list(runs.values()), [run_id for run_id in unfinished if run_id in runs]


def _restored(record: dict[str, Any], found: Path, folder: Path) -> Run:
    request = read_json(found / REQUEST)
    config, data = TrainingConfig.from_dict(request["config"]), DataChoice.from_dict(request["data"])
    found.rename(folder)
    run = Run(folder, record["id"], record["owner"], record["name"], config, data, bundle=request["bundle"])
    run.read_events()
    return run
