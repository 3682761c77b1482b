"""Which Streamlit the patches beside were written for and tried with."""

from __future__ import annotations

import logging

import streamlit

TRIED = "1.67."
_said: list[str] = []  # versions that the log has named


def is_tried() -> bool:
    """Whether the patches know this Streamlit; if not they stay off, and the log says so once."""
    known = streamlit.__version__.startswith(TRIED)
    if not known and not _said:
        _said.append(streamlit.__version__)
        logging.getLogger(__name__).warning(
            "Streamlit %s: limits on waiting uploads and answers to downloads were tried with %sx alone, and are off.",
            streamlit.__version__,
            TRIED,
        )
    return known
