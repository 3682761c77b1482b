"""Spreading work over a cluster's processes: results in order, what a lost process had in work done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from xray_model.errors import InvalidConfig, XrayModelError

AT_ONCE = 32  # items a process is sent at a time: a third of a second or more, against a millisecond to send them
AHEAD = 1000  # such parts that are sent before the first one's results are taken: enough for a thousand cores
AGAIN = 2  # times that Ray does a part again whose process or machine was lost
Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    lost: Callable[[Item], Result] | None = None,
    *,
    at_once: int = AT_ONCE,
    cores: int = 1,
    threads: int = 1,
) -> Iterator[Result]:
    """`work(item)` for each item, in order, done in the cluster's processes; each holds `cores` cores while it works.

    Work that dies with its process or machine is done again. Items that end their process whenever they are tried cost
    nobody else's result: for them it is `lost(item)`. What `work` raises is raised here. `work`, items and results are
    sent between machines. threads: items that a process has in work at once.
    """
    if ray.cluster_resources().get("CPU", 0) < cores:
        raise InvalidConfig(f"The cluster has no machine with {cores} cores free for work. Add one.")
    task: Any = ray.remote(num_cpus=cores, max_retries=AGAIN)(_do)
    shared = ray.put(work)
    send = partial(task.remote, threads, shared)
    pending: deque[tuple[Sequence[Item], Any]] = deque()
    queue = iter(items)
    while part := list(islice(queue, at_once)):
        pending.append((part, send(part)))
        if len(pending) >= AHEAD:
            yield from _results(*pending.popleft(), send, lost)
    while pending:
        yield from _results(*pending.popleft(), send, lost)


def whole_machine() -> int:
    """Cores of the cluster's smallest machine: what a training gets, as it would get a machine to itself."""
    cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    return min((number for number in cores if number), default=1)


def _do(threads: int, work: Callable[[Item], Result], part: Sequence[Item]) -> list[Result]:
    """What runs in the cluster's processes."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, part))


def _results(part: Sequence[Any], found: Any, send: Callable, lost: Callable | None) -> list[Any]:
    """A part's results; if its process is lost again and again, its items are tried one by one."""
    try:
        return ray.get(found)
    except RayTaskError as error:
        raise error.cause if isinstance(error.cause, XrayModelError) else error from None
    except RayError as error:
        if len(part) > 1:
            alone = [([item], send([item])) for item in part]
            return [result for one, ref in alone for result in _results(one, ref, send, lost)]
        if lost is None:
            raise InvalidConfig(f"The work's process was lost {AGAIN + 1} times ({type(error).__name__}).") from error
        return [lost(part[0])]
