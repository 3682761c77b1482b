"""What is known of processes: their memory, and whether they live."""

import os
import subprocess
import sys
import time

import pytest

from xray_model.jobs import memory
from xray_model.jobs.memory import host_memory_mb, is_alive, memory_limit_mb, pages_memory_mb, resident_mb


def test_a_process_that_has_ended_is_dead_also_before_anybody_waits_for_it():
    child = subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    child.stdout.readline()
    now = time.time()
    assert is_alive(child.pid, now)
    assert resident_mb(child.pid) > 1
    child.kill()
    end = time.monotonic() + 10
    while is_alive(child.pid, now) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(child.pid, now)
    child.communicate()
    assert not is_alive(child.pid, now)
    assert resident_mb(child.pid) == 0
    assert is_alive(os.getpid(), now)


def test_a_process_that_began_later_only_has_the_number_of_another():
    assert not is_alive(os.getpid(), since=time.time() - 3600 * 24 * 365)


@pytest.mark.parametrize(("kinds", "name"), [("", "memory.max"), ("memory", "memory.limit_in_bytes")])
def test_the_smallest_limit_around_the_process_counts_and_the_pages_keep_their_part(tmp_path, monkeypatch, kinds, name):
    machine = memory.psutil.virtual_memory().total / 1e6
    inner = tmp_path / "groups" / kinds / "outer" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "own").write_text(f"9:cpu:/\n4:{kinds}:/outer/inner\n")
    monkeypatch.setattr(memory, "CGROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "OWN_GROUP", tmp_path / "own")
    (inner / name).write_text(str(1 << 62))
    limits = []
    for said in ("max", "3000000000", "1000000000", "690000000"):
        (inner.parent / name).write_text(said)
        limits.append((host_memory_mb(), memory_limit_mb(), pages_memory_mb()))
    run = min(0.75 * machine, machine - 690)
    assert limits == [(machine, run, machine - run), (3000, 2250, 750), (1000, 310, 690), (690, 0, 690)]
