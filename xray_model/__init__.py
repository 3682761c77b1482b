"""Pneumonia on chest radiographs by transfer learning: for education and research, not a medical device.

Importing this package loads nothing heavy: each public name is fetched from its module when it is first used, and only
`load_classifier` and `train` bring Keras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xray_model.apart import decode_apart
    from xray_model.archives import Archive, is_archive, shown_name
    from xray_model.augmentation import PRESETS, AugmentationDraw, AugmentationPolicy
    from xray_model.bundle import Bundle, list_bundles, load_bundle
    from xray_model.cards import ModelCard
    from xray_model.classifier import load_classifier
    from xray_model.data_choice import DataChoice
    from xray_model.data_summary import DataSummary, describe_data, describe_upload
    from xray_model.datasets import LabelledImages
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
    from xray_model.labels import LABELS, NORMAL, PNEUMONIA
    from xray_model.not_sure import NotSureBand
    from xray_model.notice import NOTICE, NOTICE_SHORT, POPULATION
    from xray_model.operating_points import OperatingPoint
    from xray_model.packing import PackedRadiograph
    from xray_model.phantoms import FINDINGS, Phantom, draw_phantom
    from xray_model.pneumoniamnist import download_pneumoniamnist, find_pneumoniamnist
    from xray_model.radiograph import Radiograph
    from xray_model.report import FIGURE_COLUMNS, figures_csv, figures_row, overlay_png, unanswered_row
    from xray_model.run_result import RunResult, load_result
    from xray_model.run_settings import RunSettings
    from xray_model.script import keras_script
    from xray_model.server_folders import list_server_folders
    from xray_model.source import Source
    from xray_model.tensorboard_log import tensorboard_zip
    from xray_model.training_checks import ConfigCheck, check_config
    from xray_model.training_config import (
        ARTICLE,
        BACKBONE_NAMES,
        HEADS,
        OPTIMIZERS,
        POOLINGS,
        QUICK,
        RECIPES,
        SCHEDULES,
        START_WEIGHTS,
        UNFREEZE_BLOCKS,
        Phase,
        TrainingConfig,
    )
    from xray_model.training_data import peek
    from xray_model.uploaded_images import ArchiveReading, UploadedImages

_MODULES = {
    "apart": ("decode_apart",),
    "archives": ("Archive", "is_archive", "shown_name"),
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
    "script": ("keras_script",),
    "run_result": ("RunResult", "load_result"),
    "training_checks": ("ConfigCheck", "check_config"),
    "training_data": ("peek",),
    "data_choice": ("DataChoice",),
    "datasets": ("LabelledImages",),
    "pneumoniamnist": ("download_pneumoniamnist", "find_pneumoniamnist"),
    "run_settings": ("RunSettings",),
    "tensorboard_log": ("tensorboard_zip",),
    "data_summary": ("DataSummary", "describe_data", "describe_upload"),
    "server_folders": ("list_server_folders",),
    "uploaded_images": ("ArchiveReading", "UploadedImages"),
    "training_config": (
        "ARTICLE",
        "BACKBONE_NAMES",
        "HEADS",
        "OPTIMIZERS",
        "POOLINGS",
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
    "POOLINGS",
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
    "ArchiveReading",
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
    "LabelledImages",
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
    "RunSettings",
    "RunView",
    "Source",
    "TrainingConfig",
    "UnknownRun",
    "UploadedImages",
    "WeightsUnavailable",
    "XrayModelError",
    "analyze",
    "analyze_many",
    "answer_pictures",
    "check_config",
    "decode_apart",
    "describe_data",
    "describe_upload",
    "download_pneumoniamnist",
    "draw_phantom",
    "epoch_records",
    "figures_csv",
    "figures_row",
    "find_pneumoniamnist",
    "is_archive",
    "keras_script",
    "list_bundles",
    "list_server_folders",
    "load_bundle",
    "load_classifier",
    "load_result",
    "overlay_png",
    "peek",
    "shown_name",
    "tensorboard_zip",
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
