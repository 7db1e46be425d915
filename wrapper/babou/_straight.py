"""Read the body of a long download straight from its connection.

httpcore hands h11 what a connection gives, 16 KiB of TLS at a time, and each piece goes through
some twenty calls. After the head of an answer whose length is known there is nothing left that
would need them: the bytes go from the socket into one buffer, and from there into the file. The
connection can't serve another request afterwards, so a short body is read the ordinary way.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from babou._deadline import time_left

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    import httpx

PIECE = 1 << 18
LONG = 1 << 23
"""Bytes for which it is worth to give the connection up: it takes as long to open another one."""
CUT = "the connection was closed in the middle of the body"


def rest(response: httpx.Response, first: bytes) -> int:
    """Return how many bytes follow the first piece, or 0 if only HTTP can tell where they end.

    h11 gives all it has of a body of known length in one piece, and so has nothing left after one.
    """
    headers, version = response.headers, response.extensions.get("http_version")
    length = headers.get("content-length", "")
    encoded = "transfer-encoding" in headers or "content-encoding" in headers
    if encoded or version != b"HTTP/1.1" or not length.isdecimal():
        return 0
    left = int(length) - len(first)
    return left if left >= LONG else 0


def straight(response: httpx.Response, ordinary: Iterator[bytes]) -> Iterator[bytes | memoryview]:
    """Yield the body; each view is valid until the next is asked for."""
    first = next(ordinary, b"")
    yield first
    left, connection = rest(response, first), _connection(response)
    if left and connection is not None:
        yield from _arriving(connection, left)
    else:
        yield from ordinary


def _connection(response: httpx.Response) -> socket.socket | None:
    stream = response.extensions["network_stream"]
    connection: socket.socket | None = stream.get_extra_info("socket")
    # A proxy that is itself reached by TLS has one TLS in another, and the socket knows the outer.
    tls = getattr(connection, "_sslobj", None)
    return connection if stream.get_extra_info("ssl_object") is tls else None


def _arriving(connection: socket.socket, left: int) -> Iterator[memoryview]:
    """Yield what has arrived, as soon as that is anything at all, by the thread's deadline."""
    buffer = memoryview(bytearray(PIECE))
    while left:
        view = buffer[:left]
        connection.settimeout(max(time_left() or 0.0, 1e-3))  # 0 would mean: don't wait
        filled = more = connection.recv_into(view)
        connection.settimeout(0)
        with contextlib.suppress(OSError):  # nothing more for now, or what the next read will meet
            while more and filled < len(view):
                more = connection.recv_into(view[filled:])
                filled += more
        if not filled:
            raise ConnectionError(CUT)
        left -= filled
        yield view[:filled]
