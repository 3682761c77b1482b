"""The page that the browser gets first holds the stylesheet, and nothing else that Streamlit serves is changed."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.responses import FileResponse
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from pages.ui.streamlit_patches import first_paint

INDEX = first_paint.INDEX.read_bytes()
OURS = b"<style>/*ours booth=1*/</style>"


@pytest.fixture
def get(monkeypatch):
    """Asks Streamlit's own static files, with a stylesheet that names the address's query: (headers, body)."""
    untouched = [*first_paint._original, FileResponse.__call__][0]  # a page that another test opened has changed it
    monkeypatch.setattr(FileResponse, "__call__", untouched)
    monkeypatch.setattr(first_paint, "_original", [])
    first_paint.style(lambda query: f"/*ours {query}*/")
    first_paint.style(lambda _: "/*again*/")
    app = Starlette(routes=create_streamlit_static_assets_routes(""))

    def ask(path: str, method: str = "GET") -> tuple[dict[bytes, bytes], bytes]:
        sent: list[dict] = []

        async def send(message: dict) -> None:
            sent.append(message)

        async def receive() -> dict:
            return {"type": "http.request"}

        scope = {"type": "http", "method": method, "path": path, "query_string": b"booth=1", "headers": []}
        scope["asgi"] = {"spec_version": "2.4"}  # like the server's
        with ThreadPoolExecutor(1) as own:  # a thread without an event loop, which a browser's tests leave in this one
            own.submit(lambda: asyncio.run(app(scope, receive, send))).result()
        assert sent[0]["status"] == 200
        return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])

    return ask


@pytest.mark.parametrize("path", ["/", "/analyze"])
def test_every_page_s_address_has_it_after_streamlit_s_own_styles(get, path):
    headers, body = get(path)
    assert headers[b"cache-control"] == b"no-cache"
    assert body.count(OURS + b"</body>") == 1
    assert body.replace(OURS, b"") == INDEX


def test_other_files_stay_as_they_are(get):
    assert get("/favicon.png")[1] == first_paint.INDEX.with_name("favicon.png").read_bytes()
    assert get("/", "HEAD")[1] == b""
