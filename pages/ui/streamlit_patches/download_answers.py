"""A download that is asked for in the moment in which a page runs again is answered, not lost.

Streamlit 1.67 makes a download's file when its button is pressed, and loses it in two ways. When a run begins it throws
away what is still queued but for the news of runs, and the answer with it. When a run ends, broken off or not, it
forgets the buttons of the run before, though the browser still shows them. Kept here for that: names, and no picture.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, Final

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager

from pages.ui.streamlit_patches import versions

ANSWER: Final = "backend_operation_response"  # ForwardMsg's field for it
REMEMBERED = 2000  # of all visitors' latest buttons: a click is a second old at most
PATIENCE_SECONDS = 3.0  # for a run that was broken off to be followed by one that reaches the button

_clear = ForwardMsgQueue.clear
_add = MediaFileManager.add_deferred
_execute = MediaFileManager.execute_deferred
_buttons: OrderedDict[str, tuple[str, str]] = OrderedDict()  # a run's own name of a button -> its session and key


def keep_answers() -> None:
    """From now on, for every session of this server."""
    if versions.is_tried():
        ForwardMsgQueue.clear = _clear_but_answers  # type: ignore[method-assign, assignment]
        MediaFileManager.add_deferred = _remember  # type: ignore[method-assign, assignment]
        MediaFileManager.execute_deferred = _execute_newest  # type: ignore[method-assign, assignment]


def _clear_but_answers(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    answers: list[ForwardMsg] = [message for message in queue._queue if message.HasField(ANSWER)]
    _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
    if retain_lifecycle_msgs:
        queue._queue.extend(message for message in answers if message not in queue._queue)


def _remember(manager: MediaFileManager, *args: Any, **options: Any) -> str:
    name = _add(manager, *args, **options)
    entry = manager._deferred_callables[name]
    _buttons[name] = (entry["session_id"], entry["element_id"])
    while len(_buttons) > REMEMBERED:
        _buttons.popitem(last=False)
    return name


def _execute_newest(manager: MediaFileManager, name: str) -> str:
    """The file of this button; of the same visitor's same button in a later run if this run's is forgotten."""
    end = time.monotonic() + PATIENCE_SECONDS  # in a thread of its own: nobody else waits
    while name not in manager._deferred_callables and name in _buttons and time.monotonic() < end:
        name = _newest(manager, _buttons[name]) or name
        time.sleep(0.02)
    return _execute(manager, name)


def _newest(manager: MediaFileManager, button: tuple[str, str]) -> str | None:
    known = list(manager._deferred_callables.items())
    same = [name for name, entry in known if (entry["session_id"], entry["element_id"]) == button]
    return same[-1] if same else None
