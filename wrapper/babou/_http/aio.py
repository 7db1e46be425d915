"""The asynchronous transport; `sync` is its synchronous sibling.

It runs in every event loop of anyio: asyncio, uvloop, trio. All that a call does is in one cancel
scope, which ends at its deadline.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

import anyio
import anyio.lowlevel
import httpcore

from babou._http.connections import (
    ERRORS,
    KEEPALIVE,
    PROXY_AUTHENTICATION,
    Connection,
    Exchange,
    Pool,
    cut_off,
    is_refused_by_proxy,
    may_be_sent_again,
    prepared,
    proxy_options,
)
from babou._http.environment import Proxies, trusted
from babou._http.errors import Translated, timed_out
from babou._http.network import READ, Address, Early, OverTls, Tls, connecting
from babou._http.transport import (
    CANCEL_CHECK,
    MAX_CONNECTIONS,
    AsyncSteps,
    Body,
    ResponseStream,
    check,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterable, AsyncIterator, Generator, Sequence

    from babou._core.messages import Request, Response
    from babou._http.connections import Received


class _UntilAnswered:
    """Iterate over a request's content until the server answers; nobody has to close this."""

    def __init__(self, connection: _Connection, content: AsyncIterable[bytes]) -> None:
        self._connection, self._pieces = connection, aiter(content)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()  # lets other tasks run, even if all is sent at once
        piece = await anext(self._pieces)
        self._connection.top.check_unanswered()
        return piece


class _TcpStream(Early, httpcore.AsyncNetworkStream):
    """A TCP connection.

    It waits for a non-blocking socket: with anyio's own, a call takes a quarter more time. On
    Windows, asyncio's proactor cannot wait for a socket; anyio then does so in a thread of its own,
    by `select`, for at most 512 sockets.
    """

    def __init__(self, connection: _Connection, network: socket.socket) -> None:
        self._connection, self._network = connection, network
        self.received: Received | None = connection.received
        connection.top = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data = bytes(await self.receive(max_bytes))
        if self.received is not None:
            data, self.ahead = self.received.add(data)
        return data

    async def receive(self, max_bytes: int) -> bytes | memoryview:
        """Return the next bytes, in a buffer that the next call may use again."""
        data, self.ahead = self.ahead, None
        return await self._next(max_bytes) if data is None else data

    async def _next(self, max_bytes: int) -> bytes | memoryview:
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
        stream = _TlsStream(self._connection, self, Tls(ssl_context, server_hostname))
        await stream.begin()
        return stream


class _TlsStream(OverTls, _TcpStream):
    """TLS over a stream, which may itself be TLS."""

    _below: _TcpStream

    def __init__(self, connection: _Connection, below: _TcpStream, tls: Tls) -> None:
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

    async def _next(self, max_bytes: int) -> memoryview:
        data: memoryview = await self._talk(self._tls.read(max_bytes))
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


class _Http(httpcore.AsyncHTTP11Connection):
    READ_NUM_BYTES = READ


class _Connection(Connection[httpcore.AsyncConnectionInterface], httpcore.AsyncNetworkBackend):
    """One connection: httpcore's, and the stream below it."""

    has_paused = False
    _network: socket.socket

    async def ask(
        self,
        request: httpcore.Request,
        content: AsyncIterable[bytes] | None = None,
        *,
        streamed: bool = False,
    ) -> httpcore.Response:
        """Send a request, and return the answer as soon as its head has come."""
        if content is not None:
            request.stream = _UntilAnswered(self, content)
        self.begin(request, stops_at_head=streamed)
        if self._http is None:
            self._http = await self._connect()
        self.has_paused = True  # httpcore does, before it sends
        return await self._http.handle_async_request(request)

    async def _connect(self) -> httpcore.AsyncConnectionInterface:
        origin, proxy = self.origin, self.proxy
        context = trusted() if origin.scheme == b"https" else None
        if proxy is None:
            host = origin.host.decode()
            stream = await self.connect_tcp(host, origin.port)
            stream = stream if context is None else await stream.start_tls(context, host)
            return _Http(origin, stream, KEEPALIVE)
        options = proxy_options(proxy, context, self)
        kind = httpcore.AsyncSOCKSProxy if proxy.is_socks else httpcore.AsyncHTTPProxy
        return kind(**options).create_connection(origin)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        *_: Any,  # noqa: ANN401
        **__: Any,  # noqa: ANN401
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of a host that answers."""
        try:
            found: Sequence[Address] = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        except socket.gaierror:  # a name: anyio looks it up in a thread
            found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self._network = await _connected(found)
        return _TcpStream(self, self._network)

    async def aclose(self) -> None:
        """Close it, if it is open. Nothing in here waits, so it can't be cancelled half way."""
        if self._http is not None:
            await self._http.aclose()

    def leave(self) -> None:
        """Close an idle connection whose event loop no longer runs."""
        self._network.close()


