"""Lesson 2: how few images are enough?"""

from xray_model.recipes.lessons.lesson import IMAGENET, Chart, Conclusion, Lesson, LessonOutcome, Training

LEVEL = 0.9
COUNTS, SEEDS = (20, 50, 100, 300), (1, 2, 3)
WITH, WITHOUT = "with transfer", "without (random)"


def conclude(outcome: LessonOutcome) -> Conclusion:
    """The smallest number of images whose mean AUC is high enough."""
    means = {count: outcome.final(WITH, images=count) for count in COUNTS}
    spread = [record.last("auc") for record in outcome.of(WITH, COUNTS[0])]
    enough = next((count for count in COUNTS if means[count] >= LEVEL), None)
    line = ", ".join(f"{value:.3f} with {count}" for count, value in means.items())
    verdict = f"{enough} images were enough for a mean AUC of {LEVEL}" if enough else (
        f"This time not even {COUNTS[-1]} images were enough for a mean AUC of {LEVEL}")  # fmt: skip
    without = outcome.final(WITHOUT, images=COUNTS[-1])
    beaten = means[COUNTS[0]] >= without
    return Conclusion(
        COUNTS.index(enough) if enough else len(COUNTS),
        (
            f"With transfer, {verdict}: {line}.",
            f"Without transfer, {COUNTS[-1]} images gave {without:.3f}"
            + (f", no more than {COUNTS[0]} images with it." if beaten else "."),
            f"Which {COUNTS[0]} images they were moved the AUC between {min(spread):.3f} and {max(spread):.3f}.",
        ),
    )


LESSON = Lesson(
    key="few-images",
    title="How few images are enough?",
    question="A network with a head start learns from 20, 50, 100 or 300 phantoms, three times each, from other ones "
    f"each time. What is the smallest number with a mean AUC of {LEVEL}?",
    choices=(*(f"{count} images" for count in COUNTS), "More than 300"),
    trainings=tuple(
        Training(name, weights, images=count, seed=seed, epochs=25, rate=3e-3, batch=16)
        for count in COUNTS for name, weights in ((WITH, IMAGENET), (WITHOUT, None)) for seed in SEEDS
    ),
    conclude=conclude,
    textbook="The error falls with the number of images, steeply at first and then ever more slowly. Pre-training "
    "helps most where images are few, and there, too, results vary most with which images one happens to have.",
    source=("Raghu et al., Transfusion: understanding transfer learning for medical imaging. NeurIPS 2019",
            "https://arxiv.org/abs/1902.07208"),
    try_next="On the Train page, run Quick on 100 phantoms and on 600, and lay the curves over each other.",
    chart=Chart(kind="images"),
    together=False,
    pace=0.0,
)  # fmt: skip
