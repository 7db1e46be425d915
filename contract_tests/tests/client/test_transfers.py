"""Transfers of long bodies: pieces, silences, TLS, proxies."""

import asyncio
import contextlib
import functools
import gzip
import hashlib
import select
import socket
import ssl
import threading
import time

import h11
import pytest
import trustme
from raw_server import alert_after, request_from

import babou
from babou._core.messages import Request
from babou._http.aio import AioTransport
from babou._http.sync import SyncTransport

# 3.6 MB, many times what one read gives; with empty lines, as at the end of a head.
CONTENT = (hashlib.sha256(b"long").digest() + b"\r\n\r\n") * 100_000
DEADLINE = 0.3
PATIENCE = 10.0  # beyond the deadline, before it is called a hang; it measures nothing


@pytest.fixture
def asset_id(server):
    return server.add(name="film.mp4", content=CONTENT)


def storage_requests(server):
    return [request for request in server.requests if request.path.startswith("/storage/")]


def test_bytes_arrive_unchanged_and_progress_is_told(client, asset_id, tmp_path):
    """The file is the asset's bytes; progress grows up to the total."""
    calls = []
    path = client("download", asset_id, tmp_path, on_progress=lambda *call: calls.append(call))
    assert path.read_bytes() == CONTENT
    assert calls == sorted(calls)
    assert calls[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("fault", ["storage_cut", "storage_reset"])
def test_a_transfer_that_breaks_off_is_taken_up(server, client, asset_id, tmp_path, fault):
    """What arrived before the connection broke is kept; the rest is asked for."""
    server.fault(fault, times=1, after=1_000_000)
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT
    first, second = storage_requests(server)
    assert first.header("range") is None
    assert second.header("if-range").startswith('"')
    if fault == "storage_cut":  # a reset may overtake the bytes before it
        assert second.header("range") == "bytes=1000000-"


def test_bytes_that_were_stored_before_a_stall_are_kept(server, open_client, asset_id, tmp_path):
    """A server that falls silent is left after `timeout`; the next call asks for the rest."""
    server.fault("storage_stall", times=1, after=1_000_000)
    began = time.monotonic()
    with pytest.raises(babou.DownloadError, match="broke off at byte 1000000"):
        open_client(timeout=1.0, max_retries=0)("download", asset_id, tmp_path)
    assert time.monotonic() - began < 1.0 + PATIENCE
    assert open_client()("download", asset_id, tmp_path).read_bytes() == CONTENT
    assert storage_requests(server)[-1].header("range") == "bytes=1000000-"


def test_a_trickling_server_is_left_at_the_deadline(server, open_client, asset_id, tmp_path):
    """A few bytes now and then keep no download alive beyond its own time."""
    server.fault("storage_slow", interval=0.05, piece=10)
    began = time.monotonic()
    with pytest.raises(babou.DownloadError, match="the time for all of it was up"):
        open_client(timeout=60.0, max_retries=0)(
            "download", asset_id, tmp_path, timeout=4 * DEADLINE
        )
    assert time.monotonic() - began < 4 * DEADLINE + PATIENCE


def test_a_trickling_server_is_followed_piece_by_piece(server, open_client, tmp_path):
    """A piece is what has arrived: nobody waits for a buffer to be full."""
    asset_id = server.add(content=CONTENT[:500])
    server.fault("storage_slow", interval=0.2, piece=100)
    calls = []
    client = open_client(timeout=5.0)
    client("download", asset_id, tmp_path, on_progress=lambda done, _total: calls.append(done))
    assert len(calls) > 2


@pytest.mark.parametrize("fault", ["storage_chunked", "storage_no_etag"])
def test_an_unusual_answer_is_stored_whole(server, client, asset_id, tmp_path, fault):
    """A body in chunks, and one without a validator."""
    server.fault(fault)
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


def test_a_compressed_answer_is_stored_decompressed(server, client, asset_id, tmp_path):
    """A storage that compresses unasked gives the file's bytes; the file is not the coded form."""

    def compressed(request, answer):
        if not request.path.startswith("/storage/"):
            return answer
        body = gzip.compress(CONTENT)
        answer = answer.with_body(body).with_header("content-length", str(len(body)))
        return answer.with_header("content-encoding", "gzip")

    server.rewrite = compressed
    assert client("download", asset_id, tmp_path).read_bytes() == CONTENT


def test_a_proxy_is_used(server, open_own_client, asset_id, tmp_path, monkeypatch):
    """The body comes over the proxy's connection."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    monkeypatch.setenv("NO_PROXY", "elsewhere.invalid")
    assert open_own_client()("download", asset_id, tmp_path).read_bytes() == CONTENT


def test_a_cancelled_download_closes_its_connection_and_keeps_a_part(
    server, asset_id, tmp_path, open_async_client
):
    """Cancelling an asynchronous download ends it at once; the next call goes on."""
    server.fault("storage_stall", times=1, after=1_000_000)

    async def cancelled():
        async with open_async_client() as client:
            arrived = asyncio.Event()

            def tell(done, _total):
                if done >= 1_000_000:
                    arrived.set()

            task = asyncio.create_task(client.assets.download(asset_id, tmp_path, on_progress=tell))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.assets.download(asset_id, tmp_path)

    assert asyncio.run(cancelled()).read_bytes() == CONTENT
    assert storage_requests(server)[-1].header("range") == "bytes=1000000-"


class TlsStorage:
    """Answer each connection's one request over TLS with a file, or with half of it."""

    def __init__(self, authority, sent=None):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sent = sent
        self.request = Request("GET", f"https://127.0.0.1:{self._listening.getsockname()[1]}/file")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with contextlib.suppress(OSError):
                    self._answer(connection)

    def _answer(self, connection):
        with connection, self._context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(65536)
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(CONTENT)}\r\n\r\n"
            secure.sendall(head.encode() + CONTENT[: self._sent])

    def close(self):
        self._listening.close()


