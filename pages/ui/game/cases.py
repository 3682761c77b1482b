"""A phantom prepared for the board: its picture, the truth with its outline, and the model's own answer to it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

import xray_model
from pages.ui.game.scoring import Call, Outcome
from pages.ui.shared import component, viewer
from xray_model import DEFAULT_COLORMAP, Bundle

SIZE = 448  # pixels a side, as phantoms are drawn for the figures on the model's card
MAP_SIZE = 112  # pixels a side of the evidence; the browser enlarges it smoothly
FINE = 1.0  # pixels: how far the drawn outline may leave the mask's


@dataclass(frozen=True, eq=False)
class Case:
    """A phantom with its truth and the model's answer. mask: bool (SIZE, SIZE), empty for a clear chest.

    picture, evidence: data URIs; evidence None if the map is empty. outline: polygons of (x, y) in [0, 1].
    """

    picture: str
    truth: str
    finding: str
    mask: NDArray[np.bool_]
    outline: list[list[list[float]]]
    evidence: str | None
    model: Call

    def outcome(self, call: Call) -> Outcome:
        """The call beside this truth."""
        found = None
        if self.mask.any():
            found = call.place is not None and xray_model.hits_opacity(call.place, self.mask)
        return Outcome(call, self.truth, found)


@st.cache_resource(show_spinner=False, max_entries=48)
def prepare(seed: int, finding: str, model: str, _bundle: Bundle) -> Case:  # noqa: ARG001 - part of the key
    """Draw the phantom and ask the bundle, once for all visitors. model: the bundle's hash.

    The model is as sure of its label as its probability says; its place is the peak of its map for PNEUMONIA.
    """
    phantom = xray_model.draw_phantom(seed, finding, SIZE)
    radiograph = xray_model.Radiograph.from_array(phantom.pixels)
    answer = xray_model.analyze(radiograph, _bundle)
    found, heatmap = answer.prediction, answer.heatmap
    sure = found.probability if found.label == xray_model.PNEUMONIA else 1 - found.probability
    evidence = None if heatmap.is_empty else component.data_uri(heatmap.coloured(MAP_SIZE, MAP_SIZE, DEFAULT_COLORMAP))
    return Case(
        picture=viewer.encode(radiograph),
        truth=phantom.label,
        finding=finding,
        mask=phantom.opacity_mask,
        outline=outline(phantom.opacity_mask),
        evidence=evidence,
        model=Call(found.label, sure, heatmap.peak),
    )


def outline(mask: NDArray[np.bool_]) -> list[list[list[float]]]:
    """The mask's outer contours, as polygons of (x, y) in [0, 1]; specks of a few pixels are left out."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    fine = [cv2.approxPolyDP(contour, FINE, True)[:, 0] for contour in contours]
    return [np.round((line + 0.5) / len(mask), 4).tolist() for line in fine if len(line) > 2]
