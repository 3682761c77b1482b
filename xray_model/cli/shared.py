"""What commands share: registering one, options that several take, and messages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xray_model.errors import InvalidConfig
from xray_model.notice import NOTICE

RUNS = Path("runs")  # where bundles are written without --out
SUCCESS, NOTHING_READ, SOMETHING_FOUND, USAGE, NOT_INSTALLED = 0, 1, 1, 2, 3
RAY = "ray"


def command(
    commands: Any, run: Callable[[argparse.Namespace], int], summary: str, description: str
) -> argparse.ArgumentParser:
    """Register the function `run` as a command of the same name."""
    parser: argparse.ArgumentParser = commands.add_parser(
        run.__name__.replace("_", "-"),
        help=summary,
        description=description,
        epilog=NOTICE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Let a command take another bundle than the newest."""
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")


def add_prevalence(parser: argparse.ArgumentParser, default: str) -> None:
    """Let a command take the share of pneumonia; `default` says which it takes without."""
    how = f"how common pneumonia is, from 1%% to 90%%, as 20%% or 0.2 (default: {default})"
    parser.add_argument("--prevalence", type=_prevalence, metavar="P", help=how)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Let a command do its work on a Ray cluster."""
    parser.add_argument(
        "--engine",
        choices=("local", RAY),
        default="local",
        help="local: this process (default); ray: a Ray cluster, or one started here for this command",
    )
    add_address(parser)


def add_address(parser: argparse.ArgumentParser) -> None:
    """Let a command use a cluster that runs already."""
    how = "of a Ray cluster that runs already, or auto for the one on this machine (default: one is started here)"
    parser.add_argument("--address", metavar="HOST:PORT", help=how)


@contextmanager
def engine(options: argparse.Namespace) -> Iterator[bool]:
    """Whether a command works on a cluster, which is connected until the end of the block.

    Raises `MissingExtra` without Ray, and `InvalidConfig` for a cluster that cannot be used.
    """
    if options.engine != RAY:
        if options.address:
            raise InvalidConfig("--address is a cluster's. Add --engine ray, or leave it out.")
        yield False
        return
    from xray_model.cluster.connection import connected

    with connected(options.address):
        yield True


def place(text: str) -> Path | str:
    """A path, or an address such as s3://films, for argparse."""
    return text if "://" in text else Path(text)


def check_paths(places: list[Path | str], options: argparse.Namespace) -> None:
    """Raise `InvalidConfig` for an address that no engine reads."""
    if options.engine != RAY and (address := next((one for one in places if isinstance(one, str)), None)):
        raise InvalidConfig(f"{address} is an address, which needs --engine ray. Without it, give paths.")


def _prevalence(text: str) -> float:
    from xray_model.evaluation.prevalence import check_prevalence

    try:
        number = text.strip()
        return check_prevalence(float(number.removesuffix("%")) / (100 if number.endswith("%") else 1))
    except ValueError as error:  # an `InvalidConfig` is one
        raise argparse.ArgumentTypeError(f"{text} is no prevalence. Give one from 1% to 90%, as 20% or 0.2.") from error


def say_passed_over(paths: list[Path]) -> None:
    """Name files that are no images on standard error."""
    if paths:
        from xray_model.imaging.files import name_some

        what = "1 file that is not an image" if len(paths) == 1 else f"{len(paths):,} files that are not images"
        say(f"Skipped {what}: {name_some([path.name for path in paths])}.")


def port_number(text: str) -> int:
    """A port's number, for argparse."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} cannot be used. Give a number from 1024 to 65535.")


def say(sentence: str) -> None:
    """Write a line on standard error: standard output belongs to the figures."""
    sys.stderr.write(f"{sentence}\n")
