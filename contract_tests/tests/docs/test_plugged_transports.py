"""The page on transports: those that it plugs in keep the promises that it names."""

import asyncio
import contextlib
import functools
import gzip
import importlib
import inspect
import io
import sys
from pathlib import Path

import pytest
from attrs import evolve

import babou
from babou_contract.mock_server import by_reads
from page_blocks import blocks

pytestmark = pytest.mark.docs

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "transports.md"
IMAGE = "ast_demo_image"
QUICK = babou.PollPolicy(minimum=0.01, maximum=0.05)
STORED = b"bytes of the file " * 100


def call(module, server, method, *args, options=None, **kwargs):
    """Call a method of a `Client` over pyreqwest."""
    with (
        contextlib.closing(module.PyreqwestTransport()) as transport,
        babou.Client(server.api_key, transport=transport, **settings(server, options)) as client,
    ):
        return getattr(client.assets, method)(*args, **kwargs)


def call_async(module, server, method, *args, options=None, **kwargs):
    """Call a method of an `AsyncClient` over aiohttp."""

    async def main():
        transport, others = module.AiohttpTransport(), settings(server, options)
        try:
            async with babou.AsyncClient(server.api_key, transport=transport, **others) as client:
                return await getattr(client.assets, method)(*args, **kwargs)
        finally:
            await transport.close()

    return asyncio.run(main())


def settings(server, options):
    return {"base_url": server.base_url, "poll": QUICK, "max_retries": 0} | (options or {})


@pytest.fixture
def page_module(tmp_path, monkeypatch):
    """Return a function that imports a block of the page by its name."""
    named = {block.title: block.code for block in blocks(PAGE.read_text("utf-8")) if block.title}
    for title, code in named.items():
        (tmp_path / title).write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module
    for title in named:
        sys.modules.pop(title.removesuffix(".py"), None)


@pytest.fixture(params=["pyreqwest", "aiohttp"])
def ask(request, page_module, babou_server):
    """Return what calls a method of a client over a transport of the page."""
    how = {"pyreqwest": call, "aiohttp": call_async}[request.param]
    return functools.partial(how, page_module(f"{request.param}_transport"), babou_server)


def test_it_gets_an_asset(ask):
    """The answer arrives whole."""
    assert ask("get", IMAGE).is_ready


def test_it_carries_a_wait_to_its_end(ask, babou_server):
    """One request for each poll."""
    moving = babou_server.add(lifecycle=by_reads("uploading", "processing", "ready"))
    assert ask("wait", moving).is_ready
    assert len(babou_server.requests) == 3


def test_it_stores_a_file_that_breaks_off_twice(ask, babou_server):
    """What came before a break is kept, and the rest is asked for."""
    asset_id, target = babou_server.add(content=STORED), io.BytesIO()
    babou_server.fault("storage_cut", asset_id=asset_id, after=500, times=2)
    ask("download", asset_id, target, options={"max_retries": 2})
    assert target.getvalue() == STORED
    asked = [request.header("range") for request in babou_server.requests[1:]]
    assert asked == [None, "bytes=500-", "bytes=1000-"]


def test_it_uploads_a_file(ask):
    """Piece by piece, and what is stored is what was sent."""
    sent, target = b"GIF89a" + bytes(range(256)) * 2000, io.BytesIO()
    asset = ask("wait", ask("upload", sent))
    ask("download", asset, target)
    assert target.getvalue() == sent


def test_a_stream_comes_as_it_was_sent(ask, babou_server):
    """A storage that compresses unasked: the download decompresses, nobody else."""

    def compress(request, answer):
        if not request.path.startswith("/storage/"):
            return answer
        return answer.with_body(gzip.compress(STORED)).with_header("Content-Encoding", "gzip")

    asset_id, target = babou_server.add(content=STORED), io.BytesIO()
    babou_server.rewrite = compress
    ask("download", asset_id, target)
    assert target.getvalue() == STORED


def test_an_error_status_is_an_answer(ask):
    """Its class, its code and its headers are there, names in lower case."""
    with pytest.raises(babou.NotFoundError) as caught:
        ask("get", "ast_nobody")
    assert caught.value.code == "NOT_FOUND"
    assert caught.value.headers["content-type"].startswith("application/json")


