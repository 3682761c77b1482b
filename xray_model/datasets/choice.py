"""`DataChoice`, which images a run learns from, as plain values that are checked and stored as JSON."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from xray_model.datasets.pneumoniamnist import MD5
from xray_model.errors import InvalidConfig

KINDS = PHANTOMS, ELSEWHERE, PUBLIC, ARCHIVE, FOLDER = ("phantoms", "other-hospital", "pneumoniamnist", "zip", "folder")
DRAWN = (PHANTOMS, ELSEWHERE)  # by this app, in any number
FEWEST, MOST = 20, 20_000  # images: fewer cannot be split and measured, more do not fit a small host's memory
FIELDS = {
    PHANTOMS: ("count",),
    ELSEWHERE: ("count",),
    PUBLIC: ("count", "size"),
    ARCHIVE: ("count", "path", "sha256"),
    FOLDER: ("count", "path"),
}


@dataclass(frozen=True)
class DataChoice:
    """What to train on. kind: one of `KINDS`. count: images to take, None for all; phantoms need a number.

    path: a folder's name below $XRAY_DATA_DIR, or the file name of an archive, with its sha256. size: pixels of
    PneumoniaMNIST's images, 64, 128 or 224. left_out: names of images that are not trained or measured on. Raises
    `InvalidConfig`.
    """

    kind: str = PHANTOMS
    count: int | None = 600
    path: str | None = None
    size: int = 64
    sha256: str | None = None
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidConfig(f"Got data {self.kind!r}; expected one of {', '.join(KINDS)}.")
        is_number = type(self.count) is int and FEWEST <= self.count <= MOST
        if not is_number and (self.count is not None or self.kind in DRAWN):
            raise InvalidConfig(f"Got {self.count!r} images; expected a whole number from {FEWEST} to {MOST:,}.")
        if self.size not in MD5:
            raise InvalidConfig(f"PneumoniaMNIST comes at {', '.join(map(str, MD5))} pixels; got {self.size!r}.")
        if not isinstance(self.path, str | None):
            raise InvalidConfig(f"Got {self.path!r}; expected the name of a folder or of an archive.")
        if not all(isinstance(name, str) for name in self.left_out):
            raise InvalidConfig("The images that are left out are not given by name.")
        if self.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", str(self.sha256)):
            raise InvalidConfig(f"Got the sha256 {self.sha256!r} of the archive; expected 64 hexadecimal digits.")

    def to_dict(self) -> dict[str, Any]:
        """The fields that matter for its kind, as plain values for JSON."""
        values = asdict(self)
        left_out = {"left_out": list(self.left_out)} if self.left_out else {}
        return {"kind": self.kind} | {name: values[name] for name in FIELDS[self.kind]} | left_out

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> DataChoice:
        """The choice that `to_dict` wrote; raises `InvalidConfig`."""
        try:
            return cls(**{**settings, "left_out": tuple(settings.get("left_out", ()))})
        except (TypeError, AttributeError) as error:
            raise InvalidConfig(f"The choice of data cannot be read ({error}).") from error
