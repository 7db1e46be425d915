"""What becomes of connections: kept ones, ended ones, answers that nobody asked for, odd bytes."""

import asyncio
import contextlib
import select
import socket
import ssl
import struct
import threading
import time

import anyio
import httpcore
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_server import BODY, NOT_FOUND, ask, request_from

import babou
from babou._http import aio, sync
from babou._http.connections import Pool
from babou._http.network import is_readable, is_writable
from babou._http.transport import CallCancelledError, Limit
from babou_contract.mock_server import MockServer

IMAGE = "ast_demo_image"
PATIENCE = 10.0  # beyond a deadline, before it is called a hang; it measures nothing


class TestKeptConnections:
    """RFC 9112, 9.3: a connection may end at any time, also just when it is used."""

    def test_a_request_that_meets_a_closed_connection_is_sent_again_at_once(
        self, serve, open_own_client
    ):
        """Not a byte of an answer came: it costs no retry and no pause (RFC 9112, 9.3.1)."""
        seen = []

        def once_and_close_on_the_next(connection):
            seen.append(request_from(connection))
            connection.sendall(NOT_FOUND)
            seen.append(request_from(connection))

        server = serve(once_and_close_on_the_next)
        client = open_own_client(base_url=server.url, max_retries=0)
        for _ in range(3):
            ask(client)
        assert server.connections == 3
        assert len(seen) == 5

    def test_the_other_kept_connections_of_a_server_that_closed_one_are_given_up(
        self, serve, open_own_client
    ):
        """It has most likely closed them all: a second try goes out on a new one."""
        together, closing = threading.Barrier(2), threading.Event()

        def two_at_once(connection):
            request_from(connection)
            if not closing.is_set():
                together.wait(10)
            connection.sendall(NOT_FOUND)
            if not closing.is_set():
                request_from(connection)

        server = serve(two_at_once)
        client = open_own_client(base_url=server.url, max_retries=0)
        found = client("wait_many", [IMAGE, f"{IMAGE}2"])
        assert {type(result.error) for result in found} == {babou.NotFoundError}
        closing.set()
        for _ in range(2):
            ask(client)
        assert server.connections == 4

    def test_a_request_of_which_an_answer_began_is_not_sent_again(self, serve, open_own_client):
        """The server has taken it: only the retries that the caller allows repeat it."""

        def begin_the_second(connection):
            request_from(connection)
            connection.sendall(NOT_FOUND)
            request_from(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nconte")

        server = serve(begin_the_second)
        client = open_own_client(base_url=server.url, max_retries=0)
        ask(client)
        ask(client, babou.APIConnectionError)
        assert server.connections == 1

    def test_a_new_connection_that_ends_without_an_answer_is_an_error(self, serve, open_own_client):
        """It was not an idle one: sending again and again would help nobody."""
        server = serve(request_from)
        ask(open_own_client(base_url=server.url, max_retries=0), babou.APIConnectionError)
        assert server.connections == 1

    @pytest.mark.parametrize("extra", [NOT_FOUND, b"\r\n", b"x"])
    def test_bytes_after_an_answer_are_never_the_next_one(self, serve, open_own_client, extra):
        """Two answers in one packet: the second was there before it was asked for."""

        def serve_200_after(connection):
            while request_from(connection):
                connection.sendall(NOT_FOUND + extra)

        server = serve(serve_200_after)
        client = open_own_client(base_url=server.url, max_retries=0)
        for _ in range(3):
            assert ask(client).code == "NOT_FOUND"
        assert server.connections == 3

    @pytest.mark.parametrize("size", [0, 4])
    def test_bytes_after_a_download_are_never_the_next_answer(
        self, serve, server, open_own_client, tmp_path, size
    ):
        """The body of an empty file is not read, so neither is what came with its head."""

        def serve_200_after(connection):
            while request_from(connection):
                head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
                connection.sendall(head + b"file"[:size] + 2 * head + 8 * b"?")

        storage = serve(serve_200_after)
        client = open_own_client()
        asset_id = server.add(size=size, url=storage.url)
        for number in range(3):
            path = client("download", asset_id, tmp_path / str(number))
            assert path.read_bytes() == b"file"[:size]
        assert storage.connections == 3

    @pytest.mark.parametrize("status", [204, 304])
    def test_an_answer_without_a_body_keeps_its_connection(self, serve, open_own_client, status):
        """RFC 9110, 15.3.5 and 15.4.5: they have no body, whatever their Content-Length says."""

        def nothing(connection):
            while request_from(connection):
                connection.sendall(b"HTTP/1.1 %d No\r\ncontent-length: 9\r\n\r\n" % status)

        server = serve(nothing)
        client = open_own_client(base_url=server.url, max_retries=0)
        for _ in range(2):
            ask(client, babou.BabouError)
        assert server.connections == (1 if status == 204 else server.connections)

    def test_an_answer_in_chunks_keeps_its_connection(self, serve, open_own_client):
        """Its end is known as well."""
        chunks = b"HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"

        def chunked(connection):
            while request_from(connection):
                answer = chunks % (len(BODY), BODY)
                connection.sendall(answer[:-7])
                time.sleep(0.01)
                connection.sendall(answer[-7:-2])
                time.sleep(0.01)
                connection.sendall(answer[-2:])

        server = serve(chunked)
        client = open_own_client(base_url=server.url, max_retries=0)
        ask(client)
        ask(client)
        assert server.connections == 1

    def test_a_kept_connection_that_was_reset_is_not_used(self, serve, open_own_client):
        """That is seen before anything is sent."""
        reset = threading.Event()

        def once(connection):
            request_from(connection)
            connection.sendall(NOT_FOUND)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            reset.set()

        server = serve(once)
        client = open_own_client(base_url=server.url, max_retries=0)
        for _ in range(2):
            ask(client)
            assert reset.wait(10)
            reset.clear()
        assert server.connections == 2


@frozen
class Idle:
    """A connection that no call uses."""

    origin: str = "here"
    expired: bool = False

    def has_expired(self):
        return self.expired


class TestPool:
    """The connections that no call uses, by themselves."""

    def test_the_one_used_last_is_taken_first(self):
        """It is the likeliest to be open still."""
        pool, idle = Pool(), [Idle(), Idle("there"), Idle(), Idle("there")]
        for each in idle:
            assert pool.keep(each) == []
        assert pool.take("here") == (idle[2], [])
        assert pool.take("here") == (idle[0], [])
        assert pool.take("here") == (None, [])
        assert pool.empty() == [idle[1], idle[3]]

    def test_what_has_expired_is_to_be_closed(self):
        """The oldest when anything is taken, and others when they would be taken."""
        pool, idle = Pool(), [Idle(expired=True), Idle(), Idle(expired=True)]
        for each in idle:
            pool.keep(each)
        assert pool.take("here") == (idle[1], [idle[0], idle[2]])

    def test_no_more_are_kept_than_are_used_at_once(self):
        """The oldest goes."""
        pool, idle = Pool(), [Idle() for _ in range(21)]
        assert [pool.keep(each) for each in idle] == [[]] * 20 + [[idle[0]]]


def test_what_cannot_be_written_may_have_been_answered():
    """Httpcore reads the answer all the same, where it is told so in its own words."""
    near, far = socket.socketpair()
    far.close()
    connection = sync._Connection(None, None)
    connection.limit = Limit(time.monotonic() + 5)
    stream = sync._TcpStream(connection, near)
    with pytest.raises(httpcore.WriteError):
        stream.write(b"GET")
    cancel = threading.Event()
    cancel.set()
    connection.limit.cancel = cancel
    with pytest.raises(CallCancelledError):
        stream.write(b"GET")
    stream.close()


def test_what_cannot_be_written_asynchronously_either():
    """The same of the other transport."""

    async def write():
        near, far = socket.socketpair()
        far.close()
        stream = aio._TcpStream(aio._Connection(None, None), near)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"GET")
        await stream.aclose()

    asyncio.run(write())


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_more_than_a_socket_takes_at_once_is_written_bit_by_bit(loop):
    """Other tasks have their turn meanwhile; what is read comes in the order of writing."""
    near, far = socket.socketpair()
    near.settimeout(0)
    far.settimeout(0)
    sent = b"".join(number.to_bytes(4, "big") for number in range(1 << 20))

    async def both():
        writing, reading = (aio._TcpStream(aio._Connection(None, None), end) for end in (near, far))
        received = bytearray()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(writing.write, sent)
            while len(received) < len(sent):
                received += await reading.read(1 << 16)
        assert received == sent
        await writing.aclose()
        await reading.aclose()

    anyio.run(both, backend=loop)


