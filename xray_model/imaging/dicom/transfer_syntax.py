"""Transfer syntaxes, how a DICOM file writes its elements and pixels (PS3.5 annex A), and which are supported."""

from __future__ import annotations

from xray_model.errors import InvalidRadiograph

IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
NATIVE = frozenset((IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG))
RLE = "1.2.840.10008.1.2.5"
JPEG_BASELINE, JPEG_EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS, JPEG_LOSSLESS_FIRST_ORDER = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
JPEG_LS_LOSSLESS, JPEG_LS_NEAR_LOSSLESS = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
JPEG_FAMILY = frozenset(  # a stream of marker segments, which states its own size
    {JPEG_BASELINE, JPEG_EXTENDED, JPEG_LOSSLESS, JPEG_LOSSLESS_FIRST_ORDER}
    | {JPEG_LS_LOSSLESS, JPEG_LS_NEAR_LOSSLESS, JPEG_2000_LOSSLESS, JPEG_2000}
)
COMPRESSED = JPEG_FAMILY | {RLE}
READ = "uncompressed, RLE, JPEG, JPEG-LS or JPEG 2000"


def check_syntax(uid: str) -> None:
    """Raise `InvalidRadiograph` unless this transfer syntax is supported."""
    if uid == DEFLATED:  # a few bytes might unpack to gigabytes
        raise InvalidRadiograph(f"The DICOM file is deflated as a whole, which is not supported. Export it {READ}.")
    if uid not in NATIVE | COMPRESSED:
        raise InvalidRadiograph(f"The DICOM file's compression is not supported. Export it {READ}.")
