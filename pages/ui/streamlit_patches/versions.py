"""The version of Streamlit that the patches in this folder were written for and tried with."""

from __future__ import annotations

import logging

import streamlit

TRIED = "1.67."
_logged: list[str] = []  # versions that the log has named


def is_tried() -> bool:
    """Whether the patches were tried with this Streamlit. If not, they stay off, and the log says so once."""
    known = streamlit.__version__.startswith(TRIED)
    if not known and streamlit.__version__ not in _logged:
        _logged.append(streamlit.__version__)
        logging.getLogger(__name__).warning(
            "Streamlit %s has not been tried with this app, only %sx. Three of its fixes are off: the limit on "
            "uploads that wait to be read, the one that keeps a download from getting lost while a page runs again, "
            "and the one that keeps a page from jumping while it loads.",
            streamlit.__version__,
            TRIED,
        )
    return known
