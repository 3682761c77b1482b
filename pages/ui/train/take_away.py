"""Ways to use a result: on the Analyze page of this session, or as files."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.ui.analyze import own_model
from pages.ui.shared import cache, download_button
from pages.ui.shared.frame import ANALYZE
from pages.ui.shared.session import session
from pages.ui.train import settings_file
from pages.ui.train.data import ELSEWHERE
from pages.ui.train.state import Bench
from xray_model import RunView, load_bundle, tensorboard_zip

BUNDLE_HELP = "The network, its LiteRT export, the history, the settings, and a card that marks it as a user's run."
LOGS_HELP = "Unpack them, then run: tensorboard --logdir tensorboard"
USE_HELP = "Only in your session. Everybody else keeps the bundled model."


def buttons(bench: Bench, view: RunView) -> None:
    """Draw the buttons for a result, in the caller's row."""
    assert view.result is not None
    if st.button("Use in Analyze", key="train-use", type="primary", icon=":material/radiology:", help=USE_HELP):
        own_model.use(session(), load_bundle(view.result), of_elsewhere=view.data.kind == ELSEWHERE)
        st.switch_page(ANALYZE)
    download_button.show(
        "Bundle (ZIP)",
        partial(cache.jobs().zip_result, bench.owner, view.run_id),
        "my-run.zip",
        "train-bundle",
        help=BUNDLE_HELP,
    )
    with st.popover("Records", icon=":material/table:", help="This run's curves and settings, as files."):
        history = (view.result / "history.csv").read_bytes
        download_button.show("History (CSV)", history, "history.csv", "train-history", ":material/table:")
        logs = partial(tensorboard_zip, view.result)
        download_button.show(
            "TensorBoard logs (ZIP)", logs, "tensorboard.zip", "train-logs", ":material/show_chart:", LOGS_HELP
        )
        settings_file.button(view.config, view.data, "train-result-settings")
