"""A server on this machine in place of the one that gives ImageNet's weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from xray_model.recipes.imagenet_download import HDF5

WEIGHTS = HDF5 + bytes(300_000)


@contextmanager
def serving_weights() -> Iterator[tuple[str, Any]]:
    """(address, handler) of a server that gives `handler.answer`, (body, the length that it promises), to whatever it
    is asked for, and keeps in `handler.asked` what that was."""

    class Handler(BaseHTTPRequestHandler):
        answer = (WEIGHTS, len(WEIGHTS))
        asked: list[str] = []  # noqa: RUF012

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(self.answer[1]))
            self.end_headers()
            self.wfile.write(self.answer[0])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", Handler
        running.shutdown()
