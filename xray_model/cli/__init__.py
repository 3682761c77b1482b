"""The command line: `xray-lab COMMAND`, or `python -m xray_model COMMAND`.

Each command is a function that imports what it needs, so that only training loads Keras, and only `app` Streamlit.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from xray_model import __version__
from xray_model.cli import answering, app, judging, serving, sweeping, training
from xray_model.cli.shared import NOT_INSTALLED, RUNS, USAGE, say
from xray_model.errors import MissingExtra, XrayModelError
from xray_model.notice import NOTICE

PROGRAM = "xray-lab"
INTERRUPTED, PIPE_CLOSED = 130, 141  # exit codes that shells report for SIGINT and SIGPIPE
OUTPUTS = ("csv", "overlays", "dicom_out", "report", "json", "out")  # options that name what a command writes
COMMANDS = (
    app.add_app,
    serving.add_serve,
    answering.add_predict,
    judging.add_evaluate,
    judging.add_check,
    training.add_train,
    training.add_redecide,
    judging.add_enter_judged,
    training.add_train_lungs,
    training.add_ablate,
    sweeping.add_sweep,
    judging.add_audit,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, such as `["predict", "chest.png"]`, by default that of `sys.argv`; returns the exit code."""
    options = build_parser().parse_args(arguments)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # about odd metadata, which is dropped anyway
    try:
        code = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # otherwise Python complains when closing it
        return PIPE_CLOSED
    except MissingExtra as error:
        _refuse(str(error))
        return NOT_INSTALLED
    except XrayModelError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(_failure(error, options))
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser for all commands; `run` in its result is the function to call with that result."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Pneumonia on chest radiographs: analyze, measure, train.", epilog=NOTICE
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in COMMANDS:
        add(commands)
    return parser


def _failure(error: OSError, options: argparse.Namespace) -> str:
    """What failed: writing, if the file is one of this command's outputs, or else opening."""
    reason = error.strerror or error
    if not isinstance(error.filename, str | bytes):
        return f"Reading or writing failed ({reason})."
    path = Path(os.fsdecode(error.filename))
    outputs = [RUNS, *(place for name in OUTPUTS if (place := getattr(options, name, None)))]
    verb = "write" if any(path.resolve().is_relative_to(place.resolve()) for place in outputs) else "open"
    return f"Cannot {verb} {path} ({reason})."


def _refuse(sentence: str) -> int:
    say(f"{PROGRAM}: {sentence}")
    return USAGE