def fetch_sync(request):
    """Return what comes of a body, and the error that ended it."""
    transport, pieces = SyncTransport(), []
    try:
        with transport.stream(request, stall=PATIENCE, timeout=PATIENCE) as answer:
            pieces.extend(map(bytes, answer.chunks))
    except babou.APIConnectionError as error:
        return b"".join(pieces), error
    finally:
        transport.close()
    return b"".join(pieces), None


def fetch_async(request, stall=PATIENCE):
    """Do the same with the asynchronous transport."""

    async def fetch():
        transport, pieces = AioTransport(), []
        try:
            async with transport.stream(request, stall=stall, timeout=PATIENCE) as answer:
                async for piece in answer.chunks:
                    pieces.append(bytes(piece))  # noqa: PERF401 (they are wanted after an error too)
        except babou.APIConnectionError as error:
            return b"".join(pieces), error
        finally:
            await transport.close()
        return b"".join(pieces), None

    return asyncio.run(fetch())


FETCH = pytest.mark.parametrize("fetch", [fetch_sync, fetch_async])


@FETCH
def test_bytes_arrive_unchanged_over_tls(trusted_authority, fetch):
    """What TLS has decrypted already, and what is still to come, are put together right."""
    with contextlib.closing(TlsStorage(trusted_authority)) as storage:
        assert fetch(storage.request) == (CONTENT, None)


