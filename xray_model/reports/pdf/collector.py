"""Films collected for a report while a command answers them, in several threads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xray_model.bundles.bundle import Bundle
from xray_model.errors import InvalidConfig
from xray_model.inference.analyze import Analysis
from xray_model.inference.prove import proof_at, prove
from xray_model.reports.pdf.document import MOST_FILMS, report_pdf
from xray_model.reports.pdf.film_page import ReportFilm


class ReportCollector:
    """Takes each answered film with its picture; `pdf` makes the report. Raises `InvalidConfig` for too many files."""

    def __init__(self, files: int, paper: str = "A4", with_proof: bool = False) -> None:
        if files > MOST_FILMS:
            raise InvalidConfig(f"A report holds at most {MOST_FILMS} films; got {files:,} files. Name fewer.")
        self._paper, self._with_proof = paper, with_proof
        self._films: dict[Path, ReportFilm] = {}

    def write(self, path: Path, analysis: Analysis, bundle: Bundle) -> None:
        """Keep the film of `path` as it will be printed; from any thread."""
        share = analysis.prediction.prevalence
        proof = proof_at(prove(analysis, bundle), share, bundle.card) if self._with_proof else None
        self._films[path] = ReportFilm(analysis, proof).reduced()

    def pdf(self, order: Iterable[Path], bundle: Bundle) -> bytes | None:
        """The report, its films in this order; None without any."""
        order = list(order)
        films = [self._films[path] for path in order if path in self._films]
        missing = len(order) - len(films)
        left_out = f"{missing} {'file' if missing == 1 else 'files'} without an answer." if missing else ""
        return report_pdf(films, bundle, self._paper, left_out) if films else None
