"""What both transports share of connections; no function here uses the network."""

from __future__ import annotations

import functools
import logging
import re
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import h11  # only to check headers, as httpcore would
import httpcore

from babou._core.content import host_name
from babou._core.messages import join_headers
from babou._http.environment import trusted
from babou._http.errors import AT_WORK, ErrorMap
from babou._http.transport import MAX_CONNECTIONS

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from babou._core.messages import Request
    from babou._http.environment import Proxy
    from babou._http.network import Early

KEEPALIVE = 60.0
"""Seconds that an idle connection is kept: longer than the longest pause between two polls."""

ERRORS = ErrorMap(
    late=(TimeoutError, httpcore.TimeoutException),
    broken=(
        *(httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError),
        *(h11.LocalProtocolError, OSError),
    ),
    impossible=(UnicodeError,),  # in host names
)
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_SAFE = "!#$%&'()*+,/:;=?@[]~"
_PORTS = {"http": 80, "https": 443}
_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS"})
PROXY_AUTHENTICATION = 407
_NO_BODY = frozenset({204, 304})
_BLANK_LINE = re.compile(rb"\n\r?\n")  # as h11 reads it
_LONG = 1 << 20
"""A body of so many bytes or more is read without h11, which copies each piece three times. Its
connection cannot be used again."""


class _NoBody:
    """The content of a request that has none: httpcore's own would be sent as an empty piece."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


_NO_CONTENT = _NoBody()


def _without_values(record: logging.LogRecord) -> bool:
    """Keep only the step's name in httpcore's log of our requests: the rest shows what came."""
    if AT_WORK.get():
        record.msg = record.getMessage().partition(" ")[0]
        record.args = None
    return True


logging.getLogger("httpcore.http11").addFilter(_without_values)


@functools.lru_cache(64)
def origin_of(scheme: str, authority: str) -> tuple[httpcore.Origin, bytes]:
    """Return the origin that a connection leads to, and the value of the header `Host`."""
    parts = urlsplit(f"{scheme}://{authority}")
    host, port = host_name(parts.hostname or ""), parts.port
    shown = b"[%b]" % host if b":" in host else host
    if port is not None and port != _PORTS[scheme]:
        shown += b":%d" % port
    return httpcore.Origin(scheme.encode(), host, port or _PORTS[scheme]), shown


@functools.lru_cache(256)
def _url(url: str) -> tuple[httpcore.URL, bytes]:
    """Return an address in httpcore's form, and the value of the header `Host`."""
    parts = _URL.match(url)
    if parts is None:
        raise UnicodeError("it is not the address of a web server")
    scheme, authority, target = parts.groups()
    origin, host = origin_of(scheme.lower(), authority.rpartition("@")[2])
    return httpcore.URL(
        scheme=origin.scheme,
        host=origin.host,
        port=None if origin.port == _PORTS[origin.scheme.decode()] else origin.port,
        target=quote(target if target[:1] == "/" else f"/{target}", safe=_SAFE).encode(),
    ), host


def prepared(request: Request) -> httpcore.Request:
    """Return a request in httpcore's form."""
    url, host = _url(request.url)
    headers = [(b"host", host), (b"accept-encoding", b"gzip")]
    if "accept-encoding" in request.headers:
        del headers[1]
    headers += [(name.encode(), value.encode()) for name, value in request.headers.items()]
    sent = httpcore.Request(request.method, url)
    sent.headers, sent.stream = headers, _NO_CONTENT  # httpcore would check each header again
    return sent


