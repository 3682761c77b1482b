"""Coverage-guided fuzzing of the door: `python -m tests.fuzz.fuzz_radiograph [SECONDS]`, or `make fuzz`.

Bytes go into `Radiograph.from_bytes`. A find is anything but a radiograph or an `InvalidRadiograph` with a sentence, 30
seconds on one file (by the clock: a busy machine is slow), or two gigabytes of memory; the file is then under
tests/fuzz/finds, and belongs into a test.

The process that decompresses DICOM pictures is fuzzed too, kept alive from one file to the next. It is C++ that nobody
here wrote, and may die of a file: that is no find, is counted, and said at the end.
"""

from __future__ import annotations

import atexit
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from types import SimpleNamespace

import atheris

with atheris.instrument_imports(include=["xray_model", "PIL"]):
    import numpy as np

    from tests.support.decoder_loop import DecoderLoop
    from tests.support.dicom_files import compressed, dicom, film, table, written
    from tests.support.dicom_files import dataset as dicom_dataset
    from tests.support.pictures import grey_tiff, saved, smooth
    from xray_model.errors import InvalidRadiograph
    from xray_model.imaging.dicom import pixels
    from xray_model.imaging.dicom import transfer_syntax as syntax
    from xray_model.imaging.radiograph import Radiograph

SECONDS = 180
LONGEST = 16_384  # bytes of a file: enough for 64 x 64 pixels of 16 bits, and short files are tried more often
STREAM_SECONDS = 5.0  # for the decompression of one picture
EIGHT_BITS = frozenset((syntax.JPEG_BASELINE, syntax.JPEG_EXTENDED))
FINDS = Path(__file__).with_name("finds")


def seeds() -> dict[str, bytes]:
    """Small sound files of every kind, for the fuzzer to change."""
    grey, deep = smooth(64, 64), film(12, 64, 64)
    square = np.rint((np.arange(256) / 255) ** 2 * 255)
    files = {file_format: saved(grey, file_format) for file_format in ("PNG", "JPEG", "WEBP", "BMP", "TIFF")}
    files |= {
        "png16": saved(deep),
        "tiff16": grey_tiff(deep, order=">"),
        "lzw": saved(grey, "TIFF", compression="tiff_lzw"),
    }
    files |= {f"dicom-{uid}": dicom(deep, uid=uid, WindowCenter=900, WindowWidth=99) for uid in syntax.NATIVE}
    files |= {f"dicom-{uid}": compressed(deep, 12, uid) for uid in syntax.COMPRESSED - EIGHT_BITS}
    files |= {f"dicom-{uid}": compressed(film(8, 64, 64), 8, uid) for uid in EIGHT_BITS}
    files["dicom-8"] = dicom(film(8, 64, 64), 8, VOILUTSequence=table(square, 0, 8), PixelPaddingValue=3)
    files["dicom-signed"] = dicom(deep.astype(np.int16) - 2048, RescaleSlope="-2", RescaleIntercept="7")
    files["dicom-bare"] = written(dicom_dataset(deep), meta=False)
    return files


def try_bytes(data: bytes) -> None:
    """One file; whatever leaves here is a find."""
    try:
        radiograph = Radiograph.from_bytes(data)
    except InvalidRadiograph as error:
        if not str(error).endswith("."):
            raise RuntimeError("Not a sentence.") from error
        return
    assert radiograph.grey(32).max() <= 255
    if radiograph.levels is not None:
        radiograph.levels.windowed(radiograph.levels.center, radiograph.levels.width)


def _tell(loop: DecoderLoop) -> None:
    loop.stop()
    ends = ", ".join(f"{reason}: {count}" for reason, count in sorted(loop.deaths.items())) or "none"
    sys.stdout.write(
        f"{loop.streams:,} streams decompressed; deaths of the decoder, which cost their file alone: {ends}\n"
    )


def main() -> None:
    """Fuzz for the given number of seconds."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    warnings.simplefilter("ignore")
    logging.disable()
    FINDS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds().values()):
            (Path(corpus) / str(number)).write_bytes(data)
        loop = DecoderLoop(STREAM_SECONDS)
        pixels.subprocess = SimpleNamespace(**vars(subprocess) | {"run": loop.run})
        atexit.register(_tell, loop)
        options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=30", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={FINDS}/", corpus], try_bytes)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
