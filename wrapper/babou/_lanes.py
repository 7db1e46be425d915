"""The connections that an engine over httpx makes for itself.

httpx says which proxy leads where, and sets up the pools of httpcore. A pool makes a connection for
each call in flight, but is asked for nothing else: it looks twice a request at each of its
connections, and for each at all the others, which with twenty takes as long as the request.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
from attrs import field, frozen
from httpx._utils import get_environment_proxies

from babou._engine import KEEPALIVE, MAX_CONNECTIONS
from babou._errors import ConfigurationError
from babou._tls import LATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from babou._messages import Request


def own_client(kind: Callable[..., Any]) -> Any:  # noqa: ANN401 (of that kind)
    """Return a client of httpx, `httpx.Client` or `httpx.AsyncClient`, as the environment says.

    Raises:
        ConfigurationError: The environment's proxies can't be used.
    """
    transport = httpx.HTTPTransport if kind is httpx.Client else httpx.AsyncHTTPTransport
    options: dict[str, Any] = {
        "verify": LATE,
        "limits": httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE,
        ),
    }
    try:
        mounts = {
            pattern: None if proxy is None else transport(proxy=proxy, **options)
            for pattern, proxy in get_environment_proxies().items()
        }
        return kind(mounts=mounts, trust_env=False, **options)
    except (ValueError, ImportError) as error:
        raise ConfigurationError(
            f"The environment's proxy settings cannot be used: {error}. "
            "Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
        ) from error


@frozen(eq=False)
class Road:
    """One origin: its parts as httpcore has them, and the connections to it that nobody uses."""

    scheme: bytes
    host: bytes
    port: int | None
    header: bytes
    """What the header `Host` says."""
    pool: Any
    idle: deque[Any] = field(factory=deque)


class Lanes:
    """Connections of httpcore, each used by one call at a time.

    Args:
        client: The client of httpx whose pools make them.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 (of either kind)
        self._client = client
        self._roads: dict[tuple[str, str], Road] = {}
        self._lock = threading.Lock()
        self._closed = False

    def prepared(self, request: Request, timeout: float) -> tuple[Road, httpcore.Request]:
        """Return the road that a request takes, and the request as httpcore has it."""
        scheme, _, rest = request.url.partition("://")
        authority, _, path = rest.partition("/")
        road = self._roads.get((scheme, authority)) or self._road(scheme, authority)
        url = httpcore.URL(
            scheme=road.scheme, host=road.host, port=road.port, target=f"/{path}".encode()
        )
        headers = [(b"host", road.header), (b"accept-encoding", b"gzip")]
        headers += [(name.encode(), value.encode()) for name, value in request.headers.items()]
        times = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        return road, httpcore.Request(
            request.method, url, headers=headers, extensions={"timeout": times}
        )

    def _road(self, scheme: str, authority: str) -> Road:
        url = httpx.URL(f"{scheme}://{authority}")
        pool = self._client._transport_for_url(url)._pool  # noqa: SLF001 (httpx has no other way in)
        road = Road(url.raw_scheme, url.raw_host, url.port, url.netloc, pool)
        return self._roads.setdefault((scheme, authority), road)

    def take(self, road: Road) -> tuple[Any, list[Any]]:
        """Return a connection for one call, and those that are to be closed: their time is up.

        It is the one that was used last, and so the likeliest to be open still.
        """
        stale: list[Any] = []
        with self._lock:
            while road.idle and road.idle[0].has_expired():
                stale.append(road.idle.popleft())
            while road.idle:
                connection = road.idle.pop()
                if connection.is_available() and not connection.has_expired():
                    return connection, stale
                stale.append(connection)
        origin = httpcore.Origin(road.scheme, road.host, road.port or _PORTS[road.scheme])
        return road.pool.create_connection(origin), stale

    def give_back(self, road: Road, connection: Any) -> bool:  # noqa: ANN401 (of either kind)
        """Keep a connection for the next call; tell whether it can be used again."""
        if self._closed or not connection.is_available():
            return False
        road.idle.append(connection)
        return True

    def close(self) -> list[Any]:
        """Keep no connection any longer; return those that nobody uses, to be closed."""
        self._closed = True
        with self._lock:
            idle = [connection for road in self._roads.values() for connection in road.idle]
            self._roads.clear()
        return idle


_PORTS = {b"http": 80, b"https": 443}
