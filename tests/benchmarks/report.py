"""The figures as a table beside what was asked for."""

from __future__ import annotations

from tests.benchmarks.augmentation import rows as augmentation_rows
from tests.benchmarks.booth import rows as booth_rows
from tests.benchmarks.lessons import rows as lesson_rows
from tests.benchmarks.names import CLIENTS, GATED, OURS, PLAIN, USUAL
from tests.benchmarks.pages import rows as pages_rows
from tests.benchmarks.ray import rows as ray_rows
from tests.benchmarks.run_memory import rows as run_rows
from tests.benchmarks.training import rows as training_rows
from tests.benchmarks.visitors import rows as visitor_rows

Row = tuple[str, str, str]


def table(result: dict) -> str:
    """Markdown, a row for each figure."""
    machine, bundle = result["machine"], result["bundle"]
    rows = [row for part, rows_of in PARTS.items() if part in result for row in rows_of(result[part])]
    head = f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}, {bundle}"
    lines = [f"| {what} | {value} | {asked} |" for what, value, asked in rows]
    return "\n".join(
        [f"Measured on {result['date']}: {head}.", "", "| what | measured | asked for |", "|---|---|---|", *lines]
    )


def _web(web: dict) -> list[Row]:
    return [
        ("`streamlit run` to the first page in a browser", f"{web['first_page_seconds']} s", "≤ 2 s"),
        ("… to the Analyze page, its own address being opened first", f"{web['own_address_seconds']} s", ""),
        ("… of an app of two pages, each nothing but an upload", f"{web['empty_app_seconds']} s", ""),
        ("upload to the first answer on the screen", f"{web['first_analysis_seconds']} s", "≤ 1 s"),
        ("server's memory after 100 analyses", f"{web['resident_megabytes']:.0f} MB", "≤ 350 MB"),
        ("its growth over the next 400", f"{round(web['growth_megabytes']):+d} MB", "none"),
    ]


def _passes(passes: dict) -> list[Row]:
    ms = passes["milliseconds"]
    others = [name for name in ms if name not in (OURS, GATED, PLAIN, USUAL)]
    return [
        ("probability and heatmap of one radiograph", f"{ms[OURS]:.2f} ms", ""),
        (
            "… against the plain LiteRT pass, logit only",
            f"{ms[PLAIN]:.2f} ms: x {passes['ours_to_plain']:.2f}",
            "≤ x 1.15",
        ),
        (
            "gate, lungs, probability and heatmap, against the plain pass",
            f"{ms[GATED]:.2f} ms: x {passes['gated_to_plain']:.2f}",
            "≤ x 2",
        ),
        (f"… against {USUAL}", f"{ms[USUAL]:.0f} ms: {passes['usual_to_ours']:.0f} x faster", "≥ 10 x"),
        *((f"{name}, one pass", f"{ms[name]:.2f} ms", "") for name in others),
        (f"LiteRT against {passes['best_other_runtime']}", f"x {passes['litert_to_best_other']:.2f}", "≤ x 1.15"),
    ]


def _folder(folder: dict) -> list[Row]:
    rates, batch, shares = folder["images_per_second"], folder["batch_rate"], folder["share_of_batch_rate"]
    return [
        (batch, f"{rates[batch]:.0f} images/s", ""),
        *(
            (f"`predict` on {folder['images']} files, {form}", f"{rates[form]:.0f} images/s: {share:.0%}", "≥ 80 %")
            for form, share in shares.items()
        ),
    ]


def _service(figures: dict) -> list[Row]:
    rates, batch = figures["images_per_second"], figures["share_of_batch_rate"]
    return [
        (
            f"`serve` with {CLIENTS} clients, {form}",
            f"{rates[form]:.0f} images/s: {share:.0%} of `analyze`, {batch[form]:.0%} of a thread a core",
            "≥ 80 %",
        )
        for form, share in figures["share_of_analyze"].items()
    ]


PARTS = {
    "web": _web,
    "passes": _passes,
    "folder": _folder,
    "service": _service,
    "visitors": visitor_rows,
    "ray": ray_rows,
    "augmentation": augmentation_rows,
    "pages": pages_rows,
    "booth": booth_rows,
    "run": run_rows,
    "lessons": lesson_rows,
    "training": training_rows,
}
