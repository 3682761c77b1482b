"""The command line: `python -m xray_model COMMAND`. Each command is one function, and imports what it needs itself."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from xray_model.cli_training import add_ablate, add_evaluate, add_train, add_train_lungs
from xray_model.errors import InvalidConfig, XrayModelError
from xray_model.notice import NOTICE

if TYPE_CHECKING:
    from xray_model.bundles.bundle import Bundle

SUCCESS, NOTHING_READ, USAGE = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141  # what a shell reports for SIGINT and SIGPIPE

PREDICT_HELP = """Analyze image files and folders: a CSV row per image, on standard output or in a file.

Columns: file, status (ok, unreadable or refused), probability (calibrated, of PNEUMONIA), label, operating_point,
message.
Folders are searched at every depth for PNG, JPEG, WebP, BMP, TIFF, DICOM and ZIP files by their endings; a file that is
named here always gets its row. So does each file in a ZIP archive, as archive.zip/film.png.
An unreadable file is a row whose message says why; an image that shows no upright frontal chest is refused.
The notice stands in the message of each row with a probability.
Exit code: 0; 1 when nothing could be read; 2 when the command itself is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, such as `["predict", "chest.png"]` (`sys.argv` without any); returns the exit code."""
    options = build_parser().parse_args(arguments)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # odd metadata, which is dropped anyway
    try:
        code = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains while closing it
        return PIPE_CLOSED
    except XrayModelError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"Cannot write {error.filename or 'the output'} ({error.strerror}).")
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; `run` in its result is the function to call with that result."""
    parser = argparse.ArgumentParser(prog="python -m xray_model", description=__doc__, epilog=NOTICE)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (add_predict, add_evaluate, add_train, add_train_lungs, add_ablate):
        add(commands)
    return parser


def add_predict(commands: Any) -> None:
    """Register `predict`."""
    parser = commands.add_parser(
        "predict",
        help="a CSV row per image: probability and decision",
        description=PREDICT_HELP,
        epilog=NOTICE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write the rows to this file")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a PNG with the heatmap for each image")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")
    parser.add_argument("--operating-point", metavar="NAME", help="the threshold to decide at (default: the bundle's)")
    parser.set_defaults(run=predict)


def predict(options: argparse.Namespace) -> int:
    """Analyze files and folders; the exit code says whether anything could be read."""
    from xray_model.bundles.bundle import load_bundle

    bundle = load_bundle(options.bundle)
    bundle.card.operating_point(options.operating_point)  # an unknown name fails before anything is written
    _say(NOTICE)
    files = _files(options)
    with _table(options.csv) as stream:
        read = _predict_all(files, bundle, options, stream) if files else 0
    _say(
        f"Read {read} of {len(files)} files." if files else "No image files there. Name a file, or a folder of images."
    )
    return SUCCESS if read else NOTHING_READ


def _files(options: argparse.Namespace) -> list[Path]:
    from xray_model.imaging.files import list_files

    def tell(error: OSError) -> None:
        _say(f"{error.filename}: the folder cannot be opened ({error.strerror}).")

    if options.overlays and options.overlays.resolve() in [path.resolve() for path in options.paths]:
        raise InvalidConfig("--overlays names a folder of input images. Give the overlays a folder of their own.")
    files = list_files(options.paths, leave_out=options.overlays, on_error=tell)
    table = options.csv and options.csv.resolve()
    if table and any(table in (path, *path.parents) for path in map(Path.resolve, files)):
        raise InvalidConfig("--csv names an input image or archive. Give the table a file of its own.")
    return files


def _predict_all(files: list[Path], bundle: Bundle, options: argparse.Namespace, stream: TextIO) -> int:
    """Write a row per file, and the overlays if they are wanted; returns how many files could be read."""
    from tqdm import tqdm

    from xray_model.inference.batch import COLUMNS, NoAnswer, OverlayFolder, analyze_files, table_row

    overlays = OverlayFolder(options.overlays, files) if options.overlays else None
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    read = 0
    answers = analyze_files(files, bundle, options.operating_point, overlays)
    is_hidden = True if stream.isatty() else None  # rows on a terminal are progress enough; None: shown on terminals
    for path, answer in tqdm(answers, total=len(files), unit="image", file=sys.stderr, disable=is_hidden):
        writer.writerow(table_row(path, answer, overlays.name(path) if overlays else None))
        read += not isinstance(answer, NoAnswer)
    return read


def _table(path: Path | None) -> AbstractContextManager[TextIO]:
    """Standard output or a new file, as UTF-8; file names that are no text are escaped, not fatal."""
    if path is not None:
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    return nullcontext(sys.stdout)


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _refuse(sentence: str) -> int:
    _say(f"python -m xray_model: {sentence}")
    return USAGE
