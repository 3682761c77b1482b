"""A visitor's secret, under which the job centre keeps their runs. Their browser keeps it as a cookie.

So the browser finds them again after a reload or a restart, and nobody else can see them.
"""

from __future__ import annotations

import contextlib
import re
import secrets

import streamlit as st

from pages.ui.shared import cache
from xray_model import UnknownRun

OWNER = "owner"  # st.session_state key
COOKIE = "xray-train"
TOKEN = re.compile(r"[\w-]{32}")
KEEP_DAYS = 7
LESSONS = "-lessons"  # follows the secret: a lesson's run is not in the Train page's list
RANGE_TEST = "-range-test"  # nor is a range test
# JavaScript sets the cookie, as Streamlit 1.67 can only read cookies.
KEEP_TOKEN = """export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.token}; Path=/; Max-Age=${data.seconds}; SameSite=Strict${secure}`;
}"""

_keeper = st.components.v2.component("train_token", html="<span hidden></span>", js=KEEP_TOKEN)


def owner() -> str:
    """The secret: the one that the browser keeps, else a new one."""
    if OWNER not in st.session_state:
        known = st.context.cookies.get(COOKIE)
        is_known = isinstance(known, str) and TOKEN.fullmatch(known)  # in AppTest it is not a str
        st.session_state[OWNER] = known if is_known else secrets.token_urlsafe(24)
    return str(st.session_state[OWNER])


def keep_owner() -> None:
    """Store the secret in the visitor's browser."""
    data = {"name": COOKIE, "token": owner(), "seconds": KEEP_DAYS * 86_400}
    _keeper(key="train-token", data=data, height="content")


def discard_runs(secret: str) -> None:
    """End and remove every run, lesson and range test of this visitor's."""
    for name in (secret, secret + LESSONS, secret + RANGE_TEST):
        for run in cache.jobs().list_runs(name):
            with contextlib.suppress(UnknownRun):
                cache.jobs().control(name, run.run_id, "discard")
