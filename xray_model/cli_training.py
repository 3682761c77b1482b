"""The commands `train` and `evaluate`; only `train` brings Keras."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from xray_model.errors import InvalidConfig
from xray_model.notice import NOTICE


def add_train(commands: Any) -> None:
    """Register `train`."""
    parser = commands.add_parser(
        "train",
        help="train a classifier and write a bundle",
        description="Train on FOLDER/NORMAL and FOLDER/PNEUMONIA, split by patient, and write a bundle: network, "
        "LiteRT export, calibration, operating points, cards. ImageNet weights are downloaded, or read from "
        "$XRAY_DATA_DIR/imagenet_backbones.",
        epilog=NOTICE,
    )
    parser.add_argument("data", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="a new folder, such as weights/my-v1")
    settings = parser.add_mutually_exclusive_group()
    settings.add_argument("--recipe", default="radiograph", help="radiograph (the bundled model's) or article (VGG16)")
    settings.add_argument("--config", type=Path, metavar="JSON", help="all settings, as in a card's training.config")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase, for a trial")
    parser.set_defaults(run=train)


def add_evaluate(commands: Any) -> None:
    """Register `evaluate`."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a bundle on labelled radiographs",
        description="Measure a bundle on FOLDER/NORMAL and FOLDER/PNEUMONIA: AUC, accuracy, sensitivity and "
        "specificity at each operating point, ECE, Brier score, confusion matrix, with 95 %% bootstrap intervals by "
        "patient.",
        epilog=NOTICE,
    )
    parser.add_argument("data", type=Path, metavar="FOLDER")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")
    parser.set_defaults(run=evaluate)


def train(options: argparse.Namespace) -> int:
    """Run a training and write its bundle."""
    config = _settings(options)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up messages tell a reader nothing
    from xray_model.runs import run_training

    card = run_training(options.data, config, options.out, command=_typed())
    auc = card.evaluation["validation"]["auc"]["value"]
    sys.stderr.write(f"{card.name} is ready in {options.out}: validation AUC {auc:.3f}. See its MODEL_CARD.md.\n")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure a bundle and print its figures as a table."""
    from xray_model.bundle import load_bundle
    from xray_model.datasets import load_folder
    from xray_model.measuring import evaluate_bundle, figures_table

    bundle = load_bundle(options.bundle)
    figures = evaluate_bundle(bundle, load_folder(options.data, bundle.card.input_size))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(figures_table(figures) + f"\n{NOTICE}\n")
    return 0


def _settings(options: argparse.Namespace) -> Any:
    from xray_model.training_config import RECIPES, TrainingConfig

    if options.config:
        try:
            config = TrainingConfig.from_json(options.config.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidConfig("The settings file cannot be read. Give the path of a JSON file.") from error
    elif options.recipe in RECIPES:
        config = RECIPES[options.recipe]
    else:
        raise InvalidConfig(f"Unknown recipe {options.recipe!r}: choose one of {', '.join(RECIPES)}.")
    return config.with_epochs(options.epochs) if options.epochs else config


def _typed() -> str:
    """The command as it was typed, but for folders of this machine that are nobody's business."""
    data = os.environ.get("XRAY_DATA_DIR")
    words = []
    for word in sys.argv[1:]:
        if data and Path(word).is_absolute() and Path(word).is_relative_to(data):
            words.append(f'"$XRAY_DATA_DIR/{Path(word).relative_to(data).as_posix()}"')
        else:
            words.append(shlex.quote(word))
    return " ".join(["python -m xray_model", *words])
