"""The start of a run: problems and warnings about its settings, its cost, and the button."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import cache, wording
from pages.ui.shared.wording import NBSP
from pages.ui.train.data import TITLES, Images
from pages.ui.train.state import Bench
from xray_model import (
    IMAGENET_MEGABYTES,
    InvalidConfig,
    TrainingConfig,
    XrayModelError,
    check_config,
    download_imagenet,
    needs_download,
)


def show(bench: Bench, images: Images | None) -> None:
    """Draw problems, warnings, cost and the button. Problems disable the button, warnings do not."""
    if images is None:
        st.caption("Nothing to train on yet. Choose images first.")
        return
    check = check_config(bench.config, images.choice, cache.jobs().memory_mb, images.summary)
    for problem in check.problems:
        st.error(problem, icon=":material/block:")
    for warning in check.warnings:
        st.warning(warning, icon=":material/warning:")
    if needs_download(bench.config) and not check.problems:
        _offer_weights(bench.config)
    with st.container(horizontal=True, vertical_alignment="center", key="train-start-row"):
        is_pressed = st.button(
            "Start training",
            key="train-start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(check.problems),
        )
        if not check.problems:
            amount = f"{check.memory_mb / 1000:.1f}{NBSP}GB of memory"
            st.markdown(f"About **{duration(check.seconds)}** and {amount} on this machine.")
    if is_pressed and not check.problems:  # a disabled button can still be pressed by a program
        _start(bench, images)


def _start(bench: Bench, images: Images) -> None:
    number = len(bench.runs()) + 1
    try:
        bench.start(images.choice, f"{number}. {bench.recipe}, {TITLES[images.choice.kind]}", images.upload)
    except InvalidConfig as error:
        st.error(f"The run was not started. {wording.plain(str(error))}", icon=":material/error:")
        return
    st.rerun()


def _offer_weights(config: TrainingConfig) -> None:
    """Draw a button that downloads the start weights before the run, which would download them itself."""
    label = f"Download {config.backbone}'s ImageNet weights now (about {IMAGENET_MEGABYTES[config.backbone]} MB)"
    if not st.button(label, key="train-weights", icon=":material/download:"):
        return
    bar = st.progress(0.0, "Starting the download.")

    def tell(done: int, total: int) -> None:
        bar.progress(min(1.0, done / (total or done or 1)), f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        download_imagenet(config, tell)
    except XrayModelError as error:
        bar.empty()
        st.error(str(error), icon=":material/cloud_off:")
    else:
        st.rerun()


def duration(seconds: float) -> str:
    """A time in seconds, minutes or hours, whichever suits it."""
    if seconds < 90:
        return f"{max(1, round(seconds))}{NBSP}s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f}{NBSP}min"
    return f"{seconds / 3600:.1f}{NBSP}h"
