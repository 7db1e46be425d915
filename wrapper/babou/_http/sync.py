"""The synchronous transport; `aio` is its asynchronous sibling.

httpcore is used by its public interface: one `HTTP11Connection` for each connection, over a stream
of ours. httpcore gives each read the same time, so a server that sends a byte now and then is never
too slow. The streams ignore httpcore's times: each read has the time until the call's deadline.
"""

from __future__ import annotations

import contextlib
import functools
import os
import selectors
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, cast

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
from babou._http.environment import Proxies, Proxy, trusted
from babou._http.errors import Translated
from babou._http.network import (
    READ,
    Address,
    Early,
    OverTls,
    Tls,
    connecting,
    is_readable,
    is_writable,
)
from babou._http.transport import (
    MAX_CONNECTIONS,
    Body,
    CallCancelledError,
    Limit,
    ResponseStream,
    check,
    in_thread,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator, Iterable, Iterator

    from babou._core.messages import Request, Response
    from babou._http.connections import Received


class _TcpStream(Early, httpcore.NetworkStream):
    """A TCP connection.

    The socket does not block: one that has a timeout takes three more system calls a call.
    """

    def __init__(self, connection: _Connection, network: socket.socket) -> None:
        self._connection, self._network = connection, network
        self.received: Received | None = connection.received
        connection.top = self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data = bytes(self.receive(max_bytes))
        if self.received is not None:
            data, self.ahead = self.received.add(data)
        return data

    def receive(self, max_bytes: int) -> bytes | memoryview:
        """Return the next bytes, in a buffer that the next call may use again."""
        data, self.ahead = self.ahead, None
        return self._next(max_bytes) if data is None else data

    def _next(self, max_bytes: int) -> bytes | memoryview:
        while True:
            pause = self._connection.limit.pause()  # raises at the deadline
            if is_readable(self._network.fileno(), pause):
                with contextlib.suppress(BlockingIOError):
                    return self._network.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        try:
            while view:
                pause = self._connection.limit.pause()  # raises at the deadline
                try:
                    view = view[self._network.send(view) :]
                except BlockingIOError:
                    if not is_writable(self._network.fileno(), pause):
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
        return _TlsStream(self._connection, self, Tls(ssl_context, server_hostname))


class _TlsStream(OverTls, _TcpStream):
    """TLS over a stream, which may itself be TLS."""

    _below: _TcpStream

    def __init__(self, connection: _Connection, below: _TcpStream, tls: Tls) -> None:
        self._connection, self._below, self._tls = connection, below, tls
        self.received, below.received = below.received, None
        connection.top = self
        connection.received.begin()
        try:
            self._talk(tls.handshake())
        except BaseException:
            self.close()
            raise

    def _next(self, max_bytes: int) -> memoryview:
        data: memoryview = self._talk(self._tls.read(max_bytes))
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


class _Http(httpcore.HTTP11Connection):
    READ_NUM_BYTES = READ


class _Connection(Connection[httpcore.ConnectionInterface], httpcore.NetworkBackend):
    """One connection: httpcore's, and the stream below it."""

    def __init__(self, origin: httpcore.Origin, proxy: Proxy | None) -> None:
        super().__init__(origin, proxy)
        self.limit = Limit(0.0)

    def ask(
        self,
        request: httpcore.Request,
        limit: Limit,
        content: Iterable[bytes] | None = None,
        *,
        streamed: bool = False,
    ) -> httpcore.Response:
        """Send a request, and return the answer as soon as its head has come."""
        self.limit = limit
        if content is not None:
            request.stream = self._until_answered(content)
        self.begin(request, stops_at_head=streamed)
        if self._http is None:
            self._http = self._connect()
        return self._http.handle_request(request)

    def _until_answered(self, content: Iterable[bytes]) -> Iterator[bytes]:
        for piece in content:
            self.top.check_unanswered()
            yield piece

    def _connect(self) -> httpcore.ConnectionInterface:
        origin, proxy = self.origin, self.proxy
        context = trusted() if origin.scheme == b"https" else None
        if proxy is None:
            host = origin.host.decode()
            stream = self.connect_tcp(host, origin.port)
            stream = stream if context is None else stream.start_tls(context, host)
            return _Http(origin, stream, KEEPALIVE)
        options = proxy_options(proxy, context, self)
        kind = httpcore.SOCKSProxy if proxy.is_socks else httpcore.HTTPProxy
        return kind(**options).create_connection(origin)

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        """Connect to the first address of a host that answers."""
        look_up = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = look_up(flags=socket.AI_NUMERICHOST)
        except socket.gaierror:  # a name; looking it up takes no timeout
            found = in_thread(look_up, self.limit)
        return _TcpStream(self, _connected(found, self.limit))

    def close(self) -> None:
        """Close it, if it is open."""
        if self._http is not None:
            self._http.close()


class _Exchange(Exchange[_Connection]):
    def whole(self) -> Response:
        """Return the answer with its body."""
        with Body(self.answer.status, self.headers(), ERRORS) as body:
            for chunk in self.chunks:
                body.add(chunk)
        return body.response()

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Yield the body in pieces, each of which may be overwritten by the next."""
        left = self.length_without_h11()
        if not left:
            yield from self.chunks
        stream: _TcpStream = self.answer.extensions["network_stream"]
        while left:
            data = stream.receive(min(READ, left))
            if not data:
                raise cut_off(left)
            left -= len(data)
            yield data


def _connected(found: list[Address], limit: Limit) -> socket.socket:
    with contextlib.closing(connecting(found)) as steps:
        trying, pause = next(steps)
        while True:
            with selectors.DefaultSelector() as waiting:
                for network in trying:
                    waiting.register(network, selectors.EVENT_WRITE)
                chosen = waiting.select(min(pause, limit.pause()))
            try:
                trying, pause = steps.send(
                    [cast("socket.socket", key.fileobj) for key, _ in chosen]
                )
            except StopIteration as end:
                connected: socket.socket = end.value
                return connected


class SyncTransport:
    """Sends over its own connections; the environment names proxies and certificates.

    Raises:
        ConfigurationError: The environment's proxies can't be used.
    """

    def __init__(self) -> None:
        self._proxies = Proxies.of_environment()
        self._closed = False
        self._pool: Pool[_Connection] = Pool()
        self._begin()
        _transports.add(self)

    def _begin(self) -> None:
        # Two limits, because a caller may fetch assets while it stores the pieces of others.
        self._calls = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._streams = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def after_fork(self) -> None:
        """Leave the connections to the parent process: no thread of this process uses one."""
        parents, self._pool = self._pool, Pool()
        self._begin()
        for connection in parents.inherited():
            connection.close()

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed)
        limit = Limit(time.monotonic() + timeout, cancel)
        with Translated(ERRORS, request, timeout):
            limit.wait_for(calls := self._calls)
            try:
                exchange = self._open(prepared(request), limit, request.content)
                try:
                    return exchange.whole()
                finally:
                    self._end(exchange)
            finally:
                calls.release()

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""
        check(request, timeout, closed=self._closed)
        end = time.monotonic() + timeout
        limit = Limit(end)

        def step() -> Translated:
            now = time.monotonic()
            limit.end = min(now + stall, end)
            return Translated(ERRORS, request, limit.end - now)

        def pieces() -> Iterator[bytes | memoryview]:
            chunks = exchange.pieces()
            while True:
                with step():
                    limit.pause()
                    chunk = next(chunks, b"")
                if not chunk:
                    return
                yield chunk

        with contextlib.ExitStack() as leaving:
            with step():
                limit.wait_for(streams := self._streams)
                leaving.callback(streams.release)
                exchange = self._open(prepared(request), limit, streamed=True)
                leaving.callback(self._end, exchange)
                headers = exchange.headers()
            yield ResponseStream(exchange.answer.status, headers, pieces())

    def _open(
        self,
        request: httpcore.Request,
        limit: Limit,
        content: Iterable[bytes] | None = None,
        *,
        streamed: bool = False,
    ) -> _Exchange:
        origin = request.url.origin
        # An upload has a new connection: if a kept one ends, nobody knows what the server took.
        connection, useless = self._pool.take(origin) if content is None else (None, [])
        for one in useless:
            one.close()
        if connection is not None:
            try:
                answer = connection.ask(request, limit, streamed=streamed)
                return _Exchange(connection, answer)
            except BaseException as error:
                connection.close()
                if not may_be_sent_again(request, connection.received, error):
                    raise
            for one in self._pool.empty(origin):
                one.close()
        proxy = self._proxies.to(origin.scheme.decode(), origin.host.decode(), origin.port)
        connection = _Connection(origin, proxy)
        try:
            answer = connection.ask(request, limit, content, streamed=streamed)
            return _Exchange(connection, answer)
        except BaseException as error:
            connection.close()
            if proxy is not None and is_refused_by_proxy(error):
                raise proxy.refusal(PROXY_AUTHENTICATION) from error
            raise

    def _end(self, exchange: _Exchange) -> None:
        """Keep the connection for the next call, or close it."""
        exchange.chunks.close()
        useless = [exchange.connection]
        if exchange.is_complete() and not self._closed:
            useless = self._pool.keep(exchange.connection)
        for one in useless:
            one.close()

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for connection in self._pool.empty():
            connection.close()


_transports: weakref.WeakSet[SyncTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_transports):
        transport.after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch (not on Windows)
    os.register_at_fork(after_in_child=_after_fork)
