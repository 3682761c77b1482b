"""A report as a PDF file: one page a film, behind a cover if there are several.

Matplotlib is loaded here, at the first report, and nowhere else: the first page of the app need not wait for it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from xray_model.bundles.bundle import Bundle
from xray_model.errors import InvalidConfig
from xray_model.notice import NOTICE_SHORT
from xray_model.reports.pdf.cover import draw_cover, lines_on_a_cover
from xray_model.reports.pdf.film_page import ReportFilm, draw_film
from xray_model.reports.pdf.sheet import Sheet, typeset

MOST_FILMS = 100  # in one report: it is made in memory
FIELDS = {"Title": "Chest radiograph report", "Subject": NOTICE_SHORT, "Creator": "Chest radiograph lab"}


def report_pdf(films: Sequence[ReportFilm], bundle: Bundle, paper: str = "A4", left_out: str = "") -> bytes:
    """The report as PDF bytes. paper: "A4" or "Letter". left_out: a sentence on files without a page.

    Raises `InvalidConfig` for no film, for more than `MOST_FILMS`, or for another paper.
    """
    if not 0 < len(films) <= MOST_FILMS:
        raise InvalidConfig(f"A report holds 1 to {MOST_FILMS} films; got {len(films)}. Choose fewer.")
    with typeset():
        from matplotlib.backends.backend_pdf import PdfPages

        out = io.BytesIO()
        with PdfPages(out, metadata=FIELDS | {"Producer": None}) as pages:
            for sheet in _sheets(films, bundle, paper, left_out):
                pages.savefig(sheet.figure)
    return out.getvalue()


def _sheets(films: Sequence[ReportFilm], bundle: Bundle, paper: str, left_out: str) -> Iterator[Sheet]:
    if len(films) > 1:
        for start in range(0, len(films), lines_on_a_cover(Sheet(paper))):
            sheet = Sheet(paper)
            draw_cover(sheet, films, start, bundle, left_out)
            yield sheet
    for number, film in enumerate(films, 1):
        sheet = Sheet(paper)
        draw_film(sheet, film, bundle, number, len(films))
        yield sheet
