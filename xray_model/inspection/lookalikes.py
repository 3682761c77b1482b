"""Images that look the same under different names: a split by file or patient alone would put them on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from xray_model.datasets.folder_labels import part_of
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.splitting import near_duplicates


@dataclass(frozen=True)
class Lookalikes:
    """Two or more images that look the same. members: their indices.

    contradict: they have different labels, so that one of these is wrong. across: they lie in folders for different
    parts, such as train and val.
    """

    members: tuple[int, ...]
    contradict: bool
    across: bool


def find_lookalikes(images: LabelledImages) -> tuple[Lookalikes, ...]:
    """Groups of near-duplicates that names do not give away: of different patients, labels or parts. Worst first."""
    parent = list(range(len(images)))

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for first, second in near_duplicates(images.grey):
        parent[root(second)] = root(first)
    groups: dict[int, list[int]] = {}
    for index in range(len(images)):
        groups.setdefault(root(index), []).append(index)
    found = [_described(images, tuple(members)) for members in groups.values() if len(members) > 1]
    hidden = [one for one in found if one.contradict or one.across or len({images.groups[i] for i in one.members}) > 1]
    return tuple(sorted(hidden, key=lambda one: (not one.contradict, not one.across)))


def _described(images: LabelledImages, members: tuple[int, ...]) -> Lookalikes:
    labels, parts = {int(images.labels[i]) for i in members}, {part_of(images.names[i]) for i in members}
    return Lookalikes(members, len(labels) > 1, len(parts) > 1)
