"""No figure of the bundled model that a page or document names differs from its card."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

import xray_model
from tests.pages.conftest import open_page, text_of
from tests.support.places import ROOT

BUNDLE = xray_model.load_bundle()
CARD = json.loads(BUNDLE.card.to_json())
PROSE = (BUNDLE.folder / "MODEL_CARD.md").read_text(encoding="utf-8").partition("\n")[2].strip()
README = (ROOT / "README.md").read_text(encoding="utf-8")
HISTORY = ("CHANGELOG.md", "docs/experiments.md", "docs/benchmarks.md")  # tell of former bundles as well
HISTORY += ("docs/audit.md",)  # of the maps, made with the former bundle, which has the same network
# A share in per cent or a number with decimals; years of life, counts of pixels and versions are none.
FIGURE = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d+)?(?=[\s\u00a0]?%)|(?<![\w.])[01]\.\d{2,}(?![\w.]*\.)")
FORMS = ((1, 3), (100, 0), (100, 1))  # as pages and documents write figures: 0.992, 97 %, 97.1 %
INTERVAL = re.compile(r"(\d+(?:\.\d+)?)%?[-\u2011](\d+(?:\.\d+)?)[\s\u00a0]?%")


def numbers(part: Any) -> Iterator[float]:
    """Every number anywhere in a part of the card; of its groups only the worst of each label."""
    if isinstance(part, dict):
        if isinstance(part.get("groups"), list):
            points = [point.name for point in BUNDLE.card.operating_points]
            worst = [xray_model.worst_cell(part["groups"], p, label) for p in points for label in xray_model.LABELS]
            part = part | {"groups": worst}
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from numbers(item)
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield float(part)


TOLD = [CARD[name] for name in ("evaluation", "judged", "operating_points", "not_sure", "prevalence")]
KNOWN = {f"{scale * number:.{decimals}f}" for number in numbers(TOLD) for scale, decimals in FORMS}
AUDIT = list(map(abs, numbers(BUNDLE.card.audit)))
AUDITED = {f"{number:.{decimals}f}" for number in AUDIT for decimals in (2, 3)} | {f"{100 * n:.0f}" for n in AUDIT}
OTHERS = {f"{scale * float(row[name]):.{decimals}f}" for row in xray_model.published() for name in row
          if re.fullmatch(r"0\.\d+", row[name]) for scale, decimals in FORMS}  # fmt: skip
OTHERS |= {"0.16", "0.52", "0.60"}  # of maps, in pages/ui/evidence/maps.py with their source
GENERAL = {"95"}  # of every interval


def figures(text: str) -> set[str]:
    """The figures in a text, ends of intervals in per cent among them."""
    ends = {end for pair in INTERVAL.findall(text) for end in pair}
    return set(FIGURE.findall(text)) | ends


def test_a_wrong_figure_would_be_found():
    assert figures("AUC 0.998 (0.997-1.000), sensitivity 97.0\u00a0% (95.0\u201198.6\u00a0%), 12 % and v1.2.3") == {
        "0.998", "0.997", "1.000", "97.0", "95.0", "98.6", "12",
    }  # fmt: skip
    assert "0.123" not in KNOWN
    assert "12.34" not in KNOWN


def said(app: AppTest) -> str:
    """What a page says in words and tables."""
    words = [element.value for kind in (app.markdown, app.caption, app.warning) for element in kind]
    return "\n".join([*words, *(str(cell) for table in app.table for cell in table.value.to_numpy().ravel())])


def evidence(part: str) -> AppTest:
    page = open_page("pages/evidence.py")
    return page.button_group(key="part").set_value(part).run()


def test_pages_name_no_figure_that_is_not_the_card_s():
    for part, least, known in (("Model", 60, KNOWN | OTHERS), ("Maps", 60, AUDITED | OTHERS)):
        page = said(evidence(part)).replace(PROSE, "")  # which a test of the bundle compares with the card
        assert len(figures(page)) > least
        assert figures(page) - known - GENERAL == set()
    analyze = open_page("pages/analyze.py")
    analyze.button(key="sample-12").click().run()
    for point in BUNDLE.card.operating_points:
        analyze.button_group(key="operating-point").set_value(point.name).run()
        [words] = [caption.value for caption in analyze.caption if "Sensitivity" in caption.value]
        assert figures(words) - KNOWN - GENERAL == set()
        assert f"{point.sensitivity * 100:.0f}" in figures(words)


def test_the_readme_names_no_figure_that_is_not_the_card_s():
    section = README.partition("## The bundled model")[2].partition("\n## ")[0]
    assert len(figures(section)) > 20
    assert figures(section) - KNOWN - GENERAL == set()


def test_no_document_of_today_names_a_former_bundle():
    documents = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md")]
    documents += [path for path in (ROOT / "docs").rglob("*.md") if path.relative_to(ROOT).as_posix() not in HISTORY]
    named = {
        name for path in documents for name in re.findall(r"[\w-]+-kermany-v\d+", path.read_text(encoding="utf-8"))
    }
    assert named == {BUNDLE.name}


def test_the_card_is_told_as_not_judged_until_it_is():
    judged = BUNDLE.card.judged
    assert "this split has been looked at twice, before the first recipe and after v9" in judged["note"]
    prose, page = (BUNDLE.folder / "MODEL_CARD.md").read_text(encoding="utf-8"), text_of(evidence("Model"))
    for text in (prose, page):
        assert ("Not judged yet." in text) == (not judged["figures"])
