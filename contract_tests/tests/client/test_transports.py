"""What every transport has to do, and what each of them does where a server rarely makes it."""

import asyncio
import gzip
import io
import signal
import socket
import threading
import time
import tracemalloc

import httpx
import pytest

import babou
from babou import AsyncHttpxTransport, HttpxTransport
from babou._core.messages import Request
from babou._http.aio import AioTransport
from babou._http.sync import SyncTransport
from babou._http.transport import Limit, in_thread

IMAGE = "ast_demo_image"
NOT_FOUND = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
STORED = b"bytes of the file " * 1000


def sync_answer(transport, url, **options):
    """Fetch and stream one URL with a synchronous transport; return both bodies."""
    request = Request("GET", url)
    whole = transport.send(request, timeout=options.get("timeout", 5.0))
    with transport.stream(request, stall=5.0, timeout=options.get("timeout", 5.0)) as stream:
        bodies = whole.body, b"".join(stream.chunks)
    transport.close()
    return bodies


def async_answer(transport, url, **options):
    """Do the same with an asynchronous transport."""

    async def both():
        request = Request("GET", url)
        whole = await transport.send(request, timeout=options.get("timeout", 5.0))
        async with transport.stream(
            request, stall=5.0, timeout=options.get("timeout", 5.0)
        ) as stream:
            bodies = whole.body, b"".join([chunk async for chunk in stream.chunks])
        await transport.close()
        return bodies

    return asyncio.run(both())


KINDS = [
    pytest.param(HttpxTransport, httpx.Client, httpx.HTTPTransport, sync_answer, id="sync"),
    pytest.param(
        AsyncHttpxTransport, httpx.AsyncClient, httpx.AsyncHTTPTransport, async_answer, id="async"
    ),
]


OWN = [
    pytest.param(SyncTransport, sync_answer, id="sync"),
    pytest.param(AioTransport, async_answer, id="async"),
]


@pytest.mark.parametrize(("ours", "client", "theirs", "answer"), KINDS)
def test_a_compressed_file_is_stored_decompressed(ours, client, theirs, answer):
    """A storage that compresses unasked gives the file's bytes all the same."""

    def compressed(_request):
        return httpx.Response(
            200, headers={"content-encoding": "gzip"}, content=gzip.compress(STORED)
        )

    mine = client(transport=httpx.MockTransport(compressed))
    assert answer(ours(mine), "http://storage.test/") == (STORED, STORED)


@pytest.mark.parametrize(("ours", "client", "theirs", "answer"), KINDS)
def test_a_unix_socket_of_the_callers_client_is_a_way_too(ours, client, theirs, answer, tmp_path):
    """An httpx client that speaks to a local socket works, with the deadline under it."""
    path = str(tmp_path / "api.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        stop = threading.Thread(target=_serve_twice, args=(listening,))
        stop.start()
        mine = client(transport=theirs(uds=path))
        assert answer(ours(mine), "http://local/") == (NOT_FOUND, NOT_FOUND)
        stop.join()
        close(mine)


def _serve_twice(listening):
    for _ in range(2):
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            head = (
                f"HTTP/1.1 404 No\r\nconnection: close\r\ncontent-length: {len(NOT_FOUND)}\r\n\r\n"
            )
            connection.sendall(head.encode() + NOT_FOUND)


def close(client):
    if isinstance(client, httpx.Client):
        client.close()
    else:
        asyncio.run(client.aclose())


@pytest.mark.parametrize(("ours", "client", "theirs", "answer"), KINDS)
def test_a_transport_that_retries_by_itself_is_bounded(ours, client, theirs, answer):
    """Httpx's own connection retries end at the deadline."""
    mine = client(transport=theirs(retries=2))
    with pytest.raises(babou.APIConnectionError):
        answer(ours(mine), "http://127.0.0.1:9/")
    close(mine)


@pytest.mark.parametrize(("ours", "client", "theirs", "answer"), KINDS)
def test_no_time_is_an_error_before_anything_is_sent(ours, client, theirs, answer):
    """A deadline that has passed sends nothing."""
    seen = []
    mine = client(transport=httpx.MockTransport(seen.append))
    with pytest.raises(babou.APITimeoutError):
        answer(ours(mine), "http://api.test/", timeout=0.0)
    assert seen == []


@pytest.mark.parametrize(("own", "answer"), OWN)
def test_no_time_is_an_error_of_own_transports_too(server, own, answer):
    """The same where the client connects by itself."""
    with pytest.raises(babou.APITimeoutError):
        answer(own(), server.base_url, timeout=0.0)
    assert not server.requests


def closing_server(connections):
    """Answer one request on each connection, and close it without a word some time later."""
    listening = socket.create_server(("127.0.0.1", 0))
    head = f"HTTP/1.1 404 No\r\ncontent-length: {len(NOT_FOUND)}\r\n\r\n"
    closed = threading.Semaphore(0)

    def serve():
        for _ in range(connections):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head.encode() + NOT_FOUND)
            closed.release()
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", closed