def test_reading_gives_other_tasks_their_turn():
    """So a deadline is met where bytes are always there."""
    near, far = socket.socketpair()
    far.send(bytes(1000))

    async def read():
        connection = aio._Connection(None, None)
        connection.has_paused = True  # as before the first bytes of an answer
        stream = aio._TcpStream(connection, near)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end, tasks.cancel_scope)
            for _ in range(1000):
                await stream.read(1)
            pytest.fail("no other task had its turn")
        await stream.aclose()

    async def end(scope):
        scope.cancel()

    asyncio.run(read())
    far.close()


def test_sending_gives_other_tasks_their_turn():
    """So a deadline is met where the network takes whatever is sent."""

    async def pieces():
        for _ in range(1000):
            yield b"x"
        pytest.fail("no other task had its turn")

    async def send():
        near, far = socket.socketpair()
        connection = aio._Connection(None, None)
        stream = aio._TcpStream(connection, near)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end, tasks.cancel_scope)
            async for _ in aio._UntilAnswered(connection, pieces()):
                pass
        await stream.aclose()
        far.close()

    async def end(scope):
        scope.cancel()

    asyncio.run(send())


def test_connections_are_given_up_by_a_child_process(server):
    """What the system calls after a fork, called here."""
    with babou.Client(server.api_key, base_url=server.base_url) as client:
        for _ in range(2):
            client.assets.get(IMAGE)
            sync._after_fork()
    assert len({request.connection for request in server.requests}) == 2


