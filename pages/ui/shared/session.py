"""What one visitor's session keeps: pictures, answers and settings, in memory, gone when the session ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.shared import cache
from xray_model import PNEUMONIA, RefusedRadiograph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xray_model import (
        Admission,
        Analysis,
        Bundle,
        Heatmap,
        ModelCard,
        OperatingPoint,
        PackedRadiograph,
        Prediction,
        Radiograph,
    )

SAMPLE_SIZE = 512  # pixels: enough to zoom, drawn in 0.2 s
OPACITY = 0.6


@dataclass(frozen=True)
class Sample:
    """A synthetic phantom in the gallery. finding: one of `xray_model.FINDINGS`."""

    seed: int
    finding: str
    title: str

    @property
    def name(self) -> str:
        """Its name in tables and downloads."""
        return f"synthetic phantom {self.seed} ({self.title.lower()})"


@dataclass(frozen=True, eq=False)
class Reading:
    """One image's answer, with its picture packed away in `source`; nothing else of its file is kept.

    upload: the file it came in, perhaps with others. message: why there is no answer; None when there is one.
    refused: it could be read, but shows no upright frontal chest. The rest as in `Prediction` and `Analysis`.
    """

    key: str
    name: str
    source: PackedRadiograph | Sample | None
    upload: str = ""
    message: str | None = None
    logit: float = 0.0
    probability: float = 0.0
    evidence: NDArray[np.float32] | None = None
    refused: bool = False
    unsure: bool = False
    admission: Admission | None = None
    outside: float | None = None
    field: NDArray[np.bool_] | None = None

    @property
    def packed(self) -> PackedRadiograph | None:
        """The picture and the facts of an uploaded image."""
        return self.source if isinstance(self.source, xray_model.PackedRadiograph) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the file."""
        return self.packed.source.notes if self.packed else ()

    def heatmap(self, card: ModelCard, target: str = PNEUMONIA) -> Heatmap:
        """Evidence for `target`; an unreadable file has none."""
        assert self.evidence is not None
        return xray_model.Heatmap.from_evidence(self.evidence, target, card.evidence_reference, self.field)

    def prediction(self, point: OperatingPoint) -> Prediction:
        """The answer decided at `point`: no pass through the network."""
        return xray_model.Prediction(self.logit, self.probability, point.decide(self.probability), point, self.unsure)

    def analysis(self, card: ModelCard, point: OperatingPoint) -> Analysis:
        """The whole answer again, its image decoded anew."""
        assert self.evidence is not None
        assert self.source is not None
        found = (self.evidence, card.evidence_reference, self.admission, self.outside, self.field)
        return xray_model.Analysis(decode(self.source), self.prediction(point), *found)


@dataclass
class Session:
    """One visitor's work. opened: the key of the reading on show.

    uploader, tables: count up to begin the upload widget and the table of results anew. listed: what the upload widget
    held when it was last looked at. finished: uploads that are read and let go. left_out: key -> name of what was not
    opened because the session was full. picture: the opened reading's key and window, its encoded image, its shape.
    """

    page: str = ""
    tables: int = 0
    uploader: int = 0
    readings: dict[str, Reading] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    opened: str | None = None
    opacity: float = OPACITY
    picture: tuple = ()
    own: Bundle | None = None

    @property
    def bundle(self) -> Bundle:
        """The model in use: the visitor's own, else the bundled one; raises `InvalidBundle`."""
        return self.own or cache.bundle()

    @property
    def readable(self) -> list[Reading]:
        """Those with an answer, the highest probability first."""
        found = [reading for reading in self.readings.values() if reading.message is None]
        return sorted(found, key=lambda reading: -reading.probability)

    @property
    def unanswered(self) -> list[Reading]:
        """Those that could not be read or were refused, in the order they came."""
        return [reading for reading in self.readings.values() if reading.message is not None]

    @property
    def size(self) -> int:
        """Bytes of memory that the pictures take."""
        return sum(reading.packed.size for reading in self.readings.values() if reading.packed)

    def add(self, reading: Reading) -> None:
        """Keep a reading; the table of results begins anew, as its order may change."""
        self.readings[reading.key] = reading
        self.tables += 1

    def keep_uploads(self, listed: set[str]) -> None:
        """Forget the readings whose uploads were taken off the upload widget's list."""
        gone, self.listed = self.listed - listed, listed
        self.finished -= gone
        self.left_out = {key: name for key, name in self.left_out.items() if key.partition("/")[0] not in gone}
        for key in [key for key, reading in self.readings.items() if reading.upload in gone]:
            del self.readings[key]
            self.tables += 1

    def use(self, bundle: Bundle | None) -> None:
        """Answer with a model of this visitor's own, None: with the bundled one; every open image is read again."""
        self.own = bundle
        for key, old in list(self.readings.items()):
            if old.source is not None:
                self.readings[key] = answered(key, old.name, decode(old.source), old.source, self.bundle, old.upload)
        self.tables += 1
        self.opened = None

    def clear(self) -> None:
        """Forget every image and answer, and empty the upload widget."""
        self.uploader += 1
        for kept in (self.readings, self.listed, self.finished, self.left_out):
            kept.clear()
        self.opened, self.picture = None, ()


def session() -> Session:
    """This visitor's session; a new one at the first call."""
    return st.session_state.setdefault("session", Session())


def enter(page: str) -> None:
    """Note which page is open: a page left and opened again has an empty upload widget, but keeps its answers."""
    current = session()
    if current.page != page:
        current.page = page
        current.listed.clear()


def decode(source: PackedRadiograph | Sample) -> Radiograph:
    """The picture behind a reading."""
    if isinstance(source, Sample):
        return xray_model.Radiograph.from_array(cache.phantom(source.seed, source.finding, SAMPLE_SIZE))
    return source.radiograph()


def read_sample(key: str, sample: Sample, bundle: Bundle) -> Reading:
    """Analyze a phantom."""
    return answered(key, sample.name, decode(sample), sample, bundle)


def answered(
    key: str, name: str, radiograph: Radiograph, source: PackedRadiograph | Sample, bundle: Bundle, upload: str = ""
) -> Reading:
    """Analyze a radiograph; `source` is what stays of it. An image that the gate refuses keeps the reason alone."""
    try:
        answer = xray_model.analyze(radiograph, bundle)
    except RefusedRadiograph as error:
        return Reading(key, name, None, upload, str(error), refused=True)
    prediction = answer.prediction
    return Reading(
        key,
        name,
        source,
        upload,
        logit=prediction.logit,
        probability=prediction.probability,
        evidence=answer.evidence,
        unsure=prediction.unsure,
        admission=answer.admission,
        outside=answer.outside,
        field=answer.field,
    )
