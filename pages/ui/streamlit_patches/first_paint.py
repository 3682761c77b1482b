"""The app's stylesheet in the page that the browser gets first, so that nothing moves when it would come later.

Streamlit 1.67 sends every stylesheet of an app's own through its WebSocket, and draws it after the first elements of a
page: on a desktop these jump by the sidebar's width.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit

from pages.ui.streamlit_patches import versions

if TYPE_CHECKING:
    from starlette.responses import FileResponse

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
END = "</body>"  # after the styles that Streamlit puts into the head, so that these win

_original: list[Callable[..., Any]] = []  # Starlette's own method


def style(css_for: Callable[[str], str]) -> None:
    """Put `css_for(query)` into the page, for the query of its address; calling it again changes nothing."""
    if _original or not versions.is_tried():
        return
    try:
        from starlette.responses import FileResponse, HTMLResponse
    except ImportError:  # a Streamlit that is served without Starlette
        return
    _original.append(FileResponse.__call__)
    page = INDEX.read_text(encoding="utf-8")

    async def send(response: FileResponse, scope: Any, receive: Any, send: Any) -> None:
        if Path(response.path) != INDEX or scope["method"] != "GET":
            await _original[0](response, scope, receive, send)
            return
        css = css_for(scope.get("query_string", b"").decode("latin-1"))
        styled = page.replace(END, f"<style>{css}</style>{END}", 1)
        await HTMLResponse(styled, headers={"Cache-Control": "no-cache"})(scope, receive, send)

    FileResponse.__call__ = send  # type: ignore[assignment, method-assign]
