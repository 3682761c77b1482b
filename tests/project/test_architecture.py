"""The architecture: what each package may import, as listed in the tables below.

A package without an entry fails, so that somebody decides. grimp reads every import, including those inside functions
and those only for type checkers.
"""

from __future__ import annotations

import json
import subprocess
import sys

import grimp
import pytest

from tests.support.places import ROOT
from tests.support.public_names import MODULE_OF

EVERYBODY = {"errors", "labels", "notice"}  # modules that every package may import
KERAS = {"keras", "tensorflow"}
ARRAYS = {"numpy", "cv2"}
PACKAGES = {  # package of xray_model -> (packages of xray_model that it may import, installed packages)
    "imaging": (set(), ARRAYS | {"PIL", "pydicom"}),
    "phantoms": (set(), ARRAYS),
    "augmentation": (set(), ARRAYS),
    "explanation": ({"imaging"}, ARRAYS),
    "datasets": ({"imaging", "phantoms"}, ARRAYS | {"PIL"}),
    "evaluation": ({"explanation", "imaging", "phantoms"}, ARRAYS),
    "bundles": ({"evaluation", "explanation", "imaging", "phantoms"}, {"numpy", "ai_edge_litert"}),
    "recipes": ({"augmentation", "bundles", "datasets"}, {"numpy"}),
    "inference": ({"bundles", "datasets", "evaluation", "explanation", "imaging", "phantoms"}, ARRAYS),
    "inspection": ({"bundles", "datasets", "evaluation", "imaging"}, {"numpy", "cv2"}),
    "reports": (
        {"bundles", "evaluation", "explanation", "imaging", "inference"},
        ARRAYS | {"PIL", "matplotlib", "pydicom", "highdicom"},
    ),
    "service": (
        {"bundles", "datasets", "evaluation", "imaging", "inference"},
        {"fastapi", "starlette", "pydantic", "prometheus_client", "numpy"},
    ),
    "cluster": ({"bundles", "datasets", "imaging", "inference", "recipes"}, {"ray", "fsspec"}),
    "models": ({"bundles", "explanation", "imaging", "recipes"}, KERAS | {"numpy"}),
    "jobs": ({"bundles", "datasets", "evaluation", "recipes"}, {"numpy", "psutil"}),
    "training": (
        {"augmentation", "bundles", "datasets", "evaluation", "explanation", "imaging", "jobs", "models"}
        | {"phantoms", "recipes"},
        KERAS | ARRAYS,
    ),
    "cli": (
        {"bundles", "cluster", "datasets", "evaluation", "imaging", "inference", "inspection", "jobs", "recipes"}
        | {"reports", "service", "training"},
        {"tqdm", "streamlit", "uvicorn"},
    ),
    "__main__": ({"cli"}, set()),
    **{name: (set(), set()) for name in EVERYBODY},
}
PAGES = {  # folder of pages/ui -> folders of pages/ui that it may import
    "streamlit_patches": set(),
    "shared": {"streamlit_patches"},
    "home": {"shared"},
    "game": {"shared"},
    "analyze": {"shared", "streamlit_patches"},
    "booth": {"game", "home", "lessons", "shared"},
    "evidence": {"shared"},
    "augmentation": {"analyze", "shared", "streamlit_patches"},
    "lessons": {"shared", "streamlit_patches"},
    "train": {"analyze", "augmentation", "shared", "streamlit_patches"},
}
PAGE_PACKAGES = {"streamlit", "starlette", "numpy", "pandas", "cv2", "PIL", "segno"}

GRAPH = grimp.build_graph("xray_model", "pages", include_external_packages=True, cache_dir=None)
MODULES = sorted(name for name in GRAPH.modules if name.startswith("xray_model."))
PAGE_MODULES = sorted(name for name in GRAPH.modules if name.startswith("pages."))


def package(module: str) -> str:
    """`xray_model.imaging.dicom.header` -> `imaging`."""
    return module.split(".")[1]


def page_folder(module: str) -> str:
    """`pages.ui.train.film` -> `train`; an empty string for the pages themselves."""
    return [*module.split("."), "", ""][2]


