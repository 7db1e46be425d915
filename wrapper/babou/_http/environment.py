"""The environment's proxies and certificates, which sync and async connections use alike.

`HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` are read in lower case first; where none is set, the
system's settings count. `NO_PROXY` is read as curl reads it (`man curl`): names with everything
below them, addresses, networks, `*` for all; beyond that, a port may follow.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import certifi
import httpcore
from attrs import frozen

from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_VARIABLES = "Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."


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