async def _connected(found: Sequence[Address]) -> socket.socket:
    with contextlib.closing(connecting(found)) as steps:
        trying, pause = next(steps)
        while True:
            writable = await _writable(trying, pause)
            try:
                trying, pause = steps.send(writable)
            except StopIteration as end:
                connected: socket.socket = end.value
                return connected


async def _writable(sockets: list[socket.socket], pause: float) -> list[socket.socket]:
    """Return the writable sockets as soon as there is one, or none after a pause."""
    writable = list[socket.socket]()

    async def wait_for(network: socket.socket) -> None:
        await anyio.wait_writable(network)
        writable.append(network)
        tasks.cancel_scope.cancel()

    with anyio.move_on_after(pause):
        async with anyio.create_task_group() as tasks:
            for network in sockets:
                tasks.start_soon(wait_for, network)
    return writable


class _Exchange(Exchange[_Connection]):
    async def whole(self) -> Response:
        """Return the answer with its body."""
        with Body(self.answer.status, self.headers(), ERRORS) as body:
            async for chunk in self.chunks:
                body.add(chunk)
        return body.response()

    async def pieces(self) -> AsyncIterator[bytes | memoryview]:
        """Yield the body in pieces, each of which may be overwritten by the next."""
        left = self.length_without_h11()
        if not left:
            async for chunk in self.chunks:
                yield chunk
        stream: _TcpStream = self.answer.extensions["network_stream"]
        while left:
            data = await stream.receive(min(READ, left))
            if not data:
                raise cut_off(left)
            left -= len(data)
            yield data


class _InThisLoop(threading.local):
    """The connections of one transport in one event loop, and the turns of its calls.

    A thread runs one loop at a time. Connections that an earlier loop left open are closed when the
    next loop makes its first call.
    """

    def __init__(self) -> None:
        self._loop: object = None
        self.pool: Pool[_Connection] = Pool()

    def enter(self) -> Self:
        """Start again if this thread runs another loop than at the last call."""
        loop = anyio.lowlevel.current_token()
        if self._loop != loop:
            self._loop = loop
            for connection in self.pool.empty():
                connection.leave()
            # Two limits, because a caller may fetch assets while it stores the pieces of others.
            self.calls = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
            self.streams = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
        return self


class AioTransport:
    """Sends over its own connections; the environment names proxies and certificates.

    Raises:
        ConfigurationError: The environment's proxies can't be used.
    """

    def __init__(self) -> None:
        self._proxies = Proxies.of_environment()
        self._closed = False
        self._here = _InThisLoop()

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed)
        here = self._here.enter()
        with Translated(ERRORS, request, timeout), anyio.move_on_after(timeout):
            await here.calls.acquire()
            try:
                exchange = await self._open(prepared(request), here.pool, request.content)
                try:
                    return await exchange.whole()
                finally:
                    await self._end(exchange, here.pool)
            finally:
                here.calls.release()
        raise timed_out(request, timeout)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""
        check(request, timeout, closed=self._closed)
        here, steps = self._here.enter(), AsyncSteps(ERRORS, request, stall, timeout)
        async with contextlib.AsyncExitStack() as leaving:
            with steps.step():
                await here.streams.acquire()
                leaving.callback(here.streams.release)
                exchange = await self._open(prepared(request), here.pool, streamed=True)
                leaving.push_async_callback(self._end, exchange, here.pool)
                headers = exchange.headers()
            yield ResponseStream(exchange.answer.status, headers, steps.pieces(exchange.pieces()))

    async def _open(
        self,
        request: httpcore.Request,
        pool: Pool[_Connection],
        content: AsyncIterable[bytes] | None = None,
        *,
        streamed: bool = False,
    ) -> _Exchange:
        origin = request.url.origin
        # An upload has a new connection: if a kept one ends, nobody knows what the server took.
        connection, useless = pool.take(origin) if content is None else (None, [])
        for one in useless:
            await one.aclose()
        if connection is not None:
            try:
                answer = await connection.ask(request, streamed=streamed)
                return _Exchange(connection, answer)
            except BaseException as error:
                await connection.aclose()
                if not may_be_sent_again(request, connection.received, error):
                    raise
            for one in pool.empty(origin):
                await one.aclose()
        proxy = self._proxies.to(origin.scheme.decode(), origin.host.decode(), origin.port)
        connection = _Connection(origin, proxy)
        try:
            answer = await connection.ask(request, content, streamed=streamed)
            return _Exchange(connection, answer)
        except BaseException as error:
            await connection.aclose()
            if proxy is not None and is_refused_by_proxy(error):
                raise proxy.refusal(PROXY_AUTHENTICATION) from error
            raise

    async def _end(self, exchange: _Exchange, pool: Pool[_Connection]) -> None:
        """Keep the connection for the next call, or close it."""
        useless = [exchange.connection]
        try:
            await exchange.chunks.aclose()
            if exchange.is_complete() and not self._closed:
                useless = pool.keep(exchange.connection)
        finally:
            for one in useless:
                await one.aclose()

    async def close(self) -> None:
        """Close the connections of this event loop; those of other loops end with their loops."""
        self._closed = True
        for connection in self._here.enter().pool.empty():
            await connection.aclose()
