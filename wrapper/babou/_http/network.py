"""What both transports know of sockets and TLS.

`connecting` tells which sockets to wait for. An `ssl.SSLObject` does TLS between two buffers in
memory. So one deadline limits handshakes and encrypted reads like any other read, TLS can run
inside TLS (if a proxy is itself reached by https), and bytes that arrive before anybody asked for
them are noticed.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import ssl
import time
from collections import deque
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, TypeVar, cast

import httpcore

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_T = TypeVar("_T")
READ = 1 << 17
"""Bytes of one read: an asynchronous download takes a tenth less CPU time than with 64 KiB."""

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside the first (RFC 8305, 5)."""

Address = tuple[Any, ...]
"""As socket.getaddrinfo has it: family, type, protocol, canonical name, address."""

Connecting = tuple[list[socket.socket], float]
"""Sockets of which one should become writable, and the seconds to wait for that."""


def connecting(
    found: Sequence[Address],
) -> Generator[Connecting, list[socket.socket], socket.socket]:
    """Connect to the first address that accepts (RFC 8305).

    Yields what to wait for, and receives the sockets that are writable, perhaps none. Returns a
    non-blocking socket, and closes all others, even if the generator is closed early.

    Raises:
        OSError: No address accepts; this is the last one's reason.
    """
    addresses, trying = deque(_alternating(found)), list[socket.socket]()
    problem, next_at = OSError("the host has no address"), -math.inf
    try:
        while addresses or trying:
            if addresses and time.monotonic() >= next_at:
                try:
                    trying.append(_begun(addresses.popleft()))
                    next_at = time.monotonic() + HEAD_START
                except OSError as error:
                    problem = error
                continue
            pause = max(0.0, next_at - time.monotonic()) if addresses else math.inf
            for network in (yield trying, pause):
                trying.remove(network)
                code = network.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    return network
                network.close()
                problem, next_at = OSError(code, os.strerror(code)), -math.inf
        raise problem
    finally:
        for network in trying:
            network.close()


def _alternating(found: Sequence[Address]) -> list[Address]:
    """Return addresses of both families by turns, in the order of each (RFC 8305, 4)."""
    first = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    return [each for each in chain(*zip_longest(first, others)) if each is not None]


def _begun(address: Address) -> socket.socket:
    family, kind, protocol, _, place = address
    network = socket.socket(family, kind, protocol)
    try:
        network.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        network.setblocking(False)  # noqa: FBT003 (its only argument)
        with contextlib.suppress(BlockingIOError):
            network.connect(place)
    except BaseException:
        network.close()
        raise
    return network


def is_readable(number: int, seconds: float = 0.0) -> bool:
    """Tell whether something has arrived on a socket, even if only its end; wait for it."""
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # on Windows
        return bool(select.select([number], [], [], seconds)[0])
    return _poll(number, select.POLLIN, seconds)


def is_writable(number: int, seconds: float) -> bool:
    """Tell whether a socket takes bytes to send; wait for it."""
    if not hasattr(select, "poll"):
        return bool(select.select([], [number], [], seconds)[1])
    return _poll(number, select.POLLOUT, seconds)


def _poll(number: int, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(number, event)
    return bool(poll.poll(seconds * 1000))


class Tls:
    """One side of a TLS connection, without the network."""

    def __init__(self, context: ssl.SSLContext, hostname: str | None) -> None:
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._buffer = memoryview(bytearray(READ))
        self._failure: ssl.SSLError | None = None
        self.object = context.wrap_bio(self._arrived, self._leaving, server_hostname=hostname)

    @property
    def has_unread(self) -> bool:
        """Tell whether bytes have arrived that were not read."""
        return bool(self._arrived.pending or self.object.pending())

    def handshake(self) -> Generator[bytes | None, bytes, None]:
        """Do the handshake: see `_talk`."""
        return self._talk(self.object.do_handshake)

    def write(self, data: bytes) -> Generator[bytes | None, bytes, int]:
        """Encrypt bytes: see `_talk`."""
        return self._talk(lambda: self.object.write(data))

    def read(self, count: int) -> Generator[bytes | None, bytes, memoryview]:
        """Return up to `count` decrypted bytes, in a buffer that the next read uses again.

        There are none at the end. A read of 16 KiB for each record, and a copy of all of them
        together, would make a download a twelfth slower.

        Raises:
            ssl.SSLEOFError: The connection ended without close_notify. A body without a length may
                have been cut off there (RFC 9112, 9.8).
        """
        return self._talk(lambda: self._decrypted(count))

    def _decrypted(self, count: int) -> memoryview:
        if self._failure is not None:  # OpenSSL tells it once: the next read would find an end
            raise self._failure
        filled, free = 0, self._buffer[:count]
        try:
            while free and (read := self.object.read(len(free), free)):
                size = cast("int", read)  # with a buffer, it is a number
                filled, free = filled + size, free[size:]
        except ssl.SSLWantReadError:
            if not filled:
                raise
        except ssl.SSLError as error:
            self._failure = error
            if not filled:
                raise
        return self._buffer[:filled]

    def take_in(self, data: bytes) -> bytes:
        """Return what can be decrypted with bytes that have just arrived.

        Raises:
            ssl.SSLError: The other side has given up, or the bytes are broken.
        """
        self._arrived.write(data)
        try:
            return self.object.read(READ)
        except ssl.SSLWantReadError:  # nothing yet
            return b""

    def _talk(self, action: Callable[[], _T]) -> Generator[bytes | None, bytes, _T]:
        """Yield bytes that are to be sent, and None to receive what has arrived."""
        while True:
            try:
                result = action()
            except ssl.SSLWantReadError:
                if leaving := self._leaving.read():
                    yield leaving
                arrived = yield None
                if arrived:
                    self._arrived.write(arrived)
                else:
                    self._arrived.write_eof()
            except ssl.SSLError:
                yield self._leaving.read()  # tells the other side the reason
                raise
            else:
                if leaving := self._leaving.read():
                    yield leaving
                return result


class Early:
    """Keeps bytes that httpcore has not asked for yet.

    They come while a request is still being sent, and may be its answer; or with the head of an
    answer whose body is read without h11.

    Attributes:
        ahead: These bytes, until they are read; empty at the end of the connection.
    """

    _network: socket.socket
    ahead: bytes | None = None

    def arrived(self) -> bytes | None:
        """Return what has come, without waiting for it."""
        return self._network.recv(READ) if is_readable(self._network.fileno()) else None

    def check_unanswered(self) -> None:
        """Raise if the server has answered, except with a 1xx (RFC 9110, 15.2).

        Raises:
            httpcore.WriteError: This makes httpcore stop sending, and read the answer.
        """
        if self.ahead is None:
            self.ahead = self.arrived()
        if self.ahead is not None and not self.ahead.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
            raise httpcore.WriteError("the server has answered already")

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        return is_readable(self._network.fileno()) if info == "is_readable" else None


class OverTls(Early):
    """What TLS streams have in common."""

    _below: Early
    _tls: Tls

    def arrived(self) -> bytes | None:
        """Return what has come, without waiting for it."""
        came = self._below.arrived()
        return came if not came else self._tls.take_in(came) or None

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as httpcore has it)
        if info == "ssl_object":
            return self._tls.object
        return self._tls.has_unread or self._below.get_extra_info(info)
