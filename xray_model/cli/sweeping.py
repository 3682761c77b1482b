"""The command that searches recipes: `sweep`."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path
from typing import Any

from xray_model.cli.shared import NOTHING_READ, RUNS, SUCCESS, add_address, command, place, say

TABLE = "table.csv"
SWEEP_HELP = """Search recipes on a Ray cluster: many are begun, weak ones are stopped early (ASHA, Li et al., 2020).

SPACE is a TOML file with the images, the recipe to start from, and the settings that vary (docs/hosting/sweep.toml).
Each recipe is judged on a series of films that it never saw, or else on patients that it never saw. FOLDER gets
table.csv, in the columns that ablate writes, the best recipe first; those that were stopped early have no more than
their AUC. Called again after it was ended, it goes on: finished trials are not done again.
Needs: pip install 'chest-xray-pneumonia[ray]'. Exit code: 0; 1 if no recipe could be trained; 2 if the command itself
is wrong; 3 if the extra is not installed."""


def add_sweep(commands: Any) -> None:
    """Register `sweep`."""
    parser = command(commands, sweep, "search recipes on a cluster", SWEEP_HELP)
    parser.add_argument("space", type=Path, metavar="SPACE.toml")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="(default: runs/sweep-SPACE)")
    add_address(parser)


def sweep(options: argparse.Namespace) -> int:
    """Search a space, or go on with it, and write its table."""
    from xray_model.cluster.connection import connected
    from xray_model.recipes.space import read_space
    from xray_model.training.weights_download import check_download

    space = read_space(options.space)
    check_download(space.base)
    folder = options.out or RUNS / f"sweep-{options.space.stem}"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with connected(options.address):
        from xray_model.cluster import sweep as search
        from xray_model.cluster.labelled import everywhere, loader
        from xray_model.training.ablation import measure_recipe, write_rows

        data = place(space.data)
        data = everywhere(options.space.parent / data if isinstance(data, Path) else data)
        text = options.space.read_text(encoding="utf-8")
        rows, failed = search.sweep(space, text, folder, partial(measure_recipe, loader(data), data))
        write_rows(folder / TABLE, rows)
    for reason in failed:
        say(f"A trial failed: {reason}")
    say(f"{folder / TABLE} has {len(rows)} of {space.trials} recipes.")
    return SUCCESS if rows else NOTHING_READ
