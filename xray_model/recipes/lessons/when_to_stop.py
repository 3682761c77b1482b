"""Lesson 7: when to stop."""

from xray_model.recipes.config import BUNDLED
from xray_model.recipes.lessons.lesson import Chart, Conclusion, Lesson, LessonOutcome, Training

LONG, SHORT, MANY = "40 images, to the end", "40 images, stopped early", "400 images"
RISE = 1.05  # factor of the validation loss over its lowest


def conclude(outcome: LessonOutcome) -> Conclusion:
    """Where the validation loss was lowest, how far it rose, and what early stopping kept."""
    long, short, many = (outcome.one(name) for name in (LONG, SHORT, MANY))
    epoch, low = long.lowest("loss")
    end, total = long.last("loss"), len(long.points) - 1
    sentences = (
        f"On 40 images the training loss fell to {long.last('train_loss'):.3f}. The validation loss was lowest at "
        f"epoch {epoch} ({low:.3f}) and ended at {end:.3f}.",
        f"With ten times the images it ended at {many.last('loss'):.3f}.",
    )
    if end < low * RISE:
        return Conclusion(1, (*sentences, "This time it hardly overfitted: going on did little harm."))
    kept = f"Early stopping ended after epoch {len(short.points) - 1} of {total} and kept a loss of "
    at_best = next(point["auc"] for point in long.points if point["epoch"] == epoch)
    ranking = f"From the lowest loss to the end, the AUC went from {at_best:.3f} to {long.last('auc'):.3f}: "
    ranking += "the network got too sure of itself before its ranking got worse." if long.last("auc") >= at_best else (
        "the ranking got worse as well.")  # fmt: skip
    return Conclusion(0 if epoch <= total / 2 else 2, (*sentences, f"{kept}{short.lowest('loss')[1]:.3f}.", ranking))


LESSON = Lesson(
    key="when-to-stop",
    title="When to stop",
    question="A head learns from 40 phantoms for 50 epochs. Its training loss falls and falls. What does the loss on "
    "other phantoms do?",
    choices=("It falls, then rises before half-time", "It falls to the end", "It rises only late"),
    trainings=(
        Training(LONG, BUNDLED, images=40, epochs=50, rate=1e-3, batch=8),
        Training(SHORT, BUNDLED, images=40, epochs=50, rate=1e-3, batch=8, patience=6),
        Training(MANY, BUNDLED, epochs=50, rate=3e-4),
    ),
    conclude=conclude,
    textbook="A network that fits its images better and better ends by learning them by heart. Stop when the "
    "validation loss has not fallen for some epochs, and keep the best one.",
    source=("Goodfellow, Bengio and Courville, Deep Learning, section 7.8. MIT Press 2016",
            "https://www.deeplearningbook.org/contents/regularization.html"),
    try_next="On the Train page, choose Custom, 100 phantoms and 100 epochs, and watch for the warning.",
    chart=Chart("loss", "loss on 200 other phantoms", also=("train_loss", "loss on its own images")),
    pace=0.1,
)  # fmt: skip
