"""What clients send, read into memory and never onto a disk, within limits for one client and for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request

MOST_HELD = 512 * 2**20  # bytes of all bodies at once
SECONDS = 120.0  # for one body to arrive
LATER = {"Retry-After": "2"}


class Bodies:
    """The bodies that are held at present. To be used from one event loop."""

    def __init__(self) -> None:
        self.held = 0

    @asynccontextmanager
    async def read(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """A request's body of at most `most` bytes; raises `HTTPException` 408, 413, 422 and 503."""
        taken = 0
        try:
            parts: list[bytes] = []
            _check(int(request.headers.get("content-length", 0)), most)  # before anything is read
            async with asyncio.timeout(SECONDS):
                async for part in request.stream():
                    taken += len(part)
                    self.held += len(part)
                    _check(taken, most)
                    if self.held > MOST_HELD:
                        raise HTTPException(503, "Too much is being sent at once. Come again in a moment.", LATER)
                    parts.append(part)
            if not taken:
                raise HTTPException(422, "The body is empty. Send the file's bytes as the body.")
            yield b"".join(parts)
        except TimeoutError:
            raise HTTPException(408, f"The file did not arrive within {SECONDS:.0f} s. Send it again.") from None
        finally:
            self.held -= taken


def _check(size: int, most: int) -> None:
    if size > most:
        raise HTTPException(413, f"The body is larger than {most // 2**20} MB. Send a smaller export.")