def test_a_system_without_poll_is_asked_by_select(monkeypatch):
    """As on Windows."""
    near, far = socket.socketpair()
    near.setblocking(False)  # noqa: FBT003 (its only argument)
    with near, far:
        for has_poll in (True, False):
            if not has_poll:
                monkeypatch.delattr(select, "poll")
            assert not is_readable(near.fileno())
            far.sendall(b"x")
            assert is_readable(near.fileno())
            near.recv(1)
            sent = 0
            while is_writable(near.fileno(), 0.0):
                sent += near.send(bytes(1 << 16))
            while sent:
                sent -= len(far.recv(1 << 16))
            assert is_writable(near.fileno(), 0.0)
    assert is_readable(-1)


def test_a_cancelled_call_ends_while_the_body_of_an_error_arrives(serve, transport):
    """The status alone would have told of the error; the event ends the wait all the same."""
    cancel = threading.Event()

    def stall(connection):
        request_from(connection)
        connection.sendall(b"HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\n{")
        cancel.set()
        connection.recv(1)

    server = serve(stall)
    with babou.Client("sk-bab-1", base_url=server.url, transport=transport, timeout=60.0) as client:
        began = time.monotonic()
        with pytest.raises(babou.WaitCancelledError):
            client.assets.wait(IMAGE, cancel=cancel)
        assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("close_notify", [True, False])
