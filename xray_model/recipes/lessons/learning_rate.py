"""Lesson 5: the learning rate."""

from xray_model.recipes.lessons.lesson import Chart, Conclusion, Lesson, LessonOutcome, Training
from xray_model.recipes.range_test import steepest_rate

LOW, RIGHT, HIGH, PLATEAU = "too low (0.00001)", "right (0.003)", "too high (0.3)", "0.3, cut at each plateau"
NAMES = (LOW, RIGHT, HIGH, PLATEAU)


def conclude(outcome: LessonOutcome) -> Conclusion:
    """Which rate has the lowest validation loss at the end, and what the range test would have said."""
    end = {name: outcome.final(name, "loss") for name in NAMES}
    best = min(end, key=lambda name: end[name])
    sentences = [
        "Validation loss at the end: " + ", ".join(f"{value:.2f} for {name}" for name, value in end.items()) + "."
    ]
    start = outcome.one(HIGH).values("loss")[0]
    sentences.append(
        f"At 0.3 the steps overshoot: the loss ended above the {start:.2f} it began with."
        if end[HIGH] > start
        else f"This time even 0.3 ended below the {start:.2f} it began with."
    )
    helped = end[PLATEAU] < 0.8 * end[HIGH]
    sentences.append(
        "Cutting the rate whenever the loss stood still rescued the same start." if helped
        else "This time cutting the rate did not rescue the same start."
    )  # fmt: skip
    if (rate := steepest_rate(outcome.sweep)) is not None:
        sentences.append(f"In the range test the loss fell fastest near a rate of {rate:.1g}.")
    return Conclusion(NAMES.index(best), tuple(sentences))


LESSON = Lesson(
    key="learning-rate",
    title="The learning rate",
    question="Four heads learn the same with steps of different size. First, a range test raises the rate from step to "
    "step. Which head has the lowest validation loss after 24 epochs?",
    choices=("0.00001: small steps are safe", "0.003: something in between", "0.3: large steps are fast",
             "0.3 at first, and less at each plateau"),
    trainings=(
        Training(LOW, rate=1e-5, epochs=24, decay=0.015),
        Training(RIGHT, rate=3e-3, epochs=24, decay=0.015),
        Training(HIGH, rate=0.3, epochs=24, decay=0.015),
        Training(PLATEAU, rate=0.3, epochs=24, decay=0.015, schedule="plateau"),
    ),
    conclude=conclude,
    textbook="Raise the rate from step to step once, before the training: a good rate lies where the loss falls "
    "fastest, well below the rate at which it rises again.",
    source=("Smith, Cyclical learning rates for training neural networks. WACV 2017", "https://arxiv.org/abs/1506.01186"),
    try_next="On the Train page, choose Custom and multiply the learning rate by ten, twice.",
    chart=Chart("loss", "validation loss", logarithmic=True),
    sweep=True,
)  # fmt: skip
