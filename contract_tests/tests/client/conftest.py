"""Both clients under one handle, so that each promise is tested on both."""

import asyncio
import contextlib
import functools
import inspect
import sys
from pathlib import Path

import httpx
import pytest
import trustme

from babou import AsyncClient, AsyncHttpxTransport, Client, HttpxTransport, PollPolicy
from babou._http.environment import trusted
from babou_contract.mock_server import MockServer

# Tests are not a package, and importlib mode puts nothing on the path.
sys.path.insert(0, str(Path(__file__).parent))

QUICK = PollPolicy(minimum=0.01, maximum=0.05)


class SyncClient:
    """A `Client`: calling it calls one of its methods by name."""

    kind = Client

    def __init__(self, *, mine=None, **options):
        self.mine = httpx.Client() if mine else None
        over = {"transport": HttpxTransport(self.mine)} if mine else {}
        self.wrapped = Client(**over | options)

    def __call__(self, method, *args, options=None, **kwargs):
        client = self.wrapped.with_options(**(options or {}))
        answer = getattr(client.assets, method)(*args, **kwargs)
        return list(answer) if inspect.isgenerator(answer) else answer

    def close_client(self, client=None):
        (client or self.wrapped).close()

    def close(self):
        self.close_client()
        if self.mine is not None:
            self.mine.close()


class BlockingAsyncClient:
    """An `AsyncClient` with an event loop of its own, called in the same way."""

    kind = AsyncClient

    def __init__(self, *, mine=None, **options):
        self.mine = httpx.AsyncClient() if mine else None
        over = {"transport": AsyncHttpxTransport(self.mine)} if mine else {}
        self.wrapped = AsyncClient(**over | options)
        self.loop = asyncio.Runner()

    def __call__(self, method, *args, options=None, **kwargs):
        return self.loop.run(self._call(method, args, options, kwargs))

    async def _call(self, method, args, options, kwargs):
        client = self.wrapped.with_options(**(options or {}))
        answer = getattr(client.assets, method)(*args, **kwargs)
        if inspect.isasyncgen(answer):
            return [item async for item in answer]
        return await answer

    def close_client(self, client=None):
        self.loop.run((client or self.wrapped).close())

    def close(self):
        self.close_client()
        if self.mine is not None:
            self.loop.run(self.mine.aclose())
        self.loop.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "BABOU_API_KEY", "BABOU_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server():
    with MockServer() as server:
        yield server


@pytest.fixture(params=["own", "httpx"])
def mine(request):
    """Tell whether a client is given an httpx client of the caller's."""
    return request.param == "httpx"


@pytest.fixture
def transport(mine):
    """Return what a `Client` is given as its transport."""
    if not mine:
        yield None
        return
    with httpx.Client() as client:
        yield HttpxTransport(client)


@pytest.fixture
def open_async_client(server, mine):
    """Return what opens an `AsyncClient` of the server, inside an event loop."""

    @contextlib.asynccontextmanager
    async def connect(**options):
        async with contextlib.AsyncExitStack() as opened:
            if mine:
                client = await opened.enter_async_context(httpx.AsyncClient())
                options["transport"] = AsyncHttpxTransport(client)
            defaults = {"api_key": server.api_key, "base_url": server.base_url}
            yield await opened.enter_async_context(AsyncClient(**defaults | options))

    return connect


@pytest.fixture(params=[SyncClient, BlockingAsyncClient], ids=["sync", "async"])
def open_own_client(request, server):
    """Return a function that opens a client of the server: of each kind."""
    clients = []

    def connect(**options):
        defaults = {"api_key": server.api_key, "base_url": server.base_url, "poll": QUICK}
        client = request.param(**defaults | options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def open_client(open_own_client, mine):
    """Return the same function, for each transport in turn."""
    return functools.partial(open_own_client, mine=mine)


@pytest.fixture
def client(open_client):
    return open_client()


@pytest.fixture
def async_client(server, mine):
    """Return an asynchronous client, for what only that kind can do."""
    client = BlockingAsyncClient(
        api_key=server.api_key, base_url=server.base_url, poll=QUICK, mine=mine
    )
    yield client
    client.close()


@pytest.fixture
def large_asset(server):
    """Return an asset of 64 MiB, which the server makes piece by piece; its id and its size."""
    size, piece = 64 << 20, bytes(1 << 16)

    def stream(request, answer):
        if not request.path.startswith("/storage/"):
            return answer
        whole = answer.with_body(lambda: (piece for _ in range(size // len(piece))))
        return whole.with_header("content-length", str(size))

    server.rewrite = stream
    return server.add(size=size), size


@pytest.fixture
def serve():
    """Return a function that makes a server of raw bytes."""
    from raw_server import RawServer

    servers = []

    def make(function, **options):
        servers.append(RawServer(function, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def trusted_authority(tmp_path, monkeypatch):
    """Return an authority that all clients trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    trusted.cache_clear()
    yield authority
    trusted.cache_clear()
