"""Bytes to stand behind an asset: a real little PNG, and noise of any length."""

import hashlib
import struct
import zlib
from functools import cache

IMAGE_WIDTH, IMAGE_HEIGHT = 64, 36

_MP4_START = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


@cache
def png(width: int = IMAGE_WIDTH, height: int = IMAGE_HEIGHT) -> bytes:
    """Draw a PNG with a colour gradient."""
    rows = (
        b"\x00"  # no filter
        + bytes(v for x in range(width) for v in (x * 255 // width, y * 255 // height, 160))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits of red, green, blue
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(b"".join(rows))),
            _chunk(b"IEND", b""),
        )
    )


@cache
def noise(size: int) -> bytes:
    """Make bytes that never repeat, the same each time, so that a wrong offset shows."""
    return hashlib.shake_128(b"babou").digest(size)


@cache
def video(size: int) -> bytes:
    """Make bytes that start like an MP4 file and go on as noise."""
    return (_MP4_START + noise(size))[:size]


def for_type(content_type: str) -> bytes:
    """Return some bytes to stand for a file of this type; a real image for `image/png`."""
    if content_type == "image/png":
        return png()
    return video(4096) if content_type.startswith("video/") else noise(4096)
