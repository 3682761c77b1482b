"""The tooltip of every term of a training run: what it is, and what changing it does."""

from __future__ import annotations

TERMS = {
    "backbone": "The convolutional network that turns a picture into features. Larger ones are slower, and not always "
    "better with few images.",
    "weights": "What the backbone knows at the start. *Bundled*: chest radiographs. *ImageNet*: photographs. *None*: "
    "nothing, random numbers; it then needs many more images.",
    "head": "The few layers that turn features into an answer. *Linear*: a weighted sum, to which the heatmap adds "
    "up. *Article*: the layers of the published method.",
    "keep_head": "The run goes on where the bundled model stands. Without it, a new head begins with random numbers.",
    "lungs": "Which part of the picture counts. *The lungs*: features outside them are ignored. *The whole picture*: "
    "everything counts, but an image without lungs is refused. The article's head uses the whole picture.",
    "dropout": "The share of features hidden at random in each step, so that the head cannot rely on a few.",
    "augmentation": "How each image is varied before the network sees it, so that it learns what does not matter. The "
    "Augmentation page shows examples.",
    "cached_features": "Frozen layers give the same features for the same picture every time. Computed only once, they "
    "let a head train hundreds of times faster, the last blocks a few times. Without augmentation this is always so.",
    "views": "How many versions of each image are computed for the cached features: the image itself, then augmented "
    "ones. More views take longer to prepare.",
    "batch": "How many images the network sees before its weights change. Larger batches learn more smoothly, and take "
    "more memory.",
    "balanced": "Every batch has both labels equally often, even if one is rare.",
    "class_weights": "Mistakes on a rare label count for more in the loss. An alternative to balanced batches.",
    "validation_share": "The share of patients kept for measuring. The network never learns from them.",
    "optimizer": "The rule by which the gradient changes the weights. Adam suits most runs; SGD is simpler and slower.",
    "epochs": "How often the network sees every training image in this phase, at most.",
    "learning_rate": "How far the weights move in one step. If too large, the loss jumps about; if too small, nothing "
    "happens. Unfrozen backbones need a small one.",
    "range_test": "A learning-rate range test (Smith, 2017): on up to 200 of these images the head learns while the "
    "rate rises from step to step. A good rate lies where the loss falls fastest. Takes some seconds and changes "
    "nothing.",
    "schedule": "*Constant*: the learning rate stays. *Cosine*: it falls smoothly to zero. *Plateau*: it drops to a "
    "fifth when validation accuracy has not risen for three epochs.",
    "early_stopping": "Ends the phase when validation accuracy has not risen for this many epochs, and returns to the "
    "best one. 0 runs all epochs.",
    "unfreeze": "Fine-tuning: the block from which on the backbone learns too. Early blocks see edges and textures, "
    "later ones shapes. Unfreezing more takes more images, memory and time.",
    "mixup": "Blends pairs of images and their labels. 0 is off.",
    "label_smoothing": "Teaches a little less than certainty, so that probabilities stay moderate. 0 is off.",
    "seed": "The source of all randomness in a run. The same seed gives the same run again.",
    "pace": "The least number of seconds for an epoch, so that one can watch. 0 runs at full speed.",
    "loss": "How wrong the probabilities are, on average. Training lowers it; the validation curve shows whether that "
    "helps on new images.",
    "accuracy": "The share of images called correctly at a threshold of 50 %.",
    "auc": "The chance that an image with pneumonia ranks above one without. 0.5 is guessing.",
    "sensitivity": "The share of images with pneumonia that are called PNEUMONIA.",
    "specificity": "The share of images without pneumonia that are called NORMAL.",
}
