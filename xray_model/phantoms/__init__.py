"""Procedural chest radiographs of children, with known truth: synthetic test data, never for diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xray_model.errors import InvalidConfig
from xray_model.phantoms import anatomy, bones, detail, detector
from xray_model.phantoms.canvas import Canvas
from xray_model.phantoms.hospital import ELSEWHERE, HOME, HOSPITALS, Hospital
from xray_model.phantoms.opacities import MASK_FRACTION, draw_opacity

__all__ = [
    "ELSEWHERE",
    "FINDINGS",
    "HOME",
    "HOSPITALS",
    "MASK_FRACTION",
    "SIZES",
    "UPLOAD_SIZE",
    "Hospital",
    "Phantom",
    "draw_phantom",
]

FINDINGS = ("none", "lobar", "patchy", "interstitial")
SIZES = range(64, 2049)  # below 64 pixels a rib is thinner than one
UPLOAD_SIZE = 448  # phantoms that networks are judged on are drawn at this size and reduced, as uploads are


@dataclass(frozen=True)
class Phantom:
    """One synthetic radiograph and what is true of it: arrays (size, size), pixels uint8 (bright is dense), masks bool.

    opacity_mask: where the opacity adds more than MASK_FRACTION of its greatest added attenuation (for "interstitial":
    of the haze without its fine lines); empty for "none". lung_mask: both visible lung fields (heart and mediastinum
    left out), before any opacity. finding: one of FINDINGS. seed: what the phantom was drawn from.
    """

    pixels: np.ndarray
    opacity_mask: np.ndarray
    lung_mask: np.ndarray
    finding: str
    seed: int

    @property
    def label(self) -> str:
        """PNEUMONIA or NORMAL."""
        return "NORMAL" if self.finding == "none" else "PNEUMONIA"


def draw_phantom(seed: int, finding: str | None = None, size: int = 512, hospital: Hospital = HOME) -> Phantom:
    """Draw a frontal chest radiograph; raises `InvalidConfig` for a finding, size or seed outside of these.

    seed: any non-negative integer; the same seed gives the same pixels, and the same person for each finding. finding:
    one of FINDINGS; None draws it from the seed, half "none". size: side of the square image in pixels, 64 to 2048;
    the scene is the same at each. hospital: whose people and technique; a seed has the same finding at each.
    """
    check_arguments(seed, finding, size)
    streams = np.random.SeedSequence(seed).spawn(4)
    choice, body, opacity, noise = (np.random.Generator(np.random.PCG64(stream)) for stream in streams)
    finding = draw_finding(choice) if finding is None else finding
    canvas = Canvas(size, anatomy.draw_pose(body, hospital))
    chest = draw_chest(canvas, body, hospital)
    mask, attenuation = np.zeros((size, size), bool), chest.attenuation
    if finding != "none":
        added, mask = draw_opacity(canvas, chest, finding, opacity, hospital.filling)
        attenuation = attenuation + added
    exposure = detector.draw_exposure(body, hospital)
    pixels = expose(canvas, chest, attenuation, exposure, body, noise)
    return Phantom(pixels, mask, chest.lungs, finding, seed)


def check_arguments(seed: int, finding: str | None, size: int) -> None:
    """Raise an InvalidConfig that says what came, what was expected and what to do."""
    if finding is not None and finding not in FINDINGS:
        raise InvalidConfig(f"unknown finding {finding!r}: expected one of {FINDINGS}, or None to leave it to the seed")
    if not isinstance(size, (int, np.integer)) or size not in SIZES:
        raise InvalidConfig(f"size {size!r} cannot be drawn: pass a whole number from {SIZES[0]} to {SIZES[-1]}")
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InvalidConfig(f"seed {seed!r} cannot be used: pass a whole number of 0 or more")


def draw_finding(rng: np.random.Generator) -> str:
    """Half "none", the other half spread evenly over the three findings."""
    return "none" if rng.random() < 0.5 else FINDINGS[rng.integers(1, len(FINDINGS))]


def finding_of(seed: int) -> str:
    """What `draw_phantom` draws from a seed that is left to choose, without drawing it."""
    return draw_finding(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed).spawn(1)[0])))


def draw_chest(canvas: Canvas, rng: np.random.Generator, hospital: Hospital = HOME) -> anatomy.Chest:
    """One person's chest without any opacity."""
    build = anatomy.draw_build(rng, hospital)
    wobble = rng.standard_normal((3, bones.RIB_PAIRS, 2))
    air, lungs = anatomy.air_path(canvas, build)
    body = anatomy.body_thickness(canvas, build, rng)
    soft = anatomy.SOFT_TISSUE * np.maximum(body - air, 0.0) + anatomy.INFLATED_LUNG * air
    bone = bones.rib_layers(canvas, wobble) + bones.spine_layer(canvas, rng) + bones.shoulder_layer(canvas, build, rng)
    inside = detail.vessels(canvas, rng, air, hospital.vessels) + detail.airway(canvas, rng, canvas.pose.yaw)
    inside += detail.gas(canvas, rng, build) + detail.devices(canvas, rng)
    attenuation = np.maximum(soft + hospital.bone * bone + inside, 0).astype(np.float32)
    return anatomy.Chest(attenuation, air, lungs)


def expose(canvas: Canvas, chest: anatomy.Chest, attenuation: np.ndarray, exposure: detector.Exposure,
           body: np.random.Generator, noise: np.random.Generator) -> np.ndarray:  # fmt: skip
    """Radiograph, uint8 (size, size); the display is set on the chest without opacity, so that pairs compare."""
    clear = detector.signal(canvas, chest.attenuation, exposure, None)
    anchors = float(np.median(clear[chest.lungs])), float(np.percentile(clear, 93))
    grain = noise.standard_normal((canvas.size, canvas.size), np.float32)
    grey = detector.display(detector.signal(canvas, attenuation, exposure, grain), anchors, exposure)
    grey = detector.mark_side(canvas, detector.collimate(canvas, grey, body), body)
    return np.round(255 * grey).astype(np.uint8)
