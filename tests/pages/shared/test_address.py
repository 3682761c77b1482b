"""Addresses: what they can name, what they never name, and what becomes of one that makes no sense."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.analyze import gallery
from pages.ui.augmentation.state import STUDIO
from pages.ui.shared.session import Sample
from tests.pages.conftest import ROOT, SECONDS, open_page, png, text_of, upload
from xray_model import PRESETS

ANALYZE, AUGMENTATION = "pages/analyze.py", "pages/augmentation.py"
EVERYTHING = {
    "phantom": "12",
    "operating-point": "screening",
    "prevalence": "20",
    "colormap": "viridis",
    "evidence": "NORMAL",
}
NONSENSE = ["99", "", "-1", "1e9", "\u0662", "<script>", "../../etc/passwd", "%00", "a" * 5000]


def opened(path: str, parameters: dict[str, str]) -> AppTest:
    """A page opened by an address with these parameters, as a new visitor's first page."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).switch_page(path)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def address(app: AppTest) -> dict[str, str]:
    """The address's parameters."""
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def test_an_address_opens_a_phantom_with_everything_set():
    app = opened(ANALYZE, EVERYTHING)
    [reading] = app.session_state["session"].readable
    assert reading.source == Sample(12, "lobar", "Lobar opacity")
    text = text_of(app)
    assert "at the screening operating point" in text
    assert "where 20\N{NO-BREAK SPACE}% have pneumonia" in text
    assert app.button_group(key="operating-point").value == "screening"
    assert app.button_group(key="evidence").value == "NORMAL"
    assert app.slider(key="prevalence").value == 20
    assert app.selectbox(key="colormap").value == "viridis"
    assert not app.warning
    assert address(app) == EVERYTHING
    app.button(key="clear-all").click().run()
    assert not app.session_state["session"].readings, "an address opens its phantom once"
    assert "phantom" not in address(app)


def test_what_is_chosen_stands_in_the_address_and_what_is_so_anyway_does_not(analyze_page):
    app = analyze_page
    app.button(key="sample-14").click().run()
    assert address(app) == {"phantom": "14"}
    app.slider(key="prevalence").set_value(5)
    app.selectbox(key="colormap").set_value("viridis")
    app.button_group(key="operating-point").set_value("rule-in")
    app.run()
    chosen = {"phantom": "14", "prevalence": "5", "colormap": "viridis", "operating-point": "rule-in"}
    assert address(app) == chosen
    app.slider(key="prevalence").set_value(50).run()
    assert "prevalence" not in address(app)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_is_ignored_and_taken_out(nonsense):
    parameters = dict.fromkeys((*EVERYTHING, "unknown"), nonsense)
    app = opened(ANALYZE, parameters)
    assert not app.session_state["session"].readings
    app.button(key="sample-12").click().run()
    assert not app.exception
    assert not app.warning
    assert not app.error
    assert app.slider(key="prevalence").value == 50
    assert address(app) == {"phantom": "12", "unknown": nonsense}


def test_nothing_of_an_upload_stands_in_an_address():
    app = opened(ANALYZE, {"phantom": "12"})
    upload(app, ("Planted Name.png", png(3, "patchy")))
    app.slider(key="prevalence").set_value(10).run()
    assert len(app.session_state["session"].readable) == 2
    app.session_state["session"].opened = next(key for key in app.session_state["session"].readings if key[0] != "s")
    app.run()
    assert address(app) == {"prevalence": "10"}
    app.file_uploader[0].set_value([])
    assert address(app.run()) == {"phantom": "12", "prevalence": "10"}


def test_an_address_chooses_phantom_preset_and_transform_of_the_augmentation_page():
    parameters = {"phantom": "15", "preset": "article", "transform": "shear", "operating-point": "rule-in"}
    app = opened(AUGMENTATION, parameters)
    assert app.selectbox(key="augmentation-sample").value == gallery.SEEDS["15"]
    assert app.session_state[STUDIO].policy == PRESETS["Article"]
    assert app.selectbox(key="augmentation-strip").value.title == "Shear"
    assert address(app) == parameters
    app.selectbox(key="augmentation-sample").set_value(gallery.SAMPLES[1])
    app.button_group(key="augmentation-preset").set_value("None")
    app.run()
    assert address(app) == {"preset": "none", "transform": "shear", "operating-point": "rule-in"}


def test_nonsense_leaves_the_augmentation_page_as_it_is():
    app = opened(AUGMENTATION, dict.fromkeys(("phantom", "preset", "transform", "prevalence"), "99<script>"))
    assert app.session_state[STUDIO].policy == open_page(AUGMENTATION).session_state[STUDIO].policy
    assert address(app) == {}
