"""A bundle's folder as an object ready to answer: every file checked against the card before it is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from xray_model.bundles.card import CARD_FILE, MODEL_FILE, NO_LUNGS, ModelCard
from xray_model.bundles.folders import FETCH, find_bundle, verify_file
from xray_model.bundles.litert import Runtime
from xray_model.bundles.lung_finder import LungFinder, load_lung_finder
from xray_model.errors import InvalidBundle


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified bundle. `hash` is the first 12 hex digits of the SHA-256 of `model.tflite`.

    finder: finds the lungs and stands at the gate; None for a card that says `lungs: none`.
    """

    folder: Path
    card: ModelCard
    runtime: Runtime
    finder: LungFinder | None = None

    @property
    def name(self) -> str:
        """The card's name, such as `mobilenet-kermany-v2`."""
        return self.card.name

    @property
    def hash(self) -> str:
        """What to quote beside a result, with name and version."""
        return self.card.files[MODEL_FILE][:12]

    def sibling(self, threads: int = 1) -> Bundle:
        """The same bundle around a network of its own, which no other thread waits for."""
        finder = self.finder.sibling(threads) if self.finder else None
        return replace(self, runtime=Runtime(self.folder / MODEL_FILE, threads), finder=finder)


def load_bundle(name: str | Path | None = None, threads: int | None = None) -> Bundle:
    """Verify and open a bundle: a name in `weights/`, a folder, or the newest bundle without a name.

    threads: of the network; without a number the cores, at most 8.
    Raises `InvalidBundle` with what is missing or damaged.
    """
    folder = find_bundle(name)
    card = ModelCard.from_file(folder / CARD_FILE)
    if MODEL_FILE not in card.files:
        raise InvalidBundle(f"{card.name}: card.json lists no {MODEL_FILE}. {FETCH}")
    for file_name, expected in card.files.items():
        if Path(file_name).name != file_name:
            raise InvalidBundle(
                f"{card.name}: card.json lists {file_name!r}; expected a file of its own folder. {FETCH}"
            )
        verify_file(folder / file_name, expected)
    runtime = Runtime(folder / MODEL_FILE, threads)
    if runtime.input_size != card.input_size:
        raise InvalidBundle(
            f"{card.name}: {MODEL_FILE} takes {runtime.input_size} pixels, card.json says {card.input_size}. {FETCH}"
        )
    finder = None if card.lungs == NO_LUNGS else load_lung_finder(threads=threads)
    return Bundle(folder, card, runtime, finder)
