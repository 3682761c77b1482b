"""The command line: `xray-lab COMMAND`, or `python -m xray_model COMMAND`.

Each command is a function that imports what it needs, so that only training loads Keras, and only `app` Streamlit.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from xray_model.errors import InvalidConfig, XrayModelError
from xray_model.notice import NOTICE

if TYPE_CHECKING:
    from xray_model.bundles.bundle import Bundle
    from xray_model.recipes.run_settings import RunSettings
    from xray_model.reports.dicom.folder import DicomFolder

PROGRAM = "xray-lab"
RUNS = Path("runs")  # where bundles are written without --out
PACKAGE = Path(__file__).resolve().parent
SUCCESS, NOTHING_READ, SOMETHING_FOUND, USAGE = 0, 1, 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141  # exit codes that shells report for SIGINT and SIGPIPE
FEWEST_CHECKED, MOST_CHECKED = 20, 2000  # images that check looks at: half a minute
OUTPUTS = ("csv", "overlays", "dicom_out", "report", "json", "out")  # options that name what a command writes

PREDICT_HELP = """Analyze image files and folders: a CSV row per image, on standard output or in a file.

Columns: file, status (ok, unreadable or refused), probability (calibrated, of PNEUMONIA), prevalence (for which it
holds), label, operating_point, message.
--dicom-out writes a folder for each image: overlay (Secondary Capture), probability and region (Structured Report),
lungs (Segmentation) and evidence (Parametric Map). They belong to the patient and the study that a DICOM file names,
which is read for nothing else; for another file they get new identifiers, and the film is written beside them.
--prevalence says how common pneumonia is among the people photographed. It moves the probability, never the label.
Folders are searched at every depth for PNG, JPEG, WebP, BMP, TIFF, DICOM and ZIP files, whatever their names; skipped
files are listed. A file that is named here always gets a row, and so does each file in a ZIP, as archive.zip/film.png.
A report (PDF) has a page per answered image, behind a cover if there are several. It names no file: the message gives
the film's number.
For an unreadable file, the message says why; an image that does not show an upright frontal chest is refused.
Each message beside a probability ends with the notice.
Exit code: 0; 1 if nothing could be read; 2 if the command itself is wrong."""

EVALUATE_HELP = """Measure a bundle on labelled radiographs: class folders, a ZIP archive of them, or a CSV table.

DATA contains folders NORMAL and PNEUMONIA at any depth, in any case, as for train. All parts are measured together; to
measure one alone, name it, as in DATA/test. A table has the columns path, label (NORMAL or PNEUMONIA, 0 or 1) and, if
known, patient.

Reports AUC, accuracy, sensitivity and specificity at each operating point, ECE, Brier score, confusion matrix and
accuracy by coverage, with 95 % bootstrap intervals by patient, and how many images are refused or flagged. ECE, Brier
score, PPV and NPV hold for the share of pneumonia among the images, or for --prevalence."""

CHECK_HELP = """Look for trouble in labelled images before training on them.

DATA is what train takes: a folder or ZIP archive with the folders NORMAL and PNEUMONIA. Reports images that look the
same under different names; labels that the other images contradict, most suspicious first; and whether size, aspect
ratio, brightness, sharpness or file format alone gives the label away.

Of many images a part is looked at, always the same one. Exit code: 0 if nothing was found, 1 if something was."""

TRAIN_HELP = """Train a classifier and write a bundle: network, LiteRT export, calibration, operating points, cards.

DATA is a folder, or a ZIP archive, with the folders NORMAL and PNEUMONIA inside, in any case. Folders named train and
val are used as they are, and one named test is never read; otherwise the images are split by patient. Settings from the
Train page name their own images: with them, omit DATA, unless the images came from an archive.
ImageNet weights are downloaded, or read from $XRAY_DATA_DIR/imagenet_backbones."""

REDECIDE_HELP = """Decide anew what a bundle's answers mean: a new bundle with the same network.