def decoded(raw: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """Yield the header lines as text."""
    for name, value in raw:
        try:
            yield name.decode("latin-1"), value.decode()
        except UnicodeDecodeError:
            yield name.decode("latin-1"), value.decode("latin-1")


class Received:
    """Counts the bytes since a request, to know whether exactly one answer has come.

    Bytes beyond the answer came before they were asked for. httpcore would take them for the
    beginning of the next answer, so such a connection is not used again.

    Attributes:
        count: How many were handed on.
        stops_at_head: Whether the head of the answer is handed on without what came with it.
    """

    __slots__ = ("_head", "_last", "_start", "count", "stops_at_head")

    def __init__(self) -> None:
        self.stops_at_head = False
        self.begin()

    def begin(self) -> None:
        """Start a new exchange."""
        self.count = self._head = 0
        self._start = self._last = b""

    def add(self, data: bytes) -> tuple[bytes, bytes | None]:
        """Count some bytes; return those to hand on now, and those to hand on with the next."""
        later = None
        if not self._head:
            self._start += data
            begin = self._start.find(b"HTTP/")  # a SOCKS proxy's replies come before
            blank = _BLANK_LINE.search(self._start, begin) if begin >= 0 else None
            if blank is not None:
                surplus = len(self._start) - blank.end()
                if self.stops_at_head and surplus:
                    data, later = data[:-surplus], data[-surplus:]
                self._head, self._start = blank.end(), b""
        self.count += len(data)
        self._last = (self._last + data)[-5:] if len(data) < 5 else data[-5:]  # noqa: PLR2004
        return data, later

    def is_head(self) -> bool:
        """Tell whether the head of one answer was handed on, and nothing else."""
        return 0 < self._head == self.count

    def is_exactly(self, length: int | None) -> bool:
        """Tell whether one answer came, and nothing after it.

        Args:
            length: That of its body; None if it was sent in chunks.
        """
        if length is None:
            return self._last == b"0\r\n\r\n"
        return self.count == self._head + length


class _Http(Protocol):
    def is_available(self) -> bool: ...

    def has_expired(self) -> bool: ...


_H = TypeVar("_H", bound=_Http)


class Connection(Generic[_H]):
    """A connection: httpcore's connection once it is open, and the bytes received over it."""

    top: Early
    """The stream that httpcore reads, once it is open."""

    def __init__(self, origin: httpcore.Origin, proxy: Proxy | None) -> None:
        self.origin, self.proxy = origin, proxy
        self.received = Received()
        self._http: _H | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._checked: Any = None

    def begin(self, request: httpcore.Request, *, stops_at_head: bool) -> None:
        """Start an exchange.

        h11 checks each header of each request, which takes a twentieth of a call. Headers that it
        has checked are taken as they are.
        """
        self.received.begin()
        self.received.stops_at_head = stops_at_head
        if request.headers != self._headers:
            event = h11.Request(method="GET", target="/", headers=request.headers)
            self._headers, self._checked = request.headers, event.headers
        request.headers = self._checked

    def is_available(self) -> bool:
        """Tell whether the exchange has ended, and another may follow."""
        return self._http is not None and self._http.is_available()

    def has_expired(self) -> bool:
        """Tell whether an idle connection is useless: too old, closed, or unexpected bytes came."""
        return self._http is None or self._http.has_expired()


_C = TypeVar("_C", bound=Connection[Any])


class Exchange(Generic[_C]):
    """An answer, and the connection that it comes over."""

    def __init__(self, connection: _C, answer: httpcore.Response) -> None:
        """Read the head of an answer.

        Raises:
            ConfigurationError: The answer is from a proxy, not from the server.
        """
        if connection.proxy is not None and answer.status == PROXY_AUTHENTICATION:
            raise connection.proxy.refusal(answer.status)
        self.connection, self.answer = connection, answer
        self.chunks: Any = answer.stream
        self._headers: Mapping[str, str] = {}

    def headers(self) -> Mapping[str, str]:
        """Return the headers, names in lower case."""
        self._headers = join_headers(decoded(self.answer.headers), status=self.answer.status)
        return self._headers

    def _length(self) -> int | None:
        """Return the announced length of the body; None if chunks, or its end, tell it."""
        if "transfer-encoding" in self._headers:
            return None
        length = "0" if self.answer.status in _NO_BODY else self._headers.get("content-length", "")
        return int(length) if length.isdecimal() else None

    def length_without_h11(self) -> int:
        """Return the length of a body that is read without h11; 0 for every other body."""
        length = self._length() or 0
        return length if length >= _LONG and self.connection.received.is_head() else 0

    def is_complete(self) -> bool:
        """Tell whether the answer was read, and nothing came after it."""
        connection = self.connection
        return (
            connection.is_available()
            and connection.top.ahead is None
            and connection.received.is_exactly(self._length())
        )


def proxy_options(proxy: Proxy, context: ssl.SSLContext | None, backend: object) -> dict[str, Any]:
    """Return the arguments of httpcore's proxies; `context` is for the server behind the proxy."""
    options: dict[str, Any] = {
        "proxy_url": proxy.url,
        "proxy_auth": proxy.auth,
        "ssl_context": context,
        "keepalive_expiry": KEEPALIVE,
        "network_backend": backend,
    }
    if proxy.url.scheme == b"https":
        options["proxy_ssl_context"] = trusted()
    return options


class Pool(Generic[_C]):
    """The connections that no call uses.

    httpcore's own pool looks through all its connections and all who wait, twice a request: 447 µs
    a call where twenty connections are idle, 203 µs with this one. The connection that was used
    last is taken first, because it is the likeliest to be open still.
    """

    def __init__(self) -> None:
        self._idle: deque[_C] = deque()
        self._lock = threading.Lock()

    def take(self, origin: httpcore.Origin) -> tuple[_C | None, list[_C]]:
        """Return a connection for one call, if there is one, and those that are to be closed."""
        useless: list[_C] = []
        with self._lock:
            while len(self._idle) > 1 and self._idle[0].has_expired():
                useless.append(self._idle.popleft())
            for index in reversed(range(len(self._idle))):
                if self._idle[index].origin == origin:
                    connection = self._idle[index]
                    del self._idle[index]
                    if not connection.has_expired():
                        return connection, useless
                    useless.append(connection)
        return None, useless

    def keep(self, connection: _C) -> list[_C]:
        """Keep a connection for the next call; return those that are too many."""
        with self._lock:
            self._idle.append(connection)
            return [self._idle.popleft()] if len(self._idle) > MAX_CONNECTIONS else []

    def inherited(self) -> list[_C]:
        """Return all in a forked process, whose lock may be held by a thread that it hasn't."""
        return list(self._idle)

    def empty(self, origin: httpcore.Origin | None = None) -> list[_C]:
        """Remove the connections of an origin, or all; return them, to be closed."""
        with self._lock:
            taken = [each for each in self._idle if origin is None or each.origin == origin]
            for each in taken:
                self._idle.remove(each)
        return taken


def may_be_sent_again(request: httpcore.Request, received: Received, error: BaseException) -> bool:
    """Tell whether a request that failed on a kept connection is sent again on a new one.

    A server may close an idle connection just when a request is sent on it. If no byte of an answer
    came, and the request is idempotent, it is repeated (RFC 9112, 9.3.1).
    """
    return (
        not received.count
        and request.method in _IDEMPOTENT
        and isinstance(error, ERRORS.broken)
        and not isinstance(error, ERRORS.late)
    )


def is_refused_by_proxy(error: BaseException) -> bool:
    """Tell whether a proxy demands other credentials before it opens a tunnel."""
    return isinstance(error, httpcore.ProxyError) and str(error).startswith(
        str(PROXY_AUTHENTICATION)
    )


def cut_off(left: int) -> httpcore.RemoteProtocolError:
    return httpcore.RemoteProtocolError(f"the connection ended {left} bytes before the body did")
