"""Transports over an httpx client of the caller's, which is used as it is.

Its public `send` is called, and nothing in it is replaced. It may have no deadline, or one only for
each read. So a synchronous call runs in a thread that is abandoned when the time is up; an
asynchronous call is cancelled.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from babou._core.messages import join_headers
from babou._errors import ConfigurationError
from babou._http.connections import decoded
from babou._http.errors import AT_WORK, ErrorMap, Translated
from babou._http.transport import AsyncSteps, Body, Limit, ResponseStream, check, in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from babou._core.messages import Request, Response

ERRORS = ErrorMap(
    late=(TimeoutError, httpx.TimeoutException),
    broken=(httpx.HTTPError, httpx.StreamError, OSError),
    impossible=(httpx.InvalidURL, UnicodeError),  # UnicodeError: in host names
)
_LONGEST = 86_400.0  # seconds; sockets accept no more than some weeks
_DECODED = ("content-encoding", "content-length", "etag")


def _is_not_ours(_record: logging.LogRecord) -> bool:
    """Keep our requests out of httpx's log: it shows whole URLs, which may be signed."""
    return not AT_WORK.get()


logging.getLogger("httpx").addFilter(_is_not_ours)


class HttpxTransport:
    """Send over an `httpx.Client` of yours.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the client.

    Raises:
        ConfigurationError: It is not such a client.
    """

    def __init__(self, client: httpx.Client) -> None:
        _check_client(client, httpx.Client, other=httpx.AsyncClient)
        self._client = client

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._client.is_closed)
        exchange = functools.partial(self._exchange, request, timeout)
        with Translated(ERRORS, request, timeout):
            return in_thread(exchange, Limit(time.monotonic() + timeout, cancel))

    def _exchange(self, request: Request, timeout: float) -> Response:
        end = time.monotonic() + timeout
        answer = self._open(request, timeout)
        try:
            with Body(answer.status_code, _headers(answer), ERRORS) as body:
                for chunk in _chunks(answer):
                    body.add(chunk)
                    if time.monotonic() > end:  # the call was abandoned
                        raise TimeoutError
        finally:
            answer.close()
        return body.response()

    def _open(self, request: Request, timeout: float) -> httpx.Response:
        ours = _to_httpx(request, timeout)
        return self._client.send(ours, auth=None, follow_redirects=False, stream=True)

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""
        check(request, timeout, closed=self._client.is_closed)
        end = time.monotonic() + timeout
        reading = threading.Lock()  # held by the reading thread, even if it is abandoned

        def step(action: Callable[[], Any], too_late: Callable[[Any], Any]) -> Any:  # noqa: ANN401
            now = time.monotonic()
            limit = Limit(min(now + stall, end))
            with Translated(ERRORS, request, limit.end - now):
                return in_thread(action, limit, too_late=too_late)

        def next_chunk() -> bytes:
            with reading:
                return next(source, b"")

        def pieces() -> Iterator[bytes]:
            while chunk := step(next_chunk, lambda _: answer.close()):
                yield chunk

        answer: httpx.Response = step(
            lambda: self._open(request, stall), lambda late: late and late.close()
        )
        source = iter(_chunks(answer))
        try:
            yield ResponseStream(answer.status_code, _headers(answer), pieces())
        finally:
            if not reading.locked():
                answer.close()

    def close(self) -> None:
        """Leave the client open: it is the caller's."""


class AsyncHttpxTransport:
    """Send over an `httpx.AsyncClient` of yours.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the client.

    Raises:
        ConfigurationError: It is not such a client.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        _check_client(client, httpx.AsyncClient, other=httpx.Client)
        self._client = client

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._client.is_closed)
        with Translated(ERRORS, request, timeout), anyio.fail_after(timeout):
            answer = await self._open(request, timeout)
            try:
                with Body(answer.status_code, _headers(answer), ERRORS) as body:
                    async for chunk in _achunks(answer):
                        body.add(chunk)
            finally:
                await answer.aclose()
        return body.response()

    async def _open(self, request: Request, timeout: float) -> httpx.Response:
        ours = _to_httpx(request, timeout)
        return await self._client.send(ours, auth=None, follow_redirects=False, stream=True)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""
        check(request, timeout, closed=self._client.is_closed)
        steps = AsyncSteps(ERRORS, request, stall, timeout)
        with steps.step():
            answer = await self._open(request, stall)
        try:
            chunks = steps.pieces(_achunks(answer))
            yield ResponseStream(answer.status_code, _headers(answer), chunks)
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """Leave the client open: it is the caller's."""


def _check_client(client: object, kind: type, *, other: type) -> None:
    if isinstance(client, other) or not callable(getattr(client, "send", None)):
        raise ConfigurationError(
            f"client must be an httpx.{kind.__name__}, not be of type {type(client).__name__}."
        )


def _to_httpx(request: Request, timeout: float) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        content=request.content,
        headers={"accept-encoding": "gzip", "connection": "keep-alive", **request.headers},
        extensions={
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), min(timeout, _LONGEST))
        },
    )


def _headers(answer: httpx.Response) -> dict[str, str]:
    """Return the headers; without those of the coding if httpx has decoded the body already."""
    headers = join_headers(decoded(answer.headers.raw), status=answer.status_code)
    if answer.is_stream_consumed and "content-encoding" in headers:
        for name in _DECODED:
            headers.pop(name, None)
    return headers


def _chunks(answer: httpx.Response) -> Iterator[bytes]:
    return answer.iter_bytes() if answer.is_stream_consumed else answer.iter_raw()


def _achunks(answer: httpx.Response) -> AsyncIterator[bytes]:
    return answer.aiter_bytes() if answer.is_stream_consumed else answer.aiter_raw()
