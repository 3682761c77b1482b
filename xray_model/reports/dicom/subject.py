"""What DICOM objects refer to: the patient, the study and the picture, of a file or newly made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import SecondaryCaptureImageStorage, generate_uid

from xray_model.imaging.dicom.orientation import Turn
from xray_model.imaging.radiograph import Radiograph
from xray_model.reports.dicom.maker import now

if TYPE_CHECKING:
    from xray_model.imaging.dicom.identity import Identity

UNICODE = "ISO_IR 192"
UPRIGHT = ("L", "F")  # rows run to the patient's left, columns to the feet (PS3.3 section C.7.6.1.1.1)
NOBODY = "Research^Not for diagnosis"  # a patient's name, where none is known
REQUIRED = (  # elements that every object has, empty if unknown (PS3.3 sections C.7.1.1 and C.7.2.1)
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"),
)


@dataclass(frozen=True, eq=False)
class Subject:
    """elements: patient and study. image: what identifies the picture that was read, with its rows and columns.

    turn: from that picture, as it is stored, to the upright one. orientation: of the upright one, empty if unknown.
    is_new: whether patient, study and picture were made up, as the file named none or was not asked.
    """

    elements: Dataset
    image: Dataset
    turn: Turn
    orientation: tuple[str, ...]
    is_new: bool

    @classmethod
    def of(cls, identity: Identity) -> Subject:
        """What a file says of itself."""
        elements = _dataset({**dict.fromkeys(REQUIRED, ""), **identity.elements})
        elements.StudyInstanceUID = identity.image["StudyInstanceUID"]
        image = _dataset({**identity.image, "Rows": identity.rows, "Columns": identity.columns})
        return cls(elements, image, identity.turn, UPRIGHT if identity.oriented else (), False)

    @classmethod
    def new(cls, radiograph: Radiograph) -> Subject:
        """Somebody without a name, with a number and identifiers drawn at random."""
        height, width = radiograph.pixels.shape
        study = generate_uid(prefix=None)
        number = study.rpartition(".")[2][-12:]
        elements = _dataset({**dict.fromkeys(REQUIRED, ""), "PatientName": NOBODY, "PatientID": f"research-{number}"})
        elements.StudyDate, elements.StudyTime = now()
        elements.StudyID = number
        elements.StudyInstanceUID = study
        elements.PatientIdentityRemoved = "YES"
        elements.DeidentificationMethod = "Only the picture was kept, no header"
        identifiers = {"SOPInstanceUID": generate_uid(prefix=None), "SeriesInstanceUID": generate_uid(prefix=None)}
        kind = {"SOPClassUID": SecondaryCaptureImageStorage, "StudyInstanceUID": study}
        return cls(elements, _dataset({**identifiers, **kind, "Rows": height, "Columns": width}), Turn(), (), True)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture as it is stored."""
        return int(self.image.Rows), int(self.image.Columns)

    @property
    def upright_shape(self) -> tuple[int, int]:
        """Height and width of the picture once it is upright."""
        rows, columns = self.shape
        return (columns, rows) if self.turn.exchange else (rows, columns)

    @property
    def directions(self) -> tuple[str, str]:
        """Where the rows and the columns of the stored picture run to, as the turn that makes it upright tells."""
        rows, columns = "R" if self.turn.mirror else "L", "H" if self.turn.upend else "F"
        return (columns, rows) if self.turn.exchange else (rows, columns)

    def stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Upright (height, width) values, laid as the picture is stored."""
        return np.asarray(self.turn.stored(values))


def _dataset(elements: dict[str, Any]) -> Dataset:
    found = Dataset()
    found.SpecificCharacterSet = UNICODE
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found
