"""Every chart and picture that a page draws comes with words."""

from __future__ import annotations

import ast
import re

from tests.support.places import ROOT

DRAWN = {"st.vega_lite_chart", "st.image"}  # of Streamlit's, those that this app uses; each takes `alt`
FILES = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
MARKUP = [*FILES, *(ROOT / "pages").rglob("*.html")]


def test_every_chart_and_picture_of_streamlit_s_has_an_alt():
    calls = [
        (path.name, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in DRAWN
    ]
    assert len(calls) > 5
    assert [(name, node.lineno) for name, node in calls if "alt" not in {word.arg for word in node.keywords}] == []


def test_every_img_has_an_alt_and_no_other_kind_of_chart_is_used():
    for path in MARKUP:
        text = path.read_text(encoding="utf-8")
        assert not [tag for tag in re.findall(r"<img\b[^>]*>", text) if " alt=" not in tag], path
        assert not re.search(r"st\.(pyplot|altair_chart|plotly_chart|line_chart|bar_chart|area_chart)\(", text), path
