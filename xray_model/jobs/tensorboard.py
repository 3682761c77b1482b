"""The event files for TensorBoard that a run has left, as an archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

FOLDER = "tensorboard"  # in a run's result


def tensorboard_zip(folder: Path) -> bytes:
    """A ZIP archive, in memory, of the event files in a result's folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / FOLDER).glob("*/*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()
