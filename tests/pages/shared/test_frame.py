"""The table of pages. That a page, opened first, has the whole frame is tested in a browser, for some of them."""

from __future__ import annotations

import ast

from pages.ui.shared import frame
from tests.pages.conftest import ROOT


def test_the_table_of_pages_lists_every_page_and_each_is_short():
    files = {"app.py", *(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))}
    assert {page.path for page in frame.PAGES} == files
    for path in files:
        first = next(part for part in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))) if is_call(part))
        assert ast.unparse(first).startswith("frame.open_page("), f"{path} draws something before the frame"
    assert all(len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 80 for path in files)


def is_call(part: ast.AST) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)
