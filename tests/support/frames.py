"""What a page and its server say to each other."""

from __future__ import annotations

from playwright.sync_api import Page, WebSocket


class Frames:
    """Messages through the page's web sockets since it was opened, or since `clear`. Make it before the page opens."""

    def __init__(self, page: Page) -> None:
        self.sent: list[str | bytes] = []
        self.received: list[str | bytes] = []
        page.on("websocket", self._listen)

    def clear(self) -> None:
        """Forget those so far."""
        self.sent.clear()
        self.received.clear()

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.sent.append(frame))
        socket.on("framereceived", lambda frame: self.received.append(frame))
