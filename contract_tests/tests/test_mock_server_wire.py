"""The mock server as a server: its life, many connections, the rewrite hook, bytes on the wire."""

import asyncio
import concurrent.futures
import contextlib
import gc
import socket
import threading
import time

import attrs
import httpx
import pytest

from babou_contract.mock_server import MockServer, Response, Wire

ID = "ast_demo_image"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def test_a_server_starts_and_stops_at_once():
    """Starting and stopping cost some milliseconds, so that each test can have its own."""
    MockServer()  # the spec is read once per process, by whoever comes first
    durations = []
    for _ in range(5):
        began = time.perf_counter()
        with MockServer():
            pass
        durations.append(time.perf_counter() - began)
    assert min(durations) < 0.05


def test_close_may_be_called_twice_and_ends_the_thread():
    """`close` is idempotent, and leaves no thread and no port behind."""
    server = MockServer().start()
    assert server.start() is server
    url = httpx.URL(server.base_url)
    server.close()
    server.close()
    assert not any(thread.name == "babou-mock-server" for thread in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((url.host, url.port))


def test_a_server_that_was_not_started_says_so():
    """There is no address before the start."""
    server = MockServer()
    with pytest.raises(RuntimeError, match="not started"):
        _ = server.base_url
    server.close()
    assert repr(server) == "<MockServer not started>"


def test_close_is_prompt_with_hanging_connections(head):
    """Callers that wait for an answer, or read none, don't hold up the end."""
    server = MockServer().start()
    url = httpx.URL(server.base_url)
    server.fault("never_answers", times=1)
    server.fault("huge_body", size=1 << 30)
    hanging = []
    for sent in (b"", b"GET /api", head(server), head(server), head(server)):
        connection = socket.create_connection((url.host, url.port))
        connection.sendall(sent)
        hanging.append(connection)
    while len(server.requests) < 3:
        time.sleep(0.001)
    began = time.perf_counter()
    server.close()
    assert time.perf_counter() - began < 1
    for connection in hanging:
        connection.close()


def test_a_port_can_be_chosen_and_is_free_again():
    """The same port serves one server after the other."""
    with MockServer() as server:
        port = httpx.URL(server.base_url).port
    with MockServer(port=port) as server:
        assert server.base_url == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"):
            MockServer(port=port).start()


def test_pipelined_requests_are_answered_in_order(mock_server, head, raw):
    """Three requests in one packet get three answers on one connection."""
    ids = (ID, "ast_demo_video", "ast_demo_empty")
    sent = b"".join(head(mock_server, id) for id in ids[:2])
    received = raw(mock_server, sent + head(mock_server, ids[2], "Connection: close"))
    assert received.count(b"HTTP/1.1 200 OK") == 3
    places = [received.index(f'"id": "{id}"'.encode()) for id in ids]
    assert places == sorted(places)
    assert received.count(b"Connection: close") == 1


def test_a_request_may_arrive_byte_by_byte(mock_server, head):
    """TCP is a stream of bytes."""
    url = httpx.URL(mock_server.base_url)
    with socket.create_connection((url.host, url.port)) as connection:
        for value in head(mock_server):
            connection.sendall(bytes([value]))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /api/v1/assets/a\x01b HTTP/1.1\r\nHost: mock\r\n\r\n",
        b"GET /x HTTP/1.1\r\n\r\n",  # no Host
        b"GET /" + b"x" * 30_000 + b" HTTP/1.1\r\nHost: mock\r\n\r\n",
        b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\nHost: mock\r\n\r\n",
    ],
    ids=["nonsense", "control character", "no host", "over-long", "far too long"],
)
def test_what_is_no_http_is_answered_400(mock_server, raw, sent):
    """A broken request gets an answer, and the connection is closed."""
    received = raw(mock_server, sent)
    assert received.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"VALIDATION_ERROR" in received


def test_a_body_is_read_and_thrown_away(mock_api):
    """The connection goes on after a request that carried something."""
    for _ in range(2):
        assert mock_api.post(ID, content=b"x" * 300_000).status_code == 405


def test_an_expected_continue_is_answered_at_once(mock_server, head, raw):
    """RFC 9110, section 10.1.1: a final answer may come instead of 100."""
    sent = head(mock_server, ID, "Content-Length: 5", "Expect: 100-continue")
    assert raw(mock_server, sent).startswith(b"HTTP/1.1 200 OK")


def test_http_1_0_gets_its_answer_and_the_end(mock_server, head, raw):
    """An old client doesn't know keep-alive."""
    sent = head(mock_server).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert raw(mock_server, sent).endswith(b"}")


def test_the_hook_has_the_last_word(open_api):
    """`rewrite` sees each request with its answer, and what it returns is sent."""

    def rewrite(request, response):
        if request.method == "HEAD":
            return attrs.evolve(response, status=299, reason="Odd")
        members = response.json() | {"name": "rewritten"}
        return response.with_json(members).with_header("X-Extra", "1").with_header("date", None)

    with MockServer(rewrite=rewrite) as server:
        server.fault("null_member")
        api = open_api(server)
        answer, odd = api.get(ID), api.head(ID)
    assert answer.json()["name"] == "rewritten"
    assert answer.headers["x-extra"] == "1"
    assert "date" not in answer.headers
    assert (odd.status_code, odd.reason_phrase) == (299, "Odd")


