"""What an engine is, and what all engines share.

An engine sends one request and returns one whole, bounded answer within a time, or streams a long
one. It follows no redirect, adds no credential, keeps no cookie.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Any, Protocol

from attrs import frozen

from babou._errors import APIResponseValidationError, APITimeoutError

if TYPE_CHECKING:
    import contextlib
    import threading

    from babou._messages import Request, Response

MAX_BODY = 1 << 20
"""Bytes of metadata accepted in one answer, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""Connections of one client; more make httpx's pool slower, not faster."""

KEEPALIVE = 60.0
"""Seconds that an idle connection is kept: longer than the longest pause between two polls."""

CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."


@frozen
class Stream:
    """The head of a streamed answer, and its body as it comes, in pieces."""

    status: int
    headers: Mapping[str, str]
    chunks: Any
    """Iterator (or asynchronous iterator) of bytes; raises `APIConnectionError`."""


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


def timed_out(request: Request, timeout: float) -> APITimeoutError:
    return APITimeoutError(
        f"no whole answer from {place(request)} within {max(0.0, timeout):.3g} s. "
        "Raise timeout=, or check the network."
    )


def place(request: Request) -> str:
    """Return the address without what may be secret: user, path, query."""
    scheme, _, rest = request.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"
