"""What Streamlit's upload widget gives."""

from __future__ import annotations

import io


class Uploaded(io.BytesIO):
    """What the upload widget gives."""

    file_id, type = "id", "image/png"

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name
