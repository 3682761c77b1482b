"""What is known of an image's file: warnings, the few facts that are kept, and the names of what was removed."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.shared.session import Reading


def warn(reading: Reading) -> None:
    """What the reader of the result should know about the file, beside the result."""
    if reading.notes:
        with st.container(key="notes", gap="xsmall"):
            for note in reading.notes:
                st.markdown(f":material/warning: {note}")


def say(reading: Reading) -> None:
    """The facts of an uploaded image, and what its header held besides, under the pictures."""
    packed = reading.packed
    if packed is None:
        return
    with st.container(key="source"):
        st.caption(wording.source_sentence(packed.source))
        _list_removed(packed.source.removed_tags)


def _list_removed(names: tuple[str, ...]) -> None:
    if not names:
        return
    title = f"{len(names)} header {'entry' if len(names) == 1 else 'entries'} removed"
    with st.expander(title, icon=":material/shield_lock:", key="removed"):
        st.caption("Dropped as soon as the file was read. These are their names; their values are not kept.")
        with st.container(key="removed-names"):
            st.markdown("\n".join(f"- {wording.plain(name)}" for name in names))
