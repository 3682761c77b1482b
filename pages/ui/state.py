"""What one visitor's session keeps: uploads, answers and settings, in memory, gone when the session ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui import cache
from xray_model import (
    PNEUMONIA,
    Analysis,
    Bundle,
    Heatmap,
    InvalidRadiograph,
    ModelCard,
    OperatingPoint,
    Prediction,
    Radiograph,
    analyze,
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
    """One image's answer, without its pixels: those are decoded again from `source` when it is opened.

    message: why the file could not be read; None when it was. evidence: signed, (h, w), logits per cell.
    """

    key: str
    name: str
    source: bytes | Sample
    message: str | None = None
    logit: float = 0.0
    probability: float = 0.0
    evidence: NDArray[np.float32] | None = None
    notes: tuple[str, ...] = ()

    def heatmap(self, card: ModelCard, target: str = PNEUMONIA) -> Heatmap:
        """Evidence for `target`; an unreadable file has none."""
        assert self.evidence is not None
        return Heatmap.from_evidence(self.evidence, target, card.evidence_reference)

    def prediction(self, point: OperatingPoint) -> Prediction:
        """The answer decided at `point`: no pass through the network."""
        return Prediction(self.logit, self.probability, point.decide(self.probability), point)

    def analysis(self, card: ModelCard, point: OperatingPoint) -> Analysis:
        """The whole answer again, its image decoded anew."""
        assert self.evidence is not None
        return Analysis(decode(self.source), self.prediction(point), self.evidence, card.evidence_reference)


@dataclass
class Session:
    """One visitor's work. opened: the key of the reading on show.

    uploader, tables: count up to begin the upload widget and the table of results anew. listed: what the upload widget
    held when it was last looked at. picture: the opened reading's key and its encoded image.
    """

    page: str = ""
    tables: int = 0
    uploader: int = 0
    readings: dict[str, Reading] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    opened: str | None = None
    opacity: float = OPACITY
    picture: tuple[str, str] = ("", "")
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
    def unreadable(self) -> list[Reading]:
        """Those that could not be read, in the order they came."""
        return [reading for reading in self.readings.values() if reading.message is not None]

    def add(self, reading: Reading) -> None:
        """Keep a reading; the table of results begins anew, as its order may change."""
        self.readings[reading.key] = reading
        self.tables += 1

    def remove(self, keys: set[str]) -> None:
        """Forget the readings with these keys."""
        for key in keys & self.readings.keys():
            del self.readings[key]
            self.tables += 1

    def use(self, bundle: Bundle | None) -> None:
        """Answer with a model of this visitor's own, None: with the bundled one; every open image is read again."""
        self.own = bundle
        for key, old in list(self.readings.items()):
            if old.message is None:
                self.readings[key] = read(key, old.name, old.source, self.bundle)
        self.tables += 1
        self.opened = None

    def clear(self) -> None:
        """Forget every image and answer, and empty the upload widget."""
        self.uploader += 1
        self.readings.clear()
        self.listed.clear()
        self.opened, self.picture = None, ("", "")


def session() -> Session:
    """This visitor's session; a new one at the first call."""
    return st.session_state.setdefault("session", Session())


def enter(page: str) -> None:
    """Note which page is open: a page left and opened again has an empty upload widget, but keeps its answers."""
    current = session()
    if current.page != page:
        current.page = page
        current.listed.clear()


def decode(source: bytes | Sample) -> Radiograph:
    """The picture behind a reading; raises `InvalidRadiograph`."""
    if isinstance(source, Sample):
        return Radiograph.from_array(cache.phantom(source.seed, source.finding, SAMPLE_SIZE))
    return Radiograph.from_bytes(source)


def read(key: str, name: str, source: bytes | Sample, bundle: Bundle) -> Reading:
    """Decode and analyze one image; a file that cannot be read becomes a reading that says why."""
    try:
        radiograph = decode(source)
    except InvalidRadiograph as error:
        return Reading(key, name, b"", str(error))
    answer = analyze(radiograph, bundle)
    notes = radiograph.source.notes
    return Reading(
        key, name, source, None, answer.prediction.logit, answer.prediction.probability, answer.evidence, notes
    )


def take_uploads(current: Session, files: Iterable, bundle: Bundle) -> Iterator[tuple[int, int]]:
    """Read what is new in the upload widget, drop what was removed there; yields (done, all) as it goes."""
    files = list(files)
    ids = {file.file_id for file in files}
    current.remove(current.listed - ids)
    current.listed = ids
    fresh = [file for file in files if file.file_id not in current.readings]
    for done, file in enumerate(fresh):
        yield done, len(fresh)
        current.add(read(file.file_id, file.name, file.getvalue(), bundle))
        current.opened = None  # the highest probability is opened
