"""One deadline bounds the whole call, whatever the other side does.

Each server here would keep a client without a deadline busy for minutes or for ever. `PATIENCE` is
what a test allows beyond the deadline before it calls that a hang; it measures nothing.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
import time

import httpx
import pytest
import trustme

import babou
from babou._http.environment import trusted

IMAGE = "ast_demo_image"
DEADLINE = 0.3
PATIENCE = 10.0


@contextlib.contextmanager
def ends_in_time():
    began = time.monotonic()
    yield
    assert time.monotonic() - began < DEADLINE + PATIENCE


SILENCES = [
    ("never_answers", {}),
    ("slow_headers", {"interval": 0.1}),
    ("slow_body", {"interval": 0.1}),
    ("stalled_body", {}),
    ("latency", {"seconds": 60.0}),
]


@pytest.mark.parametrize(("fault", "parameters"), SILENCES, ids=[name for name, _ in SILENCES])
def test_a_silent_or_trickling_server_is_left_at_the_deadline(
    server, open_client, fault, parameters
):
    """A byte now and then doesn't prolong a call: the error is APITimeoutError."""
    server.fault(fault, **parameters)
    with ends_in_time(), pytest.raises(babou.APITimeoutError, match=IMAGE):
        open_client(timeout=DEADLINE)("get", IMAGE)


@pytest.mark.parametrize(("fault", "parameters"), SILENCES, ids=[name for name, _ in SILENCES])
def test_a_wait_ends_at_its_deadline_too(server, open_client, fault, parameters):
    """The wait's own time bounds it, though one call might take a hundred times as long."""
    server.fault(fault, **parameters)
    with ends_in_time(), pytest.raises(babou.WaitTimeoutError) as caught:
        open_client(timeout=60)("wait", IMAGE, timeout=DEADLINE)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value.last_error, babou.APITimeoutError)


def test_retries_and_their_pauses_count(server, open_client):
    """A hundred retries allowed, and the call still ends at its deadline, during a pause or not."""
    server.fault("server_error")
    errors = babou.InternalServerError, babou.APITimeoutError
    with ends_in_time(), pytest.raises(errors, match=f"deadline|within (the )?{DEADLINE} s"):
        open_client(timeout=DEADLINE, max_retries=100)("get", IMAGE)


@pytest.mark.parametrize("after", [60.0, "Wed, 01 Jan 2094 00:00:00 GMT"])
def test_a_retry_after_past_the_deadline_fails_now(server, open_client, after):
    """Nobody sleeps for a minute to find out that the time is up."""
    server.fault("rate_limited", retry_after=after)
    with ends_in_time(), pytest.raises(babou.RateLimitError, match="reaches past the deadline"):
        open_client(timeout=5.0)("get", IMAGE)
    assert len(server.requests) == 1


def test_a_call_may_have_months(open_client):
    """The system's own waits take some weeks at most, which nobody has to know."""
    assert open_client(timeout=1e9, max_retries=0)("get", IMAGE).is_ready


def test_a_timeout_of_one_attempt_leaves_time_for_none(server, open_client):
    """The deadline is for the call, not for each attempt: one request is made, not three."""
    server.fault("never_answers")
    with pytest.raises(babou.APITimeoutError):
        open_client(timeout=DEADLINE, max_retries=2)("get", IMAGE)
    assert len(server.requests) == 1


def test_a_name_that_is_never_resolved_is_left_at_the_deadline(open_client, monkeypatch):
    """Looking up a name takes no timeout of its own; the call has one all the same."""
    released = threading.Event()
    real = socket.getaddrinfo

    def hang(host, *args, **kwargs):
        if host in {"slow.invalid", b"slow.invalid"} and not kwargs.get("flags"):
            released.wait(60)
            raise socket.gaierror("gone")
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    client = open_client(base_url="http://slow.invalid", timeout=DEADLINE)
    try:
        with ends_in_time(), pytest.raises(babou.APITimeoutError):
            client("get", IMAGE)
    finally:
        released.set()


@pytest.fixture
def listener():
    """Return a socket that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_a_tls_handshake_that_never_ends_is_left_at_the_deadline(open_own_client, listener):
    """A server that accepts and says nothing is left, before any HTTP was spoken."""
    url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    with ends_in_time(), pytest.raises(babou.APITimeoutError):
        open_own_client(base_url=url, timeout=DEADLINE)("get", IMAGE)


def test_a_foreign_transport_is_left_at_the_deadline():
    """The deadline is ours even where the caller's own transport knows none."""
    released = threading.Event()

    def hang(_request):
        released.wait(60)
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(hang)) as mine:
        client = babou.Client("sk-bab-1", transport=babou.HttpxTransport(mine), timeout=DEADLINE)
        with ends_in_time(), pytest.raises(babou.APITimeoutError):
            client.assets.get(IMAGE)
        cancel = threading.Event()
        cancel.set()
        with pytest.raises(babou.WaitCancelledError):
            client.assets.wait(IMAGE, cancel=cancel)
        released.set()


def test_a_foreign_asynchronous_transport_is_left_at_the_deadline():
    """The same for the asynchronous client."""

    async def hang(_request):
        await asyncio.sleep(60)

    async def fetch():
        async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as mine:
            transport = babou.AsyncHttpxTransport(mine)
            client = babou.AsyncClient("sk-bab-1", transport=transport, timeout=DEADLINE)
            await client.assets.get(IMAGE)

    with ends_in_time(), pytest.raises(babou.APITimeoutError):
        asyncio.run(fetch())