BUNDLE is a folder, DATA the images that it was trained on. Calibration, operating points, not-sure band and figures are
made by today's rules and lung finder; the network stays as it is. If file names tell two series of films, two networks
are trained for it, each without one of them, as `train` does."""

ENTER_JUDGED_HELP = """Put figures that somebody else measured, on images that no decision saw, into a bundle's cards.

BUNDLE is a folder. JSON holds the date and, for each set of images, what was measured, shares in [0, 1]:
{"date": "2026-12-01", "figures": [{"on": "a test folder", "n": 100, "refused": 0, "auc": {"value": 0.9, "interval":
[0.8, 1.0]}, "accuracy": ...}]}. Figures: auc, accuracy, sensitivity, specificity, ece, brier; each may be left out."""

TRAIN_LUNGS_HELP = """Train the lung finder and its population check.

The finder learns from DATA/kermany_train, DATA/kermany_train_lung_masks and DATA/adult_radiographs, the check from the
first and the last."""

ABLATE_HELP = """Measure what each choice of the recipe is worth.

For each change to the bundled model's recipe, trains on FOLDER/NORMAL and FOLDER/PNEUMONIA, briefly, or longer where a
short run cannot tell. Each is measured on a series of films that it never saw, and adds a row to the table."""

AUDIT_HELP = """Audit a bundle's maps on phantoms, whose opacities are known to the pixel.

Measures how often a map's peak lies in the opacity, IoU at Otsu's threshold, AUPRC, and the areas under deletion and
insertion, beside whole-picture Grad-CAM, occlusion, RISE, a random map, a blob in the middle and the lungs; whether the
map is lost when the network's layers are shuffled; and whether it stays under small moves and mild noise.
Writes tables; takes five minutes or more."""

APP_HELP = """Open the app in the browser; Ctrl+C ends it.

