"""What every DICOM object says of the program and the model that made it, and that it is for research."""

from __future__ import annotations

from datetime import datetime

from xray_model import __version__
from xray_model.bundles.bundle import Bundle
from xray_model.inference.analyze import Analysis
from xray_model.notice import NOTICE_SHORT

PROGRAM, DISTRIBUTION = "xray-lab", "chest-xray-pneumonia"
PURPOSE = "Research, not for diagnosis"
LABEL = "RESEARCH"  # where the standard takes a code string
SERIES = {"film": 9100, "overlay": 9101, "report": 9102, "lungs": 9103, "evidence": 9104}  # numbers, after a device's


def series_description(kind: str) -> str:
    """The name of an object's series, which lists of studies show; at most 64 characters."""
    return f"{PURPOSE}: {kind}"


def software(bundle: Bundle) -> list[str]:
    """The versions of the program and of the model, each at most 64 characters."""
    return [f"{DISTRIBUTION} {__version__}"[:64], f"{bundle.name} version {bundle.card.version}"[:64]]


def parameters(analysis: Analysis, bundle: Bundle) -> list[str]:
    """What the answer depends on besides the picture."""
    prediction = analysis.prediction
    return [
        f"model.tflite SHA-256 {bundle.hash}...",
        f"operating point {prediction.operating_point.name}, threshold {prediction.threshold * 100:.1f} %",
        f"prevalence {prediction.prevalence * 100:g} %",
    ]


def derivation(bundle: Bundle) -> str:
    """How a picture came about, in one line."""
    return f"{PURPOSE}. {NOTICE_SHORT}. {bundle.name}, version {bundle.card.version}, {bundle.hash}."


def now() -> tuple[str, str]:
    """(date, time) as DICOM writes them (DA, TM)."""
    at = datetime.now()
    return at.strftime("%Y%m%d"), at.strftime("%H%M%S")
