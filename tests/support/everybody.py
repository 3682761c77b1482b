"""Is a page for everybody? axe-core's findings, jumps while it loads, and what is wider than the screen."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.support.visitor import Visitor

LARGEST_SHIFT = 0.1  # "good" by web.dev/cls
SERIOUS = {"serious", "critical"}

# The browser keeps them, and hands those that there were to a new observer a moment later.
SHIFTS = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 200);
})"""


def shifts(visitor: Visitor) -> float:
    """The sum of all layout shifts since the page was loaded: CLS at least."""
    return float(visitor.page.evaluate(SHIFTS))


def findings(visitor: Visitor) -> list[str]:
    """Serious and critical findings on the page as it is: rule, place, and what to do. Streamlit 1.67 causes none."""
    found = Axe().run(visitor.page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
