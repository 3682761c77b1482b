"""Encodes one 16-bit grey picture with GDCM, in a separate process.

`python tests/support/gdcm_encode.py UID ROWS COLUMNS BITS`: values on standard input, the stream on standard output.
"""

import os
import sys

import gdcm


def encode(data: bytes, uid: str, rows: int, columns: int, bits: int) -> None:
    """Write one frame of unsigned values in this transfer syntax, and end the process."""
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetByteStringValue(data)
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, bits, bits - 1, 0))
    grey = gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2)
    image.SetPhotometricInterpretation(grey)
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    image.SetDataElement(element)
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(uid)))
    change.SetInput(image)
    assert change.Change()
    output = change.GetOutput()
    encoded = output.GetDataElement()
    value = encoded.GetSequenceOfFragments().GetFragment(0).GetByteValue()
    sys.stdout.buffer.write(value.GetBuffer().encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
    os._exit(0)  # both GDCM and Python would free `image`, and abort


if __name__ == "__main__":
    uid, *numbers = sys.argv[1:]
    encode(sys.stdin.buffer.read(), uid, *map(int, numbers))
