"""Is a page for everybody? axe-core's findings, jumps while it loads, and what is wider than the screen."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.support.visitor import Visitor

LARGEST_SHIFT = 0.1  # "good" by web.dev/cls
SERIOUS = {"serious", "critical"}

# The browser keeps them, and hands those that there were to a new observer a moment later. A window ends after a second
# without a shift, or after five.
SHIFTS = """() => new Promise((done) => {
    let worst = 0, sum = 0, first = 0, last = 0;
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            if (one.hadRecentInput) continue;
            if (one.startTime - last > 1000 || one.startTime - first > 5000) { sum = 0; first = one.startTime; }
            last = one.startTime;
            sum += one.value;
            worst = Math.max(worst, sum);
        }
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(worst), 200);
})"""


def shifts(visitor: Visitor) -> float:
    """Cumulative layout shift since the page was loaded (web.dev/cls): the sum of the worst window."""
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
