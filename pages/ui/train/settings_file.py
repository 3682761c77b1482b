"""A run's settings, with its choice of images, as a file to save and load and as a command."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import booth, download_button, wording
from pages.ui.train.data import ARCHIVE, FOLDER, show_choice
from pages.ui.train.state import CUSTOM, Bench
from xray_model import DataChoice, InvalidConfig, RunSettings, TrainingConfig, list_server_folders

IMPORT_KEY = "train-import"
WHERE = {
    ARCHIVE: "ARCHIVE.zip stands for the archive that you uploaded.",
    FOLDER: "XRAY_DATA_DIR must name the same folder there as on this server.",
}


def button(config: TrainingConfig, data: DataChoice | None, key: str) -> None:
    """Draw the button that downloads the settings."""
    text = RunSettings(config, data).to_json()
    download_button.show(
        "Settings (JSON)",
        text,
        "settings.json",
        key,
        ":material/tune:",
        "For loading here again, or for training from the command line.",
    )


def files(bench: Bench, data: DataChoice | None) -> None:
    """Draw the command that makes the same run, and the download and upload of the settings."""
    st.markdown("**The same run from the command line**")
    st.code(RunSettings(bench.config, data).command(), language="bash", wrap_lines=True)
    if data and data.kind in WHERE:
        st.caption(WHERE[data.kind])
    button(bench.config, data, "train-settings")
    if booth.allows_uploads():
        st.file_uploader("Load settings", ["json"], key=IMPORT_KEY, on_change=_load, args=(bench,))
    if bench.refusal:
        st.error(f"These settings were not loaded. {wording.plain(bench.refusal)}", icon=":material/error:")


def _load(bench: Bench) -> None:
    """Take over loaded settings. As a callback, before the widgets are drawn with them."""
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
    bench.wanted = settings.data if settings.data and settings.data.kind == ARCHIVE else None
    if settings.data:
        show_choice(settings.data)
        left_out = bench.leaves_out(settings.data)
        left_out.clear()
        left_out.update(dict.fromkeys(settings.data.left_out, ""))  # the file does not say their labels


def _check_images(data: DataChoice | None) -> None:
    if data and data.kind == FOLDER and data.path not in list_server_folders():
        raise InvalidConfig(f"They name the server folder {data.path}, which this server does not have.")
