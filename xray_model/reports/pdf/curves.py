"""The curves of a proof on paper: the film's probability while ever more of it is hidden, or shown."""

from __future__ import annotations

from xray_model.explanation.proof import LUNGS, MAP, RANDOM, SHARES, Proof
from xray_model.reports.pdf.sheet import ACCENT, INK, MUTED, Sheet

STYLES = {  # order -> colour, width in points, dashes, words
    RANDOM: ("#98a5b0", 1.0, (0, (2, 1.5)), "anywhere"),
    LUNGS: (MUTED, 1.0, "-", "in the lungs"),
    MAP: (ACCENT, 1.9, "-", "by the map"),
}
TYPE = 6.4  # points


def draw_curves(sheet: Sheet, proof: Proof, threshold: float, x: float, y: float, width: float, height: float) -> None:
    """Deletion and insertion side by side in this rectangle, with a key below."""
    each = (width - 9) / 2
    for number, (title, curves) in enumerate((("Hiding", proof.deletion), ("Showing", proof.insertion))):
        left = x + 5 + number * (each + 7)
        axes = sheet.axes(left, y + 4, each, height - 15)
        for order, (colour, thick, dashes, _) in STYLES.items():
            axes.plot(SHARES, curves[order], color=colour, linewidth=thick, linestyle=dashes, clip_on=False)
        axes.axhline(threshold, color=INK, linewidth=0.5, linestyle=(0, (1, 2)))
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1), facecolor="none")
        axes.set_xticklabels(["0", "50", "100 %"])
        axes.set_yticklabels(["0", "50", "100 %"] if number == 0 else [])
        axes.tick_params(labelsize=TYPE, length=2, width=0.4, colors=MUTED, pad=1.5)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(linewidth=0.4, color=MUTED)
        sheet.text(left, y + 2, title, 7.4, weight="bold")
    sheet.text(
        x + 5, y + height - 5, "Probability, against the share of the lungs' area; dotted: threshold", TYPE, color=MUTED
    )
    for number, order in enumerate((MAP, LUNGS, RANDOM)):
        colour, thick, _, words = STYLES[order]
        left = x + 5 + number * 24
        sheet.box(left, y + height - 1.9, 5, thick * 0.3, colour)
        sheet.text(left + 6.5, y + height - 1, words, TYPE, color=MUTED)