def test_a_connection_that_the_server_has_closed_is_not_used_again(open_client):
    """Servers close what is idle; the next call makes a new connection, and none fails."""
    url, closed = closing_server(2)
    client = open_client(base_url=url, max_retries=0)
    for _ in range(2):
        with pytest.raises(babou.NotFoundError):
            client("get", IMAGE)
        assert closed.acquire(timeout=10)


@pytest.mark.parametrize(("own", "answer"), OWN)
def test_a_second_call_closes_what_expired_in_between(server, monkeypatch, own, answer):
    """With no time to be kept, each call has a connection of its own."""
    monkeypatch.setattr("babou._http.sync.KEEPALIVE", 0.0)
    monkeypatch.setattr("babou._http.aio.KEEPALIVE", 0.0)
    answer(own(), server.base_url)
    assert len({request.connection for request in server.requests}) == 2


def test_an_abandoned_thread_reads_no_further_than_its_time():
    """A server that sends a byte now and then would keep it busy for ever."""
    mine = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text="x")))
    with mine, pytest.raises(TimeoutError):
        HttpxTransport(mine)._exchange(Request("GET", "http://api.test/"), timeout=-1.0)


@pytest.mark.parametrize(("ours", "client", "theirs", "answer"), KINDS)
def test_an_error_in_the_callers_transport_is_not_hidden(ours, client, theirs, answer):
    """What isn't about the network passes through as it is."""

    def broken(_request):
        raise RuntimeError("a mistake of the caller's")

    mine = client(transport=httpx.MockTransport(broken))
    with pytest.raises(RuntimeError, match="caller's"):
        answer(ours(mine), "http://api.test/")


@pytest.mark.parametrize(("own", "answer"), OWN)
def test_an_address_that_only_the_library_finds_fault_with_is_explained(own, answer):
    """A URL that can't be one is a ConfigurationError, whichever library says so."""
    for url in ("http://a..b\u2028/", "ftp://127.0.0.1/"):
        with pytest.raises(babou.ConfigurationError, match="address"):
            answer(own(), url)


def test_a_host_name_that_cant_be_one_is_an_error_of_ours(open_client):
    """Each library finds that out in its own way, and at its own time."""
    with pytest.raises((babou.ConfigurationError, babou.APIConnectionError), match="a..b"):
        open_client(base_url="http://a..b", max_retries=0)("get", IMAGE)


def test_what_an_abandoned_thread_opened_is_closed():
    """What is made too late is given to `too_late`, by the thread that made it."""
    released, closed = threading.Event(), threading.Event()

    class Late:
        close = closed.set

    def connect():
        released.wait(60)
        return Late()

    with pytest.raises(TimeoutError):
        in_thread(connect, soon(), too_late=lambda late: late.close())
    released.set()
    assert closed.wait(10)


def soon():
    return Limit(time.monotonic() + 0.01)


def test_what_an_abandoned_thread_raises_is_dropped():
    """An error that comes too late disturbs nobody."""
    released, told = threading.Event(), []

    def connect():
        released.wait(60)
        raise OSError("too late")

    ended = threading.Event()

    def too_late(result):
        told.append(result)
        ended.set()

    with pytest.raises(TimeoutError):
        in_thread(connect, soon(), too_late=too_late)
    released.set()
    assert ended.wait(10)
    assert told == [None]


def test_what_ends_just_when_it_is_left_is_given_back_too():
    """The result came between the last look and the abandoning."""
    waiting, told = threading.Event(), []

    def action():
        waiting.wait(10)
        return "stream"

    class Over(Limit):
        def pause(self):
            waiting.set()
            for thread in threading.enumerate():
                if thread.name == "babou-call":
                    thread.join(10)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        in_thread(action, Over(0.0), too_late=told.append)
    assert told == ["stream"]


