"""The two labels, in the order used everywhere: index 1 is the positive class."""

NORMAL = "NORMAL"
PNEUMONIA = "PNEUMONIA"
LABELS = (NORMAL, PNEUMONIA)
