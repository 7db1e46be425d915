"""Servers of raw bytes, for what no well-behaved server does."""

import contextlib
import socket
import ssl
import threading

import pytest

import babou

IMAGE = "ast_demo_image"
BODY = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
NOT_FOUND = b"HTTP/1.1 404 No\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)


class RawServer:
    """Give each connection to a function, in a thread of its own; count them."""

    def __init__(self, serve, *, wrap=None):
        self._serve, self._wrap = serve, wrap or contextlib.nullcontext
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection, self._wrap(connection) as wrapped:
            self._serve(wrapped or connection)

    def close(self):
        # A thread that waits in `accept` keeps a socket open that is only closed.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def request_from(connection):
    """Return the next request's head, or no bytes where there is none."""
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        if not received:
            return b""
        head += received
    return head


def alert_after(answer, context, connection):
    """Take a request over TLS, and send an answer and a fatal alert, in one packet."""
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(arrived, leaving, server_side=True)
    asked = b""
    while not asked:
        try:
            asked = tls.read(65536)  # does the handshake first
        except ssl.SSLWantReadError:
            connection.sendall(leaving.read())
            arrived.write(connection.recv(65536))
    if answer:
        tls.write(answer)
    arrived.write(b"\x17\x03\x03\x00\x20" + bytes(1 << 15))  # nobody can decrypt this
    with contextlib.suppress(ssl.SSLError):
        while True:
            tls.read(65536)
    connection.sendall(leaving.read())


def ask(client, expected=babou.NotFoundError):
    """Fetch an asset, which ends in an error; return it."""
    with pytest.raises(expected) as caught:
        client("get", IMAGE)
    return caught.value
