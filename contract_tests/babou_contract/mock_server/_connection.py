"""One connection: h11 reads the requests; the answers are written by hand, byte by byte.

h11 would refuse to send most of what this server is for, so it parses only. Each request gets a
parser of its own, which starts with what the one before had left over: that is all that
pipelining needs.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import Callable, Iterator
from http import HTTPStatus

import h11

from ._faults_answers import error
from ._messages import Request, Response

Handler = Callable[[Request], Response]

_READ = 1 << 16
_PIECE = 1 << 18
_MAX_HEAD = 1 << 16
_MAX_BODY = 16 << 20  # of a request whose body is wanted
_LINGER = 1.0  # seconds, for a caller that still sends what nobody reads
_BODYLESS = (204, 304)


class Connection:
    """Serves the requests of one connection, one after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        handler: Handler,
        clock: Callable[[], float],
        number: int,
        with_body: str | None = None,
    ) -> None:
        self._number = number
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._clock = clock
        self._with_body = with_body  # what a target begins with if the request's body is wanted
        self._leftover = b""
        self._keep = True

    async def serve(self) -> None:
        """Answer requests until one of the two ends closes."""
        try:
            while self._keep and (request := await self._read()):
                await self._send(request, self._handler(request))
        except h11.RemoteProtocolError:
            refusal = error(400).with_wire(close=True)
            await self._send(Request("GET", "/"), refusal)
            await self._linger()

    async def _read(self) -> Request | None:
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        if self._leftover:  # no bytes at all would mean that the other end closed
            parser.receive_data(self._leftover)
        body = _Body(self._with_body)
        found = await self._receive(parser, body)
        if found is None:
            return None
        self._leftover = parser.trailing_data[0]
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in found.headers)
        asked = ",".join(value for name, value in headers if name == "connection").lower()
        ended = parser.their_state is h11.DONE
        self._keep = ended and found.http_version != b"1.0" and "close" not in asked
        method, target = found.method.decode("ascii"), found.target.decode("latin-1")
        return Request(method, target, headers, self._clock(), self._number, body.content())

    async def _receive(self, parser: h11.Connection, body: "_Body") -> h11.Request | None:
        """Receive a request to its end; return None where there is none."""
        found: h11.Request | None = None
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                if parser.they_are_waiting_for_100_continue and not body.asked_for:
                    if not body.wanted:
                        return found  # nobody reads the body, so the answer comes at once
                    body.asked_for = True
                    await self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
                parser.receive_data(await self._reader.read(_READ))
            elif isinstance(event, h11.Request):
                found = event
                body.begin(event.target)
            elif isinstance(event, h11.Data):
                body.add(event.data)
            elif isinstance(event, h11.ConnectionClosed):
                return None
            elif isinstance(event, h11.EndOfMessage):
                return found

    async def _send(self, request: Request, response: Response) -> None:
        wire = response.wire
        if wire.latency:
            await asyncio.sleep(wire.latency)
        if wire.start != "answer":
            await self._stop(wire.start)
            return
        if wire.raw is not None:
            self._keep = False
            await self._write(wire.raw)
            return
        framed = self._frame(response)
        head = self._head(framed)
        bodyless = request.method == "HEAD" or response.status in _BODYLESS
        if bodyless or framed.body == b"":
            await self._write_head(head, framed)
            if not bodyless and wire.stop_after is not None:
                await self._stop(wire.stop)
            elif not bodyless and framed.wire.chunked:
                await self._write(b"0\r\n\r\n")
            return
        plain = isinstance(framed.body, bytes) and len(framed.body) <= _PIECE
        if plain and wire == _BEHAVED and not framed.wire.chunked:
            await self._write(head + framed.bytes())  # one packet for what nearly all answers are
            return
        await self._write_head(head, framed)
        await self._write_body(framed)

    def _frame(self, response: Response) -> Response:
        """Give the answer its length or its chunks, and note whether the connection can live."""
        if response.wire.close or response.wire.stop_after is not None:
            self._keep = False
        if response.header("Transfer-Encoding") is not None:
            return response.with_wire(chunked=True)
        declared = response.header("Content-Length")
        if declared is not None:
            true = isinstance(response.body, bytes) and declared == str(len(response.body))
            self._keep = self._keep and true  # after a lie, nobody knows where the next one starts
            return response
        if response.wire.chunked or not isinstance(response.body, bytes):
            chunked = response.with_header("Transfer-Encoding", "chunked")
            return chunked.with_wire(chunked=True)
        if response.status in _BODYLESS:
            return response
        return response.with_header("Content-Length", str(len(response.body)))

    def _head(self, response: Response) -> bytes:
        known = response.status in _PHRASES
        reason = response.reason or (_PHRASES[response.status] if known else "Unknown")
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if not self._keep and response.header("Connection") is None:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    async def _write_head(self, head: bytes, response: Response) -> None:
        if response.wire.head_interval is None:
            await self._write(head)
            return
        for value in head:
            await self._write(bytes([value]))
            await asyncio.sleep(response.wire.head_interval)

    async def _write_body(self, response: Response) -> None:
        wire = response.wire
        left = wire.stop_after
        for piece in _pieces(response):
            sent = piece if left is None else piece[:left]
            start, end = (b"%x\r\n" % len(piece), b"\r\n") if wire.chunked else (b"", b"")
            await self._write(start + sent + (end if len(sent) == len(piece) else b""))
            if left is not None:
                left -= len(sent)
                if not left:
                    break
            # Without an interval this still lets the other connections have their turn.
            await asyncio.sleep(wire.body_interval or 0)
        if left is not None:
            await self._stop(wire.stop)
        elif wire.chunked:
            await self._write(b"0\r\n\r\n")

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _stop(self, how: str) -> None:
        """End what was begun, or never begun: by closing, by a reset, or by silence."""
        self._keep = False
        if how == "stall":
            while await self._reader.read(_READ):
                pass  # until the other end gives up
        elif how == "reset":
            connected = self._writer.get_extra_info("socket")
            no_linger = struct.pack("ii", 1, 0)
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self._writer.transport.abort()

    async def _linger(self) -> None:
        """Read on for a moment: closing over unread bytes would reset the answer away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                self._writer.write_eof()
                while await self._reader.read(_READ):
                    pass


class _Body:
    """The body of a request, kept if the target begins as is wanted, and if it is not too much."""

    def __init__(self, wanted_under: str | None) -> None:
        self._under = wanted_under
        self._parts: list[bytes] = []
        self._length = 0
        self.wanted = self.asked_for = False

    def begin(self, target: bytes) -> None:
        self.wanted = self._under is not None and target.startswith(self._under.encode())

    def add(self, data: bytes | bytearray) -> None:
        if self.wanted:
            self._length += len(data)
            if self._length <= _MAX_BODY:
                self._parts.append(bytes(data))

    def content(self) -> bytes | None:
        return b"".join(self._parts) if self._length <= _MAX_BODY else None


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
