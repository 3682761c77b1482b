"""The command that answers for images: `predict`."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from xray_model.cli.shared import (
    NOTHING_READ,
    RAY,
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

if TYPE_CHECKING:
    from xray_model.bundles.bundle import Bundle
    from xray_model.reports.dicom.folder import DicomFolder


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
With --engine ray, the table is made on a cluster (docs/hosting/ray.md): the same rows in the same order. Files may then
also be addresses, such as s3://films/ward-3, and paths must lead to the same files on every machine.
Exit code: 0; 1 if nothing could be read; 2 if the command itself is wrong; 3 if an extra is not installed."""


def add_predict(commands: Any) -> None:
    """Register `predict`."""
    parser = command(commands, predict, "a CSV row per image: probability and decision", PREDICT_HELP)
    parser.add_argument("paths", nargs="+", type=place, metavar="FILE_OR_FOLDER")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="write the rows to this file")
    parser.add_argument("--overlays", type=Path, metavar="DIR", help="write a PNG with the heatmap for each image")
    parser.add_argument("--report", type=Path, metavar="PDF", help="write a report, a page for each image")
    parser.add_argument("--paper", choices=("A4", "Letter"), default="A4", help="of the report (default: A4)")
    parser.add_argument("--proof", action="store_true", help="put the proof for each image into the report")
    parser.add_argument("--dicom-out", type=Path, metavar="DIR", help="write DICOM objects for each image")
    add_bundle(parser)
    parser.add_argument("--operating-point", metavar="NAME", help="the threshold to decide at (default: the bundle's)")
    add_prevalence(parser, "the bundle's, 50%%")
    add_engine(parser)


def predict(options: argparse.Namespace) -> int:
    """Analyze files and folders; the exit code says whether anything could be read."""
    from xray_model.bundles.bundle import load_bundle

    check_paths(options.paths, options)
    _check_outputs(options)
    bundle = load_bundle(options.bundle)
    bundle.card.operating_point(options.operating_point)  # an unknown name fails before anything is written
    say(NOTICE)
    rows_go_to = sys.stdout
    with engine(options) as on_cluster:
        files = _files(options, on_cluster)
        with _table(options.csv, rows_go_to) as stream:
            read = _predict_all(files, bundle, options, stream, on_cluster) if files else 0
    say(f"Read {read} of {len(files)} files." if files else "No image files found. Name a file or a folder of images.")
    return SUCCESS if read else NOTHING_READ


def _files(options: argparse.Namespace, on_cluster: bool) -> list[Path]:
    """The files to answer; on a cluster, some may be addresses."""
    others: list[Path] = []
    if on_cluster:
        from xray_model.cluster.places import list_places

        files: list[Any] = list_places(options.paths, _tell, others)
    else:
        from xray_model.imaging.files import list_files

        written = [folder for folder in (options.overlays, options.dicom_out) if folder]
        files = list_files(options.paths, leave_out=written, on_error=_tell, passed_over=others)
    say_passed_over(others)
    for name, what in (("csv", "table"), ("report", "report")):
        out = getattr(options, name) and getattr(options, name).resolve()
        paths = [path.resolve() for path in files if isinstance(path, Path)] if out else []
        if any(out in (path, *path.parents) for path in paths):
            raise InvalidConfig(f"--{name} names an input image or archive. Give the {what} a file of its own.")
    return files


def _check_outputs(options: argparse.Namespace) -> None:
    for name, what in ((options.overlays, "overlays"), (options.dicom_out, "dicom-out"), (options.report, "report")):
        if name and options.engine == RAY:
            raise InvalidConfig(f"--{what} cannot be written with --engine ray, which makes the table alone.")
        if name and what != "report" and name.resolve() in [path.resolve() for path in options.paths]:
            raise InvalidConfig(f"--{what} names a folder of input images. Give what is written a folder of its own.")


def _tell(error: OSError) -> None:
    say(f"{error.filename}: the folder cannot be opened ({error.strerror}).")


def _predict_all(
    files: list[Path], bundle: Bundle, options: argparse.Namespace, stream: TextIO, on_cluster: bool
) -> int:
    """Write a row for each file, and what else is requested; returns how many files could be read."""
    from tqdm import tqdm

    from xray_model.inference.batch import COLUMNS, OK

    rows = (_rows_of_cluster if on_cluster else _rows)(files, bundle, options)
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    read = 0
    is_hidden = True if stream.isatty() else None  # rows on a terminal show progress; None: only shown on a terminal
    for row in tqdm(rows, total=len(files), unit="image", file=sys.stderr, disable=is_hidden):
        read += row["status"] == OK
        writer.writerow(row)
    stream.flush()
    return read


def _rows_of_cluster(files: list[Path], bundle: Bundle, options: argparse.Namespace) -> Iterator[dict[str, str]]:
    from xray_model.cluster.answers import rows

    return rows(files, bundle, options.operating_point, options.prevalence)


def _rows(files: list[Path], bundle: Bundle, options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """A row for each file, as it is answered by this process, which also writes what else is requested."""
    from xray_model.inference.batch import NoAnswer, analyze_files, table_row
    from xray_model.reports.overlay_folder import OverlayFolder
    from xray_model.reports.pdf.collector import ReportCollector

    overlays = OverlayFolder(options.overlays, files) if options.overlays else None
    objects = _dicom_folder(options.dicom_out, files) if options.dicom_out else None
    report = ReportCollector(len(files), options.paper, options.proof) if options.report else None
    outputs = [out for out in (overlays, objects, report) if out]

    def rows() -> Iterator[dict[str, str]]:
        read = 0
        for path, answer in analyze_files(files, bundle, options.operating_point, outputs, options.prevalence):
            read += not isinstance(answer, NoAnswer)
            written = [f"Overlay: {overlays.name(path)}."] if overlays else []
            written += [objects.sentence(path)] if objects and not isinstance(answer, NoAnswer) else []
            written += [f"Report: film {read}."] if report else []
            yield table_row(path, answer, written)
        if report and (pdf := report.pdf(files, bundle)):
            options.report.write_bytes(pdf)

    return rows()


def _dicom_folder(folder: Path, files: list[Path]) -> DicomFolder:
    from xray_model.reports.dicom.folder import DicomFolder

    return DicomFolder(folder, files)


def _table(path: Path | None, stdout: TextIO) -> AbstractContextManager[TextIO]:
    """Standard output or a new file, as UTF-8; undecodable file names are escaped."""
    if path is not None:
        return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")
    return nullcontext(stdout)
