"""What a transport is, and the limits and errors that all transports share.

A transport sends one request and returns one whole, bounded answer within a time, or streams a long
one. It follows no redirect, adds no credential, keeps no cookie.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    ClientClosedError,
    ConfigurationError,
)

if TYPE_CHECKING:
    import contextlib
    import threading

    from babou._core.messages import Request, Response

MAX_BODY = 1 << 20
"""Bytes of metadata accepted in one answer, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""Calls that one client has in flight, and connections that it keeps."""

CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."
_SUCCESS = 2
_LEAST = 0.001  # seconds in which anything can be asked


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


class Body:
    """Collect and decompress a body; stop as soon as it is too large."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._decompress: Any = None

    def begin(self, headers: Mapping[str, str]) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._decompress = zlib.decompressobj(wbits=31)
        elif encoding not in {"", "identity"}:
            raise unusable("content encoding gzip or none", encoding)

    def add(self, chunk: bytes) -> None:
        if self._decompress is not None:
            try:
                chunk = self._decompress.decompress(chunk, MAX_BODY + 1 - len(self.content))
            except zlib.error as error:
                raise unusable("a gzip body", str(error)) from error
        self.content += chunk
        if len(self.content) > MAX_BODY:
            del self.content[MAX_BODY:]
            raise unusable(f"a body of at most {MAX_BODY} bytes", "a larger one")

    def end(self) -> None:
        if self._decompress is not None and not self._decompress.eof:
            raise unusable("a gzip body", "one that is cut off")


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


class BodyOfErrorForgiven:
    """Forgive what is wrong with the body of an error: its status says enough."""

    __slots__ = ("_is_error", "_map")

    def __init__(self, error_map: ErrorMap, status: int) -> None:
        self._map, self._is_error = error_map, status // 100 != _SUCCESS

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        return (
            self._is_error
            and isinstance(error, (*self._map.broken, APIResponseValidationError))
            and not isinstance(error, (*self._map.late, CallCancelledError))
        )


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
