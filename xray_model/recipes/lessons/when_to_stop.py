"""Lesson 7: when to stop."""

from xray_model.recipes.config import BUNDLED
from xray_model.recipes.lessons.lesson import Chart, Conclusion, Lesson, Outcome, Training

LONG, SHORT, MANY = "40 images, to the end", "40 images, stopped early", "400 images"
RISE = 1.05  # factor of the validation loss over its lowest


def conclude(outcome: Outcome) -> Conclusion:
    """Where the validation loss was lowest, how far it rose, and what early stopping kept."""
    long = outcome.one(LONG)
    epoch, low = long.lowest("loss")
    end, total = long.last("loss"), len(long.points) - 1
    stopped = len(outcome.one(SHORT).points) - 1
    sentences = [
        f"On 40 images the training loss fell to {long.last('train_loss'):.3f}; the validation loss was lowest at epoch "
        f"{epoch} ({low:.3f}) and ended at {end:.3f}."
    ]
    many = outcome.one(MANY)
    sentences.append(f"With ten times the images the validation loss ended at {many.last('loss'):.3f}.")
    if end < low * RISE:
        return Conclusion(1, (*sentences, "This time it hardly overfitted: going on did little harm."))
    sentences.append(f"Early stopping ended after epoch {stopped} of {total} and kept the network of the lowest loss, {outcome.one(SHORT).lowest('loss')[1]:.3f}.")
    change = long.last("auc") - next(point["auc"] for point in long.points if point["epoch"] == epoch)
    sentences.append(f"The AUC changed by {change:+.3f} from that epoch on: what suffers first is how sure the network is, not always its ranking.")
    return Conclusion(0 if epoch <= total / 2 else 2, tuple(sentences))


LESSON = Lesson(
    key="when-to-stop",
    title="When to stop",
    question="A head learns from 40 phantoms for 50 epochs. Its training loss falls and falls. What does the loss on "
    "other phantoms do?",
    choices=("It falls, then rises before half-time", "It falls to the end", "It rises only late"),
    trainings=(
        Training(LONG, BUNDLED, images=40, epochs=50, rate=3e-3, batch=8),
        Training(SHORT, BUNDLED, images=40, epochs=50, rate=3e-3, batch=8, patience=6),
        Training(MANY, BUNDLED, epochs=50, rate=3e-4),
    ),
    conclude=conclude,
    textbook="A network that fits its images better and better ends by learning them by heart. Stop when the validation "
    "loss has not fallen for some epochs, and keep the best one.",
    source=("Goodfellow, Bengio and Courville, Deep Learning, section 7.8. MIT Press 2016",
            "https://www.deeplearningbook.org/contents/regularization.html"),
    try_next="On the Train page, choose Custom, 100 phantoms and 100 epochs, and watch for the warning.",
    chart=Chart("loss", "loss on 200 other phantoms", also=("train_loss", "loss on its own images")),
    pace=0.1,
)  # fmt: skip
