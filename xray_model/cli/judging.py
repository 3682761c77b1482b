"""The commands that judge a bundle or images: `evaluate`, `audit`, `check` and `enter-judged`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xray_model.cli.shared import (
    SOMETHING_FOUND,
    SUCCESS,
    add_bundle,
    add_engine,
    add_prevalence,
    check_paths,
    command,
    engine,
    place,
    say,
    say_passed_over,
)
from xray_model.errors import InvalidConfig
from xray_model.notice import NOTICE

FEWEST_CHECKED, MOST_CHECKED = 20, 2000  # images that check looks at: half a minute

EVALUATE_HELP = """Measure a bundle on labelled radiographs: class folders, a ZIP archive of them, or a CSV table.

DATA contains folders NORMAL and PNEUMONIA at any depth, in any case, as for train. All parts are measured together; to
measure one alone, name it, as in DATA/test. A table has the columns path, label (NORMAL or PNEUMONIA, 0 or 1) and, if
known, patient.

Reports AUC, accuracy, sensitivity and specificity at each operating point, ECE, Brier score, confusion matrix and
accuracy by coverage, with 95 % bootstrap intervals by patient, and how many images are refused or flagged. ECE, Brier
score, PPV and NPV hold for the share of pneumonia among the images, or for --prevalence.

With --engine ray, a cluster answers (docs/hosting/ray.md), and DATA may also be an address, such as s3://films."""

AUDIT_HELP = """Audit a bundle's maps on phantoms, whose opacities are known to the pixel.

Measures how often a map's peak lies in the opacity, IoU at Otsu's threshold, AUPRC, and the areas under deletion and
insertion, beside whole-picture Grad-CAM, occlusion, RISE, a random map, a blob in the middle and the lungs; whether the
map is lost when the network's layers are shuffled; whether it stays under small moves and mild noise; and, with
--beside, whether another training draws the same.
Writes tables; takes five minutes or more, less on a cluster (--engine ray, docs/hosting/ray.md)."""

CHECK_HELP = """Look for trouble in labelled images before training on them.

DATA is what train takes: a folder or ZIP archive with the folders NORMAL and PNEUMONIA. Reports images that look the
same under different names; labels that the other images contradict, most suspicious first; and whether size, aspect
ratio, brightness, sharpness or file format alone gives the label away.

Of many images a part is looked at, always the same one. Exit code: 0 if nothing was found, 1 if something was."""

ENTER_JUDGED_HELP = """Put figures that somebody else measured, on images that no decision saw, into a bundle's cards.

BUNDLE is a folder. JSON holds the date and, for each set of images, what was measured, shares in [0, 1]:
{"date": "2026-12-01", "figures": [{"on": "a test folder", "n": 100, "refused": 0, "auc": {"value": 0.9, "interval":
[0.8, 1.0]}, "accuracy": ...}]}. Figures: auc, accuracy, sensitivity, specificity, ece, brier; each may be left out."""


def add_evaluate(commands: Any) -> None:
    """Register `evaluate`."""
    parser = command(commands, evaluate, "measure a bundle on labelled radiographs", EVALUATE_HELP)
    parser.add_argument("data", type=place, metavar="DATA")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    add_bundle(parser)
    add_prevalence(parser, "that among the images")
    add_engine(parser)


def evaluate(options: argparse.Namespace) -> int:
    """Measure a bundle and print its figures as a table."""
    from xray_model.bundles.bundle import load_bundle
    from xray_model.datasets.manifest import list_labelled
    from xray_model.inference.evaluate import evaluate_bundle, figures_table

    check_paths([options.data], options)
    others: list[Path] = []
    with engine(options) as on_cluster:
        if on_cluster:
            figures = _evaluate_on_cluster(options, others)
        else:
            files = list_labelled(options.data, others)
            say_passed_over(others)
            figures = evaluate_bundle(load_bundle(options.bundle), files, options.prevalence)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(figures_table(figures) + f"\n{NOTICE}\n")
    return SUCCESS


