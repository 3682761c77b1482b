"""Sentences about draws: what was drawn, what is doubtful about it, and how the model's answers vary."""

from __future__ import annotations

import math

from pages.ui.shared.session import Setting
from pages.ui.shared.wording import NBSP, RANGE, percent
from xray_model import AugmentationDraw, AugmentationPolicy

STRONG_ROTATION = 15  # degrees: a child seldom lies more askew
STRONG_STRETCH = 0.15  # from here on, the proportions of heart and chest change visibly
STRONG_SHEAR = 10  # degrees
LARGE_SHIFT = 0.15  # of the side: from here on, an apex or a costophrenic angle leaves the film
LARGE_CUT = 0.35
LARGE_BOX = 0.1  # of the area: as large as a lobar opacity on a small film
LARGE_STRIP = 0.2
LARGE_ERASING = 0.05  # of the area: a small lobar opacity
STRONG_TONE = math.log(2)
STRONG_FINE = math.log(2.5)
STRONG_NOISE = 0.08
STRONG_BLUR = 2.0
STRONG_ELASTIC = 0.03
STRONG_CLAHE = 4.0
FLIP = "Flip puts the heart on the right, as in hardly any child (situs inversus, about 1 in 10,000)."
DOUBTS = (
    ("rotation", STRONG_ROTATION, "Rotation beyond {0:g}°: hardly any radiograph is that askew."),
    (
        "zoom",
        STRONG_STRETCH,
        "Zoom beyond {0:.0%} in one direction only makes the heart look wider or narrower.",
    ),
    ("shear", STRONG_SHEAR, "Shear beyond {0:g}° gives a body that no projection could show."),
    ("width_shift", LARGE_SHIFT, "Shifts beyond {0:.0%} push part of a lung off the film, and maybe the finding."),
    ("height_shift", LARGE_SHIFT, "Shifts beyond {0:.0%} push part of a lung off the film, and maybe the finding."),
    ("tighter", LARGE_CUT, "Framing tighter than {0:.0%} cuts into the lungs, and maybe the finding."),
    ("contrast", STRONG_TONE, "Contrast beyond a factor of {1:.0f} can wash out a faint opacity."),
    ("gamma", STRONG_TONE, "Gamma beyond a factor of {1:.0f} can whiten a clear lung or darken an opacity."),
    ("clahe", STRONG_CLAHE, "Local contrast beyond {0:g} raises noise and vessels until clear lungs look streaky."),
    ("fine_detail", STRONG_FINE, "Fine detail beyond a factor of {1:.1f} turns vessels into an interstitial pattern."),
    ("coarse_detail", STRONG_TONE, "Coarse detail beyond a factor of {1:.0f} can wash out a faint opacity."),
    ("noise", STRONG_NOISE, "Noise beyond {0:.0%} buries the fine lines of an interstitial pattern."),
    ("blur", STRONG_BLUR, "Blur beyond {0:g} pixels wipes out the fine lines of an interstitial pattern."),
    ("elastic", STRONG_ELASTIC, "Elastic beyond {0:.0%} bends ribs and heart into shapes that do not exist."),
    ("erasing", LARGE_ERASING, "Erasing beyond {0:.0%} can hide the finding, while the label still says PNEUMONIA."),
    ("border", LARGE_STRIP, "Border masking beyond {0:.0%} reaches the lungs, and maybe the finding."),
)


def words(draw: AugmentationDraw) -> list[str]:
    """The drawn parameters, a phrase each; empty for a draw that changes nothing."""
    phrases = [
        _direction(draw.rotation, "turned {}° clockwise", "turned {}° anticlockwise", 1, 1),
        _direction(draw.width_shift, "moved {} % left", "moved {} % right", 100, 0),
        _direction(draw.height_shift, "moved {} % up", "moved {} % down", 100, 0),
        _size(draw),
        _direction(draw.shear, "slanted {}° up on the right", "slanted {}° down on the right", 1, 1),
        "mirrored" if draw.flipped else "",
        _amount(draw.elastic * 100, "bent by up to {} %", 1),
        _amount(draw.clahe, "local contrast {}", 1),
        _factor(draw.gamma, "gamma"),
        _factor(draw.contrast, "contrast"),
        _direction(draw.brightness, "{} % brighter", "{} % darker", 100, 0),
        _factor(draw.fine_detail, "fine detail"),
        _factor(draw.coarse_detail, "coarse detail"),
        _amount(draw.blur, "blurred by {} px", 1),
        _amount(draw.noise * 100, "noise {} %", 1),
        _borders(draw),
        _box(draw),
    ]
    return [phrase.replace(" %", f"{NBSP}%") for phrase in phrases if phrase]


def draw_doubt(draw: AugmentationDraw) -> str:
    """The anatomically doubtful sides of a draw, in a few words; empty without any."""
    found = []
    if draw.flipped:
        found.append("the heart is on the right")
    if abs(draw.rotation) > STRONG_ROTATION:
        found.append("strong rotation")
    if abs(draw.zoom_x / draw.zoom_y - 1) > 2 * STRONG_STRETCH:
        found.append("changed proportions")
    if draw.erased and draw.erased[2] * draw.erased[3] > LARGE_BOX:
        found.append("the box may hide the finding")
    return ", ".join(found).capitalize()


def policy_doubts(policy: AugmentationPolicy) -> list[str]:
    """A sentence for each anatomically doubtful setting of a policy."""
    found = [FLIP] if policy.horizontal_flip else []
    for name, limit, sentence in DOUBTS:
        if getattr(policy, name) > limit:
            found.append(sentence.format(limit, math.exp(limit)).replace("%", f"{NBSP}%"))
    return list(dict.fromkeys(found))  # both shifts have the same sentence


def spread_sentence(first: float, draws: list[float], flips: int, setting: Setting) -> str:
    """How far the draws' probabilities spread around the original's, and how many change the decision."""
    low, high = percent(min(draws)), percent(max(draws))
    mean = sum(draws) / len(draws)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in draws) / len(draws))
    turned = "none of them changes" if not flips else f"{flips} of them {'changes' if flips == 1 else 'change'}"
    return (
        f"The original has {percent(first)}. The {len(draws)} draws lie between {low} and {high} (standard deviation "
        f"{deviation * 100:.0f} points), and {turned} the decision at the threshold of {percent(setting.threshold)}, "
        f"where {percent(setting.prevalence)} have pneumonia."
    )


def _direction(value: float, positive: str, negative: str, scale: float, decimals: int) -> str:
    return _amount(abs(value) * scale, positive if value > 0 else negative, decimals)


def _amount(value: float, phrase: str, decimals: int) -> str:
    shown = f"{value:.{decimals}f}".removesuffix(".0")
    return phrase.format(shown) if float(shown) else ""


def _factor(logarithm: float, name: str) -> str:
    shown = f"{math.exp(logarithm):.2f}"
    return f"{name} {shown}" if shown != "1.00" else ""


def _size(draw: AugmentationDraw) -> str:
    width, height = f"{1 / draw.zoom_x:.2f}", f"{1 / draw.zoom_y:.2f}"
    if width == height:
        return f"size {width}" if width != "1.00" else ""
    return f"width {width}, height {height}"


def _borders(draw: AugmentationDraw) -> str:
    if not draw.borders:
        return ""
    low, high = (round(share * 100) for share in (min(draw.borders), max(draw.borders)))
    return f"edges masked, {low}{RANGE}{high} % wide" if low != high else f"edges masked, {high} % wide"


def _box(draw: AugmentationDraw) -> str:
    return f"box of {draw.erased[2] * draw.erased[3] * 100:.0f} % erased" if draw.erased else ""
