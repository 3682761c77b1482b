"""The proof for one film in words: what changed, the reading and the rule behind it."""

from __future__ import annotations

import numpy as np

from xray_model.explanation.proof import AGREES, LUNGS, MAP, NOT, PARTLY, SOME, STRONG, UNTESTED, WELL, Proof

ONE_MAP = (
    "With global average pooling and a linear head, CAM, Grad-CAM and HiResCAM are one and the same map. The answer is "
    "pooled over the lungs, so that the map lies inside them proves nothing."
)
RULE = (
    f"Well supported: hiding the bright part makes the odds at least {np.exp(STRONG):.0f} times smaller than hiding as "
    f"much anywhere else, and the map points to where hiding counts (rank correlation of {AGREES} or more). Partly: "
    f"at least {np.exp(SOME):.0f} times. Not supported: anything less."
)
NO_FALL = 0.1  # of the log odds: not worth a number
TITLES = {
    WELL: "Well supported by the picture",
    PARTLY: "Partly supported by the picture",
    NOT: "Not supported by the picture",
    UNTESTED: "Cannot be tested by hiding",
}


def proof_title(proof: Proof, threshold: float) -> str:
    """The reading of the proof for the decision at a threshold, such as "Well supported by the picture"."""
    return TITLES[proof.level(threshold)]


def proof_sentences(proof: Proof, threshold: float) -> list[str]:
    """What was hidden and what became of the probability: plain sentences, the first one the most important."""
    if proof.probability < threshold:
        return [
            "A NORMAL answer rests on what is not in the picture, and there is nothing to hide.",
            f"Whatever was hidden in the lungs, the probability stayed at or below {_percent(_highest(proof))}.",
        ]
    return [_hidden(proof), _odds(proof), _smallest(proof, threshold), _agreement(proof)]


def proof_notes(proof: Proof, threshold: float, pooled: bool) -> list[str]:
    """The rule behind the reading; and, for an answer pooled over the lungs, what its map cannot prove."""
    return [*([RULE] if proof.level(threshold) != UNTESTED else []), *([ONE_MAP] if pooled else [])]


def _highest(proof: Proof) -> float:
    """The highest probability of any film with something hidden in its lungs."""
    curves = np.concatenate([proof.deletion[MAP], proof.deletion[LUNGS], proof.elsewhere])
    return float(max(curves.max(), proof.probability))


def _hidden(proof: Proof) -> str:
    if proof.bright is None:
        return "The map for PNEUMONIA is empty: no part of the lungs explains this probability."
    low, high = (_percent(float(end)) for end in (proof.elsewhere.min(), proof.elsewhere.max()))
    stays = low if low == high else f"{low} to {high}"
    before, after = _percent(proof.probability), _percent(proof.bright)
    verb = "lowers" if proof.fall > 0 else "changes"
    moved = f"leaves the probability at {before}"
    if before != after:
        moved = f"{verb} the probability from {before} to {after}"
    part = f"the bright part of the map ({proof.bright_share * 100:.0f} % of the lungs)"
    return f"Hiding {part} {moved}; with as much hidden elsewhere in the lungs it is {stays}."


def _odds(proof: Proof) -> str:
    if proof.fall <= 0:
        return "Hiding it makes pneumonia no less likely."
    elsewhere = "no less"
    if proof.fall_elsewhere > NO_FALL:
        elsewhere = f"at most {_times(proof.fall_elsewhere)} less"
    return f"In odds, pneumonia becomes {_times(proof.fall)} less likely; hiding elsewhere, {elsewhere}."


def _smallest(proof: Proof, threshold: float) -> str:
    share = proof.smallest_part(threshold)
    if share is None:
        limit = f"the threshold of {_percent(threshold)}"
        return f"It would call PNEUMONIA even with the lungs hidden: the probability does not fall below {limit}."
    return f"Hiding the brightest {_share(share)} of the lungs changes the decision to NORMAL."


def _agreement(proof: Proof) -> str:
    word = "points" if proof.agreement >= AGREES else "does not point"
    where = "the places where hiding lowers the probability most"
    return f"The map {word} to {where} (rank correlation {proof.agreement:.2f})."


def _times(fall: float) -> str:
    factor = np.exp(max(0.0, fall))
    if factor >= 1000:
        return "more than 1,000 times"
    return f"{factor:.1f} times" if factor < 10 else f"{factor:,.0f} times"


def _share(share: float) -> str:
    return f"{share * 100:.3g} %"


def _percent(probability: float) -> str:
    """A probability in per cent, never rounded to 0 % or 100 %."""
    if probability > 0.999:
        return "more than 99.9 %"
    if probability < 0.001:
        return "less than 0.1 %"
    decimals = 1 if probability > 0.99 or probability < 0.01 else 0
    return f"{probability * 100:.{decimals}f} %"
