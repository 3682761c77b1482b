"""The radiograph to augment: a synthetic phantom, the visitor's own, or a training image."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import gallery, intake, uploads
from pages.ui.shared import address, booth
from pages.ui.shared.session import decode
from xray_model import LABELS, InvalidRadiograph, Radiograph, decode_apart

SAMPLE, OWN, TRAINING = "Synthetic phantom", "Your own", "Training image"
TRAINING_FOLDER = "kermany_train"  # below XRAY_DATA_DIR
OF_EACH_LABEL = 6
SAMPLE_KEY = "augmentation-sample"
START = 1  # index of the first sample on show: one with an opacity


def choose(size: int) -> NDArray[np.float32] | None:
    """Let the visitor choose; returns the network's input, float32 (size, size), 0-255, or None without an image."""
    paths = training_paths()
    kinds = [SAMPLE, *([OWN] if booth.allows_uploads() else []), *([TRAINING] if paths else [])]
    with st.container(horizontal=True, key="augmentation-source"):
        kind = st.segmented_control(
            "Radiograph", kinds, default=SAMPLE, required=True, key="augmentation-kind", persist_state="session"
        )
        if kind != SAMPLE:
            address.tell({gallery.PARAMETER: None})
        radiograph = {SAMPLE: _sample, OWN: _upload, TRAINING: _training}[kind]()
    return None if radiograph is None else radiograph.grey(size)


def training_paths() -> dict[str, Path]:
    """A few training images by their titles; empty unless XRAY_DATA_DIR names their folder."""
    data = os.environ.get("XRAY_DATA_DIR")
    return _pick(Path(data) / TRAINING_FOLDER) if data else {}


@lru_cache(maxsize=1)
def _pick(folder: Path) -> dict[str, Path]:
    """The same few images of each label every time, spread over the folder."""
    found: dict[str, Path] = {}
    for label in LABELS:
        files = sorted(path for path in (folder / label).glob("*") if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
        chosen = files[:: max(1, len(files) // OF_EACH_LABEL)][:OF_EACH_LABEL]
        found |= {f"{label} {number}": path for number, path in enumerate(chosen, start=1)}
    return found


def _sample() -> Radiograph:
    samples = gallery.SAMPLES
    address.take(SAMPLE_KEY, gallery.SEEDS, gallery.PARAMETER)
    sample = st.selectbox(
        "Phantom",
        samples,
        START,
        format_func=lambda sample: f"{sample.title} ({sample.seed})",
        key=SAMPLE_KEY,
        width=280,
        persist_state="session",
    )
    address.tell({gallery.PARAMETER: None if sample == samples[START] else str(sample.seed)})
    return decode(sample)


def _upload() -> Radiograph | None:
    file = st.file_uploader(
        "One frontal chest radiograph", uploads.SUFFIXES, key="augmentation-upload", help=uploads.HELP
    )
    if file is None:
        return None
    try:
        return intake.take_one(file, "augmentation-upload")
    except InvalidRadiograph as error:
        st.error(f"The file could not be read. {error}", icon=":material/error:")
        return None


def _training() -> Radiograph:
    paths = training_paths()
    name = st.selectbox("Training image", list(paths), key="augmentation-training", width=280, persist_state="session")
    return decode_apart(paths[name].read_bytes())
