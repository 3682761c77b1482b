"""Files in class folders, read some at a time in decoders of their own: so that a page can say how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.class_folders import ClassFile
from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.imaging.radiograph import input_grey
from xray_model.imaging.sandbox import WORKERS, decoders
from xray_model.labels import LABELS

AT_ONCE = 16  # files between two looks at the reading: a tenth of a second


class ClassReading:
    """Files being read. Interrupted between two calls of `advance`, it goes on where it was.

    found: each file that could be read, with its uint8 (size, size) pixels. unreadable: name -> why.
    """

    def __init__(self, files: Sequence[ClassFile], fetch: Callable[[str], bytes], size: int) -> None:
        """fetch: a file's bytes by its name, or `InvalidRadiograph`."""
        self._files, self._fetch, self._size = files, fetch, size
        self.done = 0
        self.found: list[tuple[ClassFile, NDArray[np.uint8]]] = []
        self.unreadable: dict[str, str] = {}

    @property
    def total(self) -> int:
        """Files in all."""
        return len(self._files)

    def advance(self) -> bool:
        """Read the next `AT_ONCE` files; False when none are left."""
        chosen = self._files[self.done : self.done + AT_ONCE]
        with ThreadPoolExecutor(WORKERS) as pool:
            for file, answer in zip(chosen, pool.map(self._read, chosen), strict=True):
                if isinstance(answer, str):
                    self.unreadable[file.name] = answer
                else:
                    self.found.append((file, answer))
        self.done += len(chosen)
        return self.done < self.total

    def _read(self, file: ClassFile) -> NDArray[np.uint8] | str:
        try:
            return input_grey(decoders(WORKERS).decode(self._fetch(file.name), self._size).pixels, self._size)
        except InvalidRadiograph as error:
            return str(error)


def check_labels(files: Sequence[ClassFile], place: str) -> None:
    """Raise `InvalidDataset` unless both labels are there. place: "folder" or "archive", for the sentence."""
    missing = [label for label in LABELS if label not in {file.label for file in files}]
    if missing:
        raise InvalidDataset(
            f"The {place} has no images in {' and none in '.join(f'{label}/' for label in missing)}; expected both "
            f"{' and '.join(f'{label}/' for label in LABELS)} inside."
        )
