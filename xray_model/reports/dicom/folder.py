"""A folder of DICOM objects: for each radiograph a folder of its own."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from pydicom.dataset import Dataset

from xray_model.bundles.bundle import Bundle
from xray_model.imaging.dicom.identity import read_identity
from xray_model.imaging.files import read_file
from xray_model.inference.analyze import Analysis
from xray_model.reports.dicom import objects
from xray_model.reports.dicom.secondary_capture import file_bytes, film_capture, overlay_capture
from xray_model.reports.dicom.subject import Subject
from xray_model.reports.figures import overlay_picture
from xray_model.reports.overlay_folder import unused_names


class DicomFolder:
    """Takes each answered film with its picture, and writes its objects into a folder named after the file.

    They name the patient and the study of the file, which is read once more for that (`imaging.dicom.identity`). A file
    that names none, such as a PNG, gets a new patient and study, and the film itself beside the other objects.
    """

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        importlib.import_module("highdicom")  # once, before several threads ask for it
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._names = unused_names(inputs)
        self._strangers: set[Path] = set()

    def sentence(self, path: Path) -> str:
        """Which folder the objects for the image in `path` are in, and whether they name a patient that is made up."""
        made_up = ", with new identifiers" if path in self._strangers else ""
        return f"DICOM: {self._names[path]}{made_up}."

    def write(self, path: Path, analysis: Analysis, bundle: Bundle) -> None:
        """Make and write the objects for the radiograph read from `path`; from any thread."""
        identity = read_identity(read_file(path))
        subject = Subject.of(identity) if identity else Subject.new(analysis.radiograph)
        if subject.is_new:
            self._strangers.add(path)
        place = self._folder / self._names[path]
        place.mkdir(exist_ok=True)
        for kind, found in dicom_objects(analysis, bundle, subject).items():
            (place / f"{kind}.dcm").write_bytes(file_bytes(found))


def dicom_objects(analysis: Analysis, bundle: Bundle, subject: Subject) -> dict[str, Dataset]:
    """What one answer gives, by kind: overlay, report, evidence; lungs if they were found; film if it has no file."""
    found = {
        "overlay": overlay_capture(*overlay_picture(analysis, bundle), bundle, subject),
        "report": objects.report(analysis, bundle, subject),
        "evidence": objects.evidence(analysis, bundle, subject),
    }
    masks = objects.lungs(analysis, bundle, subject)
    found |= {"lungs": masks} if masks is not None else {}
    return found | ({"film": film_capture(analysis.radiograph.pixels, bundle, subject)} if subject.is_new else {})