Without --port, it uses 8501 or the next free port. An address other than localhost lets other machines connect."""


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
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        add_app,
        add_predict,
        add_evaluate,
        add_check,
        add_train,
        add_redecide,
        add_enter_judged,
        add_train_lungs,
        add_ablate,
        add_audit,
    ):
        add(commands)
    return parser


def _command(
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


def add_app(commands: Any) -> None:
    """Register `app`."""
    parser = _command(commands, app, "open the app in the browser", APP_HELP)
    parser.add_argument("--port", type=_port, metavar="N")
    parser.add_argument("--address", default="localhost", metavar="A", help="(default: localhost)")


def add_predict(commands: Any) -> None:
    """Register `predict`."""
    parser = _command(commands, predict, "a CSV row per image: probability and decision", PREDICT_HELP)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write the rows to this file")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a PNG with the heatmap for each image")
    parser.add_argument("--report", type=Path, metavar="PDF", help="write a report, a page for each image")
    parser.add_argument("--paper", choices=("A4", "Letter"), default="A4", help="of the report (default: A4)")
    parser.add_argument("--proof", action="store_true", help="put the proof for each image into the report")
    parser.add_argument("--dicom-out", type=Path, metavar="DIR", help="write DICOM objects for each image")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")
    parser.add_argument("--operating-point", metavar="NAME", help="the threshold to decide at (default: the bundle's)")
    _add_prevalence(parser, "the bundle's, 50%%")


def add_evaluate(commands: Any) -> None:
    """Register `evaluate`."""
    parser = _command(commands, evaluate, "measure a bundle on labelled radiographs", EVALUATE_HELP)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")
    _add_prevalence(parser, "that among the images")


def _add_prevalence(parser: argparse.ArgumentParser, default: str) -> None:
    how = f"how common pneumonia is, from 1%% to 90%%, as 20%% or 0.2 (default: {default})"
    parser.add_argument("--prevalence", type=_prevalence, metavar="P", help=how)


def add_check(commands: Any) -> None:
    """Register `check`."""
    parser = _command(commands, check, "look for trouble in images before training on them", CHECK_HELP)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--count", type=_number, default=MOST_CHECKED, metavar="N", help="look at about N images")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all findings to this file")


def add_train(commands: Any) -> None:
    """Register `train`."""
    parser = _command(commands, train, "train a classifier and write a bundle", TRAIN_HELP)
    parser.add_argument("data", type=Path, nargs="?", metavar="DATA")
    parser.add_argument("--out", type=Path, metavar="BUNDLE", help="a new folder (default: the next in runs/)")
    settings = parser.add_mutually_exclusive_group()
    settings.add_argument(
        "--recipe", default="radiograph", help="radiograph (the bundled model's), article (VGG16) or quick"
    )
    settings.add_argument("--config", type=Path, metavar="JSON", help="settings from the Train page, or from a card")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase, for a trial")


def add_redecide(commands: Any) -> None:
    """Register `redecide`."""
    parser = _command(commands, redecide, "decide anew what a bundle's answers mean", REDECIDE_HELP)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--epochs", type=int, metavar="N", help="at most N epochs in each phase of the two networks")
    parser.add_argument("--networks", type=Path, metavar="DIR", help="where the two networks are looked for and left")


def add_enter_judged(commands: Any) -> None:
    """Register `enter-judged`."""
    parser = _command(commands, enter_judged, "put figures of an independent test into a card", ENTER_JUDGED_HELP)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("figures", type=Path, metavar="JSON")


def add_train_lungs(commands: Any) -> None:
    """Register `train-lungs`."""
    parser = _command(commands, train_lungs, "train the lung finder, the basis of the gate", TRAIN_LUNGS_HELP)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--epochs", type=int, default=8, metavar="N")


def add_ablate(commands: Any) -> None:
    """Register `ablate`."""
    parser = _command(commands, ablate, "measure what each choice of the recipe is worth", ABLATE_HELP)
    parser.add_argument("data", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="the table; its rows are not run again")
    parser.add_argument("--only", default="", metavar="WORDS", help="only changes whose name contains this")


def add_audit(commands: Any) -> None:
    """Register `audit`."""
    parser = _command(commands, audit, "measure how far a bundle's maps can be trusted", AUDIT_HELP)
    parser.add_argument("--films", type=int, default=204, metavar="N", help="phantoms (default: 204)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--bundle", metavar="NAME", help="a bundle in weights/, or its folder (default: the newest)")


def app(options: argparse.Namespace) -> int:
    """Serve the app until it is interrupted."""
    from streamlit.web.cli import main as streamlit

    folder = PACKAGE / "_app"  # in a wheel; Streamlit finds .streamlit/config.toml beside the script
    script = (folder if folder.is_dir() else PACKAGE.parent) / "app.py"
    port = [f"--server.port={options.port}"] if options.port else []
    flags = [f"--server.address={options.address}", "--server.showEmailPrompt=false", *port]
    try:
        streamlit(["run", str(script), *flags], prog_name="streamlit", standalone_mode=False)
    except OSError as error:
        raise InvalidConfig(f"The app cannot be served at {options.address} ({error.strerror or error}).") from error
    return SUCCESS


def predict(options: argparse.Namespace) -> int:
    """Analyze files and folders; the exit code says whether anything could be read."""
    from xray_model.bundles.bundle import load_bundle

    bundle = load_bundle(options.bundle)
    bundle.card.operating_point(options.operating_point)  # an unknown name fails before anything is written
    _say(NOTICE)
    files = _files(options)
    with _table(options.csv) as stream:
        read = _predict_all(files, bundle, options, stream) if files else 0
    _say(f"Read {read} of {len(files)} files." if files else "No image files found. Name a file or a folder of images.")
    return SUCCESS if read else NOTHING_READ


def _files(options: argparse.Namespace) -> list[Path]:
    from xray_model.imaging.files import list_files

    def tell(error: OSError) -> None:
        _say(f"{error.filename}: the folder cannot be opened ({error.strerror}).")

    for name, what in ((options.overlays, "overlays"), (options.dicom_out, "dicom-out")):
        if name and name.resolve() in [path.resolve() for path in options.paths]:
            raise InvalidConfig(f"--{what} names a folder of input images. Give what is written a folder of its own.")
    others: list[Path] = []
    written = [folder for folder in (options.overlays, options.dicom_out) if folder]
    files = list_files(options.paths, leave_out=written, on_error=tell, passed_over=others)
    _say_passed_over(others)
    for name, what in (("csv", "table"), ("report", "report")):
        out = getattr(options, name) and getattr(options, name).resolve()
        if out and any(out in (path, *path.parents) for path in map(Path.resolve, files)):
            raise InvalidConfig(f"--{name} names an input image or archive. Give the {what} a file of its own.")
    return files


def _predict_all(files: list[Path], bundle: Bundle, options: argparse.Namespace, stream: TextIO) -> int:
    """Write a row for each file, and what else is requested; returns how many files could be read."""
    from tqdm import tqdm

    from xray_model.inference.batch import COLUMNS, NoAnswer, analyze_files, table_row
    from xray_model.reports.overlay_folder import OverlayFolder
    from xray_model.reports.pdf.collector import ReportCollector

    overlays = OverlayFolder(options.overlays, files) if options.overlays else None
    objects = _dicom_folder(options.dicom_out, files) if options.dicom_out else None
    report = ReportCollector(len(files), options.paper, options.proof) if options.report else None
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    read = 0
    outputs = [out for out in (overlays, objects, report) if out]
    answers = analyze_files(files, bundle, options.operating_point, outputs, options.prevalence)
    is_hidden = True if stream.isatty() else None  # rows on a terminal show progress; None: only shown on a terminal
    for path, answer in tqdm(answers, total=len(files), unit="image", file=sys.stderr, disable=is_hidden):
        read += not isinstance(answer, NoAnswer)
        written = [f"Overlay: {overlays.name(path)}."] if overlays else []
        written += [objects.sentence(path)] if objects and not isinstance(answer, NoAnswer) else []
        written += [f"Report: film {read}."] if report else []
        writer.writerow(table_row(path, answer, written))
    if report and (pdf := report.pdf(files, bundle)):
        options.report.write_bytes(pdf)
    return read


def _dicom_folder(folder: Path, files: list[Path]) -> DicomFolder:
    from xray_model.reports.dicom.folder import DicomFolder

    return DicomFolder(folder, files)


def _table(path: Path | None) -> AbstractContextManager[TextIO]:
    """Standard output or a new file, as UTF-8; undecodable file names are escaped."""
    if path is not None:
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    return nullcontext(sys.stdout)


def evaluate(options: argparse.Namespace) -> int:
    """Measure a bundle and print its figures as a table."""
    from xray_model.bundles.bundle import load_bundle
    from xray_model.datasets.manifest import list_labelled
    from xray_model.inference.evaluate import evaluate_bundle, figures_table

    others: list[Path] = []
    files = list_labelled(options.data, others)
    _say_passed_over(others)
    figures = evaluate_bundle(load_bundle(options.bundle), files, options.prevalence)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(figures_table(figures) + f"\n{NOTICE}\n")
    return SUCCESS


def check(options: argparse.Namespace) -> int:
    """Look at images and print what was found; the exit code says whether that was anything."""
    from xray_model.bundles.bundle import load_bundle
    from xray_model.inspection.read import read_for_review
    from xray_model.inspection.review import review_images

    images, in_all = read_for_review(options.data, options.count, _say)
    review = review_images(images, load_bundle(), in_all)
    if options.json:
        options.json.write_text(json.dumps(review.to_dict(), indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(review.report())
    return SUCCESS if review.is_clean else SOMETHING_FOUND


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
        card = run_settings(settings, out, _typed(), data)
    else:
        card = run_training(data, settings.config, out, _typed())
    auc = card.evaluation["validation"]["auc"]["value"]
    sys.stderr.write(f"{card.name} is ready in {out}: validation AUC {auc:.3f}. See its MODEL_CARD.md.\n")
    _say(f"Its operating points were chosen on {card.operating_points[0].data}.")
    return SUCCESS


def redecide(options: argparse.Namespace) -> int:
    """Write a bundle with the same network and new decisions."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training import redecide as anew

    card = anew.redecide(options.bundle, options.data, options.out, _typed(), options.epochs, options.networks)
    _say(f"{card.name} is ready in {options.out}: see its MODEL_CARD.md.")
    return SUCCESS


