"""The Train page's state for one visitor: the open run, the settings. The runs are in `xray_model`'s job centre."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.shared import cache, owner
from pages.ui.shared.followed_run import FollowedRun
from pages.ui.shared.session import TRAINING_POLICY
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
    default_data,
    quick_for,
)

BENCH = "train"  # st.session_state key
QUICK, ARTICLE, CUSTOM = "Quick", "Article", "Custom"


@dataclass
class Bench:
    """One visitor's runs and settings. opened: the run on the screen, None while setting up a new one.

    kind: of the chosen images. custom: settings of the recipe Custom. policy: the one sent from the Augmentation page,
    until the visitor drops it.
    refusal: why the last settings file was not loaded. wanted: the archive named by loaded settings. events, following:
    of each run, those fetched and the index of the next. result: the last one opened, with its folder. range_test: the
    last one begun. archive: id of the last uploaded archive, which is either refused (archive_refusal), being read
    (reading) or read (upload).
    """

    owner: str
    opened: str | None = None
    kind: str = field(default_factory=lambda: default_data().kind)
    recipe: str = QUICK
    custom: TrainingConfig = field(default_factory=lambda: quick_for(default_data().kind))
    policy: AugmentationPolicy | None = None
    refusal: str = ""
    wanted: DataChoice | None = None
    archive: str = ""
    archive_refusal: str = ""
    reading: ArchiveReading | None = None
    upload: UploadedImages | None = None
    left_out: dict[tuple[str | None, ...], dict[str, str]] = field(default_factory=dict)
    review: tuple[DataChoice, Any] | None = None
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    following: dict[str, int] = field(default_factory=dict)
    result: tuple[Path | None, RunResult | None] = (None, None)
    range_test: FollowedRun | None = None

    @property
    def config(self) -> TrainingConfig:
        """The settings a run would start with."""
        if self.recipe == CUSTOM:
            return self.custom
        config = self.usual if self.recipe == QUICK else RECIPES[self.recipe.lower()]
        return replace(config, augmentation=self.policy) if self.policy else config

    @property
    def usual(self) -> TrainingConfig:
        """The default run's settings for the chosen images: what Custom starts from, and is compared with."""
        return quick_for(self.kind)

    def leaves_out(self, data: DataChoice) -> dict[str, str]:
        """Name -> label of those of these images that the visitor left out; to be changed in place."""
        return self.left_out.setdefault((data.kind, data.path, data.sha256), {})

    def runs(self) -> list[RunView]:
        """This visitor's runs, the newest first."""
        return cache.jobs().list_runs(self.owner)

    def follow(self, run_id: str) -> RunView | None:
        """Fetch a run's state and new events; None if it was removed. The job centre notes that somebody watches."""
        try:
            view = cache.jobs().view(self.owner, run_id, self.following.get(run_id, 0))
        except UnknownRun:
            self.forget(run_id)
            return None
        self.events.setdefault(run_id, []).extend(view.events)
        self.following[run_id] = view.next_since
        return view

    def start(self, data: DataChoice, name: str, upload: UploadedImages | None = None) -> None:
        """Put a run into the queue and open it; raises `InvalidConfig`. A range test ends: the run need not wait."""
        self.end_range_test()
        self.opened = cache.jobs().start(self.owner, self.config, data, name=name, images=upload)

    def find_range_test(self) -> FollowedRun | None:
        """The range test, also one that the same browser began before; None before the first and after the end."""
        if self.range_test is None:
            found = cache.jobs().list_runs(self._tester)
            self.range_test = FollowedRun(self._tester, found[0].run_id) if found else None
        return self.range_test

    def start_range_test(self, data: DataChoice, upload: UploadedImages | None = None) -> None:
        """Begin a range test of the head; raises `InvalidConfig`. The one before ends."""
        run_id = cache.jobs().start_range_test(self._tester, self.custom, data, upload)
        self.range_test = FollowedRun(self._tester, run_id)

    def end_range_test(self) -> None:
        """End the range test, if there is one, and forget it."""
        if test := self.find_range_test():
            test.discard()
        self.range_test = None

    @property
    def _tester(self) -> str:
        """Apart from the runs, which have a list of their own."""
        return self.owner + owner.RANGE_TEST

    def forget(self, run_id: str) -> None:
        """Close a run that no longer exists."""
        self.events.pop(run_id, None)
        self.following.pop(run_id, None)
        if self.opened == run_id:
            self.opened = None


def bench() -> Bench:
    """This visitor's bench. The first call of a session opens the newest run of the same browser."""
    current = st.session_state.get(BENCH)
    if current is None:
        current = st.session_state[BENCH] = Bench(owner.owner())
        runs = current.runs()
        current.opened = runs[0].run_id if runs else None
    if TRAINING_POLICY in st.session_state:  # once, so that the visitor can drop it
        current.policy = st.session_state.pop(TRAINING_POLICY)
        current.custom = replace(current.custom, augmentation=current.policy)
        current.opened = None
    return current
