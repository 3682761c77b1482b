"""What one visitor's session keeps: pictures, answers and settings, in memory, gone when the session ends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

import xray_model
from pages.ui.shared import cache, page_log, picture_budget
from pages.ui.shared.turns import turns
from xray_model import RefusedRadiograph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xray_model import Analysis, Bundle, ModelCard, OperatingPoint, PackedRadiograph, Prediction, Proof, Radiograph

SAMPLE_SIZE = 512  # pixels: enough to zoom, drawn in 0.2 s
SYNTHETIC = "synthetic phantom"  # in the place of a file's format
OPACITY = 0.6
LOST = "Its picture made room for other visitors' while this page rested. Add it again."
# Key of st.session_state under which the Augmentation page leaves an `AugmentationPolicy` for the Train page.
TRAINING_POLICY = "training-augmentation"


@dataclass(frozen=True)
class Sample:
    """A synthetic phantom in the gallery. finding: one of `xray_model.FINDINGS`. hospital: of `HOSPITALS`."""

    seed: int
    finding: str
    title: str
    hospital: str = "home"

    @property
    def name(self) -> str:
        """Its name in tables and downloads."""
        return f"synthetic phantom {self.seed} ({self.title.lower()})"


@dataclass(frozen=True, eq=False)
class Setting:
    """What a visitor chose for all images: the card's operating point that decides, and how common pneumonia is among
    the people photographed, a share from 0.01 to 0.9."""

    card: ModelCard
    point: OperatingPoint
    prevalence: float

    @property
    def threshold(self) -> float:
        """The operating point's, told for the prevalence, as probabilities are."""
        return self.told(self.point.threshold)

    def told(self, probability: float) -> float:
        """A probability of the card's own prevalence, told for this one."""
        return float(xray_model.at_prevalence(probability, self.prevalence, self.card.prevalence))


@dataclass(frozen=True, eq=False)
class Reading:
    """An image with its answer. Nothing else of its file is kept.

    upload: id of the file it came in, which may hold several images. source: the picture. answer: the `Analysis`, whose
    radiograph has no pixels, as `source` holds them in less memory. thumbnail: a small picture, as a data URI.
    """

    key: str
    name: str
    source: PackedRadiograph | Sample
    answer: Analysis
    thumbnail: str
    upload: str = ""

    @property
    def packed(self) -> PackedRadiograph | None:
        """The picture and facts of an uploaded image; None for a phantom."""
        return self.source if isinstance(self.source, xray_model.PackedRadiograph) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the file."""
        return self.packed.source.notes if self.packed else ()

    def prediction(self, setting: Setting) -> Prediction:
        """The prediction in another setting, without another pass through the network."""
        logit = self.answer.prediction.logit
        return xray_model.predict(logit, setting.card, setting.point, setting.prevalence)

    def analysis(self, setting: Setting) -> Analysis:
        """The whole answer in a setting, with the picture decoded again."""
        return replace(self.answer, radiograph=decode(self.source), prediction=self.prediction(setting))


@dataclass(frozen=True)
class Unanswered:
    """An image without an answer. message: the reason, as a sentence.

    refused: it could be read but shows no upright frontal chest; otherwise it could not be read.
    """

    key: str
    name: str
    message: str
    upload: str = ""
    refused: bool = False


@dataclass(eq=False)
class Session:
    """One visitor's images, answers and settings. opened: key of the reading on the screen.

    uploader: number in the key of the upload widget; a new number resets it. listed: upload ids in the widget at the
    last run. finished: upload ids that have been read and released. left_out: key -> name of images not opened because
    the session was full. pictures: (key, window) -> encoded image and its shape. proofs: those that were asked for, by
    the reading's key. own: the visitor's model, if it is in use; of_elsewhere: whether it learned from the other
    hospital's phantoms; tried: the last one that was in use. beside: the last answer of another model to an open image,
    after that model's name. single: upload widget -> id and picture of a page's only upload, or why there is none.
    touched: when the visitor last did something, by the monotonic clock. lost: how many images made room for others',
    and after how many seconds of rest, until the next one is opened.
    """

    page: str = ""
    uploader: int = 0
    readings: dict[str, Reading | Unanswered] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    opened: str | None = None
    opacity: float = OPACITY
    pictures: dict[tuple, tuple[str, tuple[int, int]]] = field(default_factory=dict)
    own: Bundle | None = None
    of_elsewhere: bool = False
    tried: Bundle | None = None
    beside: tuple[str, Reading | Unanswered] | None = None
    proofs: dict[str, Proof] = field(default_factory=dict)
    single: dict[str, tuple[str, PackedRadiograph | str]] = field(default_factory=dict)
    touched: float = field(default_factory=time.monotonic)
    lost: tuple[int, float] | None = None

    @property
    def bundle(self) -> Bundle:
        """The model in use: the visitor's own, else the bundled one; raises `InvalidBundle`."""
        return self.own or cache.bundle()

    @property
    def answered(self) -> list[Reading]:
        """Images with an answer, in the order they came."""
        return [reading for reading in self.readings.values() if isinstance(reading, Reading)]

    @property
    def readable(self) -> list[Reading]:
        """Images with an answer, the highest probability first."""
        return sorted(self.answered, key=lambda reading: -reading.answer.prediction.probability)

    @property
    def unanswered(self) -> list[Unanswered]:
        """Images that could not be read or were refused, in the order they came."""
        return [reading for reading in self.readings.values() if isinstance(reading, Unanswered)]

    @property
    def size(self) -> int:
        """Bytes of memory that the pictures take."""
        readings, single = list(self.readings.values()), list(self.single.values())
        pictures = [reading.packed for reading in readings if isinstance(reading, Reading)]
        pictures += [kept for _, kept in single if not isinstance(kept, str)]
        return sum(picture.size for picture in pictures if picture)

    def proof(self, reading: Reading, setting: Setting) -> Proof | None:
        """The reading's proof if it was asked for, its probabilities told for the setting's prevalence."""
        found = self.proofs.get(reading.key)
        return found and xray_model.proof_at(found, setting.prevalence, setting.card)

    def add(self, reading: Reading | Unanswered) -> None:
        """Keep a reading."""
        self.readings[reading.key] = reading
        self.touched, self.lost = time.monotonic(), None

    def keep_uploads(self, listed: set[str]) -> None:
        """Forget the readings of uploads that the visitor removed from the widget. listed: upload ids still in it."""
        gone, self.listed = self.listed - listed, listed
        self.finished -= gone
        self.left_out = {key: name for key, name in self.left_out.items() if key.partition("/")[0] not in gone}
        for key in [key for key, reading in self.readings.items() if reading.upload in gone]:
            del self.readings[key]
            self.proofs.pop(key, None)
            self._forget_pictures(key)

    def _forget_pictures(self, key: str) -> None:
        self.pictures = {place: kept for place, kept in self.pictures.items() if place[0] != key}
        if self.beside and self.beside[1].key == key:
            self.beside = None

    def use(self, bundle: Bundle | None, *, of_elsewhere: bool = False) -> None:
        """Switch to a model of the visitor's own, or back with None, and analyze every open image again."""
        self.of_elsewhere = of_elsewhere
        self.own, self.tried, self.beside = bundle, bundle or self.tried, None
        self.proofs.clear()
        for old in self.readable:
            with turns().turn():
                self.readings[old.key] = answered(
                    old.key, old.name, decode(old.source), old.source, self.bundle, old.upload
                )
        self.opened = None

    def lose(self) -> int:
        """Give up all uploaded pictures for others'; returns their bytes. Only phantoms stay.

        What a run under way reads is left as it is, so everything is replaced and nothing changed in place.
        """
        size = self.size
        if not size:
            return 0
        count = sum(isinstance(reading, Reading) and reading.packed is not None for reading in self.readings.values())
        self.lost = (count + len(self.single), time.monotonic() - self.touched)
        self.uploader += 1
        self.readings = {key: reading for key, reading in self.readings.items() if not reading.upload}
        self.single = {widget: (key, LOST) for widget, (key, _) in self.single.items()}
        self.listed, self.left_out, self.proofs, self.pictures = set(), {}, {}, {}
        self.opened = self.beside = None
        return size

    def clear(self) -> None:
        """Forget every image and answer, and empty the upload widget."""
        self.uploader += 1
        self.lost = None
        for kept in (self.readings, self.listed, self.finished, self.left_out, self.proofs):
            kept.clear()
        self.opened, self.pictures, self.beside = None, {}, None


