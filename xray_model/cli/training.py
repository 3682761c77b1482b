"""The commands that train: `train`, `redecide`, `train-lungs` and `ablate`. Only they load Keras."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xray_model.cli.shared import RUNS, SUCCESS, add_engine, check_paths, command, engine, place, say
from xray_model.errors import InvalidConfig

if TYPE_CHECKING:
    from xray_model.recipes.run_settings import RunSettings


TRAIN_HELP = """Train a classifier and write a bundle: network, LiteRT export, calibration, operating points, cards.

DATA is a folder, or a ZIP archive, with the folders NORMAL and PNEUMONIA inside, in any case. Folders named train and
val are used as they are, and one named test is never read; otherwise the images are split by patient. Settings from the
Train page name their own images: with them, omit DATA, unless the images came from an archive.
ImageNet weights are downloaded, or read from $XRAY_DATA_DIR/imagenet_backbones."""

REDECIDE_HELP = """Decide anew what a bundle's answers mean: a new bundle with the same network.

BUNDLE is a folder, DATA the images that it was trained on. Calibration, operating points, not-sure band and figures are
made by today's rules and lung finder; the network stays as it is. If file names tell two series of films, two networks
are trained for it, each without one of them, as `train` does."""

TRAIN_LUNGS_HELP = """Train the lung finder and its population check.

The finder learns from DATA/kermany_train, DATA/kermany_train_lung_masks and DATA/adult_radiographs, the check from the
first and the last."""

ABLATE_HELP = """Measure what each choice of the recipe is worth.

For each change to the bundled model's recipe, trains on FOLDER/NORMAL and FOLDER/PNEUMONIA, briefly, or longer where a
short run cannot tell. Each is measured on a series of films that it never saw, and adds a row to the table.

With --engine ray, each machine of a cluster trains one of them at a time (docs/hosting/ray.md), and FOLDER may be an
address, such as s3://films."""


def add_train(commands: Any) -> None:
    """Register `train`."""
    parser = command(commands, train, "train a classifier and write a bundle", TRAIN_HELP)
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA")
    parser.add_argument("--out", type=Path, metavar="BUNDLE", help="a new folder (default: the next in runs/)")
    settings = parser.add_mutually_exclusive_group()
    settings.add_argument(
        "--recipe", default="radiograph", help="radiograph (the bundled model's), article (VGG16) or quick"
    )
    settings.add_argument("--config", type=Path, metavar="JSON", help="settings from the Train page, or from a card")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase, for a trial")


def train(options: argparse.Namespace) -> int:
    """Run a training and write its bundle."""
    from xray_model.training.weights_download import check_download

    settings, data = _settings(options), options.data
    is_archive = data is not None and data.is_file()
    if data is None and settings.data is None:
        raise InvalidConfig("Name a folder or a ZIP archive to train on, or give settings from the Train page.")
    out = options.out or _free_place(options.config.stem if options.config else options.recipe)
    check_download(settings.config)  # before Keras is imported and all images are read
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # hides TensorFlow's start-up messages
    from xray_model.training.runs import run_settings, run_training

    if data is None or is_archive:
        card = run_settings(settings, out, typed(), data)
    else:
        card = run_training(data, settings.config, out, typed())
    auc = card.evaluation["validation"]["auc"]["value"]
    sys.stderr.write(f"{card.name} is ready in {out}: validation AUC {auc:.3f}. See its MODEL_CARD.md.\n")
    say(f"Its operating points were chosen on {card.operating_points[0].data}.")
    return SUCCESS


def _settings(options: argparse.Namespace) -> RunSettings:
    from xray_model.recipes.presets import RECIPES
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
    """The first unused folder name-v1, name-v2 and so on in `RUNS`."""
    return next(place for number in count(1) if not (place := RUNS / f"{name}-v{number}").exists())


def add_redecide(commands: Any) -> None:
    """Register `redecide`."""
    parser = command(commands, redecide, "decide anew what a bundle's answers mean", REDECIDE_HELP)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase of the two networks")
    parser.add_argument("--networks", type=Path, metavar="DIR", help="where the two networks are looked for and left")


def redecide(options: argparse.Namespace) -> int:
    """Write a bundle with the same network and new decisions."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training import redecide as anew

    card = anew.redecide(options.bundle, options.data, options.out, typed(), options.epochs, options.networks)
    say(f"{card.name} is ready in {options.out}: see its MODEL_CARD.md.")
    return SUCCESS


def add_train_lungs(commands: Any) -> None:
    """Register `train-lungs`."""
    parser = command(commands, train_lungs, "train the lung finder, the basis of the gate", TRAIN_LUNGS_HELP)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--epochs", type=int, default=8, metavar="N")


def train_lungs(options: argparse.Namespace) -> int:
    """Train the lung finder and write its folder."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training.lungs.train import train_lung_finder

    data: Path = options.data
    masks, others = data / "kermany_train_lung_masks", data / "adult_radiographs"
    card = train_lung_finder(data / "kermany_train", masks, others, options.out, options.epochs, typed())
    sys.stderr.write(f"{card.name} is ready in {options.out}: see its FINDER_CARD.md.\n")
    return SUCCESS


def add_ablate(commands: Any) -> None:
    """Register `ablate`."""
    parser = command(commands, ablate, "measure what each choice of the recipe is worth", ABLATE_HELP)
    parser.add_argument("data", type=place, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="the table; its rows are not run again")
    parser.add_argument("--only", default="", metavar="WORDS", help="only changes whose name contains this")
    add_engine(parser)


def ablate(options: argparse.Namespace) -> int:
    """Run the trainings that the table lacks."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    check_paths([options.data], options)
    with engine(options) as on_cluster:
        from xray_model.training.ablation import run_ablation

        if on_cluster:
            from xray_model.cluster.labelled import everywhere, loader
            from xray_model.cluster.spread import spread, whole_machine

            each, data = partial(spread, at_once=1, cores=whole_machine()), everywhere(options.data)
            run_ablation(data, options.out, options.only, each, loader(data))
        else:
            run_ablation(options.data, options.out, options.only)
    return SUCCESS


def typed() -> str:
    """The command as it was typed, without the location of $XRAY_DATA_DIR, which cards must not reveal."""
    data = os.environ.get("XRAY_DATA_DIR")
    words = []
    for word in sys.argv[1:]:
        if data and Path(word).is_absolute() and Path(word).is_relative_to(data):
            words.append(f'"$XRAY_DATA_DIR/{Path(word).relative_to(data).as_posix()}"')
        else:
            words.append(shlex.quote(word))
    return " ".join(["python -m xray_model", *words]).replace('$XRAY_DATA_DIR/."', '$XRAY_DATA_DIR"')
