"""Facts about an image's file: warnings, the few header entries that are kept, and the names of those removed."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.shared.session import Reading


def warn(reading: Reading) -> None:
    """Show the warnings about the file, for a place beside the result."""
    if reading.notes:
        with st.container(key="notes", gap="xsmall"):
            for note in reading.notes:
                st.markdown(f":material/warning: {note}")


def show(reading: Reading) -> None:
    """Show the facts of an uploaded image and the names of the header entries that were removed."""
    packed = reading.packed
    if packed is None:
        st.caption("A synthetic phantom. This page's address opens it again, as it stands: for whoever you send it to.")
        return
    with st.container(key="source"):
        st.caption(wording.source_sentence(packed.source))
        _list_removed(packed.source.removed_tags)


def _list_removed(names: tuple[str, ...]) -> None:
    if not names:
        return
    title = f"{len(names)} header {'entry' if len(names) == 1 else 'entries'} removed"
    with st.expander(title, icon=":material/shield_lock:", key="removed"):
        st.caption("They were dropped as the file was read. Only their names are listed here; no value is kept.")
        with st.container(key="removed-names"):
            st.markdown("\n".join(f"- {wording.plain(name)}" for name in names))
