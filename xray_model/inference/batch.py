"""Answers for many files at once, and their rows in a table."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.litert import usable_cores
from xray_model.errors import InvalidRadiograph, RefusedRadiograph
from xray_model.imaging.files import read_file
from xray_model.imaging.sandbox import Decoders, decoders
from xray_model.inference.analyze import Analysis, analyze
from xray_model.notice import NOTICE_SHORT

COLUMNS = ("file", "status", "probability", "prevalence", "label", "operating_point", "message")
OK, UNREADABLE, REFUSED = "ok", "unreadable", "refused"
AHEAD = 8  # files in work or waiting: enough to keep the cores busy beside a slow file, few enough for memory
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class NoAnswer:
    """A file without an answer. status: `UNREADABLE` or `REFUSED`. message: the reason."""

    status: str
    message: str

    @classmethod
    def of(cls, error: InvalidRadiograph) -> NoAnswer:
        """Keep the message only: the error itself would keep the file's bytes in memory."""
        return cls(REFUSED if isinstance(error, RefusedRadiograph) else UNREADABLE, str(error))


class Output(Protocol):
    """What takes each answer with its picture, such as a folder of overlays (`reports.overlay_folder`)."""

    def write(self, path: Path, analysis: Analysis, bundle: Bundle) -> None:
        """Take the answer for the file at `path`; may be called from any thread."""


def analyze_files(
    paths: Iterable[Path],
    bundle: Bundle,
    operating_point: str | None = None,
    outputs: Sequence[Output] = (),
    prevalence: float | None = None,
) -> Iterator[tuple[Path, Analysis | NoAnswer]]:
    """Each path, in order, with its analysis or the reason why there is none.

    Each thread takes a file from its bytes to its answer, with its own decoding process and its own network: on two
    cores that is faster than two threads inside one network beside two that decode. There is one thread more than there
    are cores, so that none idles while a file goes to its decoder and back. The analyses hold the model's input, not
    the file's pixels. outputs: what takes each answer with all pixels; raises `OSError` if one cannot be written.
    prevalence: as for `analyze`.
    """
    own, at_once = threading.local(), usable_cores() + 1

    def work(path: Path) -> Analysis | NoAnswer:
        if not hasattr(own, "bundle"):
            own.bundle = bundle.sibling()
        read = partial(read_file, path)
        return answer_file(path, read, decoders(at_once), own.bundle, operating_point, prevalence, outputs)

    return map_ahead(work, paths, at_once)


def answer_file(
    path: Path | str,
    read: Callable[[], bytes],
    apart: Decoders,
    bundle: Bundle,
    operating_point: str | None = None,
    prevalence: float | None = None,
    outputs: Sequence[Output] = (),
) -> Analysis | NoAnswer:
    """The answer for one file, or the reason why there is none. path: what it is called.

    read: returns its bytes, or raises `InvalidRadiograph`. The rest is as for `analyze_files`.
    """
    size = bundle.card.input_size
    try:
        radiograph = apart.decode(read(), None if outputs else size)  # which need all pixels
        analysis = analyze(radiograph.squeezed(size), bundle, operating_point, prevalence)
    except InvalidRadiograph as error:
        return NoAnswer.of(error)
    for output in outputs:
        output.write(Path(path), replace(analysis, radiograph=radiograph), bundle)
    return analysis


def table_row(path: Path | str, answer: Analysis | NoAnswer, written: Sequence[str] = ()) -> dict[str, str]:
    """One row, with the keys `COLUMNS`; beside a probability, the message ends with the notice.

    written: sentences on what was written for the image.
    """
    if isinstance(answer, NoAnswer):
        return {"file": str(path), "status": answer.status, "message": answer.message}
    prediction, notes = answer.prediction, (*answer.radiograph.source.notes, *warnings(answer))
    return {
        "file": str(path),
        "status": OK,
        "probability": f"{prediction.probability:.6f}",
        "prevalence": f"{prediction.prevalence:g}",
        "label": prediction.label,
        "operating_point": prediction.operating_point.name,
        "message": " ".join([*notes, *written, f"{NOTICE_SHORT}."]),
    }


def warnings(analysis: Analysis) -> list[str]:
    """Sentences on the limits of an answer: an unusual patient, a doubtful film, a probability too close to call."""
    found = []
    if analysis.admission and analysis.admission.outside:
        found.append(
            "Looks unlike the children of 1-5 years that the model learned from: more unusual than "
            f"{analysis.admission.unusual:.0%} of them."
        )
    if analysis.admission:
        found += analysis.admission.warnings
    if analysis.prediction.unsure:
        found.append("Not sure: the probability rules out neither PNEUMONIA nor NORMAL.")
    return found


def map_ahead(work: Callable[[Path], Answer], paths: Iterable[Path], workers: int) -> Iterator[tuple[Path, Answer]]:
    """Each path, in order, with `work(path)`, computed in threads at most `AHEAD` paths ahead of the caller."""
    pending: deque[tuple[Path, Future[Answer]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="map-ahead")
    try:
        for path in paths:
            pending.append((path, pool.submit(work, path)))
            if len(pending) >= max(AHEAD, workers):
                yield _next(pending)
        while pending:
            yield _next(pending)
    finally:
        pool.shutdown(cancel_futures=True)


def _next(pending: deque[tuple[Path, Future[Answer]]]) -> tuple[Path, Answer]:
    path, future = pending.popleft()
    return path, future.result()
