"""A look at labelled images before a network learns from them: look-alikes, doubtful labels, shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.splitting import merge_near_duplicates
from xray_model.imaging.resize import resize_grey
from xray_model.inspection.doubtful_labels import LabelDoubts, doubt_labels
from xray_model.inspection.lookalikes import Lookalikes, find_lookalikes
from xray_model.inspection.shortcuts import ENOUGH, Shortcut, judge_facts
from xray_model.labels import LABELS

CHUNK = 16  # images between two reports
Advance = Callable[[int, int], None]  # images done, images in all


@dataclass(frozen=True, eq=False)
class DataReview:
    """What was found. images: those that were looked at. in_all: how many there are, of which these may be a part."""

    images: LabelledImages
    in_all: int
    lookalikes: tuple[Lookalikes, ...]
    doubts: LabelDoubts
    shortcuts: tuple[Shortcut, ...]

    @property
    def telling(self) -> tuple[Shortcut, ...]:
        """The facts that give the label away."""
        return tuple(one for one in self.shortcuts if one.is_telling)

    @property
    def is_clean(self) -> bool:
        """True when nothing was found."""
        return not (self.lookalikes or self.doubts.suspects or self.telling)

    def doubt_words(self, index: int) -> str:
        """How likely the other images make an image's label; empty where they cannot tell."""
        return f"{1 - self.doubts.other[index]:.0%} likely" if self.doubts.is_able else ""

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain values for JSON, files by name."""
        names, labels = self.images.names, [LABELS[int(label)] for label in self.images.labels]
        return {
            "images": len(self.images),
            "in_all": self.in_all,
            "lookalikes": [
                {"files": [names[i] for i in one.members], "contradict": one.contradict, "across": one.across}
                for one in self.lookalikes
            ],
            "labels_auc": round(self.doubts.auc, 4),
            "doubtful_labels": [
                {"file": names[i], "label": labels[i], "other_probability": round(float(self.doubts.other[i]), 4)}
                for i in self.doubts.suspects
            ],
            "facts": [
                {"fact": one.fact, "auc": round(one.auc, 4), "interval": [round(end, 4) for end in one.interval]}
                | {"is_shortcut": one.is_telling}
                for one in self.shortcuts
            ],
        }

    def sentences(self) -> list[str]:
        """The findings in words, for a page and for a terminal."""
        return [self._extent(), self._lookalike_sentence(), self._label_sentence(), *self._shortcut_sentences()]

    def report(self) -> str:
        """The findings as text, with the files that they are about."""
        names, labels = self.images.names, [LABELS[int(label)] for label in self.images.labels]
        lines = [self._extent(), "", self._lookalike_sentence()]
        lines += [f"  {' = '.join(f'{names[i]} ({labels[i]})' for i in one.members)}" for one in self.lookalikes]
        lines += ["", self._label_sentence()]
        lines += [f"  {names[i]}: {labels[i]}, {1 - self.doubts.other[i]:.1%} likely" for i in self.doubts.suspects]
        lines += ["", *self._shortcut_sentences()]
        lines += [
            f"  {one.fact}: AUC {one.auc:.2f} ({one.interval[0]:.2f} to {one.interval[1]:.2f})"
            for one in self.shortcuts
        ]
        return "\n".join(lines) + "\n"

    def _extent(self) -> str:
        part = f" of {self.in_all:,}, chosen by name; what the others hold was not seen" if self._is_part else ""
        return f"Looked at {len(self.images):,} images{part}."

    @property
    def _is_part(self) -> bool:
        return len(self.images) < self.in_all

    def _lookalike_sentence(self) -> str:
        if not self.lookalikes:
            return "Look-alikes: none under different names."
        count, wrong = len(self.lookalikes), sum(one.contradict for one in self.lookalikes)
        groups = "1 group of images looks" if count == 1 else f"{count} groups of images look"
        said = f" {wrong} with both labels: one of these is wrong." if wrong else ""
        return (
            f"Look-alikes: {groups} the same under different names.{said} Training keeps each group on one side of the "
            "split; leave the copies out to count each film once."
        )

    def _label_sentence(self) -> str:
        if not self.doubts.is_able:
            return (
                f"Labels: not judged. What the bundled model sees does not tell them apart (AUC {self.doubts.auc:.2f})."
            )
        if not self.doubts.suspects:
            return "Labels: none is contradicted by the other images."
        count = len(self.doubts.suspects)
        return (
            f"Labels: {count} {'contradicts' if count == 1 else 'contradict'} what the other images say. Look at "
            f"{'it' if count == 1 else 'them'}: a hard case is no mistake."
        )

    def _shortcut_sentences(self) -> list[str]:
        if not self.shortcuts:
            return [f"Shortcuts: not judged, with fewer than {ENOUGH} images of a label."]
        if not self.telling:
            return [f"Shortcuts: none of {', '.join(one.fact for one in self.shortcuts)} gives the label away."]
        return [f"Shortcut: {one.sentence}" for one in self.telling]


def review_images(
    images: LabelledImages, bundle: Bundle, in_all: int | None = None, advance: Advance | None = None
) -> DataReview:
    """Look at images of at least the network's size. in_all: how many there are, if these are a part of them.

    About 8 ms an image on two cores, the network's pass nearly all of it. Memory beyond the images: 3 KB for each.
    """
    features = pooled_features(images.grey, bundle, advance)
    doubts = doubt_labels(features, images.labels, merge_near_duplicates(images))
    return DataReview(images, in_all or len(images), find_lookalikes(images), doubts, judge_facts(images))


def pooled_features(grey: NDArray[np.uint8], bundle: Bundle, advance: Advance | None = None) -> NDArray[np.float32]:
    """Means of the network's last map, (n, c), of uint8 (n, s, s)."""
    parts = []
    for start in range(0, len(grey), CHUNK):
        small = np.stack([resize_grey(one, bundle.runtime.input_size) for one in grey[start : start + CHUNK]])
        parts.append(bundle.runtime.forward(small.astype(np.float32)).feature_map.mean(axis=(1, 2)))
        if advance:
            advance(min(len(grey), start + CHUNK), len(grey))
    return np.concatenate(parts)
