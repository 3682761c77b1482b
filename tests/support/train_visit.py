"""Actions of a visitor on the Train page, and the page's state."""

from __future__ import annotations

from pages.ui.train.state import BENCH
from xray_model import TrainingConfig

PAGE = "pages/train.py"


def choose(app, key, value):
    app.button_group(key=key).set_value(value)
    return app.run()


def config(app) -> TrainingConfig:
    return app.session_state[BENCH].config


def owner(app) -> str:
    return app.session_state[BENCH].owner


def started(app):
    app.button(key="train-start").click().run()
    assert not app.exception
    return app


def load_settings(app, text: str):
    app.file_uploader(key="train-import").set_value([("a.json", text.encode(), "application/json")])
    app.run()
    assert not app.exception
    return app
