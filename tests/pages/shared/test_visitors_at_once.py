"""Several visitors on a real server that has no more memory than the smallest host, and the log of it."""

import json
from collections import Counter

import pytest

import xray_model
from tests.support.crowd import distinct_films, play
from tests.support.memory_group import limited_group
from tests.support.server import running_server

pytestmark = pytest.mark.linux
HOST, VISITORS, FILMS = 690, 5, 2  # MB, the goal of `make bench ARGS="--only visitors"`


def test_each_gets_their_own_answers_in_little_memory_and_the_log_names_nobody(tmp_path):
    pictures = [xray_model.draw_phantom(seed, size=384).pixels for seed in range(VISITORS)]
    films = distinct_films(pictures, VISITORS * FILMS)
    own = [films[number::VISITORS] for number in range(VISITORS)]
    with limited_group(HOST) as group:
        entering = group.entering if group else ()
        with running_server(tmp_path / "home", settings={"XRAY_LOG": "json"}, entering=entering) as server:
            report = play(server.url, own, xray_model.load_bundle(), every=0.5)
            assert (report.wrong, report.errors) == ([], [])
            assert len(report.uploads) == len(films)
            assert server.process.poll() is None
            assert group is None or group.kills() == 0
            log = server.log()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    events = Counter(line["event"] for line in lines)
    assert events["start"] == 1
    assert events["session_opened"] == VISITORS
    assert events["answered"] == len(films)
    assert {key for line in lines for key in line} == {"time", "event", "python", "streamlit", "milliseconds"}
    assert "film-" not in log
