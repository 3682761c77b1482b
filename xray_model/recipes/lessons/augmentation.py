"""Lesson 4: what augmentation buys."""

from xray_model.augmentation.policy import ARTICLE, NONE, RADIOGRAPH_SAFE
from xray_model.recipes.lessons.lesson import Chart, Conclusion, Lesson, LessonOutcome, Training

OFF, SAFE, PUBLISHED = "none", "radiograph-safe", "the article's"
NOISE = 0.01  # AUC


def conclude(outcome: LessonOutcome) -> Conclusion:
    """Which policy holds best on shifted images, and what each loses there."""
    names = (OFF, SAFE, PUBLISHED)
    shifted = {name: outcome.final(name, "shifted_auc") for name in names}
    best = max(names, key=lambda name: shifted[name])
    words = {
        OFF: "without augmentation",
        SAFE: "with the radiograph-safe policy",
        PUBLISHED: "with the article's policy",
    }
    moves = ", ".join(f"from {outcome.final(name):.3f} to {shifted[name]:.3f} {words[name]}" for name in names)
    gain = shifted[best] - shifted[OFF]
    bought = f"Augmentation bought {gain:.3f} of AUC on shifted images."
    if gain < NOISE:
        bought = "This time augmentation bought nothing that 200 images could show."
    answer = 3 if gain < NOISE else names.index(best)
    return Conclusion(answer, (f"On plain and then on shifted images, the AUC went {moves}.", bought))


LESSON = Lesson(
    key="augmentation",
    title="What augmentation buys",
    question="Three heads learn from 100 phantoms. They are judged on films as another department might take them: "
    "turned, cropped, darker, blurred. Whose training images should have been varied, and how?",
    choices=("Not at all", "As radiographs vary: tone, framing, sharpness",
             "As the article did: rotation, shift, zoom, flip", "It makes no difference"),
    trainings=tuple(
        Training(name, images=100, epochs=30, augmentation=policy)
        for name, policy in ((OFF, NONE), (SAFE, RADIOGRAPH_SAFE), (PUBLISHED, ARTICLE))
    ),
    conclude=conclude,
    textbook="Augmentation teaches what does not matter. It helps as far as its changes resemble those that the "
    "network will meet, and a change that real films never show, such as a heart on the right, teaches nothing useful.",
    source=("Shorten and Khoshgoftaar, A survey on image data augmentation for deep learning. J Big Data 2019",
            "https://doi.org/10.1186/s40537-019-0197-0"),
    try_next="On the Augmentation page, find the draw that changes the bundled model's decision.",
    chart=Chart("shifted_auc", "AUC on 200 shifted phantoms"),
    shifted=True,
)  # fmt: skip
