"""The commands `train` and `evaluate`; only `train` brings Keras."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xray_model.errors import InvalidConfig
from xray_model.notice import NOTICE

if TYPE_CHECKING:
    from xray_model.recipes.run_settings import RunSettings

RUNS = Path("runs")  # where bundles go that nobody named a place for

TRAIN_HELP = """Train a classifier and write a bundle: network, LiteRT export, calibration, operating points, cards.

DATA is a folder, or a ZIP archive, with the folders NORMAL and PNEUMONIA inside, in any case; folders named train and
val are used as they are, one named test stays closed; else the images are split by patient. Settings that the Train
page wrote name their images themselves: with those, leave DATA out, unless the images came from an archive.
ImageNet weights are downloaded, or read from $XRAY_DATA_DIR/imagenet_backbones."""


def add_train(commands: Any) -> None:
    """Register `train`."""
    parser = commands.add_parser(
        "train",
        help="train a classifier and write a bundle",
        description=TRAIN_HELP,
        epilog=NOTICE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA")
    parser.add_argument("--out", type=Path, metavar="BUNDLE", help="a new folder (default: the next in runs/)")
    settings = parser.add_mutually_exclusive_group()
    settings.add_argument(
        "--recipe", default="radiograph", help="radiograph (the bundled model's), article (VGG16) or quick"
    )
    settings.add_argument("--config", type=Path, metavar="JSON", help="settings from the Train page, or from a card")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase, for a trial")
    parser.set_defaults(run=train)


def add_train_lungs(commands: Any) -> None:
    """Register `train-lungs`."""
    parser = commands.add_parser(
        "train-lungs",
        help="train the lung finder, which refuses what is no chest",
        description="Train the lung finder on DATA/kermany_train and DATA/kermany_train_lung_masks, and its population "
        "check on DATA/adult_radiographs.",
        epilog=NOTICE,
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--epochs", type=int, default=10, metavar="N")
    parser.set_defaults(run=train_lungs)


def add_ablate(commands: Any) -> None:
    """Register `ablate`."""
    parser = commands.add_parser(
        "ablate",
        help="measure what each choice of the recipe is worth",
        description="Train a short run for each change of the bundled model's recipe on FOLDER/NORMAL and "
        "FOLDER/PNEUMONIA, and a longer one where short ones cannot tell; judge each on a series of films that it "
        "never saw, and append a row to the table.",
        epilog=NOTICE,
    )
    parser.add_argument("data", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="rows that are there are not run again")
    parser.add_argument("--only", default="", metavar="WORDS", help="only changes whose name holds these words")
    parser.set_defaults(run=ablate)


def add_evaluate(commands: Any) -> None:
    """Register `evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a bundle on labelled radiographs",
        description="Measure a bundle on FOLDER/NORMAL and FOLDER/PNEUMONIA, or on a CSV table with the columns path, "
        "label and, if known, patient: AUC, accuracy, sensitivity and specificity at each operating point, ECE, Brier "
        "score, confusion matrix, accuracy by coverage, with 95 %% bootstrap intervals by patient; how many images "
        "are refused or flagged.",
        epilog=NOTICE,
    )
    parser.add_argument("data", type=Path, metavar="FOLDER_OR_CSV")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")
    parser.set_defaults(run=evaluate)


def train(options: argparse.Namespace) -> int:
    """Run a training and write its bundle."""
    settings, data = _settings(options), options.data
    is_archive = data is not None and data.is_file()
    if data is None and settings.data is None:
        raise InvalidConfig("Name a folder or a ZIP archive to train on, or give settings that the Train page wrote.")
    out = options.out or _free_place(options.config.stem if options.config else options.recipe)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up messages tell a reader nothing
    from xray_model.training.runs import run_settings, run_training

    if data is None or is_archive:
        card = run_settings(settings, out, _typed(), data)
    else:
        card = run_training(data, settings.config, out, _typed())
    auc = card.evaluation["validation"]["auc"]["value"]
    sys.stderr.write(f"{card.name} is ready in {out}: validation AUC {auc:.3f}. See its MODEL_CARD.md.\n")
    return 0


def train_lungs(options: argparse.Namespace) -> int:
    """Train the lung finder and write its folder."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training.lungs.train import train_lung_finder

    data: Path = options.data
    masks, others = data / "kermany_train_lung_masks", data / "adult_radiographs"
    card = train_lung_finder(data / "kermany_train", masks, others, options.out, options.epochs, _typed())
    sys.stderr.write(f"{card.name} is ready in {options.out}: see its FINDER_CARD.md.\n")
    return 0


def ablate(options: argparse.Namespace) -> int:
    """Run what is missing in the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training.ablation import run_ablation

    run_ablation(options.data, options.out, options.only)
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure a bundle and print its figures as a table."""
    from xray_model.bundles.bundle import load_bundle
    from xray_model.datasets.manifest import list_labelled
    from xray_model.inference.evaluate import evaluate_bundle, figures_table

    figures = evaluate_bundle(load_bundle(options.bundle), list_labelled(options.data))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(figures_table(figures) + f"\n{NOTICE}\n")
    return 0


def _settings(options: argparse.Namespace) -> RunSettings:
    from xray_model.recipes.config import RECIPES
    from xray_model.recipes.run_settings import RunSettings

    if options.config:
        try:
            settings = RunSettings.from_json(options.config.read_bytes())
        except OSError as error:
            raise InvalidConfig("The settings file cannot be read. Give the path of a JSON file.") from error
    elif options.recipe in RECIPES:
        settings = RunSettings(RECIPES[options.recipe])
    else:
        raise InvalidConfig(f"Unknown recipe {options.recipe!r}: choose one of {', '.join(RECIPES)}.")
    return replace(settings, config=settings.config.with_epochs(options.epochs)) if options.epochs else settings


def _free_place(name: str) -> Path:
    """The next bundle's folder in `RUNS`: name-v1, name-v2 and so on."""
    return next(place for number in count(1) if not (place := RUNS / f"{name}-v{number}").exists())


def _typed() -> str:
    """The command as it was typed, but for folders of this machine that are nobody's business."""
    data = os.environ.get("XRAY_DATA_DIR")
    words = []
    for word in sys.argv[1:]:
        if data and Path(word).is_absolute() and Path(word).is_relative_to(data):
            words.append(f'"$XRAY_DATA_DIR/{Path(word).relative_to(data).as_posix()}"')
        else:
            words.append(shlex.quote(word))
    return " ".join(["python -m xray_model", *words]).replace('$XRAY_DATA_DIR/."', '$XRAY_DATA_DIR"')
