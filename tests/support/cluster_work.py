"""What tests let a cluster's processes do; nothing heavy is imported, for they import it as well."""

from __future__ import annotations

import os
import sys
import time

DEADLY = 13


def deadly(item: int) -> int:
    """The item itself, but for one that ends the process, as a flaw in the network's library might."""
    if item == DEADLY:
        os.abort()
    return item


def loaded_modules(_: int) -> set[str]:
    """What the process has imported."""
    time.sleep(0.05)  # so that every process is asked
    return set(sys.modules)
