"""Rows of small pictures: examples before a run; images of a cell, or mistakes, after it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.shared import component, wording
from xray_model import LABELS, PNEUMONIA, Heatmap, RunResult

JPEG_QUALITY = 88
TILE_SIZE = 176  # pixels of a picture in a row
TILE = '<figure><img src="{src}" alt="{alt}"><figcaption><b>{title}</b>{words}</figcaption></figure>'


@dataclass(frozen=True)
class Tile:
    """A picture as a data URI, with a title and a line of words."""

    src: str
    title: str
    words: str = ""


def tiles(shown: Sequence[Tile], name: str) -> None:
    """Draw pictures in rows. name: for tests and styles."""
    figures = "".join(
        TILE.format(
            src=tile.src,
            alt=html.escape(f"{tile.title} {tile.words}".strip()),
            title=html.escape(tile.title),
            words=f"<span>{html.escape(tile.words)}</span>" if tile.words else "",
        )
        for tile in shown
    )
    st.html(f'<div class="film-strip" data-testid="train-{name}">{figures}</div>')


def result_tiles(result: RunResult, indices: Iterable[int]) -> list[Tile]:
    """Tiles of validation images, overlaid with the new model's evidence for its decision."""
    return [_result_tile(result, int(index)) for index in indices]


def _result_tile(result: RunResult, index: int) -> Tile:
    probability = float(result.probabilities[index])
    target = PNEUMONIA if probability >= result.threshold else LABELS[0]
    heatmap = Heatmap.from_evidence(result.evidence[index], target, result.card.evidence_reference)
    picture = heatmap.overlay(cv2.resize(result.grey[index], (TILE_SIZE, TILE_SIZE), interpolation=cv2.INTER_AREA))
    words = f"called {target}, {wording.percent(probability)}"
    return Tile(encode(picture), LABELS[int(result.labels[index])], words)


def encode(pixels: NDArray[np.uint8]) -> str:
    """Grey (h, w) or RGB (h, w, 3) as a data URI."""
    return component.data_uri(pixels, "jpeg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