def enter_judged(options: argparse.Namespace) -> int:
    """Put what somebody else measured into a bundle's cards."""
    from xray_model.bundles import seal

    try:
        judged = json.loads(options.figures.read_bytes())
    except ValueError as error:
        raise InvalidConfig(f"{options.figures.name} is no JSON ({error}).") from error
    card = seal.enter_judged(options.bundle, judged)
    _say(f"{card.name} now tells what was measured: see its MODEL_CARD.md.")
    return SUCCESS


def train_lungs(options: argparse.Namespace) -> int:
    """Train the lung finder and write its folder."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training.lungs.train import train_lung_finder

    data: Path = options.data
    masks, others = data / "kermany_train_lung_masks", data / "adult_radiographs"
    card = train_lung_finder(data / "kermany_train", masks, others, options.out, options.epochs, _typed())
    sys.stderr.write(f"{card.name} is ready in {options.out}: see its FINDER_CARD.md.\n")
    return SUCCESS


def ablate(options: argparse.Namespace) -> int:
    """Run the trainings that the table lacks."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from xray_model.training.ablation import run_ablation

    run_ablation(options.data, options.out, options.only)
    return SUCCESS


def audit(options: argparse.Namespace) -> int:
    """Audit a bundle's maps and print the tables."""
    from tqdm import tqdm

    from xray_model.bundles.bundle import load_bundle
    from xray_model.inference.audit import audit_bundle
    from xray_model.inference.audit_text import audit_tables

    with tqdm(total=options.films, unit="phantom", file=sys.stderr, disable=None) as bar:
        figures = audit_bundle(load_bundle(options.bundle), options.films, lambda *_: bar.update())
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(audit_tables(figures) + f"\n\n{NOTICE}\n")
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


