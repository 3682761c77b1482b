"""The booth's stage: scenes that follow one another in the browser, and one button. No server is needed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import segno

from pages.ui.shared import component
from pages.ui.shared.frame import APP_NAME
from xray_model import NOTICE_SHORT

_stage = component.load(Path(__file__).parent)


def show(scenes: Sequence[dict[str, Any]], address: str) -> str | None:
    """Draw the scenes; returns the kind of the one that somebody wants to try. address: for the QR code, if any."""
    data = {
        "title": APP_NAME,
        "notice": f"{NOTICE_SHORT}.",
        "scenes": list(scenes),
        "qr": {"picture": code(address), "address": address} if address else None,
    }
    said = _stage(key="stage", data=data, on_try_change=_nothing)
    return said["try"]


def code(address: str) -> str:
    """The address as a QR code, a data URI of an SVG."""
    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=3, light="#fff"))


def _nothing() -> None:
    """What is said is read where the stage is drawn."""