def test_a_wait_is_cancelled_while_connecting(monkeypatch):
    """The event also ends a connection attempt, such as a name that is never resolved."""
    cancel, released = threading.Event(), threading.Event()

    def hang(*_args, **options):
        if options.get("flags"):
            raise socket.gaierror("it is a name")
        cancel.set()
        released.wait(60)
        raise socket.gaierror("gone")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with (
        babou.Client("sk-bab-1", base_url="http://slow.invalid") as client,
        pytest.raises(babou.WaitCancelledError),
    ):
        client.assets.wait(IMAGE, cancel=cancel)
    released.set()


def test_a_download_into_a_file_ends_at_its_deadline(server, open_client):
    """The whole download is bounded when asked for, its pauses included."""
    asset_id = server.add(content=STORED)
    server.fault("storage_unavailable", retry_after=20.0)
    told = r"the time for all of it was up at byte 0\. The last error: .*HTTP 503"
    with pytest.raises(babou.DownloadError, match=told):
        open_client()("download", asset_id, io.BytesIO(), timeout=5.0)


@pytest.mark.parametrize("kind", [HttpxTransport, AsyncHttpxTransport])
def test_closing_a_transport_leaves_the_callers_client_open(kind):
    """Who made the httpx client closes it."""
    mine = (httpx.Client if kind is HttpxTransport else httpx.AsyncClient)()
    closing = kind(mine).close()
    if closing is not None:
        asyncio.run(closing)
    assert not mine.is_closed
    close(mine)


def test_no_repr_of_a_request_shows_the_key():
    """A debugger or a test report that prints a request prints no key."""
    request = Request("GET", "http://api.test/", {"authorization": "Bearer sk-bab-secret"})
    assert "secret" not in repr(request)
    assert "'x': '1'" in repr(Request("GET", "http://api.test/", {"x": "1"}))


@pytest.mark.parametrize("fault", ["gzip_bomb", "huge_body"])
def test_memory_stays_flat_while_an_answer_is_refused(server, open_client, fault):
    """A gigabyte, compressed or not, is refused after one mebibyte."""
    server.fault(fault, size=1 << 30)
    client = open_client()
    tracemalloc.start()
    try:
        with pytest.raises(babou.APIResponseValidationError):
            client("get", IMAGE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_memory_stays_flat_while_a_file_is_stored(large_asset, open_client, tmp_path):
    """The size of a file is no matter: it is never held whole."""
    asset_id, size = large_asset
    tracemalloc.start()
    try:
        path = open_client()("download", asset_id, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == size
    assert peak < 16 << 20


PATIENCE = 10.0


@pytest.mark.parametrize("method", ["get", "wait", "download"])
def test_ctrl_c_is_heard_while_the_server_is_silent(
    server, transport, tmp_path, monkeypatch, method
):
    """Nobody has to wait for a deadline to stop a program."""
    asset_id = server.add(content=b"x" * 100)
    if method == "download":
        server.fault("storage_stall", asset_id=asset_id, after=10)
    else:
        server.fault("never_answers", asset_id=asset_id)
    client = babou.Client(
        server.api_key, base_url=server.base_url, transport=transport, timeout=60.0
    )

    def interrupt():
        while not server.requests:
            time.sleep(0.01)
        time.sleep(0.2)  # a download's second request
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    began = time.monotonic()
    monkeypatch.chdir(tmp_path)
    # A process that was started in the background of a shell ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            getattr(client.assets, method)(asset_id)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < PATIENCE
    interrupting.join()
    client.close()


@pytest.fixture
def one_answer():
    """Return a function that serves some bytes once, to whoever connects."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(answer):
        def run():
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield serve
    listening.close()


@pytest.mark.parametrize("value", ["café".encode(), "café".encode("latin-1")], ids=["utf8", "1"])
def test_a_header_that_is_not_ascii_disturbs_no_other(one_answer, open_client, value):
    """RFC 9110, 5.5, lets servers send what is not ASCII; only that value may be lost."""
    body = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
    url = one_answer(
        b"HTTP/1.1 404 No\r\nX-Name: %b\r\nX-Request-Id: r-1\r\nVary: a\r\nVary: b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (value, len(body), body)
    )
    with pytest.raises(babou.NotFoundError) as caught:
        open_client(base_url=url, max_retries=0)("get", IMAGE)
    assert caught.value.request_id == "r-1"
    assert caught.value.headers["vary"] == "a, b"
    assert caught.value.headers.get("x-name", "café") == "café"
