"""A job centre that trains nothing: tests write its runs' events, so that pages can be shown in any state."""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import xray_model

EPOCHS, FILM, MAP = 20, 6, 14
FINDINGS = ("none", "lobar", "patchy", "none", "interstitial", "lobar")  # of the film's pictures


@dataclass
class FakeCenter:
    """The interface of `xray_model.JobCenter`. asked: what was asked of each run, in order.

    images: a visitor's own, which the last run was started with.
    """

    memory_mb: float = 8000.0
    runs: dict[tuple[str, str], Any] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    images: Any = None

    def start(self, owner: str, config: Any, data: Any, name: str = "", images: Any = None) -> str:
        """A run that has trained for six epochs."""
        self.images = images
        run_id = f"run{len(self.runs) + 1}"
        self.events[run_id] = list(events(6))
        view = xray_model.RunView(
            run_id=run_id,
            name=name,
            config=config,
            data=data,
            state="training",
            sentence="The head is learning.",
            place=0,
            events=(),
            next_since=0,
            can_continue=False,
            result=None,
            last_epoch=5,
            epochs_total=EPOCHS,
        )
        self.runs = {(owner, run_id): view} | self.runs
        return run_id

    def start_lesson(self, owner: str, key: str) -> str:
        """A lesson that has begun; tests append its events."""
        run_id = self.start(owner, xray_model.QUICK, xray_model.DataChoice(), key)
        self.events[run_id] = [{"kind": "progress", "done": 1, "total": 4, "sentence": "Looking at the images."}]
        self.set(owner, run_id, state="preparing", sentence="Starting Keras.")
        return run_id

    def start_range_test(self, owner: str, config: Any, data: Any, images: Any = None) -> str:
        """A range test that has begun; tests append its events."""
        settings, part = xray_model.range_settings(config), xray_model.range_data(data, config)
        run_id = self.start(owner, settings, part, "range test", images)
        self.events[run_id] = [{"kind": "progress", "done": 1, "total": 4, "sentence": "Looking at the images."}]
        self.set(owner, run_id, state="preparing", sentence="Starting Keras.")
        return run_id

    def view(self, owner: str, run_id: str, since: int = 0) -> Any:
        """The run, with its events from `since` on."""
        if (owner, run_id) not in self.runs:
            raise xray_model.UnknownRun("This run is not yours or has been removed.")
        found = self.events[run_id]
        return replace(self.runs[owner, run_id], events=tuple(found[since:]), next_since=len(found))

    def list_runs(self, owner: str) -> list[Any]:
        """The owner's runs."""
        return [view for (whose, _), view in self.runs.items() if whose == owner]

    def control(self, owner: str, run_id: str, action: str) -> None:
        """Do at once what the real one would."""
        self.asked.append((run_id, action))
        states = {"pause": "paused", "resume": "training", "step": "paused", "stop": "stopped"}
        if action == "discard":
            del self.runs[owner, run_id]
        else:
            self.set(owner, run_id, state=states[action], can_continue=action == "stop")

    def continue_run(self, owner: str, run_id: str) -> None:
        """Queue it again."""
        self.asked.append((run_id, "continue"))
        self.set(owner, run_id, state="queued", can_continue=False)

    def zip_result(self, owner: str, run_id: str) -> bytes:  # noqa: ARG002
        """Bytes that stand for a bundle."""
        return b"PK"

    def set(self, owner: str, run_id: str, **changes: Any) -> None:
        """Change what a run looks like."""
        self.runs[owner, run_id] = replace(self.runs[owner, run_id], **changes)