def session() -> Session:
    """This visitor's session, made at the first call."""
    if "session" not in st.session_state:
        st.session_state["session"] = Session()
        picture_budget.budget().join(st.session_state["session"])
        page_log.follow(st.session_state["session"])
    current: Session = st.session_state["session"]
    current.touched = time.monotonic()
    return current


def enter(page: str) -> None:
    """Note which page is open. On a page opened again the upload widget is empty, but the answers stay."""
    current = session()
    if current.page != page:
        current.page = page
        current.listed.clear()


def show_value(key: str, value: Any) -> None:
    """Make the widget with this key show `value`, without touching one that already does."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def decode(source: PackedRadiograph | Sample) -> Radiograph:
    """The picture of a reading."""
    if isinstance(source, Sample):
        drawn = xray_model.Radiograph.from_array(_drawn(source))
        return replace(drawn, source=replace(drawn.source, format=SYNTHETIC))  # on what is taken away as well
    return source.radiograph()


def _drawn(sample: Sample) -> NDArray[np.uint8]:
    return cache.phantom(sample.seed, sample.finding, SAMPLE_SIZE, sample.hospital)


def answered(
    key: str, name: str, radiograph: Radiograph, source: PackedRadiograph | Sample, bundle: Bundle, upload: str = ""
) -> Reading | Unanswered:
    """The result of analyzing `radiograph`, which `source` holds packed. A refused image keeps only the reason."""
    try:
        answer = xray_model.analyze(radiograph, bundle)
    except RefusedRadiograph as error:
        return Unanswered(key, name, str(error), upload, refused=True)
    from pages.ui.shared import thumbnail  # not above: the first page need not wait for NumPy and OpenCV

    no_pixels = replace(radiograph, pixels=radiograph.pixels[:0, :0].copy(), levels=None)  # a view would keep them all
    small = thumbnail.encode(radiograph)
    return Reading(key, name, source, replace(answer, radiograph=no_pixels), small, upload)