def _typed() -> str:
    """The command as it was typed, without the location of $XRAY_DATA_DIR, which cards must not reveal."""
    data = os.environ.get("XRAY_DATA_DIR")
    words = []
    for word in sys.argv[1:]:
        if data and Path(word).is_absolute() and Path(word).is_relative_to(data):
            words.append(f'"$XRAY_DATA_DIR/{Path(word).relative_to(data).as_posix()}"')
        else:
            words.append(shlex.quote(word))
    return " ".join(["python -m xray_model", *words]).replace('$XRAY_DATA_DIR/."', '$XRAY_DATA_DIR"')


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 2**16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} cannot be used. Give a number from 1024 to 65535.")


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) >= FEWEST_CHECKED:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} cannot be used. Give a number from {FEWEST_CHECKED} on.")


def _prevalence(text: str) -> float:
    from xray_model.evaluation.prevalence import check_prevalence

    try:
        number = text.strip()
        return check_prevalence(float(number.removesuffix("%")) / (100 if number.endswith("%") else 1))
    except ValueError as error:  # an `InvalidConfig` is one
        raise argparse.ArgumentTypeError(f"{text} is no prevalence. Give one from 1% to 90%, as 20% or 0.2.") from error


def _failure(error: OSError, options: argparse.Namespace) -> str:
    """What failed: writing, if the file is one of this command's outputs, or else opening."""
    reason = error.strerror or error
    if not isinstance(error.filename, str | bytes):
        return f"Reading or writing failed ({reason})."
    path = Path(os.fsdecode(error.filename))
    outputs = [RUNS, *(place for name in OUTPUTS if (place := getattr(options, name, None)))]
    verb = "write" if any(path.resolve().is_relative_to(place.resolve()) for place in outputs) else "open"
    return f"Cannot {verb} {path} ({reason})."


def _say_passed_over(paths: list[Path]) -> None:
    if paths:
        from xray_model.imaging.files import name_some

        what = "1 file that is not an image" if len(paths) == 1 else f"{len(paths):,} files that are not images"
        _say(f"Skipped {what}: {name_some([path.name for path in paths])}.")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _refuse(sentence: str) -> int:
    _say(f"{PROGRAM}: {sentence}")
    return USAGE
