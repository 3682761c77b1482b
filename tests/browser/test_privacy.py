"""A visit with planted names, on a real server: afterwards none is in its log, in its folders or in its messages.

The names are drawn anew each time, so that nothing in this repository can hold them.
"""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import expect

from tests.support.dicom_files import dicom
from tests.support.server import ROOT, running_server
from xray_model import draw_phantom
from xray_model.imaging.zip_archives import MAX_BYTES

pytestmark = pytest.mark.browser

FILE = f"File{secrets.token_hex(8)}"  # in names of files: the page shows them to their owner, and nobody else
PERSON = f"Person{secrets.token_hex(8)}"  # in EXIF, PNG text and DICOM elements: nobody sees it
NOISE = np.random.default_rng().integers(0, 9, (300, 300), np.uint8)  # is found by any piece of it
PIXELS = np.clip(draw_phantom(3, size=300).pixels, 0, 246) + NOISE  # a chest, else the gate keeps it off the page
UNWATCHED = {".git", ".venv", "__pycache__", "node_modules", ".ruff_cache", ".mypy_cache", ".pytest_cache"}
OURS = {"server.log", "sitecustomize.py", "modules.json"}  # what the tests' own helper writes


def planted_files(folder: Path) -> list[Path]:
    """Every way a name comes along: file names, EXIF, PNG text, DICOM elements, archive entries, damaged files."""
    jpeg, png, deep, broken, archive = (folder / f"{FILE}{end}" for end in (".jpg", ".png", "", "-cut.dcm", ".zip"))
    exif, text = Image.Exif(), PngImagePlugin.PngInfo()
    exif[0x013B] = exif[0x010E] = PERSON  # artist, description
    text.add_text("Author", PERSON)
    Image.fromarray(PIXELS).save(jpeg, exif=exif)
    Image.fromarray(PIXELS).save(png, pnginfo=text)
    people = {
        "PatientName": PERSON,
        "PatientID": PERSON,
        "InstitutionName": PERSON,
        "ViewPosition": PERSON[:16].upper(),
    }
    deep.write_bytes(dicom(PIXELS.astype(np.uint16) * 16, **people, StudyDescription=PERSON))
    broken.write_bytes(deep.read_bytes()[:2000])
    with zipfile.ZipFile(archive, "w") as file:
        file.write(png, f"ward/{FILE}.png")
        file.writestr(f"{FILE}.txt", PERSON)
        file.comment = PERSON.encode()
    return [deep, jpeg, png, broken, archive]


@pytest.fixture(scope="module")
def visited(browser, tmp_path_factory):
    """(server, page's text and source, requests to elsewhere, start) after a visit that does everything once."""
    from tests.support.visitor import Visitor

    start = time.time() - 1
    files = planted_files(tmp_path_factory.mktemp("uploads"))
    with running_server(tmp_path_factory.mktemp("privacy")) as server:
        visitor, elsewhere = Visitor(browser, server.url), []
        visitor.page.on("request", lambda request: elsewhere.append(request.url))
        visitor.open().upload(files[0])
        visitor.page.get_by_text("header entries removed").click()
        visitor.page.get_by_text("Patient's Name").wait_for()
        said = [visitor.text(), visitor.page.content()]
        visitor.overlay()
        visitor.upload(*files[1:])
        visitor.wait_for_images(4)
        visitor.page.get_by_text("2 files without an answer, with the reasons").click()
        visitor.page.get_by_text("cut off").wait_for()
        visitor.figures()
        said += [visitor.text(), visitor.page.content()]
        visitor.page.get_by_text("Open more, or remove some").click()
        visitor.page.get_by_role("button", name="Remove").first.click()
        visitor.settle()
        said += [visitor.text(), visitor.page.content()]
        visitor.clear()
        visitor.open("augmentation")
        yield server, said, elsewhere, start
        visitor.context.close()


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
    server, *_ = visited
    assert secrets_in(server.log().encode()) == []
    assert "Traceback" not in server.log()


def test_nothing_is_written_at_home_or_into_temporary_files(visited):
    server, _, _, start = visited
    written = list(changed_files(server.folder, start))
    assert {path.name for path in written} <= OURS
    assert [path for path in written if secrets_in(path.read_bytes())] == []


def test_nothing_is_written_into_the_working_folder(visited):
    *_, start = visited
    assert [path for path in changed_files(ROOT, start) if secrets_in(path.read_bytes() + path.name.encode())] == []


@pytest.mark.linux
def test_no_process_of_the_server_holds_a_file_open_for_writing(visited):
    """A file that was deleted while it is open is seen here and in no folder."""
    server, *_ = visited
    family = [server.process.pid, *(child.pid for child in psutil.Process(server.process.pid).children(recursive=True))]
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
    _, said, *_ = visited
    assert all(FILE in text for text in said), "the visitor's own names of files are"
    assert not [text for text in said if PERSON.casefold() in text.casefold()]
    [line] = [line for line in said[2].splitlines() if line.startswith(f"{FILE}-cut.dcm: ")]
    assert "cut off" in line, "the sentence about a damaged header has no value of it either"


def test_the_browser_is_sent_nowhere_else(visited):
    """No usage statistics, no fonts, no scripts of others."""
    server, _, requests, _ = visited
    hosts = {urlsplit(url).netloc for url in requests if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {urlsplit(server.url).netloc}


@pytest.mark.parametrize(("options", "is_shown"), [((), False), (("--client.showErrorDetails=full",), True)])
def test_an_exception_shows_no_traceback_to_the_browser(tmp_path, browser, options, is_shown):
    """The second case shows that the first one would find it."""
    shutil.copytree(ROOT / ".streamlit", tmp_path / ".streamlit")
    (tmp_path / "app.py").write_text(f'import streamlit as st\nst.write("before")\nraise RuntimeError("{PERSON}")\n')
    with running_server(tmp_path / "home", *options, root=tmp_path) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.url)
        expect(page.get_by_test_id("stException").or_(page.get_by_test_id("stAlert"))).to_be_visible()
        text = page.content()
        context.close()
    assert (PERSON in text) is is_shown
    assert (str(tmp_path / "app.py") in text) is is_shown


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
