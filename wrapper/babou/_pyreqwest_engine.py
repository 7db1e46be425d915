"""The synchronous engine over pyreqwest (extra `fast`), and what its asynchronous sibling shares.

pyreqwest is compiled, and bounds a call by itself: names, handshake and body included. It reads
proxies and certificate authorities from the environment. A call that is given up goes on in the
background, at most until its deadline.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import math
import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlsplit

from pyreqwest import exceptions
from pyreqwest.client import SyncClientBuilder

from babou._engine import (
    KEEPALIVE,
    Body,
    Stream,
    ToldApart,
    Translated,
    Troubles,
    check,
)
from babou._errors import ConfigurationError
from babou._headers import join_headers
from babou._messages import Request, Response
from babou._threads import abandonable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyreqwest.client import SyncClient
    from pyreqwest.http import HeaderMap

CONNECTIONS = 320
"""Connections of one client; they cost it little, and a poll of many assets is over sooner."""


def _reason(error: BaseException) -> str:
    """Return the innermost cause; the outer ones repeat the URL, which may hold a signature."""
    causes = getattr(error, "details", None) or {}
    messages = [cause["message"] for cause in causes.get("causes") or ()]
    return messages[-1] if messages else str(error)


TROUBLES = Troubles(
    late=(TimeoutError,),
    broken=(exceptions.RequestError, OSError),
    closed=(exceptions.ClientClosedError,),
    impossible=(exceptions.BuilderError, ValueError),  # certificates, addresses
    reason=_reason,
)


_Client = TypeVar("_Client")
_FORKED = (
    "This process was forked from one that had made calls, which pyreqwest can't follow. Make the "
    'first call after the fork, or use engine="httpx".'
)


class PyreqwestEngine:
    """Send over a client of pyreqwest's own."""

    def __init__(self) -> None:
        check_proxies()
        self._clients: Clients[SyncClient] = Clients(SyncClientBuilder)
        self._closed = False

    def send(
        self, request: Request, *, timeout: float, cancel: threading.Event | None = None
    ) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed)
        with Translated(TROUBLES, request, timeout):
            return abandonable(functools.partial(self._exchange, request, timeout), cancel)

    def _exchange(self, request: Request, timeout: float) -> Response:
        with streamed(self._clients.get(), request, timeout) as answer:
            status, body = answer.status, Body()
            headers = joined(answer.headers, status)
            with ToldApart(TROUBLES, status):
                body.begin(headers)
                read = answer.body_reader.read_chunk
                while (chunk := read()) is not None:
                    body.add(chunk)
                body.end()
        return Response(status, headers, bytes(body.content), time.time())

    @contextlib.contextmanager
    def stream(self, request: Request, *, stall: float, timeout: float) -> Iterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        check(request, timeout, closed=self._closed)

        def translated(action: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever it returns)
            with Translated(TROUBLES, request, min(stall, timeout)):
                return abandonable(action, None)

        opened = translated(lambda: streamed(self._clients.get(stall), request, timeout))
        answer = translated(opened.__enter__)
        close = functools.partial(opened.__exit__, None, None, None)
        try:
            read = functools.partial(translated, answer.body_reader.read_chunk)
            yield Stream(answer.status, joined(answer.headers, answer.status), iter(read, None))
        except Exception:  # but not Ctrl-C: a piece is still being read, and this would wait for it
            close()
            raise
        close()

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for client in self._clients.made():
            client.close()


def _let_it_leave(process: int) -> None:
    """Wait until pyreqwest's own thread is not in Python, where it delivers results.

    At the end of the interpreter it would be torn out of it, which can end in an abort.
    """
    if os.getpid() == process:
        # Whatever that thread is at, it ends before it refuses this. It connects to nobody.
        client = SyncClientBuilder().danger_accept_invalid_certs(enable=True).build()
        with contextlib.suppress(exceptions.BuilderError):
            client.get("none://nobody").build().send()


@functools.cache
def _once_at_exit(process: int) -> None:
    atexit.register(_let_it_leave, process)


