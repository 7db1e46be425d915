"""What both transports know of the network: sockets, proxies, certificates, TLS.

No function here waits. `connecting` tells which sockets to wait for. An `ssl.SSLObject` does TLS
between two buffers in memory. So one deadline limits handshakes and encrypted reads like any other
read, TLS can run inside TLS (if a proxy is itself reached by https), and bytes that arrive before
anybody asked for them are noticed.

The environment, or the system's settings, name proxies and certificates. `HTTP_PROXY`,
`HTTPS_PROXY` and `ALL_PROXY` are read in lower case first. `NO_PROXY` is read as curl reads it
(`man curl`): names with everything below them, addresses, networks, `*` for all; beyond that, a
port may follow.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import math
import os
import select
import socket
import ssl
import time
from collections import deque
from importlib.util import find_spec
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import certifi
import httpcore
from attrs import frozen

from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

_T = TypeVar("_T")
_PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_VARIABLES = "Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
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


def is_readable(number: int) -> bool:
    """Tell whether something has arrived on an idle socket, even if only its end."""
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # on Windows, and if gevent has removed it
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


class Proxy(NamedTuple):
    """One proxy."""

    url: httpcore.URL
    auth: tuple[bytes, bytes] | None
    name: str
    """Its address without user and password, for messages."""

    @property
    def is_socks(self) -> bool:
        return self.url.scheme.startswith(b"socks")

    def refusal(self, status: int) -> ConfigurationError:
        """Return the error for a proxy that demands other credentials."""
        return ConfigurationError(
            f"The proxy {self.name} refuses its user name and password, or wants some ({status}). "
            f"Put them into its address: http://user:password@host:port. {_VARIABLES}"
        )


@frozen
class Proxies:
    """The proxies of the environment."""

    by_scheme: Mapping[str, Proxy]
    direct: tuple[_Direct, ...]

    @classmethod
    def of_environment(cls) -> Proxies:
        """Read the environment, or the system's settings if it has any.

        Raises:
            ConfigurationError: A proxy can't be used.
        """
        found = getproxies()
        direct = [_direct(part) for part in found.pop("no", "").replace(",", " ").split()]
        proxies = {
            scheme: _proxy(scheme, found[scheme])
            for scheme in ("http", "https", "all")
            if found.get(scheme)
        }
        return cls(proxies, tuple(direct))

    def to(self, scheme: str, host: str, port: int) -> Proxy | None:
        """Return the proxy for a host, or None to connect directly."""
        proxy = self.by_scheme.get(scheme) or self.by_scheme.get("all")
        if proxy is None or any(each.holds_for(host, port) for each in self.direct):
            return None
        return proxy


def _proxy(variable: str, address: str) -> Proxy:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        usual_port = _PROXY_PORTS[parts.scheme]
        port = parts.port or usual_port
        host = (parts.hostname or "").encode("ascii")
    except (ValueError, KeyError):
        host = b""
    if not host:
        raise ConfigurationError(
            "The environment's proxy settings cannot be used: "
            f"{variable.upper()}_PROXY should be a URL such as http://proxy.example.com:3128. "
            f"{_VARIABLES}"
        )
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(
            "The environment's proxy settings cannot be used: a SOCKS proxy needs one more "
            f"package: pip install socksio. {_VARIABLES}"
        )
    auth = None
    if parts.username is not None:
        auth = unquote(parts.username).encode(), unquote(parts.password or "").encode()
    url = httpcore.URL(scheme=parts.scheme.encode(), host=host, port=port, target=b"/")
    return Proxy(url, auth, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")


@frozen
class _Direct:
    """One entry of NO_PROXY."""

    name: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None

    def holds_for(self, host: str, port: int) -> bool:
        if self.port not in {None, port}:
            return False
        address = _network(host)
        if self.network is not None and address is not None:
            return address.version == self.network.version and (
                address.network_address in self.network
            )
        name = host.lower().rstrip(".")
        return self.name == "*" or (
            bool(self.name)
            and address is None
            and (name == self.name or name.endswith(f".{self.name}"))
        )


def _direct(entry: str) -> _Direct:
    host, port = entry, None
    before, colon, after = entry.rpartition(":")
    if colon and after.isdecimal() and (":" not in before or before.endswith("]")):
        host, port = before, int(after)
    host = host.replace("[", "").replace("]", "")
    name = host if host == "*" else host.lower().removeprefix("*").strip(".")
    return _Direct(name, _network(host), port)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None


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
    if folder and not Path(folder).is_dir():  # OpenSSL would silently trust nobody
        raise NotADirectoryError(f"{folder!r} is not a directory")
    if file or folder:
        return ssl.create_default_context(cafile=file or None, capath=folder or None)
    # OpenSSL would take an empty variable for a path, so it is given the system's paths.
    system = ssl.get_default_verify_paths()
    bundle, hashed = Path(system.openssl_cafile), Path(system.openssl_capath)
    if bundle.is_file() or (hashed.is_dir() and any(hashed.iterdir())):
        return ssl.create_default_context(
            cafile=bundle if bundle.is_file() else None, capath=hashed if hashed.is_dir() else None
        )
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:  # nothing in the store of Windows either
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
        """Do the handshake: see `_talk`."""
        return self._talk(self.object.do_handshake)

    def write(self, data: bytes) -> Generator[bytes | None, bytes, int]:
        """Encrypt bytes: see `_talk`."""
        return self._talk(lambda: self.object.write(data))

    def read(self, count: int) -> Generator[bytes | None, bytes, bytes]:
        """Return up to `count` decrypted bytes; none at the end.

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
            # otherwise half a record, or an error that the next read will raise
        return b"".join(pieces)

    def take_in(self, data: bytes) -> bytes:
        """Return what can be decrypted with bytes that have just arrived."""
        self._arrived.write(data)
        try:
            return self.object.read(READ)
        except ssl.SSLError:  # nothing yet, or an error that the next read will raise
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
