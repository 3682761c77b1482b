"""Trouble in the images before a run: look-alikes, doubtful labels and shortcuts, with a button that leaves one out."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.ui.shared import cache, wording
from pages.ui.train import pictures
from pages.ui.train.data import PUBLIC, Images, is_here
from pages.ui.train.state import Bench
from xray_model import LABELS, DataReview, XrayModelError, load_for_review, review_images

LISTED, GROUPS, OF_A_GROUP = 24, 8, 4  # doubtful labels, groups of look-alikes, and members of one, that are drawn
WIDTH = 148  # pixels of a cell: two beside each other on a phone
LARGEST_PUBLIC = 128  # pixels: the file of 224 would take a quarter of a gigabyte of the server's memory
LABEL = "Check these images"
HELP = "Look for copies, labels that seem wrong, and facts that give the label away. Up to 1,000 images."
PICTURE = (
    '<figure class="review-picture{state}"><img src="{src}" alt="{name}"><figcaption>{words}</figcaption></figure>'
)
BAR = (
    '<div class="fact"><span>{fact}</span><i><b class="{kind}" style="left:{low:.0f}%;width:{width:.0f}%"></b>'
    '<u style="left:{at:.0f}%"></u></i><span>{auc:.2f}</span></div>'
)


@dataclass(frozen=True)
class Item:
    """One image that something was found about. src: a data URI."""

    name: str
    label: str
    src: str
    words: str


@dataclass(frozen=True)
class Findings:
    """What the page keeps of a review: words, and the pictures that it draws. facts: each as HTML."""

    sentences: tuple[str, ...]
    is_clean: bool
    groups: tuple[tuple[Item, ...], ...]
    suspects: tuple[Item, ...]
    facts: tuple[str, ...]


def show(bench: Bench, images: Images) -> None:
    """Draw the button, and what was found in these images."""
    asked = replace(images.choice, left_out=())
    if asked.kind == PUBLIC and (not is_here(asked) or asked.size > LARGEST_PUBLIC):
        return
    found = bench.review[1] if bench.review and bench.review[0] == asked else None
    left_out = bench.leaves_out(asked)
    if found is None:
        with st.container(key="train-review"):
            is_pressed = st.button(LABEL, key="train-review-start", icon=":material/frame_inspect:", help=HELP)
            bar = st.empty()
        if is_pressed and (found := _look(images, bar)):
            bench.review = (asked, found)
            st.rerun()
        if left_out:
            st.button(f"Put all {len(left_out)} back", key="train-review-back", on_click=left_out.clear)
        return
    _draw(found, left_out)


def _look(images: Images, place: st.delta_generator.DeltaGenerator) -> Findings | None:
    bar = place.progress(0.0, "Getting the images")
    own = images.upload.images if images.upload else None

    def advance(done: int, total: int) -> None:
        bar.progress(done / total, f"Looking at image {done:,} of {total:,}")

    try:
        found, in_all = load_for_review(replace(images.choice, left_out=()), own)
        review = review_images(found, cache.bundle(), in_all, advance)
    except XrayModelError as error:
        place.error(f"These images cannot be checked. {wording.plain(str(error))}", icon=":material/error:")
        return None
    return _findings(review)


def _findings(review: DataReview) -> Findings:
    groups = [
        tuple(_item(review, i, review.doubt_words(i)) for i in one.members[:OF_A_GROUP]) for one in review.lookalikes
    ]
    suspects = [_item(review, i, review.doubt_words(i)) for i in review.doubts.suspects[:LISTED]]
    facts = [_bar(one.fact, one.auc, one.interval, one.is_telling) for one in review.shortcuts]
    sentences = tuple(review.sentences())
    return Findings(sentences, review.is_clean, tuple(groups[:GROUPS]), tuple(suspects), tuple(facts))


def _item(review: DataReview, index: int, words: str) -> Item:
    images = review.images
    src = pictures.encode(images.grey[index])
    return Item(images.names[index], LABELS[int(images.labels[index])], src, words)


def _bar(fact: str, auc: float, interval: Sequence[float], is_telling: bool) -> str:
    """A line from 0.5 to 1, with the interval on it."""
    low, high, at = (max(0.0, 200 * (value - 0.5)) for value in (*interval, auc))
    kind = "telling" if is_telling else "harmless"
    return BAR.format(fact=fact.capitalize(), kind=kind, low=low, width=max(2.0, high - low), at=at, auc=auc)


def _draw(found: Findings, left_out: dict[str, str]) -> None:
    with st.container(border=True, key="train-review"):
        extent, alike, labels, *shortcuts = found.sentences
        st.markdown("**Nothing found in these images**" if found.is_clean else "**Trouble in these images**")
        st.caption(wording.plain(extent))
        _line(alike, bool(found.groups))
        for number, group in enumerate(found.groups):
            _cells(group, left_out, f"alike-{number}")
        _line(labels, bool(found.suspects))
        _cells(found.suspects, left_out, "doubt")
        for sentence in shortcuts:
            _line(sentence, sentence.startswith("Shortcut:"))
        if found.facts:
            with st.expander("How well each fact alone tells the label (AUC)", expanded=not found.is_clean):
                st.html(f'<div class="facts" data-testid="train-facts">{"".join(found.facts)}</div>')
        if left_out:
            words = f"Put all {len(left_out)} back" if len(left_out) > 1 else "Put it back"
            st.button(words, key="train-review-back", icon=":material/undo:", on_click=left_out.clear)


def _line(sentence: str, is_trouble: bool) -> None:
    icon = ":orange[:material/warning:]" if is_trouble else ":green[:material/check:]"
    st.markdown(f"{icon} {wording.plain(sentence)}")


def _cells(items: Sequence[Item], left_out: dict[str, str], name: str) -> None:
    """Draw pictures in rows, each with its button."""
    if not items:
        return
    with st.container(horizontal=True, key=f"train-review-{name}"):
        for number, item in enumerate(items):
            with st.container(width=WIDTH, gap="small"):
                is_out = item.name in left_out
                words = f"<b>{item.label}</b>{html.escape(item.words)}"
                st.html(
                    PICTURE.format(
                        state=" is-out" if is_out else "", src=item.src, name=html.escape(item.name), words=words
                    )
                )
                st.button(
                    "Put back" if is_out else "Leave out",
                    key=f"train-review-{name}-{number}",
                    help=wording.plain(item.name),
                    width="stretch",
                    type="primary" if is_out else "secondary",
                    on_click=_turn,
                    args=(left_out, item),
                )


def _turn(left_out: dict[str, str], item: Item) -> None:
    if left_out.pop(item.name, None) is None:
        left_out[item.name] = item.label
