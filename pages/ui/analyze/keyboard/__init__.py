"""What the whole Analyze page listens to: keys, files dropped anywhere, pictures from the clipboard.

All of it works in the browser (keyboard.js). Files are handed to the upload widget, so they come in like any other, and
keys become events that the viewer and the list of images listen to: nothing is sent to the server.
"""

from __future__ import annotations

from pathlib import Path

from pages.ui.shared import component

_keyboard = component.load(Path(__file__).parent)


def show() -> None:
    """Draw the button that lists the keys, and listen."""
    _keyboard(key="keyboard", data={}, width="content", height="content")
