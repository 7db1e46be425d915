"""Both doors under one handle, so that each promise is tested on both."""

import asyncio
import inspect

import pytest

from babou import AsyncClient, Client, PollPolicy, _async_pyreqwest_engine, _pyreqwest_engine
from babou_contract.mock_server import MockServer

QUICK = PollPolicy(minimum=0.01, maximum=0.05)
ENGINES = ["httpx", "pyreqwest"]


class SyncDoor:
    """A `Client`: calling it calls one of its methods by name."""

    kind = Client

    def __init__(self, **options):
        self.client = Client(**options)

    def __call__(self, method, *args, options=None, **kwargs):
        client = self.client.with_options(**(options or {}))
        answer = getattr(client.assets, method)(*args, **kwargs)
        return list(answer) if inspect.isgenerator(answer) else answer

    def close_client(self, client=None):
        (client or self.client).close()

    close = close_client


class AsyncDoor:
    """An `AsyncClient` with an event loop of its own, called in the same way."""

    kind = AsyncClient

    def __init__(self, **options):
        self.client = AsyncClient(**options)
        self.loop = asyncio.Runner()

    def __call__(self, method, *args, options=None, **kwargs):
        return self.loop.run(self._call(method, args, options, kwargs))

    async def _call(self, method, args, options, kwargs):
        client = self.client.with_options(**(options or {}))
        answer = getattr(client.assets, method)(*args, **kwargs)
        if inspect.isasyncgen(answer):
            return [item async for item in answer]
        return await answer

    def close_client(self, client=None):
        self.loop.run((client or self.client).close())

    def close(self):
        self.close_client()
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


@pytest.fixture(params=ENGINES)
def engine(request):
    """Return the name of each engine in turn."""
    return request.param


@pytest.fixture(params=[SyncDoor, AsyncDoor], ids=["sync", "async"])
def open_door(request, server, engine):
    """Return a function that opens a client of the server: of each kind, on each engine."""
    doors = []

    def connect(**options):
        defaults = {"api_key": server.api_key, "base_url": server.base_url, "poll": QUICK}
        door = request.param(**defaults | {"engine": engine} | options)
        doors.append(door)
        return door

    yield connect
    for door in doors:
        door.close()


@pytest.fixture
def door(open_door):
    return open_door()


@pytest.fixture
def async_door(server, engine):
    """Return an asynchronous client, for what only that kind can do."""
    door = AsyncDoor(api_key=server.api_key, base_url=server.base_url, poll=QUICK, engine=engine)
    yield door
    door.close()


@pytest.fixture
def twenty_connections(monkeypatch):
    """Give every engine as many connections as that over httpx has."""
    monkeypatch.setattr(_pyreqwest_engine, "CONNECTIONS", 20)
    monkeypatch.setattr(_async_pyreqwest_engine.AsyncPyreqwestEngine, "connections", 20)


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
