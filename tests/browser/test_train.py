"""The Train page in a real browser, with a real run: from Start to an answer of the new model on the Analyze page."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.server import wait_for
from tests.support.visitor import PHONE
from xray_model.evaluation.metrics import roc_auc
from xray_model.jobs.result import VALIDATION_FILE, load_result
from xray_model.jobs.run_files import EVENTS, read_events

pytestmark = pytest.mark.browser

POLL_MS = 300  # looking at every frame would draw sixty a second, while the run wants the processor
ANSWERS = "result/*/answers.npz"  # is written at half-time between the last epoch and the end
RUN_MS = 180_000  # for a Quick run and its evaluation on a machine that is busy with something else


def button(visitor, name: str):
    return visitor.page.get_by_role("button", name=name, exact=False).first


def heading(visitor, name: str, timeout: int = RUN_MS) -> None:
    """Wait until the run is in this state."""
    expect(visitor.page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=timeout)


def epochs(visitor) -> int:
    """How many epochs are on the page."""
    shown = visitor.page.get_by_test_id("run-epoch").inner_text()
    return int(re.findall(r"\d+", shown)[0])


def wait_for_epochs(visitor, count: int) -> None:
    visitor.page.wait_for_function(
        "count => parseInt(document.querySelector('[data-testid=run-epoch]')?.innerText) >= count",
        arg=count,
        polling=POLL_MS,
        timeout=RUN_MS,
    )


def leave_until(visitor, condition, what: str) -> None:
    """Go away and come back: on the page, drawing each second costs as much as the training."""
    visitor.page.goto("about:blank")
    wait_for(condition, what, RUN_MS / 1000, pause=POLL_MS / 1000)
    visitor.open("train")


def told(server) -> list[dict]:
    """What the run has told its server; nothing else has trained there by epochs."""
    found = (read_events(path, 0)[0] for path in server.folder.rglob(EVENTS))
    return max(found, key=lambda events: sum(event["kind"] == "epoch" for event in events), default=[])


def epochs_done(server) -> int:
    return sum(event["kind"] == "epoch" for event in told(server))


def check_what_it_learned(server) -> None:
    """It starts where the bundled model stands, adapts to the other hospital, and measures what it has forgotten."""
    events, result = told(server), load_result(next(server.folder.rglob(VALIDATION_FILE)).parent)
    first, *_, last = points = [event for event in events if event["kind"] in ("start", "epoch")]
    assert first["val_auc"] == pytest.approx(roc_auc(result.before, result.labels), abs=0.02)
    assert [row["epoch"] for row in result.history] == [str(epoch) for epoch in range(-1, 11)]
    assert [row["phase"] for row in result.history] == ["start", "head", *["fine-tune"] * 10]
    assert last["val_loss"] < first["val_loss"] - 0.1, "its probabilities fit the new hospital"
    assert last["auc"] > first["auc"]
    assert len(points) == 12
    assert not [event for event in events if event["kind"] == "warning"]
    films = zip(first["film"], last["film"], strict=True)
    assert max(np.abs(np.subtract(one["evidence"], other["evidence"])).max() for one, other in films) > 0.01
    assert "before" in result.sentence
    assert not result.worse
    assert result.old.images == 100
    assert result.old.before > 0.99
    assert 0.8 < result.old.after <= 1


def press(visitor, name: str) -> None:
    """Press a button of the live part, which is drawn anew every second."""
    expect(button(visitor, name)).to_be_enabled(timeout=RUN_MS)
    button(visitor, name).click()


def auc_points(visitor) -> list[tuple[float, float]]:
    """(value, pixels from the chart's top) of each point of the validation's AUC, as it is drawn."""
    points = visitor.page.get_by_label("AUC by epoch", exact=True).locator("svg .mark-symbol path")
    points.first.wait_for(timeout=RUN_MS)
    script = "points => points.map(point => [point.ariaLabel, point.getBoundingClientRect().top])"
    drawn = [(label, top) for label, top in points.evaluate_all(script) if "validation" in label]
    return [(float(re.findall(r"AUC: ([\d.]+)", label)[0]), top) for label, top in drawn]


def test_the_default_run_from_start_to_an_answer_of_its_model(server, guests, visit):
    visitor = visit(server.url).open("train")
    button(visitor, "Start training").click()  # no setting touched: the bundled model at another hospital
    wait_for_epochs(visitor, 0)
    leave_until(visitor, lambda: epochs_done(server) >= 2, "two epochs")
    wait_for_epochs(visitor, 2)  # the same browser finds its run again
    main = visitor.page.locator('[data-testid="stMain"]')
    main.evaluate("main => { main.scrollTop = 300 }")
    wait_for_epochs(visitor, 3)
    assert main.evaluate("main => main.scrollTop") == 300  # nothing jumps while curves grow

    press(visitor, "Pause")
    heading(visitor, "Paused")
    seen = epochs(visitor)
    assert seen >= 3
    visitor.reopen()
    visitor.open("train")
    heading(visitor, "Paused")  # and so does one that was closed and is opened again
    with guests.visiting(server.url, PHONE) as stranger:
        stranger.open("train")
        expect(button(stranger, "Start training")).to_be_visible()
        assert "Your runs" not in stranger.text()
        assert not stranger.scrolls_sideways()

    slider = visitor.part("film-slider")
    slider.press("Home")
    expect(visitor.part("film-epoch")).to_contain_text("Before the first step")

    press(visitor, "Resume")
    wait_for_epochs(visitor, seen + 1)
    expect(visitor.part("film-epoch")).to_contain_text("Before the first step")  # who went back stays there
    leave_until(visitor, lambda: epochs_done(server) >= 11, "all epochs")
    wait_for_epochs(visitor, 11)
    (before, low), *between, (after, high) = auc_points(visitor)
    assert before <= 0.85, "before the first step"
    assert len(between) >= 9
    assert after >= 0.95
    assert low - high > 15, "pixels that the curve has risen"
    leave_until(visitor, lambda: any(server.folder.rglob(ANSWERS)), "the run to come near its end")
    expect(button(visitor, "Use in Analyze")).to_be_visible(timeout=RUN_MS)
    check_what_it_learned(server)
    visitor.settle()
    button(visitor, "right, truly NORMAL").click()
    expect(visitor.page.get_by_text("Truly NORMAL, called NORMAL")).to_be_visible()
    visitor.settle()
    assert visitor.part("train-cell").locator("img").count() > 0
    button(visitor, "Records").click()
    name, data = visitor.download("History (CSV)")
    visitor.page.keyboard.press("Escape")
    assert name == "history.csv"
    assert b"val_auc" in data
    assert visitor.download("Bundle (ZIP)")[1].startswith(b"PK")

    button(visitor, "Use in Analyze").click()
    expect(visitor.page.get_by_text("Your own model is in use")).to_be_visible()
    visitor.page.get_by_role("button", name="Open").nth(1).click()
    visitor.wait_for_images(1)
    own = visitor.figures()[0]
    visitor.page.get_by_role("button", name="Back to the bundled model").click()
    expect(visitor.page.get_by_text("Your own model is in use")).to_be_hidden()
    visitor.settle()
    visitor.page.get_by_role("combobox", name="Compare with").click()
    visitor.page.get_by_role("option", name="Model: your own").click()
    expect(visitor.part("viewer-evidence-left")).to_be_attached()
    expect(visitor.part("probability-beside")).to_be_visible()
    visitor.settle()
    assert "Each model has its own calibration" in visitor.text()
    bundled = visitor.figures()[0]
    assert (own["bundle"], own["hash"]) != (bundled["bundle"], bundled["hash"])

    visitor.page.get_by_test_id("stSidebar").get_by_role("link", name="Train").click()
    table = visitor.page.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    assert table.get_by_role("button", include_hidden=True).count() >= 2, "Streamlit draws none: no need to hide any."
    assert table.get_by_role("button").count() == 0  # their CSV file would come without the notice
    assert {"tensorflow", "keras"} & server.loaded_modules() == set()
    assert "Traceback" not in server.log()