def test_a_body_without_length_ends_with_close_notify(
    trusted_authority, serve, open_own_client, close_notify
):
    """Without it somebody may have cut the body off (RFC 9112, 9.8)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted_authority.issue_cert("127.0.0.1").configure_cert(context)

    def until_the_end(connection):
        request_from(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")
        if close_notify:
            connection.unwrap()

    server = serve(until_the_end, wrap=lambda raw: context.wrap_socket(raw, server_side=True))
    url = server.url.replace("http:", "https:")
    whole = babou.APIResponseValidationError  # of an asset without any member
    ask(
        open_own_client(base_url=url, max_retries=0),
        whole if close_notify else babou.APIConnectionError,
    )


def silent_address():
    """Return a loopback address whose connections are never accepted, and what keeps it so."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(0)
    waiting = []
    for _ in range(8):  # until its queue is full, and what comes then is not even refused
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)  # noqa: FBT003
        with contextlib.suppress(BlockingIOError):
            waiting[-1].connect(listening.getsockname())
    return listening.getsockname(), [listening, *waiting]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_host_whose_first_address_is_silent_is_reached_by_the_next(
    server, open_own_client, monkeypatch, family
):
    """RFC 8305: the second is tried while there is time."""
    silent, kept = silent_address()
    port = int(server.base_url.rpartition(":")[2])
    real = socket.getaddrinfo

    def resolved(host, *arguments, **options):
        if host not in {"two.invalid", b"two.invalid"}:
            return real(host, *arguments, **options)
        if options.get("flags"):
            raise socket.gaierror("it is a name")
        first = (socket.AF_INET, socket.SOCK_STREAM, 6, "", silent)
        second = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        refused = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))
        if family == socket.AF_INET6:
            first = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 9, 0, 0))
        return [first, refused, second]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    client = open_own_client(base_url=f"http://two.invalid:{port}", timeout=30.0, max_retries=0)
    assert client("get", IMAGE).is_ready
    for each in kept:
        each.close()


def test_a_host_without_any_address_that_accepts_is_an_error(open_own_client, monkeypatch):
    """Whether that shows at once or later; the error is that of the last one that was tried."""
    refused = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))
    impossible = (socket.AF_INET, socket.SOCK_STREAM, 99, "", ("127.0.0.1", 9))
    denied = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("255.255.255.255", 9))
    real = socket.getaddrinfo

    def resolved(host, *arguments, **options):
        is_ours = host in {"none.invalid", b"none.invalid"}
        return [refused, denied, impossible] if is_ours else real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    ask(open_own_client(base_url="http://none.invalid", max_retries=0), babou.APIConnectionError)


def test_a_name_that_nobody_knows_is_told(open_own_client, monkeypatch):
    """With the resolver's own words."""
    real = socket.getaddrinfo

    def resolved(host, *arguments, **options):
        if host in {"nobody.invalid", b"nobody.invalid"}:
            raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    client = open_own_client(base_url="http://nobody.invalid", max_retries=0)
    assert "nobody knows it" in str(ask(client, babou.APIConnectionError))


pieces = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                NOT_FOUND,
                NOT_FOUND[:30],
                NOT_FOUND[30:],
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 100 Continue\r\n\r\n",
                b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
                b"HTTP/1.0 200 OK\r\n\r\n{}",
                b"transfer-encoding: chunked\r\n\r\n",
                b"content-length: 99999999999999999999\r\n\r\n",
                b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
                b"\r\n\r\n",
                b"5\r\nhello\r\n0\r\n\r\n",
                b"zz\r\n",
            ]
        ),
    ),
    max_size=4,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=st.lists(pieces, min_size=1, max_size=3), keeps=st.booleans())
def test_whatever_bytes_come_there_are_only_our_errors(serve, open_client, answers, keeps):
    """Random bytes, cuts and silences: a BabouError, in time, and no answer to a wrong question."""
    left = iter(answers)

    def bytes_of(connection):
        while request_from(connection):
            for piece in next(left, []):
                connection.sendall(piece)
            if not keeps:
                return

    server = serve(bytes_of)
    client = open_client(base_url=server.url, max_retries=1, timeout=0.25)
    for _ in range(2):
        began = time.monotonic()
        ask(client, babou.BabouError)
        assert time.monotonic() - began < PATIENCE
    client.close_client()
    server.close()


def test_answers_are_never_mixed_up_by_threads(transport):
    """Forty threads on one client: each gets the asset that it asked for."""
    with MockServer() as server:
        ids = [server.add() for _ in range(40)]
        wrong = []
        barrier = threading.Barrier(len(ids))
        with babou.Client(server.api_key, base_url=server.base_url, transport=transport) as client:

            def fetch(asset_id):
                barrier.wait()  # the first use is at once
                got = {client.assets.get(asset_id).id for _ in range(5)}
                wrong.extend(got - {asset_id})

            threads = [threading.Thread(target=fetch, args=(asset_id,)) for asset_id in ids]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert not wrong