def test_connections_that_were_open_before_are_bounded_too(server):
    """A caller's client that has been used keeps its connections; the deadline still holds."""
    with httpx.Client() as mine:
        mine.get(server.base_url)
        server.fault("slow_headers", interval=0.1)
        transport = babou.HttpxTransport(mine)
        client = babou.Client(server.api_key, base_url=server.base_url, transport=transport)
        with ends_in_time(), pytest.raises(babou.APITimeoutError):
            client.with_options(timeout=DEADLINE).assets.get(IMAGE)


def test_the_download_of_a_stalled_file_ends(server, open_client, tmp_path):
    """Each piece has to arrive within the client's timeout, the whole within its own."""
    asset_id = server.add(content=b"x" * 100_000)
    server.fault("storage_stall", asset_id=asset_id, after=10)
    client = open_client(timeout=DEADLINE, max_retries=0)
    with ends_in_time(), pytest.raises(babou.DownloadError, match="broke off"):
        client("download", asset_id, tmp_path)
    server.clear_faults()
    server.fault("storage_slow", asset_id=asset_id, interval=0.05, piece=10)
    with ends_in_time(), pytest.raises(babou.DownloadError, match="the time for all of it was up"):
        client("download", asset_id, tmp_path, timeout=DEADLINE, options={"timeout": 60.0})


class TlsServer:
    """Serve one fixed HTTP answer over TLS, from a thread."""

    def __init__(self, authority):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._context = context
        self.url = f"https://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with contextlib.suppress(OSError), connection:
                    secure = self._context.wrap_socket(connection, server_side=True)
                    with secure:
                        secure.recv(65536)
                        body = b'{"error": "Asset not found", "code": "NOT_FOUND"}'
                        secure.sendall(
                            b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: "
                            + str(len(body)).encode()
                            + b"\r\n\r\n"
                            + body
                        )

    def close(self):
        self._listening.close()


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls_server(authority):
    server = TlsServer(authority)
    yield server
    server.close()


def test_an_unknown_certificate_is_refused(tls_server, open_client):
    """TLS is verified; the error says that it was the certificate."""
    with pytest.raises(babou.APIConnectionError, match="(?i)certificate"):
        open_client(base_url=tls_server.url, max_retries=0)("get", IMAGE)


def test_a_custom_authority_comes_with_the_callers_client(tls_server, authority):
    """A custom CA is the caller's httpx client; key, base URL and deadline stay ours."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with httpx.Client(verify=context) as mine:
        client = babou.Client(
            "sk-bab-1", base_url=tls_server.url, transport=babou.HttpxTransport(mine), timeout=20
        )
        with pytest.raises(babou.NotFoundError):
            client.assets.get(IMAGE)


@pytest.mark.parametrize(
    ("trusted", "error"), [(True, babou.NotFoundError), (False, babou.APIConnectionError)]
)
def test_so_it_does_with_the_callers_asynchronous_client(tls_server, authority, trusted, error):
    """The same of the asynchronous client; an authority that is not trusted is refused."""
    context = ssl.create_default_context()
    if trusted:
        authority.configure_trust(context)

    async def fetch():
        async with httpx.AsyncClient(verify=context) as mine:
            transport = babou.AsyncHttpxTransport(mine)
            client = babou.AsyncClient(
                "sk-bab-1", base_url=tls_server.url, transport=transport, max_retries=0
            )
            await client.assets.get(IMAGE)

    with pytest.raises(error):
        asyncio.run(fetch())


@pytest.fixture
def tls_of_this_test():
    """Let the one TLS context be made anew, for this test and for the next one."""
    trusted.cache_clear()
    yield
    trusted.cache_clear()


@pytest.mark.usefixtures("tls_of_this_test")
def test_the_environments_authority_is_trusted(
    tls_server, authority, open_own_client, tmp_path, monkeypatch
):
    """SSL_CERT_FILE names the CAs of the system; the one TLS context of all clients takes it."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(babou.NotFoundError):
        open_own_client(base_url=tls_server.url)("get", IMAGE)


@pytest.mark.usefixtures("tls_of_this_test")
@pytest.mark.parametrize("content", [None, "no certificates"])
def test_certificates_that_cant_be_read_are_explained(
    tls_server, open_own_client, tmp_path, monkeypatch, content
):
    """A wrong SSL_CERT_FILE is a ConfigurationError, at the first call that needs it."""
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with pytest.raises(babou.ConfigurationError, match="certificate settings"):
        open_own_client(base_url=tls_server.url)("get", IMAGE)


@pytest.mark.usefixtures("tls_of_this_test")
def test_all_clients_share_one_tls_context(server, tls_server, open_own_client, monkeypatch):
    """Making it costs more than a hundred requests: once for all, and not where there is no TLS."""
    made = []
    make = ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda **options: made.append(1) or make(**options)
    )
    open_own_client()("get", IMAGE)
    assert not made
    for _ in range(2):
        with pytest.raises(babou.APIConnectionError):
            open_own_client(base_url=tls_server.url, max_retries=0)("get", IMAGE)
    assert len(made) == 1


def test_a_proxy_of_the_environment_is_used(server, open_own_client, monkeypatch):
    """HTTP_PROXY carries the call; the proxy is given the whole URL."""
    monkeypatch.setenv("HTTP_PROXY", server.base_url)
    assert open_own_client(base_url="http://api.invalid")("get", IMAGE).is_ready
    (request,) = server.requests
    assert request.target == f"http://api.invalid/api/v1/assets/{IMAGE}"


def test_a_proxy_setting_that_cant_be_used_is_explained(open_own_client, monkeypatch):
    """A malformed proxy is a ConfigurationError that names the variables to look at."""
    monkeypatch.setenv("ALL_PROXY", "ftp://127.0.0.1:1")
    with pytest.raises(babou.ConfigurationError, match="HTTPS_PROXY"):
        open_own_client()
