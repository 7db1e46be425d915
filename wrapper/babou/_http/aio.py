"""The asynchronous transport; `sync` is its synchronous sibling.

It runs in every event loop of anyio: asyncio, uvloop, trio. All that a call does is in one cancel
scope, which ends at its deadline.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import anyio
import anyio.lowlevel
import httpcore
from anyio.abc import SocketAttribute

from babou._core.messages import Request, Response
from babou._http.connections import (
    ERRORS,
    KEEPALIVE,
    PROXY_AUTHENTICATION,
    Connection,
    Exchange,
    Pool,
    Received,
    answered,
    is_answer,
    is_readable,
    is_refused_by_proxy,
    may_be_sent_again,
    prepared,
    proxy_options,
)
from babou._http.proxies import Proxies
from babou._http.tls import READ, Tls, trusted
from babou._http.transport import (
    MAX_CONNECTIONS,
    Body,
    BodyOfErrorForgiven,
    ResponseStream,
    Translated,
    check,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterator

    from anyio.abc import SocketStream

    from babou._http.proxies import Proxy

_ALL = 1 << 18
"""Bytes that an event loop reads at most at once; with fewer, anyio would keep the rest."""


class _Stream(httpcore.AsyncNetworkStream):
    """A TCP connection. The times that httpcore gives are not looked at."""

    def __init__(self, connection: _Connection, network: SocketStream) -> None:
        self._connection, self._network = connection, network
        self.received: Received | None = connection.received
        self.ahead: _Ahead | None = None
        self._rest = b""
        self._spare: socket.socket | None = None
        connection.top = connection.bottom = self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        ahead, self.ahead = self.ahead, None
        data = await (self.receive(max_bytes) if ahead is None else ahead.taken())
        if self.received is not None:
            self.received.add(data)
        return data

    async def receive(self, max_bytes: int) -> bytes:
        """Return the next bytes."""
        data, self._rest = self._rest, b""
        if not data:
            try:
                data = await self._network.receive(_ALL)
            except anyio.EndOfStream:
                data = b""
            except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                data = self._left_over()
                if not data:
                    raise httpcore.ReadError(_cause(error)) from error
        if len(data) > max_bytes:
            data, self._rest = data[:max_bytes], data[max_bytes:]
        return data

    def keep_left_over(self) -> socket.socket:
        """Return a second handle, for what has come where the event loop closes the first.

        It does so when something can't be sent: the answer that says why would be lost.
        """
        network = self._network.extra(SocketAttribute.raw_socket)  # noqa: S610 (not of Django)
        self._spare = socket.fromfd(network.fileno(), network.family, network.type)
        self._spare.settimeout(0)
        return self._spare

    def _left_over(self) -> bytes:
        if self._spare is None:
            return b""
        with contextlib.suppress(OSError):
            return self._spare.recv(_ALL)
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        if not buffer:  # httpcore writes the end of a request that has no body
            return
        try:
            with self._connection.sending():
                await self._network.send(buffer)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore.WriteError(_cause(error)) from error  # the answer may have come before

    async def aclose(self) -> None:
        await self._network.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        stream = _TlsStream(self._connection, self, Tls(ssl_context, server_hostname))
        await stream.begin()
        return stream

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        if info != "is_readable":
            return None
        network = self._network.extra(SocketAttribute.raw_socket)  # noqa: S610 (not of Django)
        return bool(self._rest) or is_readable(network.fileno())


class _TlsStream(_Stream):
    """TLS over a stream, which may itself be TLS."""

    def __init__(self, connection: _Connection, below: _Stream, tls: Tls) -> None:
        self._connection, self._below, self._tls = connection, below, tls
        self.received, below.received = below.received, None
        self.ahead, connection.top = None, self

    async def begin(self) -> None:
        """Shake hands."""
        self._connection.received.begin()
        try:
            await self._talk(self._tls.handshake())
        except BaseException:
            with anyio.CancelScope(shield=True):
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

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        if info == "ssl_object":
            return self._tls.object
        return self._tls.has_unread or self._below.get_extra_info(info)


def _cause(error: BaseException) -> str:
    return str(error.__cause__ or error) or "the connection was closed"


class _Ahead:
    """What comes while a request is being sent, and ends that if it is an answer."""

    def __init__(self, stream: _Stream) -> None:
        self._stream, self._came = stream, anyio.Event()
        self._data = b""
        self._problem: Exception | None = None
        self.is_answered = False
        self.sending: anyio.CancelScope | None = None

    async def listen(self) -> None:
        """Wait for the first bytes."""
        try:
            self._data = await self._stream.receive(READ)
        except Exception as error:  # noqa: BLE001 (raised again by `taken`)
            self._problem = error
        self._came.set()
        self.is_answered = is_answer(self._data)
        if self.is_answered and self.sending is not None:
            self.sending.cancel()

    async def taken(self) -> bytes:
        """Return what came, as soon as it does."""
        await self._came.wait()
        if self._problem is not None:
            raise self._problem
        return self._data


class _Connection(Connection[httpcore.AsyncConnectionInterface], httpcore.AsyncNetworkBackend):
    """One connection: httpcore's, and what is below it."""

    top: _Stream
    """The stream of plain text: the last that was made."""
    bottom: _Stream
    """The stream of what is sent: the first that was made."""

    def __init__(self, origin: httpcore.Origin, proxy: Proxy | None) -> None:
        super().__init__(origin, proxy)
        self._ahead: _Ahead | None = None

    async def ask(
        self, request: httpcore.Request, content: AsyncIterable[bytes] | None = None
    ) -> httpcore.Response:
        """Send a request, and return the answer as soon as its head is there."""
        self.received.begin()
        if self._http is None:
            self._http = await self._connect()
        if content is None:
            return await self._http.handle_async_request(request)
        if self.proxy is not None:  # its connection has not begun yet, so nobody can listen
            request.stream = content
            return await self._http.handle_async_request(request)
        return await self._upload(self._http, request, content)

    async def _upload(
        self,
        http: httpcore.AsyncConnectionInterface,
        request: httpcore.Request,
        content: AsyncIterable[bytes],
    ) -> httpcore.Response:
        """Send a request with a long body, but no more of it once the server has answered."""
        self._ahead = self.top.ahead = _Ahead(self.top)
        request.stream = content
        problem: Exception | None = None
        async with contextlib.AsyncExitStack() as ended:
            ended.enter_context(self.bottom.keep_left_over())
            group = await ended.enter_async_context(anyio.create_task_group())
            group.start_soon(self._ahead.listen)
            try:
                answer = await http.handle_async_request(request)
            except Exception as error:  # noqa: BLE001 (raised again, but not in a group)
                problem = error
            group.cancel_scope.cancel()
        self._ahead = None
        if problem is not None:
            raise problem
        return answer

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        """End the block, and the request, when the server has answered."""
        ahead = self._ahead
        if ahead is None:
            yield
            return
        with anyio.CancelScope() as ahead.sending:
            if ahead.is_answered:
                raise answered()
            yield
            return
        raise answered()

    async def _connect(self) -> httpcore.AsyncConnectionInterface:
        origin, proxy = self.origin, self.proxy
        context = trusted() if origin.scheme == b"https" else None
        if proxy is None:
            host = origin.host.decode()
            stream = await self.connect_tcp(host, origin.port)
            stream = stream if context is None else await stream.start_tls(context, host)
            return httpcore.AsyncHTTP11Connection(origin, stream, KEEPALIVE)
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
        """Connect to the first address of a host that answers (RFC 8305)."""
        try:
            return _Stream(self, await anyio.connect_tcp(host, port))
        except OSError as error:
            raise httpcore.ConnectError(_reason(error.__cause__ or error)) from error

    async def aclose(self) -> None:
        """Close it, if it is open, although the call is cancelled."""
        if self._http is not None:
            with anyio.CancelScope(shield=True):
                await self._http.aclose()


