"""One deadline for all the reads of a synchronous exchange.

httpx gives each read the same timeout, so a server that sends a byte now and then is never too
slow. Here every read on a connection gets only what is left until the deadline of the calling
thread. What takes no timeout, or several in turn (name look-up, TLS handshake, a transport that is
not httpx's own), runs in a thread that is abandoned when the time is up.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import threading
import time
from concurrent.futures import Future, InvalidStateError, wait
from typing import TYPE_CHECKING, Any, TypeVar

import httpcore
import httpx

from babou._errors import ConfigurationError
from babou._threads import CANCEL_CHECK
from babou._tls import in_time

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_T = TypeVar("_T")


class _Limit(threading.local):
    """Until when this thread may read, by time.monotonic()."""

    deadline: float | None = None
    cancel: threading.Event | None = None

    def left(self) -> float | None:
        return None if self.deadline is None else self.deadline - time.monotonic()


_limit = _Limit()


def time_left() -> float | None:
    """Return the seconds that are left to the reads of this thread."""
    return _limit.left()


class ReadsUntil:
    """Give the reads of this thread a deadline; leaving brings back the one before.

    There may be one before: a caller's progress function may itself use the client.
    """

    __slots__ = ("_before", "_limits")

    def __init__(self, deadline: float, cancel: threading.Event | None) -> None:
        self._limits = deadline, cancel

    def __enter__(self) -> None:
        self._before = _limit.deadline, _limit.cancel
        _limit.deadline, _limit.cancel = self._limits

    def __exit__(self, *_: object) -> None:
        _limit.deadline, _limit.cancel = self._before


def bound_reads(client: httpx.Client) -> bool:
    """Put the deadline under every connection of a client; tell whether that was possible."""
    transports = [client._transport, *client._mounts.values()]  # noqa: SLF001 (httpx has no other way in)
    present = [transport for transport in transports if transport is not None]
    pools = _pools(client, httpx.HTTPTransport)
    if len(pools) < len(present) or any(pool.connections for pool in pools):
        return False
    for pool in pools:
        if not isinstance(pool._network_backend, _DeadlineBackend):  # noqa: SLF001
            pool._network_backend = _DeadlineBackend(pool._network_backend)  # noqa: SLF001
    return True


def _pools(client: Any, kind: type[Any]) -> list[Any]:  # noqa: ANN401 (httpx's, of either kind)
    """Return the pools of a client's transports, as far as they are httpx's own."""
    transports = (client._transport, *client._mounts.values())  # noqa: SLF001 (as above)
    return [transport._pool for transport in transports if isinstance(transport, kind)]  # noqa: SLF001


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        return _connected(functools.partial(self._backend.connect_tcp, *args, **kwargs))

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:  # noqa: ANN401
        return _connected(functools.partial(self._backend.connect_unix_socket, *args, **kwargs))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


def _connected(connect: Callable[[], httpcore.NetworkStream]) -> httpcore.NetworkStream:
    # Looking up a name takes no timeout, a handshake many in turn, and each address of a host is
    # given the whole of it.
    try:
        return _DeadlineStream(in_thread(connect, _limit.left(), _limit.cancel))
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("connecting took too long") from error
    except ConnectionAbortedError as error:
        raise httpcore.ConnectError("cancelled") from error


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            left = _limit.left()
            if left is not None and left <= 0:
                raise httpcore.ReadTimeout("the deadline has passed")
            waits = [wait for wait in (timeout, left) if wait is not None]
            cancel = _limit.cancel
            if cancel is not None and min(waits, default=1.0) > CANCEL_CHECK:
                if cancel.is_set():
                    raise httpcore.ReadError("cancelled")
                with contextlib.suppress(httpcore.ReadTimeout):
                    return self._stream.read(max_bytes, CANCEL_CHECK)
                continue
            return self._stream.read(max_bytes, min(waits, default=None))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            context = in_time(ssl_context)
            return _connected(
                functools.partial(self._stream.start_tls, context, server_hostname, timeout)
            )
        except (httpcore.ConnectTimeout, httpcore.ConnectError, ConfigurationError):
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        return self._stream.get_extra_info(info)


def in_thread(
    action: Callable[[], _T], timeout: float | None, cancel: threading.Event | None = None
) -> _T:
    """Run an action in a thread of its own, and abandon it when its time is up.

    Raises:
        TimeoutError: After `timeout` seconds.
        ConnectionAbortedError: As soon as `cancel` is set.
    """
    future: Future[_T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            result = context.run(action)
        except BaseException as error:  # noqa: BLE001 (raised again by the waiting thread)
            with contextlib.suppress(InvalidStateError):
                future.set_exception(error)
            return
        try:
            future.set_result(result)
        except InvalidStateError:  # abandoned: nobody else will ever close what was opened
            getattr(result, "close", lambda: None)()

    threading.Thread(target=work, name="babou-deadline", daemon=True).start()
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if end is None else end - time.monotonic()
        cancelled = cancel is not None and cancel.is_set()
        if cancelled or (left is not None and left <= 0):
            if future.cancel():
                raise ConnectionAbortedError("cancelled") if cancelled else TimeoutError
            return future.result()
        look = left if cancel is None else min(CANCEL_CHECK, left or CANCEL_CHECK)
        if wait([future], look).done:
            return future.result()


def connect_by(backend: httpcore.AsyncNetworkBackend, client: httpx.AsyncClient) -> None:
    """Make a client of ours connect by another backend than that of its httpcore."""
    for pool in _pools(client, httpx.AsyncHTTPTransport):
        pool._network_backend = backend  # noqa: SLF001


def close_failed_handshakes(client: httpx.AsyncClient) -> None:
    """Make a client close the connection whose TLS handshake was cancelled; httpcore forgets it."""
    for pool in _pools(client, httpx.AsyncHTTPTransport):
        if not isinstance(pool._network_backend, _AsyncBackend):  # noqa: SLF001
            pool._network_backend = _AsyncBackend(pool._network_backend)  # noqa: SLF001


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_tcp(*args, **kwargs))

    async def connect_unix_socket(
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_unix_socket(*args, **kwargs))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        # On the path of every byte, so without a call in between.
        self.read = stream.read  # type: ignore[method-assign]
        self.write = stream.write  # type: ignore[method-assign]
        self.get_extra_info = stream.get_extra_info  # type: ignore[method-assign]

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> httpcore.AsyncNetworkStream:
        try:
            return _AsyncStream(await self._stream.start_tls(*args, **kwargs))
        except BaseException:
            await self._stream.aclose()
            raise
