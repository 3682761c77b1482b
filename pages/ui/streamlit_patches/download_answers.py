"""A fix for downloads that get lost when they are asked for while a page runs again.

Streamlit 1.67 makes a download's file when its button is pressed, and can lose it in two ways. When a run begins, it
clears the queue of messages to the browser, the answer to the button included. When a run ends, it forgets the buttons
of the run before, although the browser may still show them. What is kept here against that are names, no pictures.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pages.ui.streamlit_patches import versions

if TYPE_CHECKING:
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
    from streamlit.runtime.media_file_manager import MediaFileManager

ANSWER: Final = "backend_operation_response"  # the field of Streamlit's ForwardMsg that holds the answer to a button
REMEMBERED = 2000  # of all visitors' latest buttons: a click is a second old at most
PATIENCE_SECONDS = 3.0  # how long a broken-off run may take to be followed by one that draws the button again

_original: dict[str, Callable[..., Any]] = {}  # Streamlit's own methods, by name
_buttons: OrderedDict[str, tuple[str, str]] = OrderedDict()  # id of a button in one run -> (session, the button's key)


def keep_answers() -> None:
    """Apply the fix to every session of this server; calling it again changes nothing."""
    if not versions.is_tried():
        return
    from streamlit.runtime.forward_msg_queue import ForwardMsgQueue  # here: another version may not have them
    from streamlit.runtime.media_file_manager import MediaFileManager

    for owner, name, fixed in (
        (ForwardMsgQueue, "clear", _clear_but_answers),
        (MediaFileManager, "add_deferred", _remember),
        (MediaFileManager, "execute_deferred", _execute_newest),
    ):
        _original.setdefault(name, getattr(owner, name))
        setattr(owner, name, fixed)


def _clear_but_answers(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    answers = [message for message in queue._queue if message.HasField(ANSWER)]
    _original["clear"](queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if retain_lifecycle_msgs:
        queue._queue.extend(message for message in answers if message not in queue._queue)


def _remember(manager: MediaFileManager, *args: Any, **options: Any) -> str:
    name = _original["add_deferred"](manager, *args, **options)
    entry = manager._deferred_callables[name]
    _buttons[name] = (entry["session_id"], entry["element_id"])
    while len(_buttons) > REMEMBERED:
        _buttons.popitem(last=False)
    return name


def _execute_newest(manager: MediaFileManager, name: str) -> str:
    """Make this button's file; if its run is forgotten, that of the same visitor's same button in a later run."""
    end = time.monotonic() + PATIENCE_SECONDS  # this runs in its own thread: nobody else waits
    while name not in manager._deferred_callables and name in _buttons and time.monotonic() < end:
        name = _newest(manager, _buttons[name]) or name
        time.sleep(0.02)
    return _original["execute_deferred"](manager, name)


def _newest(manager: MediaFileManager, button: tuple[str, str]) -> str | None:
    known = list(manager._deferred_callables.items())
    same = [name for name, entry in known if (entry["session_id"], entry["element_id"]) == button]
    return same[-1] if same else None
