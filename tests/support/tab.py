"""A browser's tab without a browser: it speaks Streamlit's protocol and keeps what the page shows.

It costs a small part of what a browser does, so that one process can play fifty visitors.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect

SECONDS = 120.0  # for anything to appear
MOST_BYTES = 2**26  # of a message
ENDED = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
BOUNDARY = "a-boundary-that-no-picture-holds"


class Tab:
    """A tab on one page after the other. elements: what the page shows, by place; of a run under way, so far."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self.elements: dict[tuple[int, ...], Element] = {}
        self.seen: list[str] = []  # every text of a progress bar and every caption, in the order they came
        self._widgets: dict[str, WidgetState] = {}
        self._files: list[UploadedFileInfo] = []
        self._session = self._script = self._cookie = ""

    async def __aenter__(self) -> Self:
        self._cookie = await asyncio.to_thread(self._fetch_cookie)
        self._socket = await connect(
            f"ws://{self._host}/_stcore/stream", subprotocols=["streamlit"], max_size=MOST_BYTES, proxy=None,
            compression=None, additional_headers={"Cookie": f"_streamlit_xsrf={self._cookie}"},
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def open(self, page: str) -> None:
        """Go to a page by its name in the address, "" for the first one."""
        self._widgets.clear()
        self._files.clear()
        self._script = ""
        await self._rerun(page)

    async def upload(self, name: str, data: bytes) -> None:
        """Add a file to the page's upload widget and wait until the page has been drawn with it."""
        widget = self.of("file_uploader")
        places = await self._ask_places([name])
        await asyncio.to_thread(self._put, places[0].upload_url, name, data)
        self._files.append(UploadedFileInfo(name=name, size=len(data), file_id=places[0].file_id, file_urls=places[0]))
        state = WidgetState(id=widget.id)
        state.file_uploader_state_value.uploaded_file_info.extend(self._files)
        self._widgets[widget.id] = state
        await self._rerun()

    async def slide(self, label: str, value: float) -> None:
        """Move a slider and wait until the page has been drawn."""
        slider = next(element for element in self.all("slider") if element.label == label)
        self._widgets[slider.id] = WidgetState(id=slider.id, double_array_value={"data": [value]})
        await self._rerun()

    async def press(self, label: str) -> None:
        """Press a button and wait until the page has been drawn."""
        button = next(element for element in self.all("button") if element.label == label)
        await self._rerun(pressed=button.id)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Follow what the server draws by itself until the page fulfils a condition."""
        while not condition():
            await self._receive()

    def all(self, kind: str) -> list[Any]:
        """The page's elements of one kind, by the name that Streamlit's `Element` has for it."""
        found = [one for _, one in sorted(self.elements.items()) if one.WhichOneof("type") == kind]
        return [getattr(one, kind) for one in found]

    def of(self, kind: str) -> Any:
        """The first element of a kind."""
        return self.all(kind)[0]

    def component(self, name: str) -> dict[str, Any] | None:
        """The data of a component of the app's own; None where the page has none of this name."""
        found = [one for one in self.all("bidi_component") if one.component_name.endswith(name)]
        return json.loads(found[0].mixed.json or found[0].json) if found else None

    def texts(self) -> list[str]:
        """Markdown, captions and HTML of the page."""
        return [one.body for kind in ("markdown", "html") for one in self.all(kind)]

    def errors(self) -> list[str]:
        """Errors on the page, exceptions too."""
        errors = [one.body for one in self.all("alert") if one.format == Alert.ERROR]
        return errors + [one.message for one in self.all("exception")]

    def warnings(self) -> list[str]:
        """Warnings on the page."""
        return [one.body for one in self.all("alert") if one.format == Alert.WARNING]

    def part(self, test_id: str) -> str:
        """The text of the HTML element with this data-testid; empty without one."""
        found = re.search(rf'data-testid="{test_id}"[^>]*>([^<]*)<', "\n".join(self.texts()))
        return html.unescape(found.group(1)) if found else ""

    async def _rerun(self, page: str | None = None, pressed: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.page_name = self._script, page or ""
        state.widget_states.widgets.extend(self._widgets.values())
        if pressed:
            state.widget_states.widgets.add(id=pressed, trigger_value=True)
        await self._send(message)
        async with asyncio.timeout(SECONDS):
            while not self._has_ended(await self._receive()):
                pass

    def _has_ended(self, message: ForwardMsg) -> bool:
        return message.WhichOneof("type") == "script_finished" and message.script_finished in ENDED

    async def _ask_places(self, names: list[str]) -> list[FileURLs]:
        message = BackMsg()
        message.file_urls_request.request_id, message.file_urls_request.session_id = "places", self._session
        message.file_urls_request.file_names.extend(names)
        await self._send(message)
        async with asyncio.timeout(SECONDS):
            while (found := await self._receive()).WhichOneof("type") != "file_urls_response":
                pass
        return list(found.file_urls_response.file_urls)

    async def _send(self, message: BackMsg) -> None:
        await self._socket.send(message.SerializeToString())

    async def _receive(self) -> ForwardMsg:
        message = ForwardMsg.FromString(await self._socket.recv(decode=False))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id
            if not message.metadata.run.fragment_ids:
                self.elements.clear()
        elif kind == "navigation":
            self._script = message.navigation.page_script_hash
        elif kind == "delta" and message.delta.HasField("new_element"):
            self._draw(tuple(message.metadata.delta_path), message.delta.new_element)
        return message

    def _draw(self, place: tuple[int, ...], element: Element) -> None:
        if element.WhichOneof("type") == "empty":
            self.elements.pop(place, None)
            return
        self.elements[place] = element
        self.seen += list(_passing(element))

    def _fetch_cookie(self) -> str:
        connection = HTTPConnection(self._host, timeout=SECONDS)
        connection.request("GET", "/_stcore/health")
        reply = connection.getresponse()
        found = re.search(r"_streamlit_xsrf=([^;]+)", reply.getheader("Set-Cookie") or "")
        assert found, "the server gave no cookie"
        reply.read()
        connection.close()
        return found.group(1)

    def _put(self, address: str, name: str, data: bytes) -> None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        connection = HTTPConnection(self._host, timeout=SECONDS)
        connection.request("PUT", address, body, {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Cookie": f"_streamlit_xsrf={self._cookie}", "X-Xsrftoken": self._cookie,
        })  # fmt: skip
        status = connection.getresponse().status
        connection.close()
        assert status == 204, f"the upload was answered with {status}"


def opened_tab(url: str, page: str = "") -> Tab:
    """A tab that has opened one page and left, with what the page shows."""

    async def open_it() -> Tab:
        async with Tab(url) as tab:
            await tab.open(page)
            return tab

    with ThreadPoolExecutor(1) as own:  # a thread without an event loop: a browser's tests leave theirs in this one
        return own.submit(lambda: asyncio.run(open_it())).result()


def _passing(element: Element) -> Iterator[str]:
    """Texts that a run shows for a moment."""
    if element.WhichOneof("type") == "progress":
        yield element.progress.text
