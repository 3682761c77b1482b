"""A sentence or two for every term of a training run: what it is, and what turning it does."""

from __future__ import annotations

TERMS = {
    "backbone": "The convolutional network that turns a picture into features. Larger ones are slower, and not always "
    "better on few images.",
    "weights": "Where learning starts. *Bundled*: a backbone that has already seen chest radiographs. *ImageNet*: one "
    "that has seen photographs. *None*: random numbers; it needs many more images.",
    "head": "The few layers that turn features into an answer. *Linear*: one weighted sum, so that the heatmap adds up "
    "to the answer. *Article*: the published method's own layers.",
    "lungs": "Which part of the picture answers. *The lungs*: features outside of them have no say. *The whole "
    "picture*: the lungs must be there, and everything counts. The article's head takes the whole picture.",
    "dropout": "The share of features that is hidden at random in each step, so that the head cannot lean on a few.",
    "augmentation": "How each image is varied before the network sees it, so that it learns what stays the same. The "
    "Augmentation page draws it.",
    "cached_features": "While the backbone is frozen it says the same about the same picture every time. Computed once "
    "and kept, the head trains hundreds of times faster.",
    "views": "How many versions of each image are computed for that: it as it is, then augmented ones. More views, a "
    "longer start.",
    "batch": "How many images are looked at before the weights move. Larger is smoother, and takes more memory.",
    "balanced": "Both labels equally often in every batch, even when one is rare.",
    "class_weights": "A rare label's mistakes count for more in the loss. An alternative to balanced batches.",
    "validation_share": "The share of patients held back to measure with. The network never learns from them.",
    "optimizer": "The rule by which weights follow the gradient. Adam suits most runs; SGD is plainer and slower.",
    "epochs": "How many times every training image is seen in this phase, at most.",
    "learning_rate": "How far the weights move in one step. Too large and the loss jumps about; too small and nothing "
    "happens. Unfrozen backbones want a small one.",
    "schedule": "*Constant*: the rate stays. *Cosine*: it falls smoothly to zero. *Plateau*: it is cut to a fifth when "
    "validation accuracy has not risen for three epochs.",
    "early_stopping": "End the phase when validation accuracy has not risen for so many epochs, and go back to the "
    "best one. 0 runs them all.",
    "unfreeze": "Fine-tuning: from which block on the backbone itself may change. Earlier blocks see edges and "
    "textures; later ones see shapes. More freedom needs more images, memory and time.",
    "mixup": "Blends pairs of images and their labels. 0 is off.",
    "label_smoothing": "Aims at a little less than certainty, so that probabilities stay modest. 0 is off.",
    "seed": "All chance in a run comes from this number: the same seed makes the same run again.",
    "pace": "Let every epoch take at least so many seconds, so that one can watch. 0 runs at full speed.",
    "loss": "How wrong the probabilities are, on average. Training drives it down; validation shows if it helps.",
    "accuracy": "The share of images that are called right at a probability of 50 %.",
    "auc": "The chance that an image with pneumonia ranks above one without; 0.5 is guessing.",
    "sensitivity": "Of the images with pneumonia, the share that is called PNEUMONIA.",
    "specificity": "Of the images without pneumonia, the share that is called NORMAL.",
}
