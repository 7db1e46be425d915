"""The engine: the only module that names the HTTP library, which is httpx.

An engine sends one request and returns one whole, bounded answer within a time, or streams a long
one. It follows no redirect, adds no credential, keeps no cookie.

The asynchronous engine is bounded from outside, by `asyncio.timeout`; the synchronous one by what
`_deadline` puts under its connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
import zlib
from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Any, Protocol

import httpx
from attrs import frozen

from babou._deadline import bound_reads, close_failed_handshakes, in_thread, reads_until
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    ClientClosedError,
    ConfigurationError,
)
from babou._messages import Request, Response

if TYPE_CHECKING:
    import ssl
    import threading
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

MAX_BODY = 1 << 20
"""Bytes of metadata accepted in one answer, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""Connections of one client; more make httpx's pool slower, not faster."""

KEEPALIVE = 60.0
"""Seconds that an idle connection is kept: longer than the longest pause between two polls."""

_CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."


@frozen
class Stream:
    """The head of a streamed answer, and its body as it comes, in pieces."""

    status: int
    headers: Mapping[str, str]
    chunks: Any
    """Iterator (or asynchronous iterator) of bytes; raises `APIConnectionError`."""


class Engine(Protocol):
    """What a `Client` needs of an HTTP library. `httpx_engine` and `Client()` make one."""

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractContextManager[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""

    def close(self) -> None:
        """Close what this engine opened itself."""


class AsyncEngine(Protocol):
    """What an `AsyncClient` needs of an HTTP library."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractAsyncContextManager[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""

    async def close(self) -> None:
        """Close what this engine opened itself."""


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """Return the one TLS context of all clients: making one costs more than a hundred requests."""
    return httpx.create_ssl_context()


def _client_options() -> dict[str, Any]:
    return {
        "verify": _tls_context(),
        "limits": httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE,
        ),
    }


class HttpxEngine:
    """Send over an `httpx.Client`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._owned = client is None
        self._client = client or _make(httpx.Client)
        self._bounded_reads = bound_reads(self._client)
        self._closed = False

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        self._check(request, timeout)
        exchange = functools.partial(self._exchange, request, timeout, cancel)
        with _translated(request, timeout):
            return exchange() if self._bounded_reads else in_thread(exchange, timeout, cancel)

    def _exchange(
        self, request: Request, timeout: float, cancel: threading.Event | None
    ) -> Response:
        body = _Body()
        with reads_until(time.monotonic() + timeout, cancel):
            response = self._client.send(
                _to_httpx(request, timeout), auth=None, follow_redirects=False, stream=True
            )
            try:
                with _told_apart(response):
                    body.begin(response.headers)
                    for chunk in response.stream:  # type: ignore[union-attr]  # sync client, sync stream
                        body.add(chunk)
                    body.end()
            finally:
                response.close()
        return _from_httpx(response, body)

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        self._check(request, timeout)
        end = time.monotonic() + timeout

        def within_stall(action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
            left = min(stall, end - time.monotonic())
            with _translated(request, left), reads_until(time.monotonic() + left, None):
                if left <= 0:
                    raise TimeoutError
                return action() if self._bounded_reads else in_thread(action, left)

        response = within_stall(
            lambda: self._client.send(
                _to_httpx(request, stall), auth=None, follow_redirects=False, stream=True
            )
        )
        pieces = iter(_decoded(response))
        try:
            yield Stream(
                response.status_code,
                _lower(response.headers),
                iter(lambda: within_stall(lambda: next(pieces, b"")), b""),
            )
        finally:
            response.close()

    def _check(self, request: Request, timeout: float) -> None:
        if self._closed:
            raise ClientClosedError(_CLOSED)
        if timeout <= 0:
            raise _timed_out(request, timeout)

    def close(self) -> None:
        """Close the engine, and its `httpx.Client` if it made it."""
        self._closed = True
        if self._owned:
            self._client.close()


class AsyncHttpxEngine:
    """Send over an `httpx.AsyncClient`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._owned = client is None
        self._client = client or _make(httpx.AsyncClient)
        close_failed_handshakes(self._client)
        self._closed = False

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        self._check(request, timeout)
        body = _Body()
        with _translated(request, timeout):
            async with asyncio.timeout(timeout):
                response = await self._client.send(
                    _to_httpx(request, timeout), auth=None, follow_redirects=False, stream=True
                )
                try:
                    with _told_apart(response):
                        body.begin(response.headers)
                        async for chunk in response.stream:  # type: ignore[union-attr]  # async client, async stream
                            body.add(chunk)
                        body.end()
                finally:
                    await response.aclose()
        return _from_httpx(response, body)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        self._check(request, timeout)
        end = time.monotonic() + timeout

        @contextlib.asynccontextmanager
        async def within_stall() -> AsyncIterator[None]:
            left = min(stall, end - time.monotonic())
            with _translated(request, left):
                async with asyncio.timeout(left):
                    yield

        async def pieces() -> AsyncIterator[bytes]:
            source = aiter(_adecoded(response))
            while True:
                async with within_stall():
                    chunk = await anext(source, b"")
                if not chunk:
                    return
                yield chunk

        async with within_stall():
            response = await self._client.send(
                _to_httpx(request, stall), auth=None, follow_redirects=False, stream=True
            )
        try:
            yield Stream(response.status_code, _lower(response.headers), pieces())
        finally:
            await response.aclose()

    def _check(self, request: Request, timeout: float) -> None:
        if self._closed:
            raise ClientClosedError(_CLOSED)
        if timeout <= 0:
            raise _timed_out(request, timeout)

    async def close(self) -> None:
        """Close the engine, and its `httpx.AsyncClient` if it made it."""
        self._closed = True
        if self._owned:
            await self._client.aclose()


def _make(cls: Callable[..., Any]) -> Any:  # noqa: ANN401 (httpx.Client or AsyncClient)
    try:
        return cls(**_client_options())
    except (ValueError, ImportError, OSError) as error:
        raise ConfigurationError(
            f"The environment's proxy or certificate settings cannot be used: {error}. "
            "Look at HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error


def _to_httpx(request: Request, timeout: float) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers={"accept-encoding": "gzip", "connection": "keep-alive", **request.headers},
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)},
    )


def _lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _from_httpx(response: httpx.Response, body: _Body) -> Response:
    return Response(
        response.status_code, _lower(response.headers), bytes(body.content), time.time()
    )


class _Body:
    """Collect and decompress a body; stop as soon as it is too large."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._inflate: Any = None

    def begin(self, headers: httpx.Headers) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._inflate = zlib.decompressobj(wbits=31)
        elif encoding not in {"", "identity"}:
            raise _unusable("content encoding gzip or none", encoding)

    def add(self, chunk: bytes) -> None:
        if self._inflate is not None:
            try:
                chunk = self._inflate.decompress(chunk, MAX_BODY + 1 - len(self.content))
            except zlib.error as error:
                raise _unusable("a gzip body", str(error)) from error
        self.content += chunk
        if len(self.content) > MAX_BODY:
            del self.content[MAX_BODY:]
            raise _unusable(f"a body of at most {MAX_BODY} bytes", "a larger one")

    def end(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise _unusable("a gzip body", "one that is cut off")


def _unusable(expected: str, received: str) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"the answer cannot be used: expected {expected}, received {received}.",
        member=None,
        expected=expected,
        received=received,
    )


@contextlib.contextmanager
def _told_apart(response: httpx.Response) -> Iterator[None]:
    """Forgive what is wrong with the body of an error: its status says enough."""
    try:
        yield
    except (httpx.TransportError, APIResponseValidationError) as error:
        if response.is_success or isinstance(error, httpx.TimeoutException):
            raise


def _decoded(response: httpx.Response) -> Iterable[bytes]:
    """Yield the body as stored; decompressed only if the storage compressed it unasked."""
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.iter_bytes()
    return response.iter_raw()


def _adecoded(response: httpx.Response) -> AsyncIterator[bytes]:
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    return response.aiter_raw()


@contextlib.contextmanager
def _translated(request: Request, timeout: float) -> Iterator[None]:
    """Raise this package's errors in place of the library's."""
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as error:
        raise _timed_out(request, timeout) from error
    except (httpx.TransportError, httpx.DecodingError, OSError) as error:
        raise APIConnectionError(
            f"no whole answer from {_place(request)}: "
            f"{str(error).rstrip('.') or type(error).__name__}. "
            "Check the network, BABOU_BASE_URL and the proxy settings."
        ) from error
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{_place(request)} is not a usable address: {error}.") from error
    except RuntimeError as error:
        if "client has been closed" not in str(error):
            raise
        raise ClientClosedError(_CLOSED) from error


def _timed_out(request: Request, timeout: float) -> BabouError:
    return APITimeoutError(
        f"no whole answer from {_place(request)} within {max(0.0, timeout):.3g} s. "
        "Raise timeout=, or check the network."
    )


def _place(request: Request) -> str:
    """Return the address without what may be secret: user, path, query."""
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
