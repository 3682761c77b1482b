"""The images that a run learns from: the choice, counts, balance, licence and a few examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.ui.shared import booth, wording
from pages.ui.train import pictures, upload
from pages.ui.train.pictures import Tile
from pages.ui.train.state import Bench
from xray_model import (
    LABELS,
    NORMAL,
    PNEUMONIA,
    DataChoice,
    DataSummary,
    LabelledImages,
    UploadedImages,
    XrayModelError,
    describe_data,
    describe_upload,
    download_pneumoniamnist,
    find_pneumoniamnist,
    list_server_folders,
    peek,
)

PHANTOMS, ELSEWHERE, PUBLIC, ARCHIVE, FOLDER = "phantoms", "other-hospital", "pneumoniamnist", "zip", "folder"
TITLES = {
    PHANTOMS: "Phantoms",
    ELSEWHERE: "Another hospital",
    PUBLIC: "PneumoniaMNIST",
    ARCHIVE: "Your own ZIP",
    FOLDER: "Server folder",
}
COUNTS = (100, 200, 400, 600, 1000, 2000, 4000)
USUAL = {PHANTOMS: 400, ELSEWHERE: 500}  # done within a minute on two cores
USUAL_PART = 600
SIZES = (64, 128, 224)
PEEK, PEEK_SIZE = 6, 144  # examples, and pixels a side: one row on a desktop
KIND_KEY, COUNT_KEY, SIZE_KEY, FOLDER_KEY = "train-data", "train-count", "train-size", "train-folder"
COUNT_HELP = "Fewer are quicker. The same number always takes the same images, and keeps each label's share."
SIZE_HELP = "The same radiographs at several sizes. The network sees 224 pixels; those are a download of 214 MB."


@dataclass(frozen=True)
class Images:
    """Images that a run can learn from. upload: the visitor's own, if `choice` is an archive."""

    choice: DataChoice
    summary: DataSummary
    upload: UploadedImages | None = None


def choose(bench: Bench) -> Images | None:
    """Let the visitor choose images, and describe them; None until there are some to train on."""
    own = [ARCHIVE] if booth.allows_uploads() else []
    kinds = [PHANTOMS, ELSEWHERE, PUBLIC, *own, *([FOLDER] if list_server_folders() else [])]
    kind = st.segmented_control(
        "Images to learn from",
        kinds,
        default=bench.kind,
        required=True,
        format_func=TITLES.__getitem__,
        key=KIND_KEY,
        persist_state="session",
    )
    bench.kind = kind or bench.kind
    try:
        images = _archive(bench) if kind == ARCHIVE else _described(_CHOOSE[kind]())
    except XrayModelError as error:
        st.error(f"These images cannot be used. {error}", icon=":material/error:")
        return None
    if images:
        images = _without(images, bench.leaves_out(images.choice))
        _describe(images.summary)
    if kind == PUBLIC:
        _offer_download(st.session_state[SIZE_KEY])
    return images


def look(images: Images) -> None:
    """Draw a row of examples with their labels, if the images are on this machine."""
    choice = replace(images.choice, left_out=())
    shown = _tiles(images.upload.examples(PEEK)) if images.upload else _examples(choice, is_here(choice))
    if shown:
        st.markdown("**Some of these images**")
        pictures.tiles(shown, "peek")


def show_choice(choice: DataChoice) -> None:
    """Set the widgets to a settings file's choice. To be called before they are drawn."""
    state = st.session_state
    state[KIND_KEY] = choice.kind
    if choice.count:
        state[f"{COUNT_KEY}-{choice.kind}"] = choice.count
    if choice.kind == PUBLIC:
        state[SIZE_KEY] = choice.size
    if choice.kind == FOLDER:
        state[FOLDER_KEY] = choice.path


def _phantoms() -> DataChoice:
    return DataChoice(PHANTOMS, _how_many(PHANTOMS, COUNTS, "About half of them have an opacity."))


def _elsewhere() -> DataChoice:
    return DataChoice(ELSEWHERE, _how_many(ELSEWHERE, COUNTS, "The first 500 ship with the app; more are drawn."))


def _public() -> DataChoice:
    size = st.segmented_control(
        "Pixels a side",
        SIZES,
        default=SIZES[0],
        required=True,
        key=SIZE_KEY,
        persist_state="session",
        help=SIZE_HELP,
    )
    return DataChoice(PUBLIC, _part_of_all(PUBLIC, DataChoice(PUBLIC, None, size=size)), size=size)