@FETCH
def test_a_connection_that_breaks_off_under_tls_is_told(trusted_authority, fetch):
    """Half a file is an error, and what arrived of it is a beginning of it."""
    with contextlib.closing(TlsStorage(trusted_authority, len(CONTENT) // 2)) as storage:
        content, error = fetch(storage.request)
    assert isinstance(error, babou.APIConnectionError)
    assert content == CONTENT[: len(CONTENT) // 2]


@FETCH
def test_a_body_that_an_alert_of_tls_ends_is_not_whole(trusted_authority, serve, fetch):
    """Where no length is announced, only close_notify says that all came (RFC 9112, 9.8)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted_authority.issue_cert("127.0.0.1").configure_cert(context)
    answer = functools.partial(alert_after, b"HTTP/1.1 200 OK\r\n\r\nhalf", context)
    content, error = fetch(Request("GET", serve(answer).url.replace("http:", "https:")))
    assert content == b"half"
    assert "ALERT_BAD_RECORD_MAC" in str(error)


@FETCH
def test_the_storages_certificate_is_verified(fetch):
    """A storage that nobody vouches for is not read from; the error says that it was that."""
    with contextlib.closing(TlsStorage(trustme.CA())) as storage:
        content, error = fetch(storage.request)
    assert content == b""
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(CONTENT)
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@FETCH
@pytest.mark.parametrize(
    "sent",
    [
        [HEAD + CONTENT],
        [HEAD, CONTENT],
        [HEAD[:9], HEAD[9:-2], HEAD[-2:] + CONTENT[:1], CONTENT[1:]],
        [HEAD.replace(b"\r\n", b"\n") + CONTENT],
        [EARLY_HINTS + HEAD + CONTENT],
        [EARLY_HINTS, HEAD + CONTENT],
        [CHUNKED + b"%x\r\n" % len(CONTENT) + CONTENT + b"\r\n0\r\n\r\n"],
        [HEAD + CONTENT + b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ],
    ids=[
        "at-once",
        "head-first",
        "in-bits",
        "line-feeds",
        "hints",
        "hints-first",
        "chunked",
        "more-behind",
    ],
)
def test_a_long_body_arrives_unchanged_however_it_is_sent(serve, fetch, sent):
    """Where the head ends, and the body begins, does not depend on the packets."""

    def answer(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while request_from(connection):
            for packet in sent:
                connection.sendall(packet)
                time.sleep(0.01)  # so that the next packet comes by itself; nothing depends on it

    assert fetch(Request("GET", serve(answer).url)) == (CONTENT, None)


@FETCH
def test_a_long_body_does_not_go_through_h11(serve, fetch, monkeypatch):
    """It copies each piece three times, which took a third of the rate."""
    seen, receive = [], h11.Connection.receive_data

    def count(self, data):
        seen.append(len(data))
        receive(self, data)

    monkeypatch.setattr(h11.Connection, "receive_data", count)

    def answer(connection):
        request_from(connection)
        connection.sendall(HEAD + CONTENT)

    assert fetch(Request("GET", serve(answer).url)) == (CONTENT, None)
    assert sum(seen) == len(HEAD)


def test_the_connection_of_a_long_body_is_not_used_again(serve):
    """Httpcore does not know that the body was read."""

    def answer(connection):
        while request_from(connection):
            connection.sendall(HEAD + CONTENT)

    server, transport = serve(answer), SyncTransport()
    for _ in range(2):
        with transport.stream(Request("GET", server.url), stall=9.0, timeout=9.0) as answer:
            assert b"".join(answer.chunks) == CONTENT
    transport.close()
    assert server.connections == 2


def tunnel(listening):
    """Serve one CONNECT: pass on what either side sends until one of them hangs up."""
    with contextlib.suppress(OSError):
        near, _ = listening.accept()
        host, port = near.recv(65536).split(b" ")[1].split(b":")
        with near, socket.create_connection((host, int(port))) as far:
            near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            sides = {near: far, far: near}
            while True:
                for side in select.select(list(sides), [], [])[0]:
                    if not (passed := side.recv(65536)):
                        return
                    sides[side].sendall(passed)


@FETCH
def test_tls_goes_through_a_proxy(trusted_authority, fetch, monkeypatch):
    """The body comes from the tunnel's connection, decrypted."""
    with (
        contextlib.closing(TlsStorage(trusted_authority)) as storage,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        threading.Thread(target=tunnel, args=(listening,), daemon=True).start()
        proxy = f"http://127.0.0.1:{listening.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert fetch(storage.request) == (CONTENT, None)


def test_a_handshake_that_never_ends_is_left():
    """A storage that accepts and says nothing is left in time, and the connection closed."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        content, error = fetch_async(Request("GET", url), stall=DEADLINE)
        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(PATIENCE)
            while accepted.recv(65536):
                pass  # its hello, and then the end: it has hung up
    assert content == b""
    assert isinstance(error, babou.APITimeoutError)