class Clients(Generic[_Client]):
    """The clients of pyreqwest that an engine makes, each when it is first needed."""

    def __init__(self, builder: Callable[[], Any]) -> None:
        self._builder = builder
        self._made: dict[float | None, _Client] = {}
        self._process = os.getpid()
        self._lock = threading.Lock()

    def get(self, stall: float | None = None) -> _Client:
        """Return the client for whole answers, or that for streams that stall no longer.

        Raises:
            ConfigurationError: The certificates of the environment can't be used, or this process
                was forked from one that had made calls: it would wait for ever.
        """
        if self._made and self._process != os.getpid():
            raise ConfigurationError(_FORKED)
        found = self._made.get(stall)
        return self._make(stall) if found is None else found

    def _make(self, stall: float | None) -> _Client:
        with self._lock:
            if stall not in self._made:
                self._process = os.getpid()
                _once_at_exit(self._process)
                for other in [each for each in self._made if each is not None]:
                    del self._made[other]
                self._made[stall] = built(self._builder, stall)
            return self._made[stall]

    def made(self) -> list[_Client]:
        """Return those that can be closed."""
        return list(self._made.values()) if self._process == os.getpid() else []


def streamed(client: Any, request: Request, timeout: float) -> Any:  # noqa: ANN401 (of either kind)
    """Return a request whose answer comes as the server sends it: the head before any body."""
    builder = client.request(request.method, request.url).headers(request.headers)
    if timeout < math.inf:
        builder = builder.timeout(timedelta(seconds=timeout))
    return builder.streamed_read_buffer_limit(0).build_streamed()


def built(kind: Callable[[], Any], stall: float | None = None) -> Any:  # noqa: ANN401 (of that kind)
    """Return a new client of pyreqwest, for whole answers or for streams.

    It decompresses neither: it sets no limit to the size of answers, and hides that it did so,
    while ranges of a stream count the bytes that were sent.
    """
    no = False
    builder = (
        kind()
        .gzip(no)
        .brotli(no)
        .zstd(no)
        .deflate(no)
        .follow_redirects(enable=False)
        .referer(enable=False)
        .pool_idle_timeout(timedelta(seconds=KEEPALIVE))
        .max_connections(CONNECTIONS)  # who waits for one does so within the time of the call
    )
    if stall is None:
        builder = builder.default_headers({"accept-encoding": "gzip"})
    else:
        pause = timedelta(seconds=stall)
        builder = builder.connect_timeout(pause).read_timeout(pause)
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and not Path(file).is_file():  # it would be left out without a word
        raise ConfigurationError(
            f"The environment's certificate settings cannot be used: {file!r} is no file. "
            "Look at SSL_CERT_FILE and SSL_CERT_DIR."
        )
    try:
        return builder.build()
    except RuntimeError as error:
        raise ConfigurationError(_FORKED) from error
    except exceptions.BuilderError:
        if file or folder:
            raise
    import certifi  # noqa: PLC0415 (only where the system has no certificate authorities)

    return builder.add_root_certificate_pem(Path(certifi.where()).read_bytes()).build()


def joined(headers: HeaderMap, status: int) -> dict[str, str]:
    """Return the headers by their names in lower case.

    A value that is not ASCII, which pyreqwest does not give, is left out.
    """
    try:
        pairs = list(headers.items())
    except ValueError:
        pairs = []
        for name in dict.fromkeys(headers):
            with contextlib.suppress(ValueError):
                pairs += [(name, value) for value in headers.getall(name)]
    return join_headers(pairs, status=status)


def check_proxies() -> None:
    """Refuse proxies of the environment that would be left out without a word.

    Raises:
        ConfigurationError: One of them is not a URL of a kind that pyreqwest knows.
    """
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        address = os.environ.get(name.lower()) or os.environ.get(name)
        if not address:
            continue
        parts = urlsplit(address if "://" in address else f"http://{address}")
        if parts.scheme not in _PROXIES or not parts.hostname:
            raise ConfigurationError(
                f"The environment's proxy settings cannot be used: {name} should be a URL such as "
                "http://proxy.example.com:3128. Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
            )


_PROXIES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}
