"""What the Train page keeps for one visitor: who they are to the job centre, the open run, the settings being made.

The runs live in `xray_model`'s job centre, under a secret that the visitor's browser holds as a cookie: a reload, or a
browser that was closed, finds them again, and nobody else sees them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.augmentation.state import TRAINING_POLICY
from pages.ui.shared import cache
from xray_model import (
    RECIPES,
    ArchiveReading,
    AugmentationPolicy,
    DataChoice,
    RunResult,
    RunView,
    TrainingConfig,
    UnknownRun,
    UploadedImages,
)

BENCH = "train"  # st.session_state key
COOKIE = "xray-train"
TOKEN = re.compile(r"[\w-]{32}")
KEEP_DAYS = 7
QUICK, ARTICLE, CUSTOM = "Quick", "Article", "Custom"
# The secret goes into a cookie by JavaScript, as Streamlit 1.67 can read cookies and not set them.
KEEP_TOKEN = """export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.token}; Path=/; Max-Age=${data.seconds}; SameSite=Strict${secure}`;
}"""

_keeper = st.components.v2.component("train_token", html="<span hidden></span>", js=KEEP_TOKEN)


@dataclass
class Bench:
    """opened: the run on show, None while a new one is set up. events: of each run, as far as they were fetched.

    custom: the settings of the recipe Custom. policy: what "Train with this" brought; None when nothing was, or when it
    was put aside. refusal: why the last settings file was not loaded; wanted: the archive that one was made with.
    result: the last one opened, by folder. archive: the upload last looked at, refused with a reason, being read, or
    kept as `upload`.
    """

    owner: str
    opened: str | None = None
    recipe: str = QUICK
    custom: TrainingConfig = field(default_factory=lambda: RECIPES["quick"])
    policy: AugmentationPolicy | None = None
    refusal: str = ""
    wanted: DataChoice | None = None
    archive: str = ""
    archive_refusal: str = ""
    reading: ArchiveReading | None = None
    upload: UploadedImages | None = None
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    following: dict[str, int] = field(default_factory=dict)
    result: tuple[Path | None, RunResult | None] = (None, None)

    @property
    def config(self) -> TrainingConfig:
        """The settings that Start would use."""
        if self.recipe == CUSTOM:
            return self.custom
        config = RECIPES[self.recipe.lower()]
        return replace(config, augmentation=self.policy) if self.policy else config

    def runs(self) -> list[RunView]:
        """This visitor's runs, the newest first."""
        return cache.jobs().list_runs(self.owner)

    def follow(self, run_id: str) -> RunView | None:
        """How a run stands, its new events kept; None when it has been removed. Also tells that somebody watches."""
        try:
            view = cache.jobs().view(self.owner, run_id, self.following.get(run_id, 0))
        except UnknownRun:
            self.forget(run_id)
            return None
        self.events.setdefault(run_id, []).extend(view.events)
        self.following[run_id] = view.next_since
        return view

    def start(self, data: DataChoice, name: str, upload: UploadedImages | None = None) -> None:
        """Queue a run and open it; raises `InvalidConfig`."""
        self.opened = cache.jobs().start(self.owner, self.config, data, name=name, images=upload)

    def forget(self, run_id: str) -> None:
        """Close a run that is no more."""
        self.events.pop(run_id, None)
        self.following.pop(run_id, None)
        if self.opened == run_id:
            self.opened = None


def bench() -> Bench:
    """This visitor's bench; at a session's first call with the newest run of the same browser opened."""
    current = st.session_state.get(BENCH)
    if current is None:
        current = st.session_state[BENCH] = Bench(_token())
        runs = current.runs()
        current.opened = runs[0].run_id if runs else None
    if TRAINING_POLICY in st.session_state:  # taken over once: putting it aside stays possible
        current.policy = st.session_state.pop(TRAINING_POLICY)
        current.custom = replace(current.custom, augmentation=current.policy)
        current.opened = None
    return current


def keep_token(current: Bench) -> None:
    """Let the visitor's browser remember whose runs these are."""
    data = {"name": COOKIE, "token": current.owner, "seconds": KEEP_DAYS * 86_400}
    _keeper(key="train-token", data=data, height="content")


def _token() -> str:
    known = st.context.cookies.get(COOKIE)
    if isinstance(known, str) and TOKEN.fullmatch(known):  # AppTest's cookies are no text
        return known
    return secrets.token_urlsafe(24)