def _folder() -> DataChoice:
    name = st.selectbox(
        "Folder",
        list_server_folders(),
        format_func=lambda name: "the whole folder" if name == "." else name,
        key=FOLDER_KEY,
        persist_state="session",
        help="Folders on this server that contain the folders NORMAL and PNEUMONIA.",
    )
    return DataChoice(FOLDER, _part_of_all(FOLDER, DataChoice(FOLDER, None, name)), name)


_CHOOSE = {PHANTOMS: _phantoms, ELSEWHERE: _elsewhere, PUBLIC: _public, FOLDER: _folder}


def _archive(bench: Bench) -> Images | None:
    images = upload.take(bench)
    return Images(images.choice, describe_upload(images), images) if images else None


def _described(choice: DataChoice) -> Images:
    summary = describe_data(choice)
    if choice.kind == FOLDER:  # its text comes from a file, which may contain anything
        summary = replace(summary, licence=wording.plain(summary.licence))
    return Images(choice, summary)


def _without(images: Images, left_out: dict[str, str]) -> Images:
    """The images without those that the visitor left out."""
    if not left_out:
        return images
    gone = list(left_out.values())
    counts = {label: count - gone.count(label) for label, count in images.summary.counts.items()}
    note = f"You left out {len(left_out)}. {images.summary.note}"
    choice = replace(images.choice, left_out=tuple(sorted(left_out)))
    return replace(images, choice=choice, summary=replace(images.summary, counts=counts, note=note))


def _part_of_all(kind: str, everything: DataChoice) -> int | None:
    """Let the visitor choose how many images to take; None means all."""
    total = describe_data(everything).images
    count = _how_many(kind, [*(count for count in COUNTS if count < total), total], COUNT_HELP)
    return None if count >= total else count


def _how_many(kind: str, counts: Sequence[int], teaches: str) -> int:
    key = f"{COUNT_KEY}-{kind}"
    if st.session_state.get(key) is None or st.session_state[key] > counts[-1]:
        st.session_state[key] = min(USUAL.get(kind, USUAL_PART), counts[-1])
    options = sorted({*counts, st.session_state[key]})  # a settings file may name any
    return st.select_slider(
        "How many", options, format_func=lambda count: f"{count:,}", key=key, persist_state="session", help=teaches
    )


def _offer_download(size: int) -> None:
    """Draw a button that downloads the images before the run, which would download them itself."""
    label = "Download now to see some of them"
    if find_pneumoniamnist(size) or not st.button(label, key="train-download", icon=":material/download:"):
        return
    bar = st.progress(0.0, "Starting the download.")

    def tell(done: int, total: int) -> None:
        bar.progress(min(1.0, done / (total or done or 1)), f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        download_pneumoniamnist(size, on_progress=tell)
    except XrayModelError as error:
        bar.empty()
        st.error(str(error), icon=":material/cloud_off:")
    else:
        st.rerun()


def _describe(summary: DataSummary) -> None:
    _balance(summary)
    licence = f"Licence: {summary.licence.rstrip('.')}." if summary.licence else ""
    for line in (" ".join(part for part in (summary.note, summary.validation) if part), licence):
        if line:
            st.caption(line)
    for problem in summary.problems:
        st.warning(problem, icon=":material/warning:")


def _balance(summary: DataSummary) -> None:
    """Show the number of images of each label, in words and as a bar in two parts."""
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


def is_here(choice: DataChoice) -> bool:
    """True when the images are on this machine, or can be drawn."""
    return choice.kind != PUBLIC or find_pneumoniamnist(choice.size) is not None


@st.cache_data(show_spinner=False, max_entries=4, scope="session")
def _examples(choice: DataChoice, is_here: bool) -> list[Tile]:
    """Examples for the row of pictures. Cached, as drawing phantoms takes half a second."""
    try:
        images = peek(choice, PEEK, PEEK_SIZE) if is_here else None
    except XrayModelError:  # a folder that has disappeared; the description of the images reports it
        return []
    return _tiles(images)


def _tiles(images: LabelledImages | None) -> list[Tile]:
    if images is None:
        return []
    pairs = zip(images.grey, images.labels, strict=True)
    return [Tile(pictures.encode(grey), LABELS[int(label)]) for grey, label in pairs]
