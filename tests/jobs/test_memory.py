"""What is known of processes: their memory, and whether they live."""

import os
import subprocess
import sys
import time

from xray_model.jobs import memory
from xray_model.jobs.memory import is_alive, memory_limit_mb, resident_mb


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


def test_the_smallest_limit_counts(tmp_path, monkeypatch):
    machine = memory.psutil.virtual_memory().total
    limits = []
    for said in ("max", str(1 << 62), "1000000000"):
        (tmp_path / "limit").write_text(said)
        monkeypatch.setattr(memory, "CGROUP_FILES", (str(tmp_path / "limit"), str(tmp_path / "nothing")))
        limits.append(memory_limit_mb())
    assert limits == [memory.SHARE * machine / 1e6] * 2 + [750.0]
