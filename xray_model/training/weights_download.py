"""A look at the network before ImageNet weights are downloaded: a run that cannot have them ends at once. No Keras."""

from __future__ import annotations

import urllib.error
import urllib.request
from queue import Empty, Queue
from threading import Thread

from xray_model.datasets.pneumoniamnist import reason_of
from xray_model.errors import WeightsUnavailable
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.imagenet_weights import download_refusal, needs_download

ORIGIN = "https://storage.googleapis.com"  # the server that `keras.applications` downloads from
PATIENCE = 2.0  # seconds for its first answer


def check_download(config: TrainingConfig) -> None:
    """Raise `WeightsUnavailable` when a run must download its start weights and their server does not answer.

    One try: what breaks off later is Keras' own download, which has its own patience.
    """
    if needs_download(config) and (reason := _silence()):
        raise WeightsUnavailable(download_refusal(config.backbone, reason))


def _silence() -> str | None:
    """Why the server does not answer; None when it does. A thread asks: looking up a name knows no time limit."""
    answers: Queue[str | None] = Queue()
    Thread(target=lambda: answers.put(_ask()), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE)
    except Empty:
        return f"no answer within {PATIENCE:.0f} s"


def _ask() -> str | None:
    try:
        urllib.request.urlopen(urllib.request.Request(ORIGIN, method="HEAD"), timeout=PATIENCE).close()
    except urllib.error.HTTPError:  # an answer, if only that there is no such page
        return None
    except (OSError, ValueError) as error:
        return reason_of(error)
    return None
