"""Lesson 6: the clever shortcut."""

from xray_model.bundles.card import POOLED
from xray_model.recipes.lessons.lesson import Chart, Conclusion, Lesson, LessonOutcome, Training

WHOLE, LUNGS = "whole picture", "lungs only"
FALL, NOTICED = 0.1, 0.03  # accuracy: lost to the marker, and lost at all
LOOKED = 0.2  # share of the maps


def conclude(outcome: LessonOutcome) -> Conclusion:
    """What is left of the accuracy when the marker is gone, and where the maps are strongest."""
    found = {name: (outcome.final(name, "accuracy"), outcome.final(name, "plain_accuracy")) for name in (WHOLE, LUNGS)}
    (seen, gone), (seen_lungs, gone_lungs) = found[WHOLE], found[LUNGS]
    sentences = [
        f"Over the whole picture: accuracy {seen:.1%} with the marker, {gone:.1%} on the same films without it."
    ]
    share = outcome.one(WHOLE).measures.get("peak_on_marker")
    if share is not None:
        sentences.append(f"On {share:.0%} of the PNEUMONIA films its map is strongest on the marker.")
    sentences.append(f"Over the lungs only: {seen_lungs:.1%} with the marker, {gone_lungs:.1%} without it.")
    lost = f"it lost {100 * (seen - gone):.1f} percentage points when the marker was gone."
    if seen - gone < NOTICED and (share or 0) < LOOKED:
        return Conclusion(0, (*sentences, f"This time the network relied little on the marker: {lost}"))
    if seen - gone < FALL:
        return Conclusion(None, (*sentences, f"So the marker counted, beside the opacity: {lost}"))
    kept = seen_lungs - gone_lungs < (seen - gone) / 2
    last = (
        "Looking at the lungs only, less than half as much was lost."
        if kept
        else "This time, lungs-only pooling did not help: the marker's trace reaches into the lungs."
    )
    return Conclusion(1 if kept else 2, (*sentences, last))


LESSON = Lesson(
    key="shortcut",
    title="The clever shortcut",
    question="In training, every film with pneumonia, and no other, carries a white marker in a corner. What happens "
    "on films without the marker?",
    choices=("Nothing: the opacity is what counts", "Accuracy collapses, unless the network sees the lungs only",
             "Accuracy collapses either way"),
    trainings=(
        Training(WHOLE, images=300, epochs=16, rate=3e-3),
        Training(LUNGS, images=300, epochs=16, rate=3e-3, lungs=POOLED),
    ),
    conclude=conclude,
    textbook="Networks take the easiest cue. One that read radiographs from two hospitals learned to tell the "
    "hospitals by their lead markers, and with them how common pneumonia was there.",
    source=("Zech et al., Variable generalization performance of a deep learning model to detect pneumonia in chest "
            "radiographs. PLoS Medicine 2018", "https://doi.org/10.1371/journal.pmed.1002683"),
    try_next="On the Analyze page, open a phantom with a side marker: does the map ever point at it?",
    chart=Chart("accuracy", "accuracy on other films", also=("plain_accuracy", "marker gone")),
    marker=True,
)  # fmt: skip