def _reason(error: BaseException) -> str:
    """Return the first of several reasons; asyncio has words of its own for the system's."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, OSError) and error.errno and not isinstance(error, socket.gaierror):
        return str(OSError(error.errno, os.strerror(error.errno)))
    return str(error)


class _Exchange(Exchange[_Connection]):
    async def whole(self) -> Response:
        """Return the answer with its body."""
        headers, body = self.headers(), Body()
        with BodyOfErrorForgiven(ERRORS, self.answer.status):
            body.begin(headers)
            async for chunk in self.chunks:
                body.add(chunk)
            body.end()
        return Response(self.answer.status, headers, bytes(body.content), time.time())


class _InThisLoop(threading.local):
    """The connections of one transport in one event loop, and the turns of its calls.

    A thread runs one loop at a time. What an earlier one left open has ended with it, and is
    forgotten when the next one makes its first call.
    """

    _loop: object = None

    def enter(self) -> Self:
        """Begin anew if this thread runs another loop than at the last call."""
        loop = anyio.lowlevel.current_token()
        if self._loop != loop:
            self._loop = loop
            self.pool: Pool[_Connection] = Pool()
            # Apart, because a caller may fetch assets while it stores the pieces of others.
            self.calls = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
            self.streams = anyio.Semaphore(MAX_CONNECTIONS, fast_acquire=True)
        return self


class AioTransport:
    """Sends over connections of its own; the environment names proxies and certificates.

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
        with Translated(ERRORS, request, timeout), anyio.fail_after(timeout):
            await here.calls.acquire()
            try:
                exchange = await self._open(prepared(request), here.pool, request.content)
                try:
                    return await exchange.whole()
                finally:
                    await self._end(exchange, here.pool)
            finally:
                here.calls.release()

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[ResponseStream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        check(request, timeout, closed=self._closed)
        here, end = self._here.enter(), time.monotonic() + timeout

        @contextlib.contextmanager
        def step() -> Generator[None]:
            left = min(stall, end - time.monotonic())
            with Translated(ERRORS, request, left), anyio.fail_after(left):
                yield

        async def pieces() -> AsyncIterator[bytes]:
            chunks = aiter(exchange.chunks)
            while True:
                with step():
                    chunk = await anext(chunks, b"")
                if not chunk:
                    return
                yield chunk

        async with contextlib.AsyncExitStack() as leaving:
            with step():
                await here.streams.acquire()
                leaving.callback(here.streams.release)
                exchange = await self._open(prepared(request), here.pool)
                leaving.push_async_callback(self._end, exchange, here.pool)
                headers = exchange.headers()
            yield ResponseStream(exchange.answer.status, headers, pieces())

    async def _open(
        self,
        request: httpcore.Request,
        pool: Pool[_Connection],
        content: AsyncIterable[bytes] | None = None,
    ) -> _Exchange:
        origin = request.url.origin
        # An upload has a new connection: on a kept one that ends, nobody could tell what was taken.
        connection, useless = pool.take(origin) if content is None else (None, [])
        for one in useless:
            await one.aclose()
        if connection is not None:
            try:
                return _Exchange(connection, await connection.ask(request))
            except BaseException as error:
                await connection.aclose()
                if not may_be_sent_again(request, connection.received, error):
                    raise
            for one in pool.empty(origin):
                await one.aclose()
        proxy = self._proxies.to(origin.scheme.decode(), origin.host.decode(), origin.port)
        connection = _Connection(origin, proxy)
        try:
            return _Exchange(connection, await connection.ask(request, content))
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
        """Close the connections of this event loop; those of others end with their loops."""
        self._closed = True
        for connection in self._here.enter().pool.empty():
            await connection.aclose()
