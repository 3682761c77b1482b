"""Searching a space of recipes with Ray Tune: weak ones are stopped early (ASHA), and a search that was ended goes on.

Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.basic_variant import BasicVariantGenerator

from xray_model.cluster.finished import Finished, Reports, setting_key
from xray_model.cluster.spread import whole_machine
from xray_model.errors import InvalidConfig
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.space import Range, SearchSpace, described

STATE, SPACE, FINISHED = "trials", "space.toml", "finished.jsonl"  # in the search's folder
SCORE, ROW, EPOCHS, SECONDS = "auc", "row", "epochs", "time_total_s"  # Ray Tune adds the last
REUSED = 50  # trials that share processes, so that each need not import Keras: a training leaves 12 MB of its graphs
Report = Callable[[dict[str, Any]], None]
Measure = Callable[[str, TrainingConfig, Report], dict[str, str]]
os.environ |= {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl+C ends the command; what has ended is kept
}


def sweep(space: SearchSpace, text: str, folder: Path, measure: Measure) -> tuple[list[dict[str, str]], list[str]]:
    """(the rows of all trials, the best first, then those that were stopped early; the reasons of those that failed).

    text: the space's file. folder: keeps what has ended; a search that is there goes on, its finished trials are not
    done again. measure: trains one recipe, given what it is called, and reports the events of its run; returns its row.
    Raises `InvalidConfig` if the folder holds the search of another space.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept, state = folder / SPACE, folder.resolve() / STATE
    if kept.exists() and kept.read_text(encoding="utf-8") != text:
        raise InvalidConfig(f"{folder} holds a search of another space. Give another --out, or the same file.")
    kept.write_text(text, encoding="utf-8")
    shutil.rmtree(state, ignore_errors=True)
    finished = Finished(folder.resolve() / FINISHED, (SCORE, ROW, EPOCHS, SECONDS))
    known = dict(finished.known)
    trainable = tune.with_resources(_trainable(space, measure, known), {"cpu": space.cores or whole_machine()})
    return _rows(_tuner(space, state, trainable, finished).fit(), known)


def _tuner(space: SearchSpace, state: Path, trainable: Any, finished: Finished) -> tune.Tuner:
    stages = space.base.epochs + 1  # a report for each epoch, and one of the finished row
    how = tune.TuneConfig(
        metric=SCORE,
        mode="max",
        num_samples=space.trials,
        scheduler=ASHAScheduler(max_t=stages, grace_period=min(2, stages), reduction_factor=3),
        search_alg=BasicVariantGenerator(random_state=space.seed),
        reuse_actors=space.trials <= REUSED,
    )
    where = tune.RunConfig(name=state.name, storage_path=str(state.parent), verbose=1, callbacks=[finished])
    settings = {name: _domain(values) for name, values in space.settings.items()}
    return tune.Tuner(trainable, param_space=settings, tune_config=how, run_config=where)


def _trainable(space: SearchSpace, measure: Measure, known: dict[str, Reports]) -> Callable[[dict[str, Any]], None]:
    def trial(chosen: dict[str, Any]) -> None:
        if reports := known.get(setting_key(chosen)):
            for told in reports:
                tune.report({name: told[name] for name in told if name != SECONDS})  # to be compared with
            return

        def report(event: dict[str, Any]) -> None:
            if event["kind"] == "epoch":
                tune.report({SCORE: event["val_auc"] or 0.0, EPOCHS: event["epoch"] + 1})

        row = measure(described(chosen), space.config(chosen), report)
        tune.report({SCORE: float(row["auc"]), ROW: row})

    return trial


def _domain(values: Any) -> Any:
    if not isinstance(values, Range):
        return tune.choice(values)
    if isinstance(values.low, int) and isinstance(values.high, int):
        return (tune.lograndint if values.log else tune.randint)(values.low, values.high + 1)
    return (tune.loguniform if values.log else tune.uniform)(values.low, values.high)


def _rows(results: tune.ResultGrid, known: dict[str, Reports]) -> tuple[list[dict[str, str]], list[str]]:
    """known: trials that had ended before; nothing is decided on them again."""
    measured, stopped, failed = [], [], []
    for result in (results[number] for number in range(len(results))):
        metrics = dict(result.metrics or {})
        if before := known.get(setting_key(metrics.get("config", {}))):
            metrics = {"config": metrics["config"]} | before[-1]
        if result.error:
            failed.append(str(result.error).strip().splitlines()[-1])
        elif ROW in metrics:
            measured.append(metrics[ROW])
        elif SCORE in metrics:
            seconds, auc = f"{metrics[SECONDS]:.0f}", f"{metrics[SCORE]:.4f}"
            name = f"{described(metrics['config'])}: stopped after epoch {metrics[EPOCHS]}"
            stopped.append({"change": name, "auc": auc, "seconds": seconds})
    order: Callable[[dict[str, str]], float] = lambda row: -float(row["auc"])  # noqa: E731
    return sorted(measured, key=order) + sorted(stopped, key=order), failed
