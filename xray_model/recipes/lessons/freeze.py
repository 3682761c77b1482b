"""Lesson 3: freeze or fine-tune?"""

from xray_model.recipes.lessons.lesson import EVERYTHING, LAST_BLOCKS, Conclusion, Lesson, LessonOutcome, Training

FROZEN, LAST, ALL = "frozen", "last blocks, low rate", "everything, high rate"
TIE = 0.005  # AUC


def conclude(outcome: LessonOutcome) -> Conclusion:
    """Which one ranks best at the end, and whether the high rate lost what was known."""
    end = {name: outcome.final(name) for name in (FROZEN, LAST, ALL)}
    best = max(end, key=lambda name: end[name])
    line = ", ".join(f"{value:.3f} for {name}" for name, value in end.items())
    lost = end[FROZEN] - end[ALL]
    forgot = (
        f"At the high rate the network lost what it knew: {lost:.3f} below the frozen one."
        if lost > 0.05
        else f"This time the high rate did little harm: {-lost:+.3f} beside the frozen one."
    )
    tied = sorted(end.values())[-1] - sorted(end.values())[-2] < TIE
    note = ("The two best are too close to tell apart on 200 images.",) if tied else ()
    return Conclusion((FROZEN, LAST, ALL).index(best), (f"AUC at the end: {line}.", forgot, *note))


LESSON = Lesson(
    key="freeze",
    title="Freeze or fine-tune?",
    question="Three copies of a pre-trained network learn from 160 phantoms: in one only the last layer, in one the "
    "last blocks too, gently, in one everything at a high rate. Which one is best after eight epochs?",
    choices=("The frozen one", "The one whose last blocks learn gently", "The one in which everything learns fast"),
    trainings=(
        Training(FROZEN, images=160, epochs=8, rate=3e-3),
        Training(LAST, images=160, epochs=8, rate=3e-4, learns=LAST_BLOCKS),
        Training(ALL, images=160, epochs=8, rate=1e-2, learns=EVERYTHING),
    ),
    conclude=conclude,
    textbook="First train the new head on the frozen base, then unfreeze the top and go on at a very low rate: large "
    "steps would overwrite what the pre-training had learned.",
    source=("Keras guide: Transfer learning and fine-tuning", "https://keras.io/guides/transfer_learning/"),
    try_next="On the Train page, choose Custom and add a second phase that unfreezes the last blocks at 1e-5.",
)
