"""Booth mode: the app on a screen that many people pass. `?booth=1` for a visit, XRAY_BOOTH=1 for the whole server."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import streamlit as st

PARAMETER = "booth"  # in the address, and in st.session_state
REST_SECONDS = 60.0  # without a touch, until a visitor's images are cleared
HOME = "app.py"


def is_on() -> bool:
    """Whether this server or this visit is a booth's. A visit stays one from page to page."""
    if is_everywhere() or st.query_params.get(PARAMETER) == "1":
        st.session_state[PARAMETER] = True
    return bool(st.session_state.get(PARAMETER))


def asks(query: str) -> bool:
    """Whether a page with this query in its address is a booth's."""
    return is_everywhere() or "1" in parse_qs(query).get(PARAMETER, [])


def is_everywhere() -> bool:
    """Whether every visit of this server is a booth's."""
    return _is_set("XRAY_BOOTH")


def allows_uploads() -> bool:
    """Whether this visitor may open files of their own: always, but for a booth whose server does not say so."""
    return not is_on() or _is_set("XRAY_BOOTH_UPLOADS")


def rest_seconds() -> float:
    """XRAY_BOOTH_REST, in seconds; `REST_SECONDS` where it names no number above 2."""
    try:
        seconds = float(os.environ.get("XRAY_BOOTH_REST", ""))
    except ValueError:
        return REST_SECONDS
    return seconds if 2 < seconds < float("inf") else REST_SECONDS


def public_address() -> str:
    """XRAY_PUBLIC_ADDRESS, where passers-by find the app on their own phones; raises ValueError if it is no address."""
    address = os.environ.get("XRAY_PUBLIC_ADDRESS", "").strip()
    parts = urlsplit(address)
    if address and not (parts.scheme in ("http", "https") and parts.hostname):
        raise ValueError("XRAY_PUBLIC_ADDRESS must be a whole address, such as https://lab.example.org.")
    return address


def go(path: str, **parameters: str) -> None:
    """Open a page of the booth; ends this run."""
    kept = {} if is_everywhere() else {PARAMETER: "1"}
    st.session_state[PARAMETER] = True
    st.switch_page(path, query_params=kept | parameters)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") == "1"
