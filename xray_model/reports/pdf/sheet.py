"""A sheet of paper to write and draw on, in millimetres from its top left corner.

Text is set in Helvetica, which every PDF reader has: it stays text that can be searched, and no font is embedded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidConfig

PAPERS = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}  # millimetres
MARGIN = 15.0
INCH, POINT = 25.4, 25.4 / 72  # millimetres
LEADING = 1.36  # of the type's size
INK, MUTED, ACCENT, RULE, PANEL, ALERT = "#10202c", "#566673", "#0a5f94", "#cfd8df", "#eff3f6", "#9a4a00"
SETTINGS: Any = {
    "pdf.use14corefonts": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica"],
    "font.weight": "medium",  # Adobe's name for upright
}
PLAIN = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NON-BREAKING HYPHEN}": "-", "\N{EN DASH}": "-"})

_settings = Lock()  # Matplotlib's settings are one for all threads


@contextmanager
def typeset() -> Iterator[None]:
    """Matplotlib with this report's settings; one thread at a time."""
    import matplotlib

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # about names of weights
    with _settings, matplotlib.rc_context(SETTINGS):
        yield


class Sheet:
    """One page. x and y: millimetres from the left and the top; sizes of type in points."""

    def __init__(self, paper: str) -> None:
        """paper: one of `PAPERS`, else `InvalidConfig`."""
        from matplotlib.figure import Figure

        if paper not in PAPERS:
            raise InvalidConfig(f"Unknown paper {paper!r}: choose one of {', '.join(PAPERS)}.")
        self.width, self.height = PAPERS[paper]
        self.left, self.right = MARGIN, self.width - MARGIN
        self.figure = Figure(figsize=(self.width / INCH, self.height / INCH))
        self.figure.suppressComposite = True  # a picture and the map on it keep their own resolution

    def text(self, x: float, y: float, words: str, size: float = 9, align: str = "left", **style: Any) -> None:
        """One line whose baseline lies at y. style: Matplotlib's, such as color and weight."""
        style = {"color": INK, "weight": "medium"} | style
        self.figure.text(
            x / self.width, 1 - y / self.height, words.translate(PLAIN), size=size, ha=align, va="baseline", **style
        )

    def paragraph(self, x: float, y: float, width: float, words: str, size: float = 9, **style: Any) -> float:
        """Wrapped lines, the first with its top at y; returns the y below the last one."""
        step = size * POINT * LEADING
        for line in wrapped(words.translate(PLAIN), width, size, style.get("weight") == "bold"):
            y += step
            self.text(x, y - 0.3 * step, line, size, **style)
        return y

    def box(self, x: float, y: float, width: float, height: float, color: str, **style: Any) -> None:
        """A filled rectangle with its top left corner at x and y."""
        from matplotlib.patches import Rectangle

        corner = (x / self.width, 1 - (y + height) / self.height)
        size = (width / self.width, height / self.height)
        style = {"linewidth": 0, "zorder": -1} | style  # behind pictures
        self.figure.add_artist(Rectangle(corner, *size, facecolor=color, transform=self.figure.transFigure, **style))

    def rule(self, y: float, left: float | None = None, right: float | None = None, color: str = RULE) -> None:
        """A hairline across the page, or from left to right."""
        start, end = self.left if left is None else left, self.right if right is None else right
        self.box(start, y, end - start, 0.18, color)

    def axes(self, x: float, y: float, width: float, height: float) -> Any:
        """Matplotlib axes with their top left corner at x and y."""
        place = (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(place)

    def picture(self, x: float, y: float, width: float, height: float, *layers: NDArray[np.uint8]) -> None:
        """Pictures over one another, each filling the same rectangle: grey (h, w) or RGBA (h, w, 4)."""
        axes = self.axes(x, y, width, height)
        axes.set_axis_off()
        for pixels in layers:
            grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels.ndim == 2 else {}
            axes.imshow(pixels, interpolation="none", aspect="auto", extent=(0, 1, 0, 1), **grey)


def wrapped(words: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Lines of at most `width` millimetres."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def text_width(words: str, size: float, bold: bool = False) -> float:
    """Millimetres that a line takes."""
    widths = _widths("Helvetica-Bold" if bold else "Helvetica")
    return sum(widths.get(ord(sign), 0.556) for sign in words) * size * POINT


@lru_cache(maxsize=2)
def _widths(font: str) -> dict[int, float]:
    """Width of each sign in type sizes, from Adobe's metrics, which Matplotlib brings along."""
    import matplotlib

    lines = (Path(matplotlib.get_data_path()) / "fonts" / "pdfcorefonts" / f"{font}.afm").read_text("latin-1")
    found = {}
    for line in lines.splitlines():
        if line.startswith("C "):  # such as "C 32 ; WX 278 ; N space ; B 0 0 0 0 ;"
            fields: Sequence[str] = line.split()
            found[int(fields[1])] = float(fields[4]) / 1000
    return found
