"""Which images a run learns from: counts, balance, licence, and a look at some of them before anything starts."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, train_pictures, wording
from pages.ui.train_pictures import Tile
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

PHANTOMS, PUBLIC, FOLDER = "phantoms", "pneumoniamnist", "folder"
TITLES = {PHANTOMS: "Phantoms", PUBLIC: "PneumoniaMNIST", FOLDER: "Server folder"}
COUNTS = (100, 200, 400, 600, 1000, 2000, 4000)
SIZES = (64, 128, 224)
PEEK, PEEK_SIZE = 8, 144


def choose() -> DataChoice | None:
    """The visitor's choice and what there is to know of it; None until there is something to train on."""
    kinds = [PHANTOMS, PUBLIC, *([FOLDER] if list_server_folders() else [])]
    kind = st.segmented_control(
        "Images to learn from",
        kinds,
        default=PHANTOMS,
        required=True,
        format_func=TITLES.__getitem__,
        key="train-data",
        persist_state="session",
    )
    choice = {PHANTOMS: _phantoms, PUBLIC: _public, FOLDER: _folder}[kind]()
    if choice:
        try:
            _describe(choice)
        except XrayModelError as error:
            st.error(f"These images cannot be used. {error}", icon=":material/error:")
            return None
    return choice


def look(choice: DataChoice) -> None:
    """A row of examples with their labels; nothing while there is none to be had."""
    try:
        examples = _examples(choice)
    except XrayModelError:
        return  # said above, where the images are described
    if examples:
        st.markdown("**Some of these images**")
        train_pictures.tiles(examples, "peek")


def _phantoms() -> DataChoice:
    count = st.select_slider(
        "How many", COUNTS, 600, key="train-count", persist_state="session", help="Half of them with an opacity."
    )
    cache.jobs().warm_up()  # drawn while the visitor still looks around, so that a run begins at once
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
    name = st.selectbox(
        "Folder",
        list_server_folders(),
        format_func=lambda name: "the whole folder" if name == "." else name,
        key="train-folder",
        persist_state="session",
    )
    return DataChoice(FOLDER, path=name)


def _describe(choice: DataChoice) -> None:
    summary = describe_data(choice)
    _balance(summary)
    st.caption(" ".join(part for part in (summary.note, f"Licence: {summary.licence}.") if part).replace("..", "."))
    for problem in summary.problems:
        st.warning(problem, icon=":material/warning:")


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


@st.cache_data(show_spinner=False, max_entries=4, scope="session")
def _examples(choice: DataChoice) -> list[Tile]:
    """Kept for one visitor; drawing phantoms takes half a second."""
    images = peek(choice, PEEK, PEEK_SIZE)
    if images is None:
        return []
    return [
        Tile(train_pictures.encode(grey), LABELS[int(label)])
        for grey, label in zip(images.grey, images.labels, strict=True)
    ]
