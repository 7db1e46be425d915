"""What a transport is, and the limits that all transports share.

A transport sends one request and returns one whole answer of limited size within a time, or streams
a long one. It follows no redirect, adds no credential and keeps no cookie.

Some work cannot be interrupted: looking up a name takes no timeout, and a client that the caller
brings has timeouts of its own. It runs in a thread that is abandoned when the time is up
(`in_thread`).
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import threading
import time
import zlib
from collections.abc import Iterable, Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from concurrent.futures import Future, InvalidStateError, wait
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

import anyio
from attrs import define, frozen

from babou._core.messages import Request, Response, headers_of, unusable
from babou._errors import (
    APIResponseValidationError,
    ClientClosedError,
    ConfigurationError,
)
from babou._http.errors import ERRORS, ErrorMap, Translated, timed_out

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator

MAX_BODY = 1 << 20
"""The most bytes of an answer's body, counted after decompression (D13)."""

MAX_CONNECTIONS = 20
"""The most calls that one client has in flight, and connections that it keeps."""

CANCEL_CHECK = 0.05
"""Seconds between two looks at a `cancel` event."""

_LONGEST = 86400.0
"""Seconds that the system is asked to wait at most: epoll and select.poll refuse some weeks."""

CLOSED = "This client is closed. Make a new one, or use it inside its `with` block."
_SUCCESS = 2
_T = TypeVar("_T")


class Transport(Protocol):
    """What a `Client` sends its requests with. `Client()` makes one."""

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds.

        A call with a `cancel` event may end as soon as that is set.

        Raises:
            TimeoutError: The time was up; the client makes an `APITimeoutError` of it.
            Exception: There was no whole answer; it becomes an `APIConnectionError`, or a
                `ConfigurationError` where it is a mistake in the transport, such as a TypeError.
        """

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractContextManager[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""

    def close(self) -> None:
        """Close the connections; called only for the transport that a client made itself."""


class AsyncTransport(Protocol):
    """What an `AsyncClient` sends its requests with. `AsyncClient()` makes one."""

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds.

        Raises:
            TimeoutError: The time was up; the client makes an `APITimeoutError` of it.
            Exception: There was no whole answer; it becomes an `APIConnectionError`, or a
                `ConfigurationError` where it is a mistake in the transport, such as a TypeError.
        """

    def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> contextlib.AbstractAsyncContextManager[ResponseStream]:
        """Open a long answer: head and each piece within `stall`, all of it within `timeout`."""

    async def close(self) -> None:
        """Close the connections; called only for the transport that a client made itself."""


def check_transport(transport: object, *, is_async: bool) -> None:
    """Raise if a client can't send with an object that it was given as its transport.

    Raises:
        ConfigurationError: It is an HTTP library's client, or a transport of the other kind.
    """
    send = getattr(transport, "send", None)
    if callable(send) and not isinstance(transport, type) and _can_be_called(send, is_async):
        return
    kind, name = "Async" if is_async else "", type(transport)
    raise ConfigurationError(
        f"transport must be {kind}HttpxTransport(client), over an httpx.{kind}Client of yours, or "
        f"have the methods of babou.{kind}Transport, not be of type "
        f"{name.__module__}.{name.__qualname__}."
    )


def _can_be_called(send: Callable[..., object], is_async: bool) -> bool:  # noqa: FBT001 (private)
    try:
        parameters = inspect.signature(send).parameters
    except (TypeError, ValueError):  # compiled code may not say
        return True
    is_coroutine = inspect.iscoroutinefunction(send)
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    if is_async:
        return takes_all or (
            "timeout" in parameters and (is_coroutine or "cancel" not in parameters)
        )
    return not is_coroutine and (takes_all or {"timeout", "cancel"} <= parameters.keys())


class CallCancelledError(ConnectionAbortedError):
    """The caller's `cancel` event was set."""


