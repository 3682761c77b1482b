"""Lesson 8: which network?"""

from xray_model.recipes.config import BUNDLED
from xray_model.recipes.lessons.lesson import SKIP, Chart, Conclusion, Lesson, LessonOutcome, Training

NOISE = 0.01  # AUC
RANDOM, OWN = "MobileNetV2, random", "MobileNetV2, bundled"
LIGHTEST, HEAVIEST, OTHER = 0, 1, 2


def conclude(outcome: LessonOutcome) -> Conclusion:
    """The best of those at hand, and what it costs beside the lightest and the heaviest."""
    names = [name for name in outcome.names if name != RANDOM]
    size = {name: outcome.one(name).measures["megabytes"] for name in names}
    best = max(names, key=outcome.final)
    light, heavy = min(names, key=lambda name: size[name]), max(names, key=lambda name: size[name])
    one = outcome.one(best)
    sentences = [
        f"{best} ranked best: AUC {one.last('auc'):.3f}, {one.measures['seconds']:.1f} s for 600 images, "
        f"{size[best]:.1f} MB.",
        f"The lightest, {light} ({size[light]:.1f} MB), reached {outcome.final(light):.3f}; the heaviest, {heavy} "
        f"({size[heavy]:.1f} MB), {outcome.final(heavy):.3f}.",
    ]
    if len(names) < 2:
        return Conclusion(
            OTHER, ("Only one pre-trained network is on this machine, so there is nothing to compare yet.",)
        )
    close = [name for name in names if name != best and one.last("auc") - outcome.final(name) < NOISE]
    if close:
        sentences.append(f"Too close to tell apart from it on 200 images: {', '.join(close)}.")
    return Conclusion(LIGHTEST if best == light else HEAVIEST if best == heavy else OTHER, tuple(sentences))


LESSON = Lesson(
    key="which-network",
    title="Which network?",
    question="Every network on this machine gets the same 400 phantoms and a new last layer. Which one ranks 200 "
    "others best?",
    choices=("The lightest", "The heaviest", "One in between"),
    trainings=(
        Training(RANDOM, None, epochs=12),
        Training(OWN, BUNDLED, epochs=12),
        Training("MobileNetV2", epochs=12, last_layer=None),
        Training("MobileNetV2, a third as wide", epochs=12, alpha=0.35, last_layer=None),
        Training("MobileNet", epochs=12, backbone="MobileNet", last_layer="conv_pw_12_relu"),
        *(
            Training(name, epochs=12, backbone=name, last_layer=None)
            for name in ("EfficientNetB0", "DenseNet121", "ResNet50", "VGG16")
        ),
    ),
    conclude=conclude,
    textbook="On radiographs, large networks gained little over small ones: what they were pre-trained on mattered "
    "more than how good they were on ImageNet.",
    source=("Ke et al., CheXtransfer. ACM CHIL 2021", "https://arxiv.org/abs/2101.06871"),
    try_next="On the Train page, choose Custom and another backbone; its weights are downloaded once.",
    chart=Chart(kind="table"),
    offline=SKIP,
    together=False,
    pace=0.1,
)
