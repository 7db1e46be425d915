"""What both transports know of sockets and of TLS: no function here waits.

`connecting` tells which sockets to wait for. TLS is spoken by an `ssl.SSLObject`, between two
buffers in memory. So one deadline bounds each handshake and each read like anything else that is
read, TLS runs inside TLS (a proxy that is itself reached by https), and it can be seen whether
anything arrived that nobody asked for.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import select
import socket
import ssl
import time
from collections import deque
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import certifi

from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

_T = TypeVar("_T")
READ = 1 << 16
"""Bytes of one read from the network."""

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside the first (RFC 8305, 5)."""

Address = tuple[Any, ...]
"""As socket.getaddrinfo has it: family, type, protocol, canonical name, address."""

Connecting = tuple[list[socket.socket], float]
"""Sockets, one of which should become writable, and the seconds after which it is too late."""


def connecting(
    found: Sequence[Address],
) -> Generator[Connecting, list[socket.socket], socket.socket]:
    """Connect to the first address that accepts (RFC 8305).

    Yields what to wait for, and is sent those sockets that are writable, be it none. Returns a
    socket that does not block; closes all others, also where it is closed itself.

    Raises:
        OSError: No address accepts; the last one's reason.
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


def is_readable(number: int) -> bool:
    """Tell whether something has arrived on an idle socket, be it only that it was closed."""
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows, and where gevent has taken its place
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


@functools.cache
def trusted() -> ssl.SSLContext:
    """Return the TLS context of all clients, made when the first handshake needs it.

    Reading the certificate authorities costs more than a hundred requests.

    Raises:
        ConfigurationError: The certificates that the environment names can't be read.
    """
    try:
        context = _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except (ValueError, OSError) as error:
        raise ConfigurationError(
            f"The environment's certificate settings cannot be used: {error}. "
            "Look at SSL_CERT_FILE and SSL_CERT_DIR."
        ) from error
    context.set_alpn_protocols(["http/1.1"])
    return context


def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    if folder and not Path(folder).is_dir():  # OpenSSL would trust nobody, without a word
        raise NotADirectoryError(f"{folder!r} is not a directory")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    # OpenSSL takes an empty variable for a name, so the system's places are named to it.
    system = ssl.get_default_verify_paths()
    bundle, hashed = Path(system.openssl_cafile), Path(system.openssl_capath)
    if bundle.is_file() or (hashed.is_dir() and any(hashed.iterdir())):
        return ssl.create_default_context(
            cafile=bundle if bundle.is_file() else None, capath=hashed if hashed.is_dir() else None
        )
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:  # Windows has them elsewhere
        context.load_verify_locations(certifi.where())
    return context


class Tls:
    """One side of a TLS connection, without the network."""

    def __init__(self, context: ssl.SSLContext, hostname: str | None) -> None:
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self._arrived, self._leaving, server_hostname=hostname)

    @property
    def has_unread(self) -> bool:
        """Tell whether bytes have arrived that were not read."""
        return bool(self._arrived.pending or self.object.pending())

    def handshake(self) -> Generator[bytes | None, bytes, None]:
        """Begin TLS: see `_talk`."""
        return self._talk(self.object.do_handshake)

    def write(self, data: bytes) -> Generator[bytes | None, bytes, int]:
        """Encrypt bytes: see `_talk`."""
        return self._talk(lambda: self.object.write(data))

    def read(self, count: int) -> Generator[bytes | None, bytes, bytes]:
        """Return what has been decrypted, up to `count` bytes; none at the end.

        Raises:
            ssl.SSLEOFError: The connection ended without close_notify. A body without a length may
                have been cut off there (RFC 9112, 9.8).
        """
        return self._talk(lambda: self._decrypted(count))

    def _decrypted(self, count: int) -> bytes:
        pieces = list[bytes]()
        try:
            while count and (piece := self.object.read(count)):
                pieces.append(piece)
                count -= len(piece)
        except ssl.SSLError:
            if not pieces:
                raise
            # else half a record, or what the next read will meet
        return b"".join(pieces)

    def take_in(self, data: bytes) -> bytes:
        """Return what can be decrypted of bytes that have just arrived, and wait for no more."""
        self._arrived.write(data)
        try:
            return self.object.read(READ)
        except ssl.SSLError:  # none yet, or what the next read will meet
            return b""

    def _talk(self, action: Callable[[], _T]) -> Generator[bytes | None, bytes, _T]:
        """Yield bytes that are to be sent, and None to be sent what has arrived."""
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
                yield self._leaving.read()  # tells the other side why
                raise
            else:
                if leaving := self._leaving.read():
                    yield leaving
                return result
