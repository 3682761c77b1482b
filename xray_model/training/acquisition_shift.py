"""Simulated acquisition shift: films as another department's equipment and habits would make them."""

from __future__ import annotations

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


def shifted(images: LabelledImages) -> LabelledImages:
    """The same images, each under one draw of the simulated acquisition shift."""
    rng = np.random.default_rng(SHIFT_SEED)
    grey = [np.rint(ACQUISITION_SHIFT.augment(image.astype(np.float32), rng)) for image in images.grey]
    return replace(images, grey=np.clip(np.stack(grey), 0, 255).astype(np.uint8))
