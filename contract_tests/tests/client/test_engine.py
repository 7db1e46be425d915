"""The engine at its edges: unusual transports, storage that compresses, ends that come late."""

import asyncio
import gc
import gzip
import io
import socket
import threading
import time
import tracemalloc

import httpx
import pytest
from pyreqwest.client import SyncClientBuilder
from pyreqwest.exceptions import BuilderError

import babou
from babou import AsyncHttpxEngine, HttpxEngine, _deadline, _lanes, _pyreqwest_engine
from babou._async_pyreqwest_engine import AsyncPyreqwestEngine
from babou._messages import Request
from babou._pyreqwest_engine import PyreqwestEngine

IMAGE = "ast_demo_image"
NOT_FOUND = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
STORED = b"bytes of the file " * 1000


def sync_answer(engine, url, **options):
    """Fetch and stream one URL with a synchronous engine; return both bodies."""
    request = Request("GET", url)
    whole = engine.send(request, timeout=options.get("timeout", 5.0))
    with engine.stream(request, stall=5.0, timeout=options.get("timeout", 5.0)) as stream:
        bodies = whole.body, b"".join(stream.chunks)
    engine.close()
    return bodies


def async_answer(engine, url, **options):
    """Do the same with an asynchronous engine."""

    async def both():
        request = Request("GET", url)
        whole = await engine.send(request, timeout=options.get("timeout", 5.0))
        async with engine.stream(request, stall=5.0, timeout=options.get("timeout", 5.0)) as stream:
            bodies = whole.body, b"".join([chunk async for chunk in stream.chunks])
        await engine.close()
        return bodies

    return asyncio.run(both())


KINDS = [
    pytest.param(HttpxEngine, httpx.Client, httpx.HTTPTransport, sync_answer, id="sync"),
    pytest.param(
        AsyncHttpxEngine, httpx.AsyncClient, httpx.AsyncHTTPTransport, async_answer, id="async"
    ),
]


OWN = [
    pytest.param(HttpxEngine, sync_answer, id="httpx"),
    pytest.param(PyreqwestEngine, sync_answer, id="pyreqwest"),
    pytest.param(AsyncHttpxEngine, async_answer, id="async-httpx"),
    pytest.param(AsyncPyreqwestEngine, async_answer, id="async-pyreqwest"),
]


@pytest.mark.parametrize(("engine", "client", "transport", "answer"), KINDS)
def test_a_compressed_file_is_stored_decompressed(engine, client, transport, answer):
    """A storage that compresses unasked gives the file's bytes all the same."""

    def compressed(_request):
        return httpx.Response(
            200, headers={"content-encoding": "gzip"}, content=gzip.compress(STORED)
        )

    mine = client(transport=httpx.MockTransport(compressed))
    assert answer(engine(mine), "http://storage.test/") == (STORED, STORED)


