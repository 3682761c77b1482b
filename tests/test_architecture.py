"""The house's walls: which module stands where, and that no arrow runs against them.

The table below has a place for every module; a new one without a place fails here, so that somebody decides.
"""

from __future__ import annotations

import json
import subprocess
import sys
from fnmatch import fnmatch

import pytest

import xray_model
from tests.imports import ROOT, closure, imports, public_names, sources

FLOOR, RUNTIME, SERVING, TRAINING, JOBS, TOP = (
    *("shared floor", "LiteRT", "serving wing", "training wing", "jobs", "on top"),
)
PLACES = {
    FLOOR: (
        *("errors", "labels", "notice", "calibration", "operating_points", "evaluation", "cards", "bundle_folders"),
        *("source", "levels", "decoding", "dicom", "dicom_*", "radiograph", "files"),
        *("archives", "packing", "apart", "apart_worker"),
        *("heatmap", "phantoms", "phantoms.*", "phantom_trial", "golden", "augmentation", "transforms"),
        *("class_folders", "class_reading", "datasets", "training_config", "model_card"),
        *("data_choice", "data_summary", "server_folders", "uploaded_images", "run_settings", "tensorboard_log"),
        *("training_checks", "training_costs", "training_data", "phantom_cache", "pneumoniamnist", "imagenet"),
        *("shipped_phantoms", "bundled_body"),
        "script",
        *("watching", "batches", "run_files", "run_result"),
        *(
            "labelled_files",
            "not_sure",
            "series",
            "framing",
            "lungs",
            "lung_pairs",
            "lung_masks",
            "pooling",
            "population",
            "finder_card",
            "finder_prose",
        ),
    ),
    RUNTIME: ("runtime", "lung_finder"),
    SERVING: ("gate", "bundle", "inference", "report", "batch", "measuring"),
    TRAINING: (
        *(
            "backbones",
            "classifier",
            "export",
            "bundling",
            "runs",
            "ablation",
            "across_series",
            "lung_network",
            "lung_finding",
            "lung_pooling",
            "lung_training",
        ),
        *("training", "training_model", "training_state", "features", "film", "finishing", "training_worker", "frozen"),
    ),
    JOBS: ("jobs", "jobs_*"),
    TOP: ("__main__", "cli", "cli_training"),
}
MAY_IMPORT = {
    FLOOR: {FLOOR},
    RUNTIME: {FLOOR, RUNTIME},
    SERVING: {FLOOR, RUNTIME, SERVING},
    TRAINING: {FLOOR, RUNTIME, TRAINING},
    JOBS: {FLOOR, JOBS},
    TOP: {FLOOR, RUNTIME, SERVING, TRAINING, JOBS, TOP},
}
PACKAGES = {  # beside the standard library
    FLOOR: {"numpy", "cv2", "PIL", "pydicom"},
    RUNTIME: {"numpy", "ai_edge_litert"},
    SERVING: {"numpy", "cv2", "PIL"},
    TRAINING: {"numpy", "keras", "tensorflow"},
    JOBS: set(),
    TOP: {"tqdm"},
}
PAGE_PACKAGES = {"streamlit", "starlette", "numpy", "pandas", "cv2"}

MODULES = sources("xray_model")
PAGES = sources("pages", "app.py")
GRAPH = {name: imports(name, file, MODULES) for name, file in MODULES.items() if name != "xray_model"}


def places(module: str) -> list[str]:
    """The places whose patterns fit a module of `xray_model`."""
    short = module.removeprefix("xray_model.")
    return [place for place, patterns in PLACES.items() if any(fnmatch(short, pattern) for pattern in patterns)]


def outside(names: set[str]) -> set[str]:
    """Installed packages among imported names."""
    tops = {name.split(".")[0] for name in names} - {"xray_model", "pages", ""}
    return tops - set(sys.stdlib_module_names)


@pytest.mark.parametrize("module", GRAPH)
def test_every_module_has_one_place(module):
    assert len(places(module)) == 1, (
        f"{module} stands in {places(module)}: give it one place in tests/test_architecture.py"
    )


def test_every_pattern_has_a_module():
    short = [name.removeprefix("xray_model.") for name in GRAPH]
    patterns = [pattern for patterns in PLACES.values() for pattern in patterns]
    assert [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in short)] == []


@pytest.mark.parametrize("module", GRAPH)
def test_arrows_run_one_way(module):
    [place] = places(module)
    inside = {name for name in GRAPH[module] if name.startswith("xray_model.")}
    assert {name: places(name) for name in inside if not set(places(name)) <= MAY_IMPORT[place]} == {}


@pytest.mark.parametrize("module", GRAPH)
def test_packages_stay_in_their_wing(module):
    [place] = places(module)
    assert outside(GRAPH[module]) - PACKAGES[place] == set()


def test_wings_never_reach_each_other_through_others():
    for module in GRAPH:
        reached = closure(module, GRAPH)
        wings = {place for name in {module, *reached} if name in GRAPH for place in places(name)}
        if places(module) != [TOP]:
            assert not {SERVING, TRAINING} <= wings
        if SERVING in wings and TRAINING not in wings:
            assert not {"keras", "tensorflow"} & outside(reached)


def test_no_import_runs_in_a_circle():
    assert [module for module in GRAPH if module in closure(module, GRAPH)] == []


def test_model_module_never_imports_the_pages():
    for module in MODULES:
        reached = closure(module, GRAPH) if module in GRAPH else imports(module, MODULES[module], MODULES)
        assert not {name for name in reached if name.split(".")[0] in ("streamlit", "pages", "app")}, module


@pytest.mark.parametrize("page", PAGES)
def test_pages_import_the_root_and_their_own_parts_only(page):
    found = imports(page, PAGES[page], PAGES | MODULES | {f"xray_model.{name}": ROOT for name in xray_model.__all__})
    beyond = {
        name
        for name in found
        if name.startswith("xray_model.") and name.removeprefix("xray_model.") not in xray_model.__all__
    }
    assert beyond == set()
    assert {name for name in found if name.split(".")[0] == "pages" and not name.startswith("pages.ui")} == set()
    assert outside(found) - PAGE_PACKAGES == set()


@pytest.mark.parametrize("page", PAGES)
def test_pages_use_public_names(page):
    assert set(public_names(PAGES[page])) <= set(xray_model.__all__)


def loaded_after(code: str) -> set[str]:
    """Names of the modules that a fresh Python has loaded after `code`."""
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy():
    before, after = loaded_after(""), loaded_after("import xray_model")
    assert "xray_model" in after
    assert outside(after - before) == set()
    assert {name for name in after if name.startswith("xray_model")} == {"xray_model"}


def test_the_first_page_is_on_the_screen_before_anything_heavy_is_loaded():
    """What the frame and an empty Analyze page import, but for the bundle, which they load last."""
    pages = "frame, downloads, gallery, results, train_use, uploads"
    loaded = loaded_after(f"import streamlit\nfrom pages.ui import {pages}")
    assert "pages.ui.gallery" in loaded
    assert not {"numpy", "cv2", "PIL", "pydicom", "pandas", "pyarrow", "ai_edge_litert"} & loaded


def test_floor_and_serving_wing_load_without_keras():
    """Not read from the text but tried: every module below the training wing, in one fresh Python."""
    names = sorted(name for name in GRAPH if places(name) in ([FLOOR], [RUNTIME], [SERVING]))
    loaded = loaded_after("\n".join(f"import {name}" for name in names))
    assert set(names) <= loaded
    assert not {"keras", "tensorflow", "streamlit", "matplotlib", "jax", "torch"} & loaded
