"""Which images a run learns from: counts, balance, licence, and a look at some of them before anything starts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

from pages.ui import cache, train_pictures, wording
from pages.ui.train_pictures import Tile
from pages.ui.train_state import Bench
from xray_model import (
    LABELS,
    NORMAL,
    PNEUMONIA,
    DataChoice,
    DataSummary,
    XrayModelError,
    describe_data,
    list_server_folders,
    peek,
)

PHANTOMS, PUBLIC, FOLDER, ZIP = "phantoms", "pneumoniamnist", "folder", "zip"
TITLES = {PHANTOMS: "Phantoms", PUBLIC: "PneumoniaMNIST", FOLDER: "Server folder", ZIP: "Your own ZIP"}
COUNTS = (100, 200, 400, 600, 1000, 2000, 4000)
SIZES = (64, 128, 224)
PEEK, PEEK_SIZE = 8, 144
ZIP_HELP = (
    "A ZIP of class folders, NORMAL and PNEUMONIA in any case, nested or split into train, val and test. It is "
    "unpacked on the server for your runs only, and removed with them."
)


def choose(bench: Bench) -> DataChoice | None:
    """The visitor's choice and what there is to know of it; None until there is something to train on."""
    kinds = [PHANTOMS, PUBLIC, *([FOLDER] if list_server_folders() else []), ZIP]
    kind = st.segmented_control(
        "Images to learn from",
        kinds,
        default=PHANTOMS,
        required=True,
        format_func=TITLES.__getitem__,
        key="train-data",
        persist_state="session",
    )
    choice = {PHANTOMS: _phantoms, PUBLIC: _public, FOLDER: _folder, ZIP: lambda: _zip(bench)}[kind]()
    if choice:
        try:
            _describe(choice)
        except XrayModelError as error:
            st.error(f"These images cannot be used. {error}", icon=":material/error:")
            return None
    return choice


def _phantoms() -> DataChoice:
    count = st.select_slider(
        "How many", COUNTS, 600, key="train-count", persist_state="session", help="Half of them with an opacity."
    )
    return DataChoice(PHANTOMS, count=count)


def _public() -> DataChoice:
    size = st.segmented_control(
        "Pixels a side",
        SIZES,
        default=SIZES[0],
        required=True,
        key="train-size",
        persist_state="session",
        help="The same radiographs, reduced. 224 is what the network sees; it is a download of 214 MB.",
    )
    return DataChoice(PUBLIC, size=size)


def _folder() -> DataChoice:
    name = st.selectbox("Folder", list_server_folders(), key="train-folder", persist_state="session")
    return DataChoice(FOLDER, path=name)


def _zip(bench: Bench) -> DataChoice | None:
    file = st.file_uploader("A ZIP of class folders", ["zip"], key="train-zip", help=ZIP_HELP)
    if file is not None and bench.upload[0] != file.file_id:
        bench.upload = (file.file_id, str(_keep(bench, file.getvalue())))
    if not bench.upload[1]:
        st.caption(ZIP_HELP)
        return None
    return DataChoice(ZIP, file=bench.upload[1])


def _keep(bench: Bench, data: bytes) -> Path:
    """The ZIP where the training process can read it, under a name that says nothing about the visitor's own."""
    path = Path(cache.jobs().upload_folder(bench.owner)) / f"{hashlib.sha256(data).hexdigest()[:16]}.zip"
    path.write_bytes(data)
    return path


def _describe(choice: DataChoice) -> None:
    summary = describe_data(choice)
    _balance(summary)
    st.caption(" ".join(part for part in (summary.note, f"Licence: {summary.licence}.") if part).replace("..", "."))
    for problem in summary.problems:
        st.warning(problem, icon=":material/warning:")
    if choice.kind != PUBLIC and not summary.problems:
        _peek(choice)


def _balance(summary: DataSummary) -> None:
    """How many images of each label, in words and as two bars that share a line."""
    total = sum(summary.counts.values())
    if not total:
        st.markdown(f"**{wording.plain(summary.title)}**")
        return
    normal, pneumonia = (summary.counts.get(label, 0) for label in LABELS)
    st.markdown(f"**{wording.plain(summary.title)}** · {total:,} images")
    st.html(
        f'<div class="balance" role="img" aria-label="{normal} {NORMAL}, {pneumonia} {PNEUMONIA}">'
        f'<i style="flex:{normal} 1 0"></i><b style="flex:{pneumonia} 1 0"></b></div>'
        f'<div class="balance-words"><span>{NORMAL} {normal:,} ({normal / total:.0%})</span>'
        f"<span>{PNEUMONIA} {pneumonia:,} ({pneumonia / total:.0%})</span></div>"
    )


def _peek(choice: DataChoice) -> None:
    with st.expander("Look at some of them", icon=":material/visibility:", expanded=choice.kind == PHANTOMS):
        train_pictures.tiles(_examples(choice), "peek")


@st.cache_data(show_spinner=False, max_entries=16, ttl=600, scope="session")
def _examples(choice: DataChoice) -> list[Tile]:
    images = peek(choice, PEEK, PEEK_SIZE)
    return [
        Tile(train_pictures.encode(grey), LABELS[int(label)])
        for grey, label in zip(images.grey, images.labels, strict=True)
    ]
