"""Simulated acquisition shift: films as another department's equipment and habits would make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from xray_model.augmentation.policy import AugmentationPolicy
from xray_model.datasets.labelled_images import LabelledImages

# Framing, collimation, exposure, sharpness. Fixed, and, but for the zoom, milder than the training policy; held-out
# images are judged under one draw of it each.
ACQUISITION_SHIFT = AugmentationPolicy(
    rotation=6, width_shift=0.04, height_shift=0.04, zoom=0.1, tighter=0.2, looser=0.1, brightness=0.08, contrast=0.3,
    gamma=0.4, noise=0.02, blur=1.0, border=0.1, fine_detail=0.5, coarse_detail=0.3, fill="black",
)  # fmt: skip
SHIFT_SEED = 9
KINDS = {  # each setting of the shift belongs to one kind
    "exposure": ("brightness", "gamma"),
    "contrast": ("contrast",),
    "framing": ("rotation", "width_shift", "height_shift", "zoom", "tighter", "looser", "border"),
    "detail": ("noise", "blur", "fine_detail", "coarse_detail"),
}
STRENGTHS = {"mild": 0.5, "full": 1.0}  # share of the shift's ranges
ALL = "all of these"


def shift_conditions() -> Mapping[str, AugmentationPolicy]:
    """Name -> policy: each kind of shift alone in each strength, and all kinds at once in full strength."""
    full = ACQUISITION_SHIFT.to_dict()
    alone = {
        f"{name} {kind}": AugmentationPolicy(**{setting: share * full[setting] for setting in settings}, fill="black")
        for kind, settings in KINDS.items()
        for name, share in STRENGTHS.items()
    }
    return alone | {ALL: ACQUISITION_SHIFT}


def shifted(images: LabelledImages, policy: AugmentationPolicy = ACQUISITION_SHIFT) -> LabelledImages:
    """The same images, each under one draw of a simulated shift."""
    rng = np.random.default_rng(SHIFT_SEED)
    grey = [np.rint(policy.augment(image.astype(np.float32), rng)) for image in images.grey]
    return replace(images, grey=np.clip(np.stack(grey), 0, 255).astype(np.uint8))
