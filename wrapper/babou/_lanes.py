"""The clients of httpx that an engine makes for itself."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import httpx
from httpx._utils import get_environment_proxies

from babou._engine import KEEPALIVE
from babou._errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@functools.cache
def _tls_context() -> ssl.SSLContext:
    """Return the one TLS context of all clients: making one costs more than a hundred requests."""
    return httpx.create_ssl_context()


class Lanes:
    """Clients of httpx that are all alike, each of one connection, as many as are in use at once.

    httpcore's pool looks twice a request at each of its connections, and for each at all the
    others: with twenty that takes as long as the request. With one there is nothing to look at.

    Args:
        kind: `httpx.Client` or `httpx.AsyncClient`.
        prepare: Is given each client that is made.
    """

    def __init__(self, kind: Callable[..., Any], prepare: Callable[[Any], object]) -> None:
        self._kind, self._prepare = kind, prepare
        self._proxies = get_environment_proxies()  # read once: all of them take the same road
        self._idle: list[Any] = []
        self.all: list[Any] = []

    @contextlib.contextmanager
    def one(self) -> Iterator[Any]:
        """Lend the client that was used last, and so is the likeliest to be connected."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = self.make(1)
        try:
            yield client
        finally:
            self._idle.append(client)

    def make(self, connections: int) -> Any:  # noqa: ANN401 (as above)
        """Return a new client, or raise ConfigurationError."""
        synchronous = self._kind is httpx.Client
        transport = httpx.HTTPTransport if synchronous else httpx.AsyncHTTPTransport
        options: dict[str, Any] = {
            "verify": _tls_context(),
            "limits": httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=KEEPALIVE,
            ),
        }
        try:
            mounts = {
                pattern: None if proxy is None else transport(proxy=proxy, **options)
                for pattern, proxy in self._proxies.items()
            }
            client = self._kind(mounts=mounts, trust_env=False, **options)
        except (ValueError, ImportError, OSError) as error:
            raise ConfigurationError(
                f"The environment's proxy or certificate settings cannot be used: {error}. "
                "Look at HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR."
            ) from error
        self._prepare(client)
        self.all.append(client)
        return client
