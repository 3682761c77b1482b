"""Radiographs answered in threads, each with its own network, beside the decoding processes that the pages use."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.litert import usable_cores
from xray_model.datasets.folder_labels import sort_by_class
from xray_model.datasets.manifest import LabelledFile
from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.imaging.sandbox import decoders
from xray_model.imaging.zip_archives import Archive
from xray_model.inference.analyze import Analysis, analyze
from xray_model.inference.batch import NoAnswer
from xray_model.inference.evaluate import Outcome, evaluate_outcomes

MOST_WAITING = 64  # radiographs; a client that comes later is asked to come again
MOST_EVALUATED = 2_000  # images in an archive: half a minute on two cores


class Busy(Exception):
    """Too many radiographs wait already."""


class Workers:
    """As many threads as pay, and what waits for them. To be used from one event loop."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._at_once = usable_cores() + 1
        self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix="answers")
        self._own = threading.local()
        self.in_work = 0

    async def answer(self, data: bytes, operating_point: str | None, prevalence: float | None) -> Analysis:
        """The answer for a file's bytes; raises `InvalidRadiograph`, `InvalidConfig` and `Busy`."""
        if self.in_work >= MOST_WAITING:
            raise Busy
        return await self._run(lambda: self._answer(data, operating_point, prevalence))

    async def evaluate(self, data: bytes, prevalence: float | None) -> dict[str, Any]:
        """The figures of `evaluate` for a ZIP archive's bytes; raises `InvalidRadiograph`, `InvalidDataset`, `Busy`.

        Its images take turns with those of other clients: a few at a time.
        """
        if self.in_work >= MOST_WAITING:
            raise Busy
        archive = await asyncio.to_thread(Archive, data)
        files = [LabelledFile(Path(f.name), f.label, f.patient) for f in sort_by_class(list(archive.names))]
        if len(files) > MOST_EVALUATED:
            raise InvalidDataset(f"The archive holds {len(files):,} images; at most {MOST_EVALUATED:,} are taken.")
        turns = asyncio.Semaphore(self._at_once)

        async def one(name: str) -> Outcome:
            async with turns:
                return await self._run(lambda: Outcome.of(self._answer_or_reason(archive, name)))

        outcomes = await asyncio.gather(*(one(Path(file.path).as_posix()) for file in files))
        return await asyncio.to_thread(evaluate_outcomes, self.bundle, files, outcomes, prevalence)

    def close(self) -> None:
        """End the threads when they have done what they are at."""
        self._pool.shutdown(cancel_futures=True)

    async def _run(self, work: Callable[[], Any]) -> Any:
        self.in_work += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self.in_work -= 1

    def _answer(self, data: bytes, operating_point: str | None, prevalence: float | None) -> Analysis:
        if not hasattr(self._own, "bundle"):
            self._own.bundle = self.bundle.sibling()
        size = self.bundle.card.input_size
        radiograph = decoders(self._at_once).decode(data, size)
        return analyze(radiograph.squeezed(size), self._own.bundle, operating_point, prevalence)

    def _answer_or_reason(self, archive: Archive, name: str) -> Analysis | NoAnswer:
        try:
            return self._answer(archive.read(name), None, None)
        except InvalidRadiograph as error:
            return NoAnswer.of(error)
