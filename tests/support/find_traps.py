"""Phantoms that the bundled model gets wrong, for the game: `python -m tests.support.find_traps SEED [COUNT]`.

They are rare. Drawn small they are hard as well, so each is asked at 224 pixels first, in a quarter of the time.
"""

from __future__ import annotations

import sys

import xray_model
from pages.ui.game.cases import SIZE
from xray_model import Bundle, Phantom, Prediction

SMALL = 224  # pixels a side
DOUBT = 0.12  # of the model in the true label, at `SMALL`; with less, it was never wrong at `SIZE`


def ask(seed: int, size: int, bundle: Bundle) -> tuple[Phantom, Prediction]:
    """The phantom of a seed that is left to choose, and the model's answer."""
    phantom = xray_model.draw_phantom(seed, size=size)
    return phantom, xray_model.analyze(xray_model.Radiograph.from_array(phantom.pixels), bundle).prediction


def search(first: int, count: int) -> None:
    """Print each phantom that is called wrong."""
    bundle = xray_model.load_bundle()
    for seed in range(first, first + count):
        try:
            phantom, answer = ask(seed, SMALL, bundle)
            wrong = 1 - answer.probability if phantom.label == xray_model.PNEUMONIA else answer.probability
            if wrong < DOUBT:
                continue
            phantom, answer = ask(seed, SIZE, bundle)
        except xray_model.RefusedRadiograph:
            continue
        if answer.label != phantom.label:
            print(f'({seed}, "{phantom.finding}"),  # called {answer.label}, probability {answer.probability:.2f}')  # noqa: T201


if __name__ == "__main__":
    search(int(sys.argv[1]), int((*sys.argv, 1000)[2]))
