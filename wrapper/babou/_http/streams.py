"""What httpcore reads from and writes to: TCP and TLS, synchronous and asynchronous.

httpcore gives each read the same time, so a server that sends a byte now and then is never too
slow. These streams ignore httpcore's times: a synchronous one gives each read the time until the
deadline, an asynchronous one is cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import anyio
import anyio.lowlevel
import httpcore

from babou._http.network import READ, Tls, is_readable
from babou._http.transport import CANCEL_CHECK, CallCancelledError, Limit

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Generator

    from babou._http.connections import Received


class Early:
    """Notices bytes that come while a request is still being sent: they may be the answer.

    Attributes:
        ahead: These bytes, until they are read; empty at the end of the connection.
    """

    _network: socket.socket
    ahead: bytes | None = None

    def arrived(self) -> bytes | None:
        """Return what has come, without waiting for it."""
        return self._network.recv(READ) if is_readable(self._network.fileno()) else None

    def check_unanswered(self) -> None:
        """Raise if the server has answered, except with a 1xx (RFC 9110, 15.2).

        Raises:
            httpcore.WriteError: This makes httpcore stop sending, and read the answer.
        """
        if self.ahead is None:
            self.ahead = self.arrived()
        if self.ahead is not None and not self.ahead.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            raise httpcore.WriteError("the server has answered already")

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        return is_readable(self._network.fileno()) if info == "is_readable" else None


class _OverTls(Early):
    """What TLS streams have in common."""

    _below: Early
    _tls: Tls

    def arrived(self) -> bytes | None:
        """Return what has come, without waiting for it."""
        came = self._below.arrived()
        return came if not came else self._tls.take_in(came) or None

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        if info == "ssl_object":
            return self._tls.object
        return self._tls.has_unread or self._below.get_extra_info(info)


class Owner(Protocol):
    """The connection that a stream belongs to."""

    received: Received
    top: Early
    """The stream of plain text: the one made last."""


class SyncOwner(Owner, Protocol):
    """An owner that knows the time that its call has left."""

    limit: Limit


class AsyncOwner(Owner, Protocol):
    """An owner that remembers whether other tasks have run."""

    has_paused: bool
    """Whether other tasks have run since the last bytes came."""


class TcpStream(Early, httpcore.NetworkStream):
    """A TCP connection."""

    def __init__(self, connection: SyncOwner, network: socket.socket) -> None:
        self._connection, self._network = connection, network
        self.received: Received | None = connection.received
        connection.top = self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data, self.ahead = self.ahead, None
        if data is None:
            data = self.receive(max_bytes)
        if self.received is not None:
            self.received.add(data)
        return data

    def receive(self, max_bytes: int) -> bytes:
        """Return the next bytes."""
        while True:
            self._network.settimeout(self._connection.limit.pause())
            try:
                return self._network.recv(max_bytes)
            except TimeoutError:  # `pause` raises at the deadline
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        try:
            while view:
                self._network.settimeout(self._connection.limit.pause())
                try:
                    view = view[self._network.send(view) :]
                except TimeoutError:  # `pause` raises at the deadline
                    self._connection.top.check_unanswered()
        except ConnectionError as error:
            if isinstance(error, CallCancelledError):
                raise
            raise httpcore.WriteError(str(error)) from error  # the answer may have come before

    def close(self) -> None:
        self._network.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return TlsStream(self._connection, self, Tls(ssl_context, server_hostname))


class TlsStream(_OverTls, TcpStream):
    """TLS over a stream, which may itself be TLS."""

    _below: TcpStream

    def __init__(self, connection: SyncOwner, below: TcpStream, tls: Tls) -> None:
        self._connection, self._below, self._tls = connection, below, tls
        self.received, below.received = below.received, None
        connection.top = self
        connection.received.begin()
        try:
            self._talk(tls.handshake())
        except BaseException:
            self.close()
            raise

    def receive(self, max_bytes: int) -> bytes:
        """Return the next bytes."""
        data: bytes = self._talk(self._tls.read(max_bytes))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        if buffer:
            self._talk(self._tls.write(buffer))

    def _talk(self, talk: Generator[bytes | None, bytes, Any]) -> Any:  # noqa: ANN401
        try:
            leaving = next(talk)
            while True:
                if leaving is None:
                    leaving = talk.send(self._below.read(READ))
                else:
                    self._below.write(leaving)
                    leaving = next(talk)
        except StopIteration as end:
            return end.value

    def close(self) -> None:
        self._below.close()


class AsyncTcpStream(Early, httpcore.AsyncNetworkStream):
    """A TCP connection.

    It waits for a non-blocking socket: with anyio's own, a call takes a quarter more time.
    """

    def __init__(self, connection: AsyncOwner, network: socket.socket) -> None:
        self._connection, self._network = connection, network
        self.received: Received | None = connection.received
        connection.top = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data, self.ahead = self.ahead, None
        if data is None:
            data = await self.receive(max_bytes)
        if self.received is not None:
            self.received.add(data)
        return data

    async def receive(self, max_bytes: int) -> bytes:
        """Return the next bytes."""
        has_paused, self._connection.has_paused = self._connection.has_paused, False
        while True:
            if not has_paused:  # lets other tasks run, and notices the deadline
                await anyio.lowlevel.checkpoint()
            try:
                return self._network.recv(max_bytes)
            except BlockingIOError:
                await anyio.wait_readable(self._network)
                has_paused = True

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        try:
            while view:
                try:
                    view = view[self._network.send(view) :]
                except BlockingIOError:
                    await self._writable()
        except ConnectionError as error:
            raise httpcore.WriteError(str(error)) from error  # the answer may have come before

    async def _writable(self) -> None:
        with anyio.move_on_after(CANCEL_CHECK):
            await anyio.wait_writable(self._network)
        self._connection.top.check_unanswered()

    async def aclose(self) -> None:
        self._network.close()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        stream = AsyncTlsStream(self._connection, self, Tls(ssl_context, server_hostname))
        await stream.begin()
        return stream


class AsyncTlsStream(_OverTls, AsyncTcpStream):
    """TLS over a stream, which may itself be TLS."""

    _below: AsyncTcpStream

    def __init__(self, connection: AsyncOwner, below: AsyncTcpStream, tls: Tls) -> None:
        self._connection, self._below, self._tls = connection, below, tls
        self.received, below.received = below.received, None
        connection.top = self

    async def begin(self) -> None:
        """Do the handshake."""
        self._connection.received.begin()
        try:
            await self._talk(self._tls.handshake())
        except BaseException:
            await self.aclose()
            raise

    async def receive(self, max_bytes: int) -> bytes:
        """Return the next bytes."""
        data: bytes = await self._talk(self._tls.read(max_bytes))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        if buffer:
            await self._talk(self._tls.write(buffer))

    async def _talk(self, talk: Generator[bytes | None, bytes, Any]) -> Any:  # noqa: ANN401
        try:
            leaving = next(talk)
            while True:
                if leaving is None:
                    leaving = talk.send(await self._below.read(READ))
                else:
                    await self._below.write(leaving)
                    leaving = next(talk)
        except StopIteration as end:
            return end.value

    async def aclose(self) -> None:
        await self._below.aclose()