def events(epochs: int) -> Iterator[dict[str, Any]]:
    """A run's events over `epochs` epochs, the point before them first; from the eleventh on it fine-tunes."""
    labels = [int(finding != "none") for finding in FINDINGS]
    images = [
        {"name": f"phantom {i}", "label": label, "size": 160, "png": data}
        for i, (label, data) in enumerate(zip(labels, _pictures(), strict=True))
    ]
    yield {"kind": "state", "time": 0.0, "state": "training", "sentence": "The head is learning."}
    yield {"kind": "film", "time": 0.0, "images": images}
    rng = np.random.default_rng(1)
    yield _epoch(-1, 0, labels, rng) | {"kind": "start", "phase": "start", "seconds": None, "seconds_left": None}
    for epoch in range(epochs):
        phase = int(epoch >= 10)
        if epoch in (0, 10):
            name = ("head", "fine-tune")[phase]
            yield {"kind": "phase", "time": 1.0, "phase": name, "phase_index": phase, "epoch": epoch, "unfreeze": "all"}
        yield _epoch(epoch, phase, labels, rng)
    yield {
        **{"kind": "progress", "time": 9.0, "what": "batches", "done": 7, "total": 15, "epoch": epochs},
        **{"sentence": f"Epoch {epochs + 1}: batch 7 of 15.", "phase": "head"},
        **{"images_per_second": 812.0, "seconds_left": 11.4},
    }


@functools.cache
def _pictures() -> list[str]:
    """A phantom of each finding, as base64 of a PNG file."""
    grey = [xray_model.draw_phantom(seed, finding, 160).pixels for seed, finding in enumerate(FINDINGS)]
    return [base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode() for picture in grey]


def _epoch(epoch: int, phase: int, labels: list[int], rng: np.random.Generator) -> dict[str, Any]:
    gone = 1 - np.exp(-(epoch + 1) / 6)
    shares = {
        name: 0.55 + 0.4 * gone + rng.normal(0, 0.012) for name in ("accuracy", "auc", "sensitivity", "specificity")
    }
    held = {f"val_{name}": value - 0.03 - rng.uniform(0, 0.03) for name, value in shares.items()}
    film = [
        {
            "image": i,
            "probability": float(0.5 + (label - 0.5) * gone * 0.9),
            "shape": [MAP, MAP],
            "evidence": (rng.normal(0, 0.01, MAP * MAP) + (0.12 * label * gone) * _blob(i)).round(4).tolist(),
        }
        for i, label in enumerate(labels)
    ]
    return {
        **{"kind": "epoch", "time": float(epoch), "epoch": epoch, "phase": ("head", "fine-tune")[phase]},
        **{"phase_index": phase, "epochs_total": EPOCHS, "loss": 0.7 - 0.5 * gone, "val_loss": 0.72 - 0.42 * gone},
        **shares,
        **held,
        **{"learning_rate": 1e-3 if phase == 0 else 1e-5, "images_per_second": 812.0, "seconds": 0.8},
        **{"seconds_left": (EPOCHS - epoch) * 0.8, "best": True, "film": film},
    }


def _blob(seed: int) -> np.ndarray:
    row, column = np.mgrid[:MAP, :MAP]
    return np.exp(-((row - 5 - seed % 4) ** 2 + (column - 4 - seed) ** 2) / 6).ravel()


def result(folder: Path) -> Any:
    """A result on 40 phantoms, with the bundled model's folder as the new bundle's."""
    bundle = xray_model.load_bundle()
    rng = np.random.default_rng(2)
    seeds = range(40)
    grey = np.stack([xray_model.draw_phantom(seed, "lobar" if seed % 2 else "none", 224).pixels for seed in seeds])
    labels = np.array([seed % 2 for seed in seeds], np.int8)
    answer = [xray_model.analyze(xray_model.Radiograph.from_array(picture), bundle).evidence for picture in grey]
    return xray_model.RunResult(
        folder=folder,
        card=bundle.card,
        history=[],
        settings={},
        labels=labels,
        names=tuple(f"phantom {seed}" for seed in seeds),
        groups=tuple(str(seed) for seed in seeds),
        probabilities=np.clip(labels * 0.5 + 0.25 + rng.normal(0, 0.2, 40), 0.01, 0.99),
        before=np.clip(labels * 0.3 + 0.35 + rng.normal(0, 0.2, 40), 0.01, 0.99),
        grey=grey,
        evidence=np.stack(answer),
    )
