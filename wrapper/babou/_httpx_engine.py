"""The synchronous engine over httpx, and what its asynchronous sibling shares with it.

It is bounded by what `_deadline` puts under its connections, the sibling by `asyncio.timeout`.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import httpx

from babou._deadline import ReadsUntil, bound_reads, in_thread
from babou._engine import CLOSED, MAX_CONNECTIONS, Body, Stream, place, timed_out
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    ClientClosedError,
    ConfigurationError,
)
from babou._lanes import Lanes
from babou._messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class HttpxEngine:
    """Send over an `httpx.Client`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        lanes = Lanes(httpx.Client, bound_reads)
        self._client: httpx.Client = client or lanes.make(MAX_CONNECTIONS)
        self._lanes = lanes if client is None else None
        self._turn = threading.BoundedSemaphore(MAX_CONNECTIONS)
        self._bounded_reads = bound_reads(self._client)
        self._closed = False

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        self._check(request, timeout)
        exchange = functools.partial(self._exchange, request, timeout, cancel)
        with Translated(request, timeout):
            return exchange() if self._bounded_reads else in_thread(exchange, timeout, cancel)

    def _exchange(
        self, request: Request, timeout: float, cancel: threading.Event | None
    ) -> Response:
        with ReadsUntil(time.monotonic() + timeout, cancel):
            if self._lanes is None:
                return _whole(self._open(self._client, request, timeout))
            if not self._turn.acquire(timeout=timeout):
                raise TimeoutError
            try:
                with self._lanes.one() as client:
                    return _whole(self._open(client, request, timeout))
            finally:
                self._turn.release()

    def _open(self, client: httpx.Client, request: Request, timeout: float) -> httpx.Response:
        ours = to_httpx(request, timeout)
        if self._lanes is None:
            return client.send(ours, auth=None, follow_redirects=False, stream=True)
        # Cookies, authentication, redirects: nothing that the layers above do is wanted.
        return client._transport_for_url(ours.url).handle_request(ours)  # noqa: SLF001

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        self._check(request, timeout)
        end = time.monotonic() + timeout

        def within_stall(action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
            left = min(stall, end - time.monotonic())
            with Translated(request, left), ReadsUntil(time.monotonic() + left, None):
                if left <= 0:
                    raise TimeoutError
                return action() if self._bounded_reads else in_thread(action, left)

        response = within_stall(lambda: self._open(self._client, request, stall))
        pieces = iter(_decoded(response))
        try:
            yield Stream(
                response.status_code,
                lower(response.headers),
                iter(lambda: within_stall(lambda: next(pieces, b"")), b""),
            )
        finally:
            response.close()

    def _check(self, request: Request, timeout: float) -> None:
        if self._closed:
            raise ClientClosedError(CLOSED)
        if timeout <= 0:
            raise timed_out(request, timeout)

    def close(self) -> None:
        """Close the engine, and each `httpx.Client` that it made."""
        self._closed = True
        for client in self._lanes.all if self._lanes else ():
            client.close()


def _whole(response: httpx.Response) -> Response:
    headers, body = lower(response.headers), Body()
    stream = cast("httpx.SyncByteStream", response.stream)
    try:
        with ToldApart(response):
            body.begin(headers)
            for chunk in stream:
                body.add(chunk)
            body.end()
    finally:
        stream.close()
    return Response(response.status_code, headers, bytes(body.content), time.time())


_url = functools.lru_cache(maxsize=1024)(httpx.URL)  # what is polled is asked for again and again


def to_httpx(request: Request, timeout: float) -> httpx.Request:
    return httpx.Request(
        request.method,
        _url(request.url),
        headers={"accept-encoding": "gzip", "connection": "keep-alive", **request.headers},
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
    )


def lower(headers: httpx.Headers) -> dict[str, str]:
    encoding, lowered = headers.encoding, dict[str, str]()
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode(encoding).lower(), raw_value.decode(encoding)
        lowered[name] = f"{lowered[name]}, {value}" if name in lowered else value
    return lowered


class ToldApart:
    """Forgive what is wrong with the body of an error: its status says enough."""

    __slots__ = ("_forgiving",)

    def __init__(self, response: httpx.Response) -> None:
        self._forgiving = not response.is_success

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        return (
            self._forgiving
            and isinstance(error, (httpx.TransportError, APIResponseValidationError))
            and not isinstance(error, httpx.TimeoutException)
        )


def _decoded(response: httpx.Response) -> Iterable[bytes]:
    """Yield the body as stored; decompressed only if the storage compressed it unasked."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.iter_bytes()
    return response.iter_raw()


class Translated:
    """Raise this package's errors in place of the library's."""

    __slots__ = ("_request", "_timeout")

    def __init__(self, request: Request, timeout: float) -> None:
        self._request, self._timeout = request, timeout

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, (TimeoutError, httpx.TimeoutException)):
            raise timed_out(self._request, self._timeout) from error
        if isinstance(error, (httpx.TransportError, httpx.DecodingError, OSError)):
            raise APIConnectionError(
                f"no whole answer from {place(self._request)}: "
                f"{str(error).rstrip('.') or type(error).__name__}. "
                "Check the network, BABOU_BASE_URL and the proxy settings."
            ) from error
        if isinstance(error, httpx.InvalidURL):
            raise ConfigurationError(
                f"{place(self._request)} is not a usable address: {error}."
            ) from error
        if isinstance(error, RuntimeError) and "client has been closed" in str(error):
            raise ClientClosedError(CLOSED) from error
