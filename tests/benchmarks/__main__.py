"""`make bench`: everything in one run, printed and written to `results/`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import xray_model
from tests.benchmarks.corpus import LARGE, SMALL, draw_corpus
from tests.benchmarks.machine import machine, slug
from tests.benchmarks.report import table

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results")
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MARKS = "<!-- bench -->", "<!-- /bench -->"
BUSY = 0.5  # processes that wait for a core, on average over the last minute


def main() -> None:
    """Measure, write the JSON file, print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--bundle", help="a bundle in weights/ (default: the newest)")
    parser.add_argument("--readme", action="store_true", help="put the table into docs/benchmarks.md as well")
    parser.add_argument("--only", choices=PARTS, help="measure one part and print it; write nothing")
    options = parser.parse_args()
    bundle = xray_model.load_bundle(options.bundle)
    load = os.getloadavg()[0]
    if load > BUSY:
        say(f"The machine is busy (load {load:.1f}): stop what else runs, or take these figures as a rough guide.")
    result = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "load_before": round(load, 2),
        "bundle": f"{bundle.name} ({bundle.hash})",
    }
    for name in [options.only] if options.only else PARTS:
        say(PARTS[name][1])
        result[name] = measure(name, bundle)
    say(table(result))
    if not options.only:
        keep(result)
    if options.readme:
        quote(table(result))


PARTS = {  # part: (module, what it does), in this order: the first want a machine that is not warm yet
    "web": ("web", "Web process: starts, then 500 analyses in a browser (about 3 minutes)"),
    "passes": ("passes", "One pass in each runtime (about a minute)"),
    "folder": ("folder", "Folders of 500 images (about 2 minutes)"),
    "service": ("service", "The interface for programs, asked by eight clients (about a minute)"),
    "visitors": ("visitors", "1, 5, 20 and 50 visitors at once, without browsers (about 8 minutes)"),
    "ray": ("ray", "2,000 films on a Ray cluster of this machine, beside threads (about 2 minutes)"),
    "augmentation": ("augmentation", "Augmentation beside Keras' layers and generator (about a minute)"),
    "pages": ("pages", "Pages in a browser: interaction to next paint, layout shifts (about a minute)"),
    "booth": ("booth", "An hour of a booth's visitors, one after the other (about 4 minutes)"),
    "run": ("run_memory", "A Quick run in a browser, then one beside two people who analyse (about 3 minutes)"),
    "lessons": ("lessons", "Every lesson, one after the other (about 8 minutes)"),
    "training": ("training", "Cached features beside the article's loop, memory of a fine-tune (about 4 minutes)"),
}


def files() -> dict[str, list[Path]]:
    """Form -> files to analyse."""
    say("Phantoms to analyse (first time: a minute)")
    return draw_corpus()


def half() -> list[Path]:
    """Those of half the usual size."""
    return next(paths for form, paths in files().items() if form.startswith(str(SMALL)))


def large() -> list[Path]:
    """Those of the usual size."""
    return next(paths for form, paths in files().items() if form.startswith(str(LARGE)))


def measure(part: str, bundle: xray_model.Bundle) -> dict[str, object]:
    """The figures of one part, whose module alone is imported: only some need the other runtimes."""
    module = import_module(f"tests.benchmarks.{PARTS[part][0]}")
    calls: dict[str, Callable[[], dict[str, object]]] = {
        "web": lambda: module.measure_web(half()),
        "passes": lambda: module.measure_passes(bundle),
        "folder": lambda: module.measure_folder(bundle, files()),
        "service": lambda: module.measure_service(bundle, files()),
        "visitors": lambda: module.measure_visitors(bundle, large()),
        "ray": lambda: module.measure_ray(bundle, large()),
        "augmentation": lambda: module.measure_augmentation(bundle),
        "pages": lambda: module.measure_pages(),
        "booth": lambda: module.measure_booth(half()),
        "run": lambda: module.measure_run(half()),
        "lessons": lambda: module.measure_lessons(),
        "training": lambda: module.measure_training(),
    }
    return calls[part]()


def keep(result: dict) -> None:
    """Write the JSON file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result['date']}-{slug(result['machine']['cpu'])}-{result['machine']['cores']}-cores.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    say(f"\nWritten to {path.relative_to(ROOT)}")


def quote(text: str) -> None:
    """Put the table between the document's two marks."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(MARKS[0])
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", encoding="utf-8")


def say(text: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
