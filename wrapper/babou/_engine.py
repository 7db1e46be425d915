"""What an engine is, and what all engines share.

An engine sends one request and returns one whole, bounded answer within a time, or streams a long
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
    from collections.abc import Callable

    from babou._messages import Request, Response

MAX_BODY = 1 << 20
"""Bytes of metadata accepted in one answer, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""Connections of one client over httpx, and threads of one `wait_many`."""

KEEPALIVE = 60.0
"""Seconds that an idle connection is kept: longer than the longest pause between two polls."""

CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."


@frozen
class Stream:
    """The head of a streamed answer, and its body as it comes, in pieces."""

    status: int
    headers: Mapping[str, str]
    chunks: Any
    """Iterator (or asynchronous iterator) of bytes; raises `APIConnectionError`.

    They come as they were sent: a `content-encoding` among the headers is not undone. A piece may
    be a view that is valid only until the next one is asked for.
    """


class Engine(Protocol):
    """What a `Client` needs of an HTTP library. `Client()` makes one."""

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

    connections: int
    """Calls that can be in flight at once; further ones wait for their turn."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractAsyncContextManager[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""

    async def close(self) -> None:
        """Close what this engine opened itself."""


class Body:
    """Collect and decompress a body; stop as soon as it is too large."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._inflate: Any = None

    def begin(self, headers: Mapping[str, str]) -> None:
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            self._inflate = zlib.decompressobj(wbits=31)
        elif encoding not in {"", "identity"}:
            raise unusable("content encoding gzip or none", encoding)

    def add(self, chunk: bytes) -> None:
        if self._inflate is not None:
            try:
                chunk = self._inflate.decompress(chunk, MAX_BODY + 1 - len(self.content))
            except zlib.error as error:
                raise unusable("a gzip body", str(error)) from error
        self.content += chunk
        if len(self.content) > MAX_BODY:
            del self.content[MAX_BODY:]
            raise unusable(f"a body of at most {MAX_BODY} bytes", "a larger one")

    def end(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise unusable("a gzip body", "one that is cut off")


def unusable(expected: str, received: str) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"the answer cannot be used: expected {expected}, received {received}.",
        member=None,
        expected=expected,
        received=received,
    )


@frozen
class Troubles:
    """The exceptions of an HTTP library, by what they mean."""

    late: tuple[type[BaseException], ...]
    broken: tuple[type[BaseException], ...]
    closed: tuple[type[BaseException], ...]
    impossible: tuple[type[BaseException], ...]
    """What was asked for can't be done: an address that is none, a setting of the environment."""
    reason: Callable[[BaseException], str] = str


class Translated:
    """Raise this package's errors in place of the library's."""

    __slots__ = ("_request", "_timeout", "_troubles")

    def __init__(self, troubles: Troubles, request: Request, timeout: float) -> None:
        self._troubles, self._request, self._timeout = troubles, request, timeout

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is None or isinstance(error, BabouError):
            return
        troubles = self._troubles
        if isinstance(error, troubles.late):
            raise timed_out(self._request, self._timeout) from error
        if isinstance(error, troubles.closed):
            raise ClientClosedError(CLOSED) from error
        reason = troubles.reason(error).rstrip(".") or type(error).__name__
        if isinstance(error, troubles.broken):
            raise APIConnectionError(
                f"no whole answer from {place(self._request)}: {reason}. "
                "Check the network, BABOU_BASE_URL and the proxy settings."
            ) from error
        if isinstance(error, troubles.impossible):
            raise ConfigurationError(
                f"{place(self._request)} cannot be reached: {reason}. Check the address, and the "
                "proxy and certificate settings of the environment."
            ) from error


class ToldApart:
    """Forgive what is wrong with the body of an error: its status says enough."""

    __slots__ = ("_forgiving", "_troubles")

    def __init__(self, troubles: Troubles, status: int) -> None:
        self._troubles, self._forgiving = troubles, status // 100 != _SUCCESS

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        return (
            self._forgiving
            and isinstance(error, (*self._troubles.broken, APIResponseValidationError))
            and not isinstance(error, self._troubles.late)
        )


_SUCCESS = 2


def check(request: Request, timeout: float, *, closed: bool) -> None:
    """Raise before anything is sent, where nothing can be."""
    if closed:
        raise ClientClosedError(CLOSED)
    if timeout <= 0:
        raise timed_out(request, timeout)


def timed_out(request: Request, timeout: float) -> APITimeoutError:
    return APITimeoutError(
        f"no whole answer from {place(request)} within {max(0.0, timeout):.3g} s. "
        "Raise timeout=, or check the network."
    )


def place(request: Request) -> str:
    """Return the address without what may be secret: user, path, query."""
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