def _evaluate_on_cluster(options: argparse.Namespace, others: list[Path]) -> dict[str, Any]:
    from tqdm import tqdm

    from xray_model.bundles.bundle import load_bundle
    from xray_model.cluster.answers import outcomes
    from xray_model.cluster.labelled import list_labelled_at
    from xray_model.datasets.manifest import list_labelled
    from xray_model.inference.evaluate import evaluate_outcomes

    bundle, data = load_bundle(options.bundle), options.data
    files = list_labelled(data, others) if isinstance(data, Path) else list_labelled_at(data, others)
    say_passed_over(others)
    found = outcomes([file.path for file in files], bundle)
    measured = list(tqdm(found, total=len(files), unit="image", file=sys.stderr, disable=None))
    return evaluate_outcomes(bundle, files, measured, options.prevalence)


def add_audit(commands: Any) -> None:
    """Register `audit`."""
    parser = command(commands, audit, "measure how far a bundle's maps can be trusted", AUDIT_HELP)
    parser.add_argument("--films", type=int, default=204, metavar="N", help="phantoms (default: 204)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    add_bundle(parser)
    parser.add_argument("--enter", action="store_true", help="put the figures into the bundle's cards")
    how = "also compare with these: bundles of the same recipe, trained with other seeds"
    parser.add_argument("--beside", nargs="*", default=(), metavar="NAME", help=how)
    add_engine(parser)


def audit(options: argparse.Namespace) -> int:
    """Audit a bundle's maps and print the tables."""
    from tqdm import tqdm

    from xray_model.bundles import seal
    from xray_model.bundles.bundle import load_bundle
    from xray_model.inference.audit import audit_bundle, one_by_one
    from xray_model.inference.audit_text import audit_tables

    with engine(options) as on_cluster, tqdm(total=options.films, unit="phantom", file=sys.stderr, disable=None) as bar:
        each: Callable[..., Iterator[Any]] = one_by_one
        if on_cluster:
            from xray_model.cluster.answers import each_number

            each = each_number
        bundle, beside = load_bundle(options.bundle), [load_bundle(name) for name in options.beside]
        figures = audit_bundle(bundle, options.films, lambda *_: bar.update(), beside, each)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if options.enter:
        seal.enter_audit(bundle.folder, figures)
    sys.stdout.write(audit_tables(figures) + f"\n\n{NOTICE}\n")
    return SUCCESS


def add_check(commands: Any) -> None:
    """Register `check`."""
    parser = command(commands, check, "look for trouble in images before training on them", CHECK_HELP)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--count", type=_number, default=MOST_CHECKED, metavar="N", help="look at about N images")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all findings to this file")


def check(options: argparse.Namespace) -> int:
    """Look at images and print what was found; the exit code says whether that was anything."""
    from xray_model.bundles.bundle import load_bundle
    from xray_model.inspection.read import read_for_review
    from xray_model.inspection.review import review_images

    images, in_all = read_for_review(options.data, options.count, say)
    review = review_images(images, load_bundle(), in_all)
    if options.json:
        options.json.write_text(json.dumps(review.to_dict(), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(review.report())
    return SUCCESS if review.is_clean else SOMETHING_FOUND


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) >= FEWEST_CHECKED:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} cannot be used. Give a number from {FEWEST_CHECKED} on.")


def add_enter_judged(commands: Any) -> None:
    """Register `enter-judged`."""
    parser = command(commands, enter_judged, "put figures of an independent test into a card", ENTER_JUDGED_HELP)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("figures", type=Path, metavar="JSON")


def enter_judged(options: argparse.Namespace) -> int:
    """Put what somebody else measured into a bundle's cards."""
    from xray_model.bundles import seal

    try:
        judged = json.loads(options.figures.read_bytes())
    except ValueError as error:
        raise InvalidConfig(f"{options.figures.name} is no JSON ({error}).") from error
    card = seal.enter_judged(options.bundle, judged)
    say(f"{card.name} now tells what was measured: see its MODEL_CARD.md.")
    return SUCCESS