@pytest.mark.parametrize(
    ("response", "received"),
    [
        (Response(body=b"a", wire=Wire(raw=b"SSH-2.0-x\r\n")), b"SSH-2.0-x\r\n"),
        (
            Response(204),
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        ),
        (
            Response(body=b"abc", wire=Wire(chunked=True)),
            CHUNKED + b"3\r\nabc\r\n0\r\n\r\n",
        ),
        (
            Response(body=lambda: iter([b"a", b"", b"bc"])),
            CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        ),
        (
            Response(wire=Wire(chunked=True)),
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        (
            Response(598, (("Content-Length", "9"),), b"abc"),
            b"HTTP/1.1 598 Unknown\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc",
        ),
        (
            Response(body=b"abcdef", wire=Wire(stop_after=2)),
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nab",
        ),
        (
            Response(body=b"abc", wire=Wire(chunked=True, stop_after=2)),
            CHUNKED + b"3\r\nab",
        ),
        (
            Response(headers=(("Connection", "keep-alive"),), body=b"a", wire=Wire(close=True)),
            b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
        ),
    ],
)
def test_an_answer_is_put_on_the_wire_as_it_is(head, raw, response, received):
    """Every byte follows from the Response, so that a test can order any misbehaviour."""
    with MockServer(rewrite=lambda _request, _response: response) as server:
        assert raw(server, head(server, ID, "Connection: close")) == received


def test_the_hook_can_be_set_later(mock_server, mock_api):
    """`rewrite` is an attribute as well, for a server that somebody else started."""
    mock_server.rewrite = lambda _request, response: response.with_body(b"".join(response.chunks()))
    assert mock_api.get(ID).json()["id"] == ID
    mock_server.rewrite = lambda _request, _response: Response(599)
    assert mock_api.get(ID).status_code == 599
    mock_server.rewrite = None
    assert mock_api.get(ID).status_code == 200


def test_connections_are_counted(mock_server, open_api):
    """A test sees which requests shared a connection."""
    first, second = open_api(mock_server), open_api(mock_server)
    for api in (first, first, second):
        api.get(ID)
    assert [request.connection for request in mock_server.requests] == [1, 1, 2]


def test_a_hook_that_fails_is_seen(open_api, caplog):
    """An exception in the hook is a 500 of its own code, and is logged."""

    def rewrite(_request, _response):
        raise LookupError("a mistake in the test")

    with MockServer(rewrite=rewrite) as server:
        assert open_api(server).get(ID).json()["code"] == "MOCK_SERVER_FAILED"
    assert "a mistake in the test" in caplog.text


def test_orders_from_many_threads_do_not_get_lost(mock_server):
    """`add`, `fault` and requests may come from any thread at the same time."""
    count = 200

    def one(number):
        id = mock_server.add(content=b"x" * number)
        mock_server.fault("latency", asset_id=id, seconds=0, times=1)
        headers = {"Authorization": f"Bearer {mock_server.api_key}"}
        answer = client.get(f"{mock_server.base_url}/api/v1/assets/{id}", headers=headers)
        return answer.json()["size"]

    with (
        httpx.Client(trust_env=False) as client,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        assert list(pool.map(one, range(count))) == list(range(count))
    assert len(mock_server.requests) == count


@pytest.fixture
def many_files():
    """Let this process have both ends of 2,000 connections open, where the system allows it."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 5000)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"the system allows no more than {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_two_thousand_connections_at_once(mock_server, head):
    """All are open at the same time, and each gets its answer."""
    count = 2000
    url = httpx.URL(mock_server.base_url)
    sent = head(mock_server)

    async def main():
        opened = await asyncio.gather(
            *(asyncio.open_connection(url.host, url.port) for _ in range(count))
        )
        for _, writer in opened:
            writer.write(sent)
        answers = await asyncio.gather(*(reader.readuntil(b"}") for reader, _ in opened))
        for _, writer in opened:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in opened))
        return answers

    answers = asyncio.run(main())
    assert sum(answer.startswith(b"HTTP/1.1 200 OK") for answer in answers) == count


def test_who_connects_while_the_server_stops_is_not_forgotten():
    """What was being accepted is closed with the rest: nobody finds an open socket later."""
    for _ in range(40):
        server, go, connected = MockServer().start(), threading.Event(), []
        address = "127.0.0.1", int(server.base_url.rpartition(":")[2])

        def connect(go=go, address=address, connected=connected):
            go.wait()
            with contextlib.suppress(OSError):
                for _ in range(10):
                    connected.append(socket.create_connection(address, timeout=10))

        connecting = [threading.Thread(target=connect) for _ in range(2)]
        for thread in connecting:
            thread.start()
        go.set()
        server.close()
        for thread in connecting:
            thread.join()
        for one in connected:
            one.close()
    gc.collect()  # a forgotten one warns, and a warning is an error
