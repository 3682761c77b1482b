"""Hospitals that phantoms come from: who is photographed there, with which technique, and how plain the findings are.

`HOME` is the hospital that the bundled model knows: its ranges were fit to the Kermany training radiographs.
`ELSEWHERE` stands for any other: older children and adults, a grid, a detector that sharpens, plainer vessels and
less dense opacities.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Hospital:
    """Ranges that each phantom is drawn from, low and high.

    wide, tall: half the rib cage's width and the lungs' height, in image widths and heights. habitus, heart: see
    `Build`. thymus: spread of the half width that it adds. arms_up: share of people with raised arms. depth: of the
    chest, front to back, relative to a child of three. bone: line integral of ribs, spine and shoulders, relative to
    such a child's; vessels: those of lungs and hila. scatter, photons (decimal logarithm), blur, lung_grey, floor,
    crispness: see `Exposure`. most_dense: the highest `dense_grey`. grid: shadow of the lines of an anti-scatter grid,
    as a share of the signal. filling: how much of the lung's air an opacity replaces, relative to those at `HOME`.
    """

    wide: Range = (0.315, 0.40)
    tall: Range = (0.58, 0.74)
    habitus: Range = (1.10, 1.35)
    heart: Range = (0.88, 1.15)
    thymus: float = 0.035
    arms_up: float = 0.6
    depth: float = 1.0
    bone: float = 1.0
    vessels: float = 1.0
    scatter: Range = (0.15, 0.55)
    photons: Range = (4.0, 5.0)
    blur: Range = (0.0008, 0.0025)
    lung_grey: Range = (0.33, 0.55)
    most_dense: float = 0.87
    floor: Range = (0.02, 0.13)
    crispness: Range = (0.1, 1.0)
    grid: float = 0.0
    filling: float = 1.0


HOME = Hospital()
# One room, one protocol: its films vary less than those of `HOME`, in which many years and machines lie.
ELSEWHERE = Hospital(
    wide=(0.36, 0.38),
    tall=(0.76, 0.80),
    habitus=(1.10, 1.16),
    heart=(0.72, 1.0),
    thymus=0.0,
    arms_up=0.0,
    depth=1.45,
    bone=1.35,
    vessels=2.4,
    scatter=(0.5, 0.6),
    photons=(4.6, 4.8),
    blur=(0.0020, 0.0024),
    lung_grey=(0.24, 0.28),
    most_dense=0.80,
    floor=(0.02, 0.03),
    crispness=(1.8, 2.0),
    grid=0.03,
    filling=0.42,
)
HOSPITALS = {"home": HOME, "elsewhere": ELSEWHERE}
