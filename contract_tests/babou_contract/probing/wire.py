"""One HTTP/1.1 connection that tells what came, byte for byte, and repairs nothing.

A comfortable HTTP library hides what this check is about: bytes after the body, a length that is
not true, an encoding that was not asked for.
"""

import socket
import ssl
import time
from functools import cached_property
from urllib.parse import urlsplit

import h11
from attrs import evolve

from babou_contract.probing.failures import Failure, WireError, told
from babou_contract.probing.raw import MAX_BODY, Headers, Raw, decoded

_CHUNK = 65536
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_BEGINNING = 40
_GLANCE = 2.0  # seconds
_CONTINUE = 100
_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"}


class Wire:
    """A connection to one server, opened when needed and kept alive where the server does."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._authority = parts.netloc
        self._socket: socket.socket | None = None
        self._machine = h11.Connection(h11.CLIENT)
        self._begun = b""  # the first bytes of what came instead of an answer, or of one
        self._came = ""  # how much of a body came, for a person

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def speaks_tls(self) -> bool:
        """Say whether this port, which was asked without TLS, is one for TLS; nothing is sent."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with (
                socket.create_connection((self._host, self._port), _GLANCE) as plain,
                context.wrap_socket(plain, server_hostname=self._host),
            ):
                return not self._tls
        except OSError:
            return False

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def send(
        self,
        method: str,
        target: str,
        headers: Headers,
        timeout: float,
        *,
        content: bytes = b"",
        announced: int = 0,
    ) -> Raw:
        """Send a request and return the whole answer, which has to be there in `timeout` seconds.

        A body that is only announced, by so many bytes, is not sent: the answer is the server's
        refusal, or 100 where it wants to have the body (RFC 9110, section 10.1.1).

        Raises:
            WireError: No whole answer came.
        """
        stray = self._look_for_stray_bytes()
        self._begun, self._came = b"", ""
        end = time.monotonic() + timeout
        try:
            connection = self._open(end)
            sent = [("Host", self._authority), *headers]
            if announced:
                sent += [("Content-Length", str(announced)), ("Expect", "100-continue")]
            elif content or method not in _WITHOUT_BODY:
                sent.append(("Content-Length", str(len(content))))
            events: list[h11.Event] = [h11.Request(method=method, target=target, headers=sent)]
            events += [h11.Data(content)] if content else []
            events += [] if announced else [h11.EndOfMessage()]
            connection.sendall(b"".join(self._machine.send(event) or b"" for event in events))
            accepted = next((v for n, v in headers if n.lower() == "accept-encoding"), "")
            raw = decoded(self._receive(connection, end), accepted)
            if announced:
                self.close()
            return evolve(raw, faults=(*stray, *raw.faults))
        except TimeoutError as error:
            if self._socket is None:
                raise WireError(f"no connection in {timeout:.3g} s", Failure.unusable) from error
            self.close()
            text = f"no whole answer in {timeout:.3g} s{self._came}"
            raise WireError(text, Failure.slow) from error
        except (OSError, UnicodeError, h11.RemoteProtocolError) as error:
            self.close()
            raise told(error, self._begun) from error

    def _open(self, end: float) -> socket.socket:
        if self._socket is None:
            self._machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=_CHUNK)
            plain = socket.create_connection((self._host, self._port), self._left(end))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = plain
            if self._tls:
                self._socket = self._trust.wrap_socket(plain, server_hostname=self._host)
        return self._socket

    def _look_for_stray_bytes(self) -> tuple[str, ...]:
        """Look whether anything came since the last answer, and give such a connection up."""
        if self._socket is None:
            return ()
        try:
            self._socket.settimeout(0)
            extra = self._socket.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return ()
        except OSError:
            extra = b""
        self.close()
        return (
            (f"{len(extra)} bytes came after the answer before: {extra[:40]!r}",) if extra else ()
        )

    @staticmethod
    def _left(end: float) -> float:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _receive(self, connection: socket.socket, end: float) -> Raw:
        head: h11.Response | None = None
        lengths: list[str] = []
        body = bytearray()
        faults: list[str] = []
        while True:
            try:
                event = self._machine.next_event()
                if event is h11.NEED_DATA:
                    self._machine.receive_data(self._piece(connection, end))
                    continue
            except (h11.RemoteProtocolError, ConnectionError) as error:
                if head is None:
                    raise
                why = str(error) if isinstance(error, h11.RemoteProtocolError) else "a reset"
                faults.append(f"the body breaks off after {len(body)} bytes: {why}")
                self.close()
                break
            if isinstance(event, h11.Response):
                head = event
                lengths = [v.decode() for n, v in head.headers if n == b"content-length"]
            elif isinstance(event, h11.InformationalResponse) and self._announced(event):
                return Raw(_CONTINUE, (), b"")
            elif isinstance(event, h11.Data):
                body += event.data
                whole = f" of the {lengths[0]} that are announced" if lengths else ""
                self._came = f": {len(body)} bytes came{whole}"
                if len(body) > MAX_BODY:
                    faults.append(f"the body has more than {MAX_BODY} bytes")
                    self.close()
                    break
            elif isinstance(event, h11.EndOfMessage):
                faults += self._after(connection)
                break
        assert head is not None  # noqa: S101  there is no data before the head
        pairs = tuple(
            (n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items()
        )
        reason = head.reason.decode("latin-1")
        return Raw(head.status_code, pairs, bytes(body), tuple(faults), reason)

    def _announced(self, event: h11.InformationalResponse) -> bool:
        """Say whether the server wants the body that was only announced."""
        return event.status_code == _CONTINUE and self._machine.our_state is h11.SEND_BODY

    def _piece(self, connection: socket.socket, end: float) -> bytes:
        if _QUICKACK is not None:
            # A server that sends head and body apart would wait 40 ms for its ACK.
            connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        connection.settimeout(self._left(end))
        piece = connection.recv(_CHUNK)
        self._begun = self._begun or piece[:_BEGINNING]
        return piece

    def _after(self, connection: socket.socket) -> list[str]:
        """Look at what follows the answer, where nothing may, and make ready for the next one."""
        extra, closed = self._machine.trailing_data
        if not extra and not closed:
            try:
                connection.settimeout(0)
                extra = connection.recv(_CHUNK)
                closed = not extra
            except (BlockingIOError, ssl.SSLWantReadError):
                extra = b""
            except OSError:
                closed = True
        if extra or closed or self._machine.their_state is not h11.DONE:
            self.close()
        elif self._machine.our_state is h11.DONE:
            self._machine.start_next_cycle()
        if extra and self._machine.their_state is not h11.SWITCHED_PROTOCOL:
            return [f"{len(extra)} more bytes came after the body's announced end: {extra[:40]!r}"]
        return []
