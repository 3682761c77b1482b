"""Pneumonia on chest radiographs by transfer learning: for education and research, not a medical device.

Importing this package loads nothing heavy: each public name is fetched from its module when it is first used, and only
`load_classifier` and `train` bring Keras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xray_model.apart import decode_apart
    from xray_model.archives import Archive, is_archive
    from xray_model.augmentation import PRESETS, AugmentationDraw, AugmentationPolicy
    from xray_model.bundle import Bundle, list_bundles, load_bundle
    from xray_model.cards import ModelCard
    from xray_model.classifier import load_classifier
    from xray_model.errors import (
        InvalidBundle,
        InvalidConfig,
        InvalidDataset,
        InvalidRadiograph,
        WeightsUnavailable,
        XrayModelError,
    )
    from xray_model.heatmap import COLORMAPS, DEFAULT_COLORMAP, Heatmap
    from xray_model.inference import Analysis, Prediction, analyze, analyze_many
    from xray_model.labels import LABELS, NORMAL, PNEUMONIA
    from xray_model.notice import NOTICE, NOTICE_SHORT, POPULATION
    from xray_model.operating_points import OperatingPoint
    from xray_model.packing import PackedRadiograph
    from xray_model.phantoms import FINDINGS, Phantom, draw_phantom
    from xray_model.radiograph import Radiograph
    from xray_model.report import FIGURE_COLUMNS, figures_csv, figures_row, overlay_png, unreadable_row
    from xray_model.source import Source
    from xray_model.training_config import RECIPES, TrainingConfig

_MODULES = {
    "apart": ("decode_apart",),
    "archives": ("Archive", "is_archive"),
    "augmentation": ("PRESETS", "AugmentationDraw", "AugmentationPolicy"),
    "bundle": ("Bundle", "list_bundles", "load_bundle"),
    "cards": ("ModelCard",),
    "classifier": ("load_classifier",),
    "errors": (
        "InvalidBundle",
        "InvalidConfig",
        "InvalidDataset",
        "InvalidRadiograph",
        "WeightsUnavailable",
        "XrayModelError",
    ),
    "heatmap": ("COLORMAPS", "DEFAULT_COLORMAP", "Heatmap"),
    "inference": ("Analysis", "Prediction", "analyze", "analyze_many"),
    "labels": ("LABELS", "NORMAL", "PNEUMONIA"),
    "notice": ("NOTICE", "NOTICE_SHORT", "POPULATION"),
    "operating_points": ("OperatingPoint",),
    "packing": ("PackedRadiograph",),
    "phantoms": ("FINDINGS", "Phantom", "draw_phantom"),
    "radiograph": ("Radiograph",),
    "report": ("FIGURE_COLUMNS", "figures_csv", "figures_row", "overlay_png", "unreadable_row"),
    "source": ("Source",),
    "training_config": ("RECIPES", "TrainingConfig"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "FIGURE_COLUMNS",
    "FINDINGS",
    "LABELS",
    "NORMAL",
    "NOTICE",
    "NOTICE_SHORT",
    "PNEUMONIA",
    "POPULATION",
    "PRESETS",
    "RECIPES",
    "Analysis",
    "Archive",
    "AugmentationDraw",
    "AugmentationPolicy",
    "Bundle",
    "Heatmap",
    "InvalidBundle",
    "InvalidConfig",
    "InvalidDataset",
    "InvalidRadiograph",
    "ModelCard",
    "OperatingPoint",
    "PackedRadiograph",
    "Phantom",
    "Prediction",
    "Radiograph",
    "Source",
    "TrainingConfig",
    "WeightsUnavailable",
    "XrayModelError",
    "analyze",
    "analyze_many",
    "decode_apart",
    "draw_phantom",
    "figures_csv",
    "figures_row",
    "is_archive",
    "list_bundles",
    "load_bundle",
    "load_classifier",
    "overlay_png",
    "unreadable_row",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # the next access is an ordinary one
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
