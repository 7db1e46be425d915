"""The answers of one connection, written by hand, byte by byte: h11 would refuse most of them."""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Iterator, Sized
from http import HTTPStatus

from ._messages import Request, Response

_READ = 1 << 16
_PIECE = 1 << 18
_IDLE = 1.0  # seconds without a byte of a caller that still sends what nobody reads…
_LINGER = 60.0  # …and seconds in all
_BODYLESS = (204, 304)


class Sender:
    """Sends answers, and knows whether the connection can go on (`keep`)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.keep = True

    async def send(self, request: Request, response: Response) -> None:
        """Send the answer to a request, or what the answer's wire has in its place."""
        wire = response.wire
        if wire.latency:
            await asyncio.sleep(wire.latency)
        if wire.start != "answer":
            await self.stop(wire.start)
            return
        if wire.raw is not None:
            self.keep = False
            await self.write(wire.raw)
            return
        framed = self._frame(response)
        head = self._head(framed)
        bodyless = request.method == "HEAD" or response.status in _BODYLESS
        if bodyless or framed.body == b"":
            await self._write_head(head, framed)
            if not bodyless and wire.stop_after is not None:
                await self.stop(wire.stop)
            elif not bodyless and framed.wire.chunked:
                await self.write(b"0\r\n\r\n")
            return
        plain = isinstance(framed.body, bytes) and len(framed.body) <= _PIECE
        if plain and wire == _BEHAVED and not framed.wire.chunked:
            await self.write(head + framed.bytes())  # one packet for what nearly all answers are
            return
        await self._write_head(head, framed)
        await self._write_body(framed)

    def _frame(self, response: Response) -> Response:
        """Give the answer its length or its chunks, and note whether the connection can live."""
        if response.wire.close or response.wire.stop_after is not None:
            self.keep = False
        if response.header("Transfer-Encoding") is not None:
            return response.with_wire(chunked=True)
        body = response.body
        length = len(body) if isinstance(body, Sized) else None
        declared = response.header("Content-Length")
        if declared is not None:
            true = declared == str(length)
            self.keep = self.keep and true  # after a lie, nobody knows where the next one starts
            return response
        if response.wire.chunked or length is None:
            chunked = response.with_header("Transfer-Encoding", "chunked")
            return chunked.with_wire(chunked=True)
        if response.status in _BODYLESS:
            return response
        return response.with_header("Content-Length", str(length))

    def _head(self, response: Response) -> bytes:
        known = response.status in _PHRASES
        reason = response.reason or (_PHRASES[response.status] if known else "Unknown")
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if not self.keep and response.header("Connection") is None:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    async def _write_head(self, head: bytes, response: Response) -> None:
        if response.wire.head_interval is None:
            await self.write(head)
            return
        for value in head:
            await self.write(bytes([value]))
            await asyncio.sleep(response.wire.head_interval)

    async def _write_body(self, response: Response) -> None:
        wire = response.wire
        left = wire.stop_after
        for piece in _pieces(response):
            sent = piece if left is None else piece[:left]
            start, end = (b"%x\r\n" % len(piece), b"\r\n") if wire.chunked else (b"", b"")
            await self.write(start + sent + (end if len(sent) == len(piece) else b""))
            if left is not None:
                left -= len(sent)
                if not left:
                    break
            # Without an interval this still lets the other connections have their turn.
            await asyncio.sleep(wire.body_interval or 0)
        if left is not None:
            await self.stop(wire.stop)
        elif wire.chunked:
            await self.write(b"0\r\n\r\n")

    async def write(self, data: bytes) -> None:
        """Send some bytes."""
        self._writer.write(data)
        await self._writer.drain()

    async def stop(self, how: str) -> None:
        """End what was begun, or never begun: by closing, by a reset, or by silence."""
        self.keep = False
        if how == "stall":
            while await self._reader.read(_READ):
                pass  # until the other end gives up
        elif how == "reset":
            connected = self._writer.get_extra_info("socket")
            no_linger = struct.pack("ii", 1, 0)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self._writer.transport.abort()

    async def linger(self) -> None:
        """Read on for a while: closing over unread bytes would reset the answer away."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            self._writer.write_eof()
            now = asyncio.get_running_loop().time
            end = now() + _LINGER
            async with asyncio.timeout(_IDLE) as idle:
                while await self._reader.read(_READ):
                    idle.reschedule(min(now() + _IDLE, end))


_BEHAVED = Response().wire
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


def _pieces(response: Response) -> Iterator[bytes]:
    body = response.body
    blocks = iter([body]) if isinstance(body, bytes) else iter(body())
    size = response.wire.piece if response.wire.body_interval is not None else _PIECE
    for block in blocks:
        for start in itertools.count(0, size):
            if start >= len(block):
                break
            yield block[start : start + size]
