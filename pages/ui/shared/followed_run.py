"""A run that a page follows, with the events fetched so far."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from pages.ui.shared import cache
from xray_model import RunView, UnknownRun


@dataclass
class FollowedRun:
    """A run of the job centre's. owner: under which it is kept there."""

    owner: str
    run_id: str
    events: list[dict[str, Any]] = field(default_factory=list)
    since: int = 0
    view: RunView | None = None

    def follow(self) -> RunView | None:
        """The run's state, with its new events fetched; None when it is gone before it ended."""
        if self.view is None or not self.view.ended:
            try:
                self.view = cache.jobs().view(self.owner, self.run_id, self.since)
            except UnknownRun:
                return None
            self.events.extend(self.view.events)
            self.since = self.view.next_since
        return self.view

    def discard(self) -> None:
        """End the run and remove its files."""
        with contextlib.suppress(UnknownRun):
            cache.jobs().control(self.owner, self.run_id, "discard")
