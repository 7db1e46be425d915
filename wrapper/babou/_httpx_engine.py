"""The synchronous engine over httpx, and what its asynchronous sibling shares with it.

It is bounded by what `_deadline` puts under its connections, the sibling by `asyncio.timeout`.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import httpcore
import httpx

from babou._deadline import ReadsUntil, bound_reads, in_thread
from babou._engine import (
    MAX_CONNECTIONS,
    Body,
    Stream,
    ToldApart,
    Translated,
    Troubles,
    check,
)
from babou._headers import join_headers
from babou._lanes import Lanes, own_client
from babou._messages import Request, Response
from babou._straight import straight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


Raw = Iterable[tuple[bytes, bytes]]
TROUBLES = Troubles(
    late=(TimeoutError, httpcore.TimeoutException, httpx.TimeoutException),
    broken=(
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpx.TransportError,
        httpx.DecodingError,
        OSError,
    ),
    closed=(),
    impossible=(httpx.InvalidURL, UnicodeError),  # the latter of host names,
)


class HttpxEngine:
    """Send over an `httpx.Client`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client: httpx.Client = client or own_client(httpx.Client)
        self._lanes = Lanes(self._client) if client is None else None
        self._turn = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._bounded_reads = bound_reads(self._client)
        self._closed = False

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed or self._client.is_closed)
        with Translated(TROUBLES, request, timeout):
            if self._lanes is None:
                exchange = functools.partial(self._by_client, request, timeout, cancel)
                return exchange() if self._bounded_reads else in_thread(exchange, timeout, cancel)
            with ReadsUntil(time.monotonic() + timeout, cancel):
                if not self._turn.acquire(timeout=timeout):
                    raise TimeoutError
                try:
                    return self._by_lane(self._lanes, request, timeout)
                finally:
                    self._turn.release()

    def _by_lane(self, lanes: Lanes, request: Request, timeout: float) -> Response:
        road, ours = lanes.prepared(request, timeout)
        connection, stale = lanes.take(road)
        for one in stale:
            one.close()
        try:
            answer = connection.handle_request(ours)
            return _whole(answer.status, answer.headers, answer.stream)
        finally:
            if not lanes.give_back(road, connection):
                connection.close()

    def _by_client(
        self, request: Request, timeout: float, cancel: threading.Event | None
    ) -> Response:
        with ReadsUntil(time.monotonic() + timeout, cancel):
            answer = self._open(request, timeout)
            stream = cast("httpx.SyncByteStream", answer.stream)
            return _whole(answer.status_code, answer.headers.raw, stream)

    def _open(self, request: Request, timeout: float) -> httpx.Response:
        ours = to_httpx(request, timeout)
        return self._client.send(ours, auth=None, follow_redirects=False, stream=True)

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        check(request, timeout, closed=self._closed or self._client.is_closed)
        end = time.monotonic() + timeout

        def within_stall(action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
            left = min(stall, end - time.monotonic())
            with Translated(TROUBLES, request, left), ReadsUntil(time.monotonic() + left, None):
                if left <= 0:
                    raise TimeoutError
                return action() if self._bounded_reads else in_thread(action, left)

        response = within_stall(lambda: self._open(request, stall))
        ordinary = response.iter_bytes() if response.is_stream_consumed else response.iter_raw()
        # Between a caller's client and its connection may be anything.
        pieces = ordinary if self._lanes is None else straight(response, ordinary)
        try:
            yield Stream(
                response.status_code,
                streamed_headers(response),
                iter(lambda: within_stall(lambda: next(pieces, b"")), b""),
            )
        finally:
            response.close()

    def close(self) -> None:
        """Close the engine, and the connections that it made."""
        self._closed = True
        if self._lanes is not None:
            for connection in self._lanes.close():
                connection.close()
            self._client.close()


def _whole(status: int, raw: Raw, stream: httpx.SyncByteStream) -> Response:
    body = Body()
    try:
        headers = join_headers(decoded(raw), status=status)
        with ToldApart(TROUBLES, status):
            body.begin(headers)
            for chunk in stream:
                body.add(chunk)
            body.end()
    finally:
        stream.close()
    return Response(status, headers, bytes(body.content), time.time())


def to_httpx(request: Request, timeout: float) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers={"accept-encoding": "gzip", "connection": "keep-alive", **request.headers},
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
    )


def decoded(raw: Raw) -> Iterable[tuple[str, str]]:
    """Yield the header lines as text."""
    for name, value in raw:
        try:
            yield name.decode("latin-1"), value.decode()
        except UnicodeDecodeError:
            yield name.decode("latin-1"), value.decode("latin-1")


def streamed_headers(response: httpx.Response) -> dict[str, str]:
    """Return the headers of a body that comes as it was sent.

    One that a caller's client has read already comes decoded: what described it coded is left out.
    """
    headers = join_headers(decoded(response.headers.raw), status=response.status_code)
    if response.is_stream_consumed and "content-encoding" in headers:
        for name in ("content-encoding", "content-length", "etag"):
            headers.pop(name, None)
    return headers