@pytest.mark.parametrize(("engine", "client", "transport", "answer"), KINDS)
def test_a_unix_socket_of_the_callers_client_is_a_road_too(
    engine, client, transport, answer, tmp_path
):
    """An httpx client that speaks to a local socket works, with the deadline under it."""
    path = str(tmp_path / "api.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        stop = threading.Thread(target=_serve_twice, args=(listening,))
        stop.start()
        mine = client(transport=transport(uds=path))
        assert answer(engine(mine), "http://local/") == (NOT_FOUND, NOT_FOUND)
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


def close_engine(engine):
    closing = engine.close()
    if closing is not None:
        asyncio.run(closing)


def close(client):
    if isinstance(client, httpx.Client):
        client.close()
    else:
        asyncio.run(client.aclose())


@pytest.mark.parametrize(("engine", "client", "transport", "answer"), KINDS)
def test_a_transport_that_retries_by_itself_is_bounded(engine, client, transport, answer):
    """Httpx's own connection retries sleep in our deadline's backend, and end."""
    mine = client(transport=transport(retries=2))
    with pytest.raises(babou.APIConnectionError):
        answer(engine(mine), "http://127.0.0.1:9/")
    close(mine)


@pytest.mark.parametrize(("engine", "client", "transport", "answer"), KINDS)
def test_no_time_is_an_error_before_anything_is_sent(engine, client, transport, answer):
    """A deadline that has passed sends nothing."""
    seen = []
    mine = client(transport=httpx.MockTransport(seen.append))
    with pytest.raises(babou.APITimeoutError):
        answer(engine(mine), "http://api.test/", timeout=0.0)
    assert seen == []


@pytest.mark.parametrize(("engine", "answer"), OWN)
def test_no_time_is_an_error_whichever_the_engine(server, engine, answer):
    """The same of engines that connect by themselves."""
    with pytest.raises(babou.APITimeoutError):
        answer(engine(), server.base_url, timeout=0.0)
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


def test_a_connection_that_the_server_has_closed_is_not_used_again(open_door):
    """Servers close what is idle; the next call makes a new connection, and none fails."""
    url, closed = closing_server(2)
    door = open_door(base_url=url, max_retries=0)
    for _ in range(2):
        with pytest.raises(babou.NotFoundError):
            door("get", IMAGE)
        assert closed.acquire(timeout=10)


@pytest.mark.filterwarnings("ignore:unclosed transport")  # that of the loop that has ended
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_goes_on_in_another_event_loop(server, engine):
    """Connections end with the loop that they were made in; the next call makes its own."""
    client = babou.AsyncClient(server.api_key, base_url=server.base_url, engine=engine)
    for _ in range(2):
        assert asyncio.run(client.assets.get(IMAGE)).is_ready
    asyncio.run(client.close())
    gc.collect()  # now, while warnings are expected


@pytest.mark.parametrize("kind", [babou.Client, babou.AsyncClient])
def test_connections_idle_for_too_long_are_closed(server, monkeypatch, kind):
    """What was not used for a minute is closed before it is used again, and soonest the oldest."""
    monkeypatch.setattr(_lanes, "KEEPALIVE", 0.0)
    engine = kind(server.api_key, base_url=server.base_url, engine="httpx")._runner.engine
    request = Request("GET", f"{server.base_url}/", {})
    lanes = engine._lanes
    road, _ = lanes.prepared(request, 5.0)

    class Idle:
        def __init__(self, *, available=True, expired=False):
            self.available, self.expired = available, expired

        def is_available(self):
            return self.available

        def has_expired(self):
            return self.expired

    oldest, kept, broken, last = Idle(expired=True), Idle(), Idle(available=False), Idle()
    road.idle.extend([oldest, kept, broken, last])
    assert lanes.take(road) == (last, [oldest])
    assert lanes.take(road) == (kept, [broken])
    assert lanes.give_back(road, kept)
    assert not lanes.give_back(road, broken)
    assert lanes.close() == [kept]
    assert not lanes.give_back(road, kept)


@pytest.mark.parametrize(("engine", "answer"), OWN)
def test_a_second_call_closes_what_expired_in_between(server, monkeypatch, engine, answer):
    """With no time to be kept, each call has a connection of its own."""
    monkeypatch.setattr(_lanes, "KEEPALIVE", 0.0)
    monkeypatch.setattr(_pyreqwest_engine, "KEEPALIVE", 0.0)
    answer(engine(), server.base_url)
    assert len({request.connection for request in server.requests}) == 2


def test_a_client_that_is_closed_under_way_says_so(server):
    """A call in another thread ends with an error of this package's, and soon."""
    server.fault("never_answers")
    client = babou.Client(
        server.api_key, base_url=server.base_url, engine="pyreqwest", max_retries=0, timeout=60.0
    )
    raised = []

    def call():
        with pytest.raises(babou.ClientClosedError) as caught:
            client.assets.get(IMAGE)
        raised.append(caught.type)

    calling = threading.Thread(target=call)
    calling.start()
    while not server.requests:
        time.sleep(0.01)
    client.close()
    calling.join(20)
    assert raised == [babou.ClientClosedError]


def test_a_system_without_certificate_authorities_gets_those_of_certifi(monkeypatch):
    """Small containers have none; httpx brings its own, and so both engines trust the same."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    added = []

    class Builder:
        def __getattr__(self, _name):
            return lambda *_args, **_options: self

        def add_root_certificate_pem(self, pem):
            added.append(pem)
            return self

        def build(self):
            if not added:
                raise BuilderError("no CA certificates", {"causes": None})
            return SyncClientBuilder().add_root_certificate_pem(added[0]).build()

    _pyreqwest_engine.built(Builder).close()
    assert b"BEGIN CERTIFICATE" in added[0]


@pytest.mark.parametrize(("engine", "client", "transport", "answer"), KINDS)
def test_an_error_in_the_callers_transport_is_not_hidden(engine, client, transport, answer):
    """What isn't about the network passes through as it is."""

    def broken(_request):
        raise RuntimeError("a mistake of the caller's")

    mine = client(transport=httpx.MockTransport(broken))
    with pytest.raises(RuntimeError, match="caller's"):
        answer(engine(mine), "http://api.test/")


@pytest.mark.parametrize(("engine", "answer"), OWN)
def test_an_address_that_only_the_library_finds_fault_with_is_explained(engine, answer):
    """A URL that can't be one is a ConfigurationError, whichever library says so."""
    with pytest.raises(babou.ConfigurationError, match="address"):
        answer(engine(), "http://a..b\u2028/")


def test_a_host_name_that_cant_be_one_is_an_error_of_ours(open_door):
    """Each library finds that out in its own way, and at its own time."""
    with pytest.raises((babou.ConfigurationError, babou.APIConnectionError), match="a..b"):
        open_door(base_url="http://a..b", max_retries=0)("get", IMAGE)


@pytest.mark.parametrize("kind", [HttpxEngine, AsyncHttpxEngine])
def test_two_engines_over_one_client_bound_it_once(kind):
    """Making a second engine over a client doesn't stack a second deadline."""
    mine = (httpx.Client if kind is HttpxEngine else httpx.AsyncClient)()
    kind(mine)
    backend = mine._transport._pool._network_backend
    kind(mine)
    assert mine._transport._pool._network_backend is backend
    close(mine)


def test_reads_after_the_deadline_are_refused():
    """A read that would begin too late isn't begun."""

    class Endless(_deadline.httpcore.NetworkStream):
        def read(self, max_bytes, timeout=None):  # noqa: ARG002 (httpcore's signature)
            return b"x"

    stream = _deadline._DeadlineStream(Endless())
    with (
        _deadline.ReadsUntil(time.monotonic() - 1.0, None),
        pytest.raises(_deadline.httpcore.ReadTimeout),
    ):
        stream.read(1)
    assert stream.read(1) == b"x"


def test_what_an_abandoned_thread_opened_is_closed():
    """A connection that is made too late is closed by the thread that made it."""
    released, closed = threading.Event(), threading.Event()

    class Late:
        close = closed.set

    def connect():
        released.wait(60)
        return Late()

    with pytest.raises(TimeoutError):
        _deadline.in_thread(connect, 0.01)
    released.set()
    assert closed.wait(10)


def test_what_an_abandoned_thread_raises_is_dropped():
    """An error that comes too late disturbs nobody."""
    released, failed = threading.Event(), threading.Event()

    def connect():
        released.wait(60)
        failed.set()
        raise OSError("too late")

    with pytest.raises(TimeoutError):
        _deadline.in_thread(connect, 0.01)
    released.set()
    assert failed.wait(10)


def test_a_result_that_arrives_with_the_deadline_is_taken():
    """Cancelling a connection that has just been made returns it instead of losing it."""
    cancel = threading.Event()
    cancel.set()
    made = threading.Event()

    def connect():
        made.set()
        return "stream"

    real = _deadline.Future.cancel

    def after_it_was_made(future):
        made.wait(10)
        _deadline.wait([future], 10)
        return real(future)

    _deadline.Future.cancel = after_it_was_made
    try:
        assert _deadline.in_thread(connect, 5.0, cancel) == "stream"
    finally:
        _deadline.Future.cancel = real


def test_a_wait_is_cancelled_while_connecting(monkeypatch):
    """The event also ends a connection attempt, such as a name that is never resolved."""
    cancel, released = threading.Event(), threading.Event()

    def hang(*_args, **_kwargs):
        cancel.set()
        released.wait(60)
        raise socket.gaierror("gone")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with (
        babou.Client("sk-bab-1", base_url="http://slow.invalid", engine="httpx") as client,
        pytest.raises(babou.WaitCancelledError),
    ):
        client.assets.wait(IMAGE, cancel=cancel)
    released.set()


def test_a_download_into_a_file_ends_at_its_deadline(server, open_door):
    """The whole download is bounded when asked for, its pauses included."""
    asset_id = server.add(content=STORED)
    server.fault("storage_unavailable", retry_after=20.0)
    with pytest.raises(babou.DownloadError, match="the time for all of it was up at byte 0"):
        open_door()("download", asset_id, io.BytesIO(), timeout=5.0)


@pytest.mark.parametrize("kind", [HttpxEngine, AsyncHttpxEngine])
def test_closing_an_engine_leaves_the_callers_client_open(kind):
    """Who made the httpx client closes it."""
    mine = (httpx.Client if kind is HttpxEngine else httpx.AsyncClient)()
    close_engine(kind(mine))
    assert not mine.is_closed
    close(mine)


def test_no_repr_of_a_request_shows_the_key():
    """A debugger or a test report that prints a request prints no key."""
    request = Request("GET", "http://api.test/", {"authorization": "Bearer sk-bab-secret"})
    assert "secret" not in repr(request)
    assert "'x': '1'" in repr(Request("GET", "http://api.test/", {"x": "1"}))


def test_a_stream_ends_at_its_deadline_between_two_pieces():
    """A piece that is asked for after the deadline isn't waited for."""
    clock = iter([0.0, 0.0, 0.0, 100.0, 100.0])
    mine = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text="x")))
    engine = HttpxEngine(mine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("babou._httpx_engine.in_thread", lambda action, _left: action())
        patch.setattr("babou._httpx_engine.time.monotonic", lambda: next(clock, 100.0))
        with (
            engine.stream(Request("GET", "http://storage.test/"), stall=5.0, timeout=5.0) as stream,
            pytest.raises(babou.APITimeoutError),
        ):
            next(stream.chunks)


@pytest.mark.parametrize("fault", ["gzip_bomb", "huge_body"])
def test_memory_stays_flat_while_an_answer_is_refused(server, open_door, fault):
    """A gigabyte, compressed or not, is refused after one mebibyte."""
    server.fault(fault, size=1 << 30)
    door = open_door()
    tracemalloc.start()
    try:
        with pytest.raises(babou.APIResponseValidationError):
            door("get", IMAGE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_memory_stays_flat_while_a_file_is_stored(large_asset, open_door, tmp_path):
    """The size of a file is no matter: it is never held whole."""
    asset_id, size = large_asset
    tracemalloc.start()
    try:
        path = open_door()("download", asset_id, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == size
    assert peak < 16 << 20
