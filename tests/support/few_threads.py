"""One thread for the arithmetic of this process and of those that it starts; import it before NumPy and TensorFlow.

Three processes of tests keep two cores busy: threads that wait for their share of a product take the time from others.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(name, "1")
