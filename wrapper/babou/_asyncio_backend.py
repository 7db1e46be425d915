"""asyncio's own connections under httpcore, in place of anyio's.

What anyio does for a read or a write costs as much as httpcore does with its bytes; and asyncio
decrypts up to 256 KiB at a time into a buffer that it is given, anyio 16 KiB. The times given here
are not looked at: the engine bounds all that it does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import httpcore
from httpcore._utils import is_socket_readable

from babou._straight import CUT, PIECE
from babou._tls import in_time

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable

_NEVER = 86_400.0  # seconds; asyncio wants a limit of its own for the handshake
_SMALL = 1 << 14  # bytes; enough for any asset, and doubled where more comes at once


class Backend(httpcore.AsyncNetworkBackend):
    """Connects with asyncio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002 (nor are these two asked for)
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that accepts, trying its next one soon."""
        _, connection = await asyncio.get_running_loop().create_connection(
            Connection, host, port, happy_eyeballs_delay=0.25
        )
        return connection


class Connection(asyncio.BufferedProtocol, httpcore.AsyncNetworkStream):
    """One connection: what asyncio tells of it, and what httpcore asks of it.

    A body may also be read without being copied.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = memoryview(bytearray(_SMALL))
        self._begin = self._end = 0  # what has arrived, and was not taken
        self._paused = False
        self._ended = False
        self._lost: Exception | None = None
        self._news: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, _hint: int) -> memoryview:
        """Return where the next bytes go."""
        return self._buffer[self._end :]

    def buffer_updated(self, count: int) -> None:
        """Take note that so many bytes arrived; where no more fit in, the sender has to wait."""
        self._end += count
        if self._end == len(self._buffer):
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Take note that nothing more will come."""
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Take note that the connection is no more."""
        self._ended, self._lost = True, error
        self._wake()

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _some(self) -> memoryview:
        """Return what has arrived, at least a byte but at the end; valid until it is taken."""
        if self._begin == self._end and not self._ended:
            self._news = self._loop.create_future()
            await self._news
        if self._begin == self._end and self._lost is not None:
            raise ConnectionError(str(self._lost) or CUT) from self._lost
        return self._buffer[self._begin : self._end]

    def _take(self, count: int) -> None:
        self._begin += count
        if self._begin < self._end:
            return
        full, self._begin, self._end = self._end == len(self._buffer), 0, 0
        if full and len(self._buffer) < PIECE:
            self._buffer = memoryview(bytearray(2 * len(self._buffer)))
        if self._paused and not self._ended:
            self._paused = False
            self._transport.resume_reading()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return up to so many bytes, as soon as there are any, or none at the end."""
        piece = bytes((await self._some())[:max_bytes])
        self._take(len(piece))
        return piece

    async def straight(self, left: int) -> AsyncIterator[memoryview]:
        """Yield so many bytes as they arrive; each view is valid until the next is asked for."""
        while left:
            view = (await self._some())[:left]
            if not view:
                raise ConnectionError(CUT)
            yield view
            left -= len(view)
            self._take(len(view))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send bytes; a request is too small to wait for them. If nobody is there, `read` tells."""
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Close at once."""
        if not self._loop.is_closed():
            self._transport.abort()
            await asyncio.sleep(0)  # it is closed by the loop

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """Begin TLS on this connection."""
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                in_time(ssl_context),
                server_hostname=server_hostname,
                ssl_handshake_timeout=_NEVER,
            )
        except BaseException:
            await self.aclose()
            raise
        self._transport = transport or self._transport  # none where it was lost at once
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        """Tell of the connection what asyncio knows, and whether it must not be used again."""
        if info != "is_readable":
            return self._transport.get_extra_info(info)
        # Of an idle connection: it has ended, or the loop that it was made in has.
        if self._loop is not asyncio.get_running_loop() or self._transport.is_closing():
            return True
        arrived = self._ended or self._begin < self._end
        return arrived or is_socket_readable(self._transport.get_extra_info("socket"))