def test_lines_of_one_header_are_joined(ask, babou_server):
    """Of two pauses that a server asks for, the longer counts."""
    second = ("RETRY-AFTER", "9")
    babou_server.fault("rate_limited", retry_after=7)
    babou_server.rewrite = lambda _, answer: evolve(answer, headers=(*answer.headers, second))
    with pytest.raises(babou.RateLimitError) as caught:
        ask("get", IMAGE)
    assert caught.value.retry_after == 9.0


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("latency", {"seconds": 20.0}),
        ("slow_headers", {"interval": 0.1}),
        ("slow_body", {"interval": 0.1}),
    ],
)
def test_a_call_ends_at_its_deadline(ask, babou_server, fault, options):
    """A server that is silent, or sends a byte now and then, would answer in time for others."""
    babou_server.fault(fault, **options)
    with pytest.raises(babou.APITimeoutError):
        ask("get", IMAGE, options={"timeout": 0.5})


@pytest.mark.parametrize(
    "slow", [{"latency": 20.0}, {"head_interval": 0.1}, {"body_interval": 5.0, "piece": 1000}]
)
def test_a_download_ends_where_nothing_comes(ask, babou_server, slow):
    """The head, and each piece, has to come within the client's `timeout`."""
    asset_id = babou_server.add(content=STORED)
    babou_server.rewrite = lambda request, answer: (
        answer.with_wire(**slow) if request.path.startswith("/storage/") else answer
    )
    with pytest.raises(babou.DownloadError, match="no whole answer from .*Timeout"):
        ask("download", asset_id, io.BytesIO(), options={"timeout": 0.5})


def test_a_download_ends_at_its_deadline(ask, babou_server):
    """All of it has to come within the download's `timeout`, though each piece is in time."""
    asset_id = babou_server.add(content=STORED)
    babou_server.fault("storage_slow", interval=0.1, piece=10)
    with pytest.raises(babou.DownloadError, match="the time for all of it was up"):
        ask("download", asset_id, io.BytesIO(), timeout=0.5)


@pytest.mark.parametrize("fault", ["drop_connection", "reset", "truncated_body"])
def test_a_broken_answer_is_an_error_of_ours(ask, babou_server, fault):
    """No exception of a library gets out."""
    babou_server.fault(fault)
    with pytest.raises(
        babou.APIConnectionError, match="(aiohttp|pyreqwest)[.a-z_]*[.][A-Z]"
    ) as caught:
        ask("get", IMAGE)
    assert not isinstance(caught.value.__cause__, babou.BabouError)


def test_a_body_has_a_largest_size(ask, babou_server):
    """Of a gigabyte, a mebibyte is read."""
    babou_server.fault("huge_body", size=1 << 30)
    with pytest.raises(babou.APIResponseValidationError, match="received a larger one"):
        ask("get", IMAGE)


def test_no_redirect_is_followed(ask, babou_server):
    """The key goes nowhere else."""
    babou_server.fault("redirect", to=f"/api/v1/assets/{IMAGE}", times=1)
    with pytest.raises(babou.APIStatusError, match="302"):
        ask("get", IMAGE)
    assert len(babou_server.requests) == 1


def test_each_takes_some_thirty_lines_of_code():
    """What it costs to plug in another library."""
    for block in blocks(PAGE.read_text("utf-8")):
        lines = [line.strip() for line in block.code.splitlines()]
        assert len([line for line in lines if line and not line.startswith("#")]) <= 31


@pytest.mark.parametrize(
    ("module", "name", "protocol"),
    [
        ("pyreqwest_transport", "PyreqwestTransport", "Transport"),
        ("aiohttp_transport", "AiohttpTransport", "AsyncTransport"),
    ],
)
def test_the_page_has_the_methods_of_the_protocol(page_module, module, name, protocol):
    """Their parameters, by the same names, in the same order."""
    plugged, expected = getattr(page_module(module), name), getattr(babou, protocol)
    for method in ("send", "stream", "close"):
        parameters = inspect.signature(getattr(plugged, method)).parameters
        assert list(parameters) == list(inspect.signature(getattr(expected, method)).parameters)
