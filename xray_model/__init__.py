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
        RefusedRadiograph,
        WeightsUnavailable,
        XrayModelError,
    )
    from xray_model.gate import Admission
    from xray_model.heatmap import COLORMAPS, DEFAULT_COLORMAP, Heatmap
    from xray_model.inference import Analysis, Prediction, analyze, analyze_many, answer_pictures
    from xray_model.jobs import JobCenter, UnknownRun, epoch_records
    from xray_model.jobs_run import RunView
    from xray_model.keras_script import keras_script
    from xray_model.labels import LABELS, NORMAL, PNEUMONIA
    from xray_model.not_sure import NotSureBand
    from xray_model.notice import NOTICE, NOTICE_SHORT, POPULATION
    from xray_model.operating_points import OperatingPoint
    from xray_model.packing import PackedRadiograph
    from xray_model.phantoms import FINDINGS, Phantom, draw_phantom
    from xray_model.radiograph import Radiograph
    from xray_model.report import FIGURE_COLUMNS, figures_csv, figures_row, overlay_png, unanswered_row
    from xray_model.run_result import RunResult, load_result
    from xray_model.source import Source
    from xray_model.training_checks import ConfigCheck, check_config
    from xray_model.training_config import (
        ARTICLE,
        BACKBONE_NAMES,
        HEADS,
        OPTIMIZERS,
        QUICK,
        RECIPES,
        SCHEDULES,
        START_WEIGHTS,
        UNFREEZE_BLOCKS,
        Phase,
        TrainingConfig,
    )
    from xray_model.training_data import DataChoice, DataSummary, describe_data, list_server_folders, peek

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
        "RefusedRadiograph",
        "WeightsUnavailable",
        "XrayModelError",
    ),
    "gate": ("Admission",),
    "heatmap": ("COLORMAPS", "DEFAULT_COLORMAP", "Heatmap"),
    "inference": ("Analysis", "Prediction", "analyze", "analyze_many", "answer_pictures"),
    "labels": ("LABELS", "NORMAL", "PNEUMONIA"),
    "notice": ("NOTICE", "NOTICE_SHORT", "POPULATION"),
    "not_sure": ("NotSureBand",),
    "operating_points": ("OperatingPoint",),
    "packing": ("PackedRadiograph",),
    "phantoms": ("FINDINGS", "Phantom", "draw_phantom"),
    "radiograph": ("Radiograph",),
    "report": ("FIGURE_COLUMNS", "figures_csv", "figures_row", "overlay_png", "unanswered_row"),
    "source": ("Source",),
    "jobs": ("JobCenter", "UnknownRun", "epoch_records"),
    "jobs_run": ("RunView",),
    "keras_script": ("keras_script",),
    "run_result": ("RunResult", "load_result"),
    "training_checks": ("ConfigCheck", "check_config"),
    "training_data": ("DataChoice", "DataSummary", "describe_data", "list_server_folders", "peek"),
    "training_config": (
        "ARTICLE",
        "BACKBONE_NAMES",
        "HEADS",
        "OPTIMIZERS",
        "QUICK",
        "RECIPES",
        "SCHEDULES",
        "START_WEIGHTS",
        "UNFREEZE_BLOCKS",
        "Phase",
        "TrainingConfig",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ARTICLE",
    "BACKBONE_NAMES",
    "COLORMAPS",
    "DEFAULT_COLORMAP",
    "FIGURE_COLUMNS",
    "FINDINGS",
    "HEADS",
    "LABELS",
    "NORMAL",
    "NOTICE",
    "NOTICE_SHORT",
    "OPTIMIZERS",
    "PNEUMONIA",
    "POPULATION",
    "PRESETS",
    "QUICK",
    "RECIPES",
    "SCHEDULES",
    "START_WEIGHTS",
    "UNFREEZE_BLOCKS",
    "Admission",
    "Analysis",
    "Archive",
    "AugmentationDraw",
    "AugmentationPolicy",
    "Bundle",
    "ConfigCheck",
    "DataChoice",
    "DataSummary",
    "Heatmap",
    "InvalidBundle",
    "InvalidConfig",
    "InvalidDataset",
    "InvalidRadiograph",
    "JobCenter",
    "ModelCard",
    "NotSureBand",
    "OperatingPoint",
    "PackedRadiograph",
    "Phantom",
    "Phase",
    "Prediction",
    "Radiograph",
    "RefusedRadiograph",
    "RunResult",
    "RunView",
    "Source",
    "TrainingConfig",
    "UnknownRun",
    "WeightsUnavailable",
    "XrayModelError",
    "analyze",
    "analyze_many",
    "answer_pictures",
    "check_config",
    "decode_apart",
    "describe_data",
    "draw_phantom",
    "epoch_records",
    "figures_csv",
    "figures_row",
    "is_archive",
    "keras_script",
    "list_bundles",
    "list_server_folders",
    "load_bundle",
    "load_classifier",
    "load_result",
    "overlay_png",
    "peek",
    "unanswered_row",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value  # the next access is an ordinary one
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