def outside(names: set[str]) -> set[str]:
    """Installed packages among imported names."""
    return (
        {name.split(".")[0] for name in names} - {"xray_model", "pages", "lazy_loader"} - set(sys.stdlib_module_names)
    )


def test_every_package_has_an_entry_and_every_entry_a_package():
    assert {package(name) for name in MODULES} == set(PACKAGES)
    assert {page_folder(name) for name in PAGE_MODULES} - {""} == set(PAGES)


def test_no_module_lies_flat():
    flat = {file.stem for file in (ROOT / "xray_model").glob("*.py")}
    assert flat == EVERYBODY | {"__init__", "__main__"}
    assert {file.stem for file in (ROOT / "pages" / "ui").glob("*.py")} == {"__init__"}


def test_the_table_has_no_cycle():
    below: set[str] = set(EVERYBODY)
    waiting = {name: allowed - {name} for name, (allowed, _) in PACKAGES.items()}
    while free := {name for name, allowed in waiting.items() if allowed <= below}:
        below |= free
        waiting = {name: allowed for name, allowed in waiting.items() if name not in free}
    assert waiting == {}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_package_may(module):
    inside, installed = PACKAGES[package(module)]
    found = GRAPH.find_modules_directly_imported_by(module)
    ours = {package(name) for name in found if name.startswith("xray_model.")}
    assert ours - {package(module)} - EVERYBODY <= inside
    assert outside(found) <= installed
    assert not {name for name in found if name.split(".")[0] == "pages"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_have_no_cycle(module):
    if module.endswith((".dicom", ".phantoms")):  # a package's `__init__`, which its modules load first
        assert GRAPH.find_children(module)
    else:
        assert module not in GRAPH.find_upstream_modules(module)


def test_only_one_module_imports_litert():
    assert GRAPH.find_modules_that_directly_import("ai_edge_litert") == {"xray_model.bundles.litert"}


@pytest.mark.parametrize("module", PAGE_MODULES)
def test_pages_import_the_root_and_folders_below_their_own(module):
    found = GRAPH.find_modules_directly_imported_by(module)
    assert not {name for name in found if name.startswith("xray_model.")}
    folders = {page_folder(name) for name in found if name.startswith("pages.ui.")}
    if page_folder(module):
        assert folders - {page_folder(module)} <= PAGES[page_folder(module)]
    assert outside(found) <= PAGE_PACKAGES


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


def test_nothing_heavy_is_loaded_before_the_first_page_is_on_the_screen():
    """What the frame and an empty Analyze page import, except the bundle, which they load last."""
    analyze = "downloads, gallery, keyboard, own_model, results, uploads"
    loaded = loaded_after(
        f"import streamlit\nfrom pages.ui.shared import frame\nfrom pages.ui.analyze import {analyze}"
    )
    assert "pages.ui.analyze.gallery" in loaded
    assert not {"numpy", "cv2", "PIL", "pydicom", "pandas", "pyarrow", "ai_edge_litert"} & loaded


def test_the_page_s_dicom_file_needs_no_identity_and_not_highdicom():
    """Who is on a film is read for the command line alone; highdicom keeps 110 MB of tables."""
    loaded = loaded_after("import xray_model\nxray_model.overlay_dicom")
    assert "xray_model.reports.dicom.secondary_capture" in loaded
    assert not {"highdicom", "xray_model.imaging.dicom.identity"} & loaded
    assert GRAPH.find_modules_that_directly_import("highdicom") == {"xray_model.reports.dicom.objects"}


def test_all_but_models_and_training_load_without_keras():
    """Tried out: every module outside these two, imported in a fresh Python."""
    names = sorted(set(MODULES) - {name for name in MODULES if package(name) in ("models", "training", "__main__")})
    loaded = loaded_after("\n".join(f"import {name}" for name in names))
    assert set(names) <= loaded
    assert not KERAS & loaded
    assert not {"matplotlib", "highdicom", "jax", "torch"} & loaded


def test_public_names_lead_to_modules_that_exist():
    assert set(MODULE_OF.values()) <= set(MODULES)