@define
class Limit:
    """The time at which a call has to end, by time.monotonic()."""

    end: float
    cancel: threading.Event | None = None

    def pause(self) -> float:
        """Return how many seconds to wait before calling this again.

        Raises:
            TimeoutError: The time is up.
            CallCancelledError: The caller's event was set.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        if self.cancel is None:
            return min(left, _LONGEST)
        if self.cancel.is_set():
            raise CallCancelledError("cancelled")
        return min(left, CANCEL_CHECK)

    def wait_for(self, turns: threading.Semaphore) -> None:
        """Wait for a turn, until the time is up."""
        while not turns.acquire(timeout=self.pause()):
            pass


def in_thread(
    action: Callable[[], _T],
    limit: Limit,
    *,
    too_late: Callable[[_T | None], Any] = lambda _result: None,
) -> _T:
    """Return the result of an action, or abandon the action when its time is up.

    Args:
        action: Runs with the caller's context variables.
        limit: Ends the wait.
        too_late: Called when an abandoned action ends, with its result, or None if it raised.

    Raises:
        TimeoutError: The time was up.
        CallCancelledError: The limit's `cancel` was set.
    """
    future: Future[_T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        result = None
        try:
            result = context.run(action)
            tell = functools.partial(future.set_result, result)
        except BaseException as error:  # noqa: BLE001 (raised again by the waiting thread)
            tell = functools.partial(future.set_exception, error)
        try:
            tell()
        except InvalidStateError:  # abandoned
            too_late(result)

    threading.Thread(target=work, name="babou-call", daemon=True).start()
    try:
        while not future.done():
            wait([future], limit.pause())
        return future.result()
    except BaseException:
        if not future.cancel() and future.exception() is None:  # it ended just now
            too_late(future.result())
        raise


class Body:
    """Collect and decompress a body; stop as soon as it is too large.

    A fault in the body of an error status is ignored: the status says enough.
    """

    def __init__(self, status: int, headers: Mapping[str, str], errors: ErrorMap) -> None:
        self._status, self._headers, self._errors = status, headers, errors
        self._content = bytearray()
        self._encoding = headers.get("content-encoding", "identity").strip()
        self._decompress: Any = None
        if self._encoding.lower() in {"gzip", "x-gzip"}:
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
            and not isinstance(
                error, (*self._errors.late, *self._errors.impossible, CallCancelledError)
            )
        )

    def add(self, chunk: bytes | memoryview) -> None:
        """Add a piece, as it was sent.

        Raises:
            APIResponseValidationError: It cannot be decompressed, or the whole is too large.
        """
        if self._decompress is not None:
            try:
                chunk = self._decompress.decompress(chunk, MAX_BODY + 1 - len(self._content))
            except zlib.error as error:
                raise unusable("a gzip body", str(error)) from error
        elif self._encoding.lower() not in {"", "identity"}:
            raise unusable("content encoding gzip or none", self._encoding)
        self._content += chunk
        if len(self._content) > MAX_BODY:
            del self._content[MAX_BODY:]
            raise unusable(f"a body of at most {MAX_BODY} bytes", "a larger one")

    def response(self) -> Response:
        """Return the whole answer."""
        return Response(self._status, self._headers, bytes(self._content))


def piece(chunk: object) -> bytes | memoryview:
    """Return a chunk of a stream's body, if it is one.

    Raises:
        APIResponseValidationError: It does not consist of bytes.
    """
    if isinstance(chunk, (bytes, memoryview)):
        return chunk
    try:
        return bytes(memoryview(chunk))  # type: ignore[arg-type] # whatever has bytes
    except TypeError:
        raise unusable("pieces of bytes", type(chunk).__name__) from None


@frozen(init=False)
class ResponseStream:
    """The head of an answer that is streamed, and its body in pieces.

    Status and headers are given as to `Response`, and refused as there.
    """

    status: int
    headers: Mapping[str, str]
    """Names in lower case, the lines of one name joined."""
    chunks: Any
    """Iterable (or asynchronous iterable) of bytes, or of what has the buffer protocol.

    They are as they were sent: a `content-encoding` in the headers is not undone. The buffer of a
    piece may be used again for the next one.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]],
        chunks: Any,  # noqa: ANN401 (synchronous or not)
    ) -> None:
        self.__attrs_init__(status, headers_of(status, headers), chunks)

    def read(self) -> Response:
        """Read the whole answer: at most a mebibyte, its content coding undone.

        Raises:
            APIResponseValidationError: It is larger, or its coding is not gzip.
            Exception: What the chunks raise, unless the status is an error, which says enough.
        """
        with Body(self.status, self.headers, ERRORS) as body:
            for chunk in self.chunks:
                body.add(piece(chunk))
        return body.response()

    async def aread(self) -> Response:
        """Do the same where the chunks are asynchronous."""
        with Body(self.status, self.headers, ERRORS) as body:
            async for chunk in self.chunks:
                body.add(piece(chunk))
        return body.response()


class AsyncSteps:
    """The time limits of a stream's steps: each `stall` seconds, together `timeout`."""

    def __init__(self, errors: ErrorMap, request: Request, stall: float, timeout: float) -> None:
        self._errors, self._request = errors, request
        self._stall, self._end = stall, time.monotonic() + timeout

    @contextlib.contextmanager
    def step(self) -> Generator[None]:
        """Limit the time of the block, and translate its errors."""
        left = min(self._stall, self._end - time.monotonic())
        with Translated(self._errors, self._request, left), anyio.move_on_after(left):
            yield
            return
        raise timed_out(self._request, left)

    async def pieces(
        self, chunks: AsyncIterable[bytes | memoryview]
    ) -> AsyncIterator[bytes | memoryview]:
        """Yield chunks, each in a step."""
        source = aiter(chunks)
        while True:
            with self.step():
                chunk = await anext(source, b"")
            if not chunk:
                return
            yield chunk


def check(request: Request, timeout: float, *, closed: bool) -> None:
    """Raise if nothing can be sent: the client is closed, or no time is left."""
    if closed:
        raise ClientClosedError(CLOSED)
    if timeout <= 0:
        raise timed_out(request, timeout)
