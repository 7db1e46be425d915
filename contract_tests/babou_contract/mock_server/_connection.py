"""One connection: h11 reads the requests, one after the other, and each is answered.

Each request gets a parser of its own, which starts with what the one before had left over: that is
all that pipelining needs.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

import h11
from attrs import evolve

from ._documented import error
from ._messages import Request, Response
from ._reception import Intake, Reception
from ._sending import Sender

_READ = 1 << 16
_MAX_HEAD = 1 << 16


class Service(Protocol):
    """What a connection asks."""

    def intake(self, request: Request) -> Intake:
        """Say what is to become of the body of a request whose head is here."""

    def answer(self, request: Request) -> Response:
        """Answer a request."""

    def abandon(self, request: Request) -> None:
        """Note a request that ended before its body did."""


class Connection:
    """Serves the requests of one connection, one after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        service: Service,
        clock: Callable[[], float],
        number: int,
    ) -> None:
        self._number = number
        self._reader = reader
        self._sender = Sender(reader, writer)
        self._service = service
        self._clock = clock
        self._leftover = b""

    async def serve(self) -> None:
        """Answer requests until one of the two ends closes."""
        try:
            while self._sender.keep:
                await self._serve_one()
        except h11.RemoteProtocolError:
            refusal = error(400).with_wire(close=True)
            await self._sender.send(Request("GET", "/"), refusal)
            await self._sender.linger()

    async def _serve_one(self) -> None:
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        if self._leftover:  # no bytes at all would mean that the other end closed
            parser.receive_data(self._leftover)
        request = await self._head(parser)
        if request is None:
            self._sender.keep = False
            return
        intake = self._service.intake(request)
        with Reception(intake) as reception:
            how = await self._receive(parser, request, intake, reception)
            whole = reception.content() if how is _Body.whole else None
            request = evolve(
                request, body=whole, body_size=reception.size, body_sha256=reception.sha256
            )
            is_answered = how in (_Body.whole, _Body.unread)
            answer = self._service.answer(request) if is_answered else None
        if answer is None:
            self._service.abandon(request)
            if how is _Body.stopped:
                await self._stop(intake.stop)
            return
        self._leftover = parser.trailing_data[0]
        await self._sender.send(request, answer)
        if parser.their_state is h11.SEND_BODY:
            await self._sender.linger()

    async def _head(self, parser: h11.Connection) -> Request | None:
        """Receive the head of a request; return None where there is none."""
        while (event := parser.next_event()) is h11.NEED_DATA:
            parser.receive_data(await self._reader.read(_READ))
        if not isinstance(event, h11.Request):
            return None
        headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers)
        asked = ",".join(value for name, value in headers if name == "connection").lower()
        self._sender.keep = event.http_version != b"1.0" and "close" not in asked
        method, target = event.method.decode("ascii"), event.target.decode("latin-1")
        return Request(method, target, headers, self._clock(), self._number)

    async def _receive(
        self, parser: h11.Connection, request: Request, intake: Intake, reception: Reception
    ) -> "_Body":
        """Receive the body of a request; where that was not done, the connection cannot go on."""
        keep, self._sender.keep = self._sender.keep, False
        if int(request.header("content-length") or 0) > intake.limit:
            return _Body.unread
        permitted = False
        while not isinstance(event := parser.next_event(), h11.EndOfMessage):
            left = None if intake.stop_after is None else intake.stop_after - reception.size
            if isinstance(event, h11.Data):
                reception.add(bytes(event.data[:left]))
                if reception.size > intake.limit:
                    return _Body.unread
            elif left is not None and left <= 0:
                return _Body.stopped
            elif parser.they_are_waiting_for_100_continue and not intake.wanted:
                return _Body.whole  # nobody reads the body, so the answer comes at once
            else:
                if parser.they_are_waiting_for_100_continue and not permitted:
                    permitted = True
                    await self._sender.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await asyncio.sleep(intake.interval)
                data = await self._reader.read(intake.piece)
                if not data:
                    return _Body.gone
                parser.receive_data(data)
        self._sender.keep = keep
        return _Body.whole

    async def _stop(self, how: str) -> None:
        if how == "stall":
            await asyncio.Event().wait()  # until the server is closed: what comes is not read
        await self._sender.stop(how)


class _Body(Enum):
    """What came of a body."""

    whole = auto()
    unread = auto()  # it is too much; an answer can be sent
    gone = auto()  # by its caller
    stopped = auto()  # by us, as a fault asked for
