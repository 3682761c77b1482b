"""The two labels, in the one order used everywhere: index 1 is the positive class."""

NORMAL = "NORMAL"
PNEUMONIA = "PNEUMONIA"
LABELS = (NORMAL, PNEUMONIA)
