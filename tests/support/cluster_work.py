"""What tests let a cluster's processes do; nothing heavy is imported, for they import it as well."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from xray_model.cluster.connection import connected
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.space import read_space

DEADLY = 13


def deadly(item: int) -> int:
    """The item itself, but for one that ends the process, as a flaw in the network's library might."""
    if item == DEADLY:
        os.abort()
    return item


def loaded_modules(_: int) -> set[str]:
    """What the process has imported."""
    time.sleep(0.05)  # so that every process is asked
    return set(sys.modules)


def train_nothing(log: Path, name: str, config: TrainingConfig, report: Callable[[dict], None]) -> dict[str, str]:
    """A training whose AUC is its dropout. log: gets a line when it begins; after the second, it waits for `hold`."""
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"{name}\n")
    while log.with_name("hold").exists() and len(log.read_text(encoding="utf-8").splitlines()) > 2:
        time.sleep(0.05)
    for epoch in range(config.epochs):
        report({"kind": "epoch", "epoch": epoch, "val_auc": config.dropout})
    return {"change": name, "auc": f"{config.dropout:.4f}", "seconds": "0"}


def search(space: Path, out: Path, address: str) -> list[dict[str, str]]:
    """The rows of a search with such trainings; the log lies beside the space."""
    with connected(address):
        from xray_model.cluster.sweep import sweep

        measure = partial(train_nothing, space.with_name("log"))
        rows, failed = sweep(read_space(space), space.read_text(encoding="utf-8"), out, measure)
    assert failed == []
    return rows


if __name__ == "__main__":
    search(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
