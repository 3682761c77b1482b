"""After a visit with planted names, on a real server: none is in its log, in its folders or in its messages."""

from __future__ import annotations

import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.planted import FILE, PERSON, PIXELS, planted_files
from tests.support.server import ROOT, running_server
from tests.support.tab import opened_tab
from xray_model.imaging.zip_archives import MAX_BYTES

pytestmark = pytest.mark.browser

UNWATCHED = {".git", ".venv", "__pycache__", "node_modules", ".ruff_cache", ".mypy_cache", ".pytest_cache"}
OURS = {"server.log", "sitecustomize.py", "modules.json"}  # what the tests' own helper writes


def changed_files(folder: Path, start: float) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in UNWATCHED]
        for name in names:
            path = Path(place) / name
            if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= start:
                yield path


def secrets_in(data: bytes) -> list[str]:
    """Which planted words, or pieces of the picture, stand there."""
    words = [word for word in (FILE, PERSON) for form in ("utf-8", "utf-16-le") if word.encode(form) in data]
    rows = [f"row {row}" for row in range(0, 300, 50) if PIXELS[row, 100:150].tobytes() in data]
    return words + rows


def test_the_search_finds_what_it_looks_for(tmp_path):
    found = {path.suffix: set(secrets_in(path.read_bytes())) for path in planted_files(tmp_path)}
    assert found[".jpg"] == found[".png"] == {PERSON}
    assert PERSON in found[""] & found[".dcm"]
    assert {FILE, PERSON} <= found[".zip"]
    assert secrets_in(PIXELS.tobytes())


def test_the_log_and_standard_output_name_nobody(visited):
    assert secrets_in(visited.server.log().encode()) == []
    assert "Traceback" not in visited.server.log()


def test_nothing_is_written_at_home_or_into_temporary_files(visited):
    written = list(changed_files(visited.server.folder, visited.start))
    assert {path.name for path in written} <= OURS
    assert [path for path in written if secrets_in(path.read_bytes())] == []


def test_nothing_is_written_into_the_working_folder(visited):
    changed = changed_files(ROOT, visited.start)
    assert [path for path in changed if secrets_in(path.read_bytes() + path.name.encode())] == []


@pytest.mark.linux
def test_no_process_of_the_server_holds_a_file_open_for_writing(visited):
    """A file that was deleted while it is open is seen here and in no folder."""
    pid = visited.server.process.pid
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    assert len(family) > 1, "the decoder is a process of its own"
    opened = {str(link.readlink()) for pid in family for link in Path(f"/proc/{pid}/fd").iterdir() if is_writable(link)}
    real = {path for path in opened if path.startswith("/") and not path.startswith(("/dev/", "/proc/"))}
    assert {Path(path).name for path in real} <= {"server.log"}


def is_writable(link: Path) -> bool:
    flags = next(
        line for line in (link.parent.parent / "fdinfo" / link.name).read_text().splitlines() if "flags" in line
    )
    return int(flags.split()[1], 8) & os.O_ACCMODE != os.O_RDONLY


def test_no_value_of_a_header_is_on_the_page(visited):
    said = visited.said
    assert all(FILE in text for text in said), "the visitor's own names of files are"
    assert not [text for text in said if PERSON.casefold() in text.casefold()]
    [line] = [line for line in said[2].splitlines() if line.startswith(f"{FILE}-cut.dcm: ")]
    assert "cut off" in line, "the sentence about a damaged header has no value of it either"


def test_the_browser_is_sent_nowhere_else(visited):
    """No usage statistics, no fonts, no scripts of others."""
    asked = [urlsplit(url) for url in visited.requests]
    assert {url.netloc for url in asked if url.scheme not in ("data", "blob")} == {urlsplit(visited.server.url).netloc}


@pytest.mark.parametrize(("options", "is_shown"), [((), False), (("--client.showErrorDetails=full",), True)])
def test_an_exception_shows_no_traceback_to_the_browser(tmp_path, options, is_shown):
    """Of what the browser is to draw, all is looked at. The second case shows that the first one would find it."""
    shutil.copytree(ROOT / ".streamlit", tmp_path / ".streamlit")
    (tmp_path / "app.py").write_text(f'import streamlit as st\nst.write("before")\nraise RuntimeError("{PERSON}")\n')
    with running_server(tmp_path / "home", *options, root=tmp_path) as server:
        tab = opened_tab(server.url)
    assert "before" in tab.texts()
    assert tab.errors()
    sent = "\n".join(map(str, tab.elements.values()))
    assert (PERSON in sent) is is_shown
    assert (str(tmp_path / "app.py") in sent) is is_shown


def test_an_upload_without_the_cookie_is_refused(server):
    """XSRF protection: another site can make a browser send a request, but not know the cookie's value."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    address = f"{server.url}/_stcore/upload_file/session/file"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(urllib.request.Request(address, b"x", headers, method="PUT"), timeout=5)


@pytest.mark.parametrize(("origin", "expected"), [("http://evil.example", 403), ("", 101)])
def test_another_site_cannot_open_a_session(server, origin, expected):
    """What Streamlit calls CORS: a web socket from elsewhere is refused."""
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": origin or server.url,
    }  # fmt: skip
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("GET", "/_stcore/stream", headers=headers)
    assert connection.getresponse().status == expected
    connection.close()


def test_no_other_origin_may_read_an_answer(server):
    request = urllib.request.Request(f"{server.url}/_stcore/health", headers={"Origin": "http://evil.example"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.headers.get("Access-Control-Allow-Origin") in (None, server.url)


def test_the_upload_size_is_that_of_the_door():
    settings = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    assert f"maxUploadSize = {MAX_BYTES // 2**20} " in settings
    assert "gatherUsageStats = false" in settings
