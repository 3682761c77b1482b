"""A run's settings, images included, as a file that goes out and comes in again, and as a command."""

from __future__ import annotations

import streamlit as st

from pages.ui.analyze import downloads
from pages.ui.shared import wording
from pages.ui.train import data as train_data
from pages.ui.train.state import CUSTOM, Bench
from xray_model import DataChoice, InvalidConfig, RunSettings, TrainingConfig, list_server_folders

IMPORT_KEY = "train-import"
WHERE = {
    train_data.ARCHIVE: "ARCHIVE.zip is the archive that you uploaded.",
    train_data.FOLDER: "XRAY_DATA_DIR must name the same folder there as on this server.",
}


def button(config: TrainingConfig, data: DataChoice | None, key: str) -> None:
    """Everything that makes a run, as a file."""
    text = RunSettings(config, data).to_json()
    downloads.button(
        "Settings (JSON)",
        text,
        "settings.json",
        key,
        ":material/tune:",
        "Load them here, or train with them from the command line.",
    )


def files(bench: Bench, data: DataChoice | None) -> None:
    """The settings out and in, and the command that makes the same run."""
    st.markdown("**The same run from the command line**")
    st.code(RunSettings(bench.config, data).command(), language="bash", wrap_lines=True)
    if data and data.kind in WHERE:
        st.caption(WHERE[data.kind])
    button(bench.config, data, "train-settings")
    st.file_uploader("Load settings", ["json"], key=IMPORT_KEY, on_change=_load, args=(bench,))
    if bench.refusal:
        st.error(f"These settings were not loaded. {wording.plain(bench.refusal)}", icon=":material/error:")


def _load(bench: Bench) -> None:
    """A callback: the widgets are then drawn with what was loaded."""
    file, bench.refusal = st.session_state[IMPORT_KEY], ""
    if file is None:
        return
    try:
        settings = RunSettings.from_json(file.getvalue())
        _check_images(settings.data)
    except InvalidConfig as error:
        bench.refusal = str(error)
        return
    bench.custom, bench.recipe = settings.config, CUSTOM
    bench.wanted = settings.data if settings.data and settings.data.kind == train_data.ARCHIVE else None
    if settings.data:
        train_data.show_choice(settings.data)


def _check_images(data: DataChoice | None) -> None:
    if data and data.kind == train_data.FOLDER and data.path not in list_server_folders():
        raise InvalidConfig(f"They are for the server folder {data.path}, which this server does not have.")
