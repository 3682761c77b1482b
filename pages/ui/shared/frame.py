"""The frame around every page: title, icon, navigation, notice and theme.

Every page calls `open_page` first, so that the frame is complete whichever page a visitor opens first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.ui.shared import booth, cache, menu, picture_budget, session, theme
from pages.ui.streamlit_patches import download_answers, first_paint, upload_memory
from xray_model import NOTICE, NOTICE_SHORT, __version__

APP_NAME = "Chest radiograph lab"
ANALYZE, EVIDENCE, GAME, TRAIN = "pages/analyze.py", "pages/evidence.py", "pages/game.py", "pages/train.py"
ICON = Path(__file__).with_name("icon.svg")
CSS, BOOTH_CSS = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("frame.css", "booth.css"))


@dataclass(frozen=True)
class Page:
    """One entry of the navigation. path: from the repository's root."""

    path: str
    title: str
    icon: str
    purpose: str


PAGES = (
    Page("app.py", "Home", ":material/home:", "What this is, and what it is not."),
    Page(
        ANALYZE,
        "Analyze",
        ":material/radiology:",
        "Open your own radiographs or a synthetic phantom; see probability, decision and evidence.",
    ),
    Page(
        "pages/augmentation.py",
        "Augmentation",
        ":material/shuffle:",
        "See what each training transform does to a radiograph, what the model thinks of it, and train with it.",
    ),
    Page(
        "pages/lessons.py",
        "Lessons",
        ":material/school:",
        "Predict, then watch: eight small experiments on how networks learn, each in about a minute.",
    ),
    Page(
        TRAIN,
        "Train",
        ":material/model_training:",
        "Watch a network learn, stop and resume it, compare runs, and use the result on your radiographs.",
    ),
    Page(
        "pages/evidence.py",
        "Evidence",
        ":material/query_stats:",
        "See how good the model is, for whom, and where it fails.",
    ),
    Page(GAME, "You against the model", ":material/sports_esports:", "Ten phantoms, two minutes: who is right?"),
)


def open_page(title: str) -> None:
    """Set the tab's title and icon, and draw the sidebar with navigation and short notice."""
    upload_memory.watch(picture_budget.budget().make_room)
    download_answers.keep_answers()
    style_first_page()
    st.set_page_config(
        page_title=f"{title} · {APP_NAME}",
        page_icon=str(ICON),
        layout="wide",
        menu_items={"About": f"**{APP_NAME}** {__version__}\n\n{NOTICE}"},
    )
    session.enter(title)
    cache.take_up_runs()
    st.html(f"<style>{CSS}</style>")
    if booth.is_on():
        _booth(title)
        return
    st.logo(str(ICON), size="large")
    with st.sidebar:
        _navigation()
        theme.dark_at_first([_address(page) for page in PAGES])
        menu.close_after_choice()


def notice(place: str = "page", *, folded: bool = False) -> None:
    """Show the whole notice on the page. place: a word that is unique on the page, for the key. folded: as one line.

    A phone always gets the one line: the stylesheet shows either form there.
    """
    with st.expander(NOTICE_SHORT, icon=":material/info:", key=f"folded-notice-{place}"):
        st.markdown(NOTICE)
    if not folded:
        with st.container(key=f"notice-{place}"):
            st.markdown(NOTICE)


def ways_on(*paths: str) -> None:
    """Draw a link to each of these pages, with its purpose."""
    pages = [page for path in paths for page in PAGES if page.path == path]
    for page, column in zip(pages, st.columns(len(pages)), strict=True):
        with column.container(border=True, height="stretch", key=f"way-{Path(page.path).stem}"):
            st.page_link(page.path, label=f"**{page.title}**", icon=page.icon)
            st.caption(page.purpose)


def style_first_page() -> None:
    """Serve every page with its stylesheet in place. Called again, it changes nothing."""
    first_paint.style(_first_css)


def _first_css(query: str) -> str:
    """The stylesheet of a page whose address has this query."""
    return CSS + BOOTH_CSS if booth.asks(query) else CSS


def _booth(title: str) -> None:
    """Big type and no menu; on every page but the first, the way back and the watch over the visit."""
    st.html(f"<style>{BOOTH_CSS}</style>")
    with st.container(key="booth-frame"):
        theme.dark_at_first([_address(page) for page in PAGES])
        if title != "Home":
            from pages.ui.shared import rest  # not above: the first page need not wait for NumPy and OpenCV

            rest.watch()


def _navigation() -> None:
    st.markdown(f"**{APP_NAME}**")
    for page in PAGES:
        st.page_link(page.path, label=page.title, icon=page.icon, width="stretch")
    st.divider()
    st.caption(f":material/info: {NOTICE_SHORT}.")
    st.caption("Light or dark: choose in the menu ⋮ at the top right.")


def _address(page: Page) -> str:
    """The page's path in the app's URL, which Streamlit derives from the file's name."""
    return "" if page.path == "app.py" else Path(page.path).stem
