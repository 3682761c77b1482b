"""A result taken along: into the Analyze page of this session, or as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from pages.ui.analyze import downloads, own_model
from pages.ui.shared import cache
from pages.ui.shared.frame import ANALYZE
from pages.ui.shared.session import session
from pages.ui.train import settings_file
from pages.ui.train.state import Bench
from xray_model import RunView, load_bundle, tensorboard_zip

BUNDLE_HELP = "Network, LiteRT export, history, settings, and a card that says that this is a user's run."
LOGS_HELP = "Unpack it, then: tensorboard --logdir tensorboard"
USE_HELP = "Puts this model into your session only; everybody else goes on with the bundled one."


def buttons(bench: Bench, view: RunView) -> None:
    """What can be done with a result, in a row that the caller has opened."""
    assert view.result is not None
    if st.button("Use in Analyze", key="train-use", type="primary", icon=":material/radiology:", help=USE_HELP):
        own_model.use(session(), load_bundle(view.result))
        st.switch_page(ANALYZE)
    downloads.button(
        "Bundle (ZIP)",
        partial(cache.jobs().zip_result, bench.owner, view.run_id),
        "my-run.zip",
        "train-bundle",
        help=BUNDLE_HELP,
    )
    with st.popover("Records", icon=":material/table:", help="Curves and settings of this run, as files."):
        downloads.button(
            "History (CSV)", partial(_history, view.result), "history.csv", "train-history", ":material/table:"
        )
        logs = partial(tensorboard_zip, view.result)
        downloads.button(
            "TensorBoard logs (ZIP)", logs, "tensorboard.zip", "train-logs", ":material/show_chart:", LOGS_HELP
        )
        settings_file.button(view.config, view.data, "train-result-settings")


def _history(folder: Path) -> bytes:
    return (folder / "history.csv").read_bytes()
