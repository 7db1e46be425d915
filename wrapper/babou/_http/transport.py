"""What a transport is, and the limits and errors that all transports share.

A transport sends one request and returns one whole, bounded answer within a time, or streams a long
one. It follows no redirect, adds no credential, keeps no cookie.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Any, Protocol, Self

import anyio
from attrs import frozen

from babou._core.messages import Request, Response
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    ClientClosedError,
    ConfigurationError,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import AsyncIterable, AsyncIterator, Generator

MAX_BODY = 1 << 20
"""Bytes of metadata accepted in one answer, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""Calls that one client has in flight, and connections that it keeps."""

CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."
_SUCCESS = 2
_LEAST = 0.001  # seconds in which anything can be asked


class Transport(Protocol):
    """What a `Client` sends its requests with. `Client()` makes one."""

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds.

        A call with a `cancel` event may end as soon as that is set.

        Raises:
            APITimeoutError: The time was up.
            APIConnectionError: There was no whole answer.
        """

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractContextManager[ResponseStream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""

    def close(self) -> None:
        """Close the connections; called only for the transport that a client made itself."""


class AsyncTransport(Protocol):
    """What an `AsyncClient` sends its requests with. `AsyncClient()` makes one."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds.

        Raises:
            APITimeoutError: The time was up.
            APIConnectionError: There was no whole answer.
        """

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractAsyncContextManager[ResponseStream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""

    async def close(self) -> None:
        """Close the connections; called only for the transport that a client made itself."""


def unusable(expected: str, received: str) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"the answer cannot be used: expected {expected}, received {received}.",
        member=None,
        expected=expected,
        received=received,
    )


class CallCancelledError(ConnectionAbortedError):
    """The caller's `cancel` event was set."""


@frozen
class ErrorMap:
    """The exceptions of an HTTP library, by what they mean."""

    late: tuple[type[BaseException], ...]
    broken: tuple[type[BaseException], ...]
    impossible: tuple[type[BaseException], ...]
    """What was asked for can't be done: no such address, a setting of the environment."""


class Translated:
    """Raise this package's errors in place of the library's."""

    __slots__ = ("_map", "_request", "_timeout")

    def __init__(self, error_map: ErrorMap, request: Request, timeout: float) -> None:
        self._map, self._request, self._timeout = error_map, request, timeout

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None or isinstance(error, BabouError):
            return
        if isinstance(error, self._map.late):
            raise timed_out(self._request, self._timeout) from error
        if isinstance(error, self._map.broken):
            raise APIConnectionError(
                f"no whole answer from {place(self._request)}: {_reason(error)}. "
                "Check the network, BABOU_BASE_URL and the proxy settings."
            ) from error
        if isinstance(error, self._map.impossible):
            raise ConfigurationError(
                f"{place(self._request)} cannot be reached: {_reason(error)}. Check the address, "
                "and the proxy and certificate settings of the environment."
            ) from error


def _reason(error: BaseException) -> str:
    return str(error).rstrip(".") or type(error).__name__


class Body:
    """Collect and decompress a body; stop as soon as it is too large.

    What is wrong with the body of an error is forgiven: its status says enough.
    """

    def __init__(self, status: int, headers: Mapping[str, str], errors: ErrorMap) -> None:
        self._status, self._headers, self._errors = status, headers, errors
        self._content = bytearray()
        self._encoding = headers.get("content-encoding", "identity").strip().lower()
        self._decompress: Any = None
        if self._encoding in {"gzip", "x-gzip"}:
            self._decompress = zlib.decompressobj(wbits=31)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        is_error = self._status // 100 != _SUCCESS
        if error is None:
            if not is_error and self._decompress is not None and not self._decompress.eof:
                raise unusable("a gzip body", "one that is cut off")
            return False
        return (
            is_error
            and isinstance(error, (*self._errors.broken, APIResponseValidationError))
            and not isinstance(error, (*self._errors.late, CallCancelledError))
        )

    def add(self, chunk: bytes) -> None:
        """Take in a piece, as it was sent.

        Raises:
            APIResponseValidationError: It cannot be decompressed, or the whole is too large.
        """
        if self._decompress is not None:
            try:
                chunk = self._decompress.decompress(chunk, MAX_BODY + 1 - len(self._content))
            except zlib.error as error:
                raise unusable("a gzip body", str(error)) from error
        elif self._encoding not in {"", "identity"}:
            raise unusable("content encoding gzip or none", self._encoding)
        self._content += chunk
        if len(self._content) > MAX_BODY:
            del self._content[MAX_BODY:]
            raise unusable(f"a body of at most {MAX_BODY} bytes", "a larger one")

    def response(self) -> Response:
        """Return the whole answer."""
        return Response(self._status, self._headers, bytes(self._content))


_OURS = ErrorMap(late=(APITimeoutError,), broken=(APIConnectionError,), impossible=())


@frozen
class ResponseStream:
    """The head of an answer that is streamed, and its body in pieces."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    chunks: Any
    """Iterator (or asynchronous iterator) of bytes; raises `APIConnectionError`.

    They come as they were sent: a `content-encoding` among the headers is not undone.
    """

    def read(self) -> Response:
        """Read the whole answer: at most a mebibyte, its content coding undone.

        Raises:
            APIConnectionError: The body broke off; that of an error status may.
            APIResponseValidationError: It is larger, or in another coding than gzip.
        """
        with Body(self.status, self.headers, _OURS) as body:
            for chunk in self.chunks:
                body.add(chunk)
        return body.response()

    async def aread(self) -> Response:
        """Do the same where the chunks are asynchronous."""
        with Body(self.status, self.headers, _OURS) as body:
            async for chunk in self.chunks:
                body.add(chunk)
        return body.response()


class AsyncSteps:
    """The steps of an asynchronous stream: each within `stall` seconds, all within `timeout`."""

    def __init__(self, errors: ErrorMap, request: Request, stall: float, timeout: float) -> None:
        self._errors, self._request = errors, request
        self._stall, self._end = stall, time.monotonic() + timeout

    @contextlib.contextmanager
    def step(self) -> Generator[None]:
        """Bound what is done inside, and translate its errors."""
        left = min(self._stall, self._end - time.monotonic())
        with Translated(self._errors, self._request, left), anyio.move_on_after(left):
            yield
            return
        raise timed_out(self._request, left)

    async def pieces(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Yield chunks, each in a step."""
        source = aiter(chunks)
        while True:
            with self.step():
                chunk = await anext(source, b"")
            if not chunk:
                return
            yield chunk


def check(request: Request, timeout: float, *, closed: bool) -> None:
    """Raise before anything is sent, where nothing can be."""
    if closed:
        raise ClientClosedError(CLOSED)
    if timeout <= 0:
        raise timed_out(request, timeout)


def timed_out(request: Request, timeout: float) -> APITimeoutError:
    if timeout < _LEAST:
        return APITimeoutError(f"no time was left to ask {place(request)}. Raise timeout=.")
    return APITimeoutError(
        f"no whole answer from {place(request)} within {timeout:.3g} s. "
        "Raise timeout=, or check the network."
    )


def place(request: Request) -> str:
    """Return the address without what may be secret: user, path, query."""
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
