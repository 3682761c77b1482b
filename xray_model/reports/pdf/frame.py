"""What every page of a report carries: a headline, the notice, and the model that answered."""

from __future__ import annotations

from datetime import date

from xray_model.bundles.bundle import Bundle
from xray_model.notice import NOTICE, NOTICE_SHORT
from xray_model.reports.pdf.sheet import ACCENT, MUTED, Sheet

FOOT = 27.0  # millimetres from the page's end
SMALL = 7.0  # points


def draw_frame(sheet: Sheet, bundle: Bundle, headline: str) -> float:
    """Draw head and foot; returns the y above the foot."""
    sheet.box(sheet.left, 11.2, 3.4, 3.4, ACCENT)
    sheet.text(sheet.left + 5, 14.2, "Chest radiograph lab", 9.4, weight="bold")
    sheet.text(sheet.right, 14.2, f"{headline}  ·  {date.today().isoformat()}", 8.4, "right", color=MUTED)
    sheet.rule(17.5)
    y = sheet.height - FOOT
    sheet.box(sheet.left, y, 1.0, 13.5, ACCENT)
    sheet.text(sheet.left + 4, y + 3, NOTICE_SHORT, 8.4, weight="bold")
    sheet.paragraph(sheet.left + 4, y + 4, sheet.right - sheet.left - 4, NOTICE, SMALL, color=MUTED)
    card = bundle.card
    model = f"{card.name}, version {card.version} of {card.created}, file hash {bundle.hash}"
    sheet.text(sheet.left, sheet.height - 9.5, model, SMALL, color=MUTED)
    return y - 3
