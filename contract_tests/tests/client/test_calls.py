"""The client against a real server: what arrives, what is sent, what is raised."""

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import babou
from babou._http import runner
from babou_contract.mock_server import Response, by_reads

IMAGE = "ast_demo_image"
DOCS_EXAMPLE = "ast_abc123xyz456789012"


def test_get_returns_the_documented_example(client):
    """The docs' own example arrives with the types that the specification declares."""
    asset = client("get", DOCS_EXAMPLE)
    assert (asset.size, asset.width, asset.duration) == (245678, 1920, None)
    assert asset.created_at.isoformat() == "2025-12-02T10:00:00+00:00"
    assert asset.is_ready


def test_a_request_carries_key_agent_and_nothing_unasked(server, open_client):
    """One GET, with the bearer key, our agent, and no cookie."""
    open_client(user_agent_suffix="shop/1.2")("get", IMAGE)
    (request,) = server.requests
    headers = dict(request.headers)
    assert (request.method, request.path) == ("GET", f"/api/v1/assets/{IMAGE}")
    assert headers["user-agent"].startswith(f"babou-python/{babou.__version__} (Python 3.")
    assert headers["user-agent"].endswith(" shop/1.2")
    assert headers["accept"] == "application/json"
    assert "cookie" not in headers


@pytest.mark.parametrize("asset_id", ["a/b", "a b", "ä🎬", "a?b#c", "%2e%2e", "a\\b", "..a", "~x'"])
def test_any_other_id_is_one_path_segment(server, client, asset_id):
    """D1: an identifier is opaque; percent-encoded it reaches the server as it is."""
    server.add(asset_id)
    assert client("get", asset_id).id == asset_id


@pytest.mark.parametrize("asset_id", ["", ".", "..", "a\nb", "a\x00", "x" * 257])
def test_an_unsendable_id_is_refused_before_anything_is_sent(server, client, asset_id):
    """An id that would reach another endpoint is a ValueError, and no request."""
    for method in ("get", "wait", "check", "url", "download"):
        with pytest.raises(babou.InvalidAssetIdError) as caught:
            client(method, asset_id)
        assert isinstance(caught.value, ValueError)
        assert caught.value.asset_id == asset_id
    with pytest.raises(babou.InvalidAssetIdError):
        client("wait_many", [IMAGE, asset_id])
    assert server.requests == ()


@pytest.mark.parametrize(
    ("fault", "cls", "status", "code"),
    [
        ("validation_error", babou.BadRequestError, 400, "VALIDATION_ERROR"),
        ("unauthorized", babou.AuthenticationError, 401, "UNAUTHORIZED"),
        ("expired_key", babou.AuthenticationError, 401, "API_KEY_EXPIRED"),
        ("forbidden", babou.PermissionDeniedError, 403, "FORBIDDEN"),
        ("not_found", babou.NotFoundError, 404, "NOT_FOUND"),
        ("conflict", babou.ConflictError, 409, "CONFLICT"),
        ("rate_limited", babou.RateLimitError, 429, "RATE_LIMITED"),
        ("server_error", babou.InternalServerError, 500, "INTERNAL_ERROR"),
        ("bad_gateway_html", babou.InternalServerError, 502, None),
        ("cdn_520_html", babou.InternalServerError, 520, None),
        ("redirect", babou.APIStatusError, 302, None),
    ],
)
def test_a_status_is_raised_as_its_class(server, open_client, fault, cls, status, code):
    """The class goes by HTTP status, whatever the body; the code stays the server's text."""
    server.fault(fault)
    with pytest.raises(babou.APIStatusError) as caught:
        open_client(max_retries=0)("get", IMAGE)
    error = caught.value
    assert type(error) is cls
    assert (error.status_code, error.code) == (status, code)
    assert error.request_id in str(error)
    assert IMAGE in str(error)


@pytest.mark.parametrize("fault", ["truncated_body", "empty_body", "not_utf8", "not_json"])
def test_a_broken_error_body_still_gives_the_class_of_its_status(server, open_client, fault):
    """404 is not found, though the page that says so is cut off or unreadable."""
    server.fault("not_found")
    server.fault(fault)
    with pytest.raises(babou.NotFoundError):
        open_client(max_retries=0)("get", IMAGE)


@pytest.mark.parametrize(
    ("fault", "parameters", "member"),
    [
        ("wrong_type", {}, "size"),
        ("wrong_type", {"member": "width", "value": True}, "width"),
        ("missing_member", {"member": "state"}, "state"),
        ("null_member", {"member": "name"}, "name"),
        ("naive_created_at", {}, "created_at"),
        ("other_id", {}, "id"),
        ("html_200", {}, None),
        ("json_list", {}, None),
        ("empty_body", {}, None),
        ("not_utf8", {}, None),
        ("trailing_garbage", {}, None),
        ("json_nan", {}, None),
        ("huge_body", {"size": 1 << 24}, None),
        ("gzip_bomb", {"size": 1 << 28}, None),
    ],
)
def test_a_success_that_is_not_an_asset_is_refused(server, client, fault, parameters, member):
    """Types don't lie: the error names the member, and no second attempt is made."""
    server.fault(fault, **parameters)
    with pytest.raises(babou.APIResponseValidationError) as caught:
        client("get", IMAGE)
    assert caught.value.member == member
    assert IMAGE in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["gzip", "chunked", "extra_member", "float_size", "utf8_bom"])
def test_an_unusual_but_right_answer_is_taken(server, client, fault):
    """Compression, chunks, added members and 245678.0 are all within HTTP, JSON and the schema."""
    plain = client("get", DOCS_EXAMPLE)
    server.fault(fault)
    asset = client("get", DOCS_EXAMPLE)
    assert (asset.id, asset.size, type(asset.size)) == (plain.id, 245678, int)


def test_an_encoding_that_was_not_asked_for_is_refused(server, client):
    """Only gzip is asked for; a body in another encoding can't be read."""
    server.fault("gzip")
    server.rewrite = lambda _request, answer: answer.with_header("content-encoding", "br")
    with pytest.raises(babou.APIResponseValidationError, match="content encoding"):
        client("get", IMAGE)


@pytest.mark.parametrize("encoded", [b"not gzip at all", None])
def test_a_broken_gzip_body_is_refused(server, client, encoded):
    """A body that does not decompress, or stops half way, is not an asset."""
    server.fault("gzip")

    def spoil(_request, answer):
        body = b"".join(answer.chunks())
        return answer.with_body(body[:40] if encoded is None else encoded)

    server.rewrite = spoil
    with pytest.raises(babou.APIResponseValidationError, match="gzip"):
        client("get", IMAGE)


@pytest.mark.parametrize(
    "fault", ["drop_connection", "reset", "truncated_body", "truncated_chunked"]
)
def test_a_broken_connection_is_tried_again(server, client, fault):
    """The third attempt succeeds, after two that broke off."""
    server.fault(fault, times=2)
    assert client("get", IMAGE).is_ready
    assert len(server.requests) == 3


def test_attempts_are_counted(server, open_client):
    """max_retries=2 means three requests; 0 means one."""
    server.fault("server_error")
    with pytest.raises(babou.InternalServerError):
        open_client(max_retries=1)("get", IMAGE)
    assert len(server.requests) == 2


def test_a_refused_connection_says_what_to_check(open_client):
    """Nobody listens: the error names the address and what to look at."""
    with pytest.raises(babou.APIConnectionError, match="127.0.0.1:9.*BABOU_BASE_URL"):
        open_client(base_url="http://127.0.0.1:9", max_retries=0)("get", IMAGE)


def test_a_wait_goes_through_the_life_of_an_asset(server, client):
    """Each poll is told, from uploading to ready."""
    asset_id = server.add(lifecycle=by_reads("uploading", "processing", "ready"))
    seen = []
    assert client("wait", asset_id, timeout=10, on_update=lambda asset: seen.append(asset.state))
    assert seen == ["uploading", "processing", "ready"]


def test_a_wait_may_be_told_asynchronously(async_client):
    """The asynchronous client awaits an on_update that is a coroutine function."""
    seen = []

    async def note(asset):
        seen.append(asset.state)

    async_client("wait", IMAGE, timeout=5, on_update=note)
    async_client("wait", IMAGE, timeout=5)
    assert seen == ["ready"]


def test_watch_ends_with_a_failed_asset(server, client):
    """A failed asset is the last one yielded, and nothing is raised."""
    asset_id = server.add(lifecycle=by_reads("processing", "error"))
    assert [asset.state for asset in client("watch", asset_id, timeout=10)] == [
        "processing",
        "error",
    ]


def test_a_failed_asset_fails_the_wait(server, client):
    """`error` and `failed` end the wait at once (D2)."""
    for state in ("error", "failed"):
        asset_id = server.add(lifecycle=by_reads("processing", state))
        with pytest.raises(babou.AssetFailedError) as caught:
            client("wait", asset_id, timeout=10)
        assert (caught.value.asset.state, caught.value.polls) == (state, 2)


def test_trouble_is_polled_through(server, client):
    """Passing errors don't end a wait; an unknown state neither."""
    way = by_reads("transcoding", "processing", "ready")
    asset_id = server.add(lifecycle=way, allow_unknown=True)
    server.fault("cdn_520_html", asset_id=asset_id, times=1)
    server.fault("drop_connection", asset_id=asset_id, times=1)
    assert client("wait", asset_id, timeout=20).is_ready


@pytest.mark.parametrize(
    ("asset_id", "reason"),
    [
        (IMAGE, "ready"),
        ("ast_nobody", "not_found"),
        ("ast_demo_failed", "failed"),
        ("ast_demo_stuck", "not_ready"),
        ("ast_demo_unknown_state", "not_ready"),
    ],
)
def test_check_says_why_not(client, asset_id, reason):
    """Not found, failed and unfinished are verdicts; only ready is true."""
    verdict = client("check", asset_id)
    assert (verdict.reason, verdict.ok, bool(verdict)) == (reason, reason == "ready", verdict.ok)
    assert asset_id in str(verdict)


def test_check_raises_what_says_nothing_about_the_asset(server, open_client):
    """D6: a wrong key or a broken server never makes a good asset invalid."""
    with pytest.raises(babou.AuthenticationError):
        open_client(api_key="sk-bab-wrong")("check", IMAGE)
    server.fault("drop_connection")
    with pytest.raises(babou.APIConnectionError):
        open_client(max_retries=0)("check", IMAGE)


def test_wait_many_yields_each_as_it_settles(server, client):
    """One result an id: the asset or the error, the quick ones first."""
    slow = server.add(lifecycle=by_reads("processing", "processing", "ready"))
    ids = [slow, IMAGE, "ast_nobody", "ast_demo_failed", IMAGE]
    seen = []
    results = client("wait_many", ids, timeout=10, on_update=lambda asset: seen.append(asset.id))
    assert sorted(result.asset_id for result in results) == sorted(set(ids))
    assert results[-1].asset_id == slow
    by_id = {result.asset_id: result for result in results}
    assert by_id[IMAGE].asset.is_ready
    assert type(by_id["ast_nobody"].error) is babou.NotFoundError
    assert type(by_id["ast_demo_failed"].error) is babou.AssetFailedError
    assert seen.count(slow) == 3


def test_wait_many_needs_no_listener(server, client):
    """on_update is optional, and an empty list is no wait at all."""
    assert [result.asset_id for result in client("wait_many", [IMAGE])] == [IMAGE]
    assert client("wait_many", []) == []


def test_wait_many_uses_a_bounded_number_of_connections(server, open_client):
    """Three hundred waits share twenty connections, or a few more where one was lost."""
    ids = [server.add() for _ in range(300)]
    assert len(open_client()("wait_many", ids, timeout=60)) == 300
    assert len({request.connection for request in server.requests}) < 40


def test_wait_many_gives_up_when_the_time_is_up(server, client):
    """What is not ready by then is a WaitTimeoutError, with the asset as last seen."""
    (result,) = client("wait_many", ["ast_demo_stuck"], timeout=0.2)
    assert type(result.error) is babou.WaitTimeoutError
    assert result.error.asset.state == "processing"


def test_a_wrong_key_ends_all_waits_at_once(server, open_client):
    """Asking a thousand times with a refused key helps nobody."""
    ids = [f"ast_{number}" for number in range(1000)]
    results = open_client(api_key="sk-bab-wrong")("wait_many", ids, timeout=30)
    assert {type(result.error) for result in results} == {babou.AuthenticationError}
    assert len(results) == 1000
    assert len(server.requests) <= 20


def test_a_callable_key_is_asked_for_each_request(server, open_client):
    """Keys can rotate: the second attempt carries the second key."""
    keys = ["sk-bab-old", server.api_key]
    client = open_client(api_key=lambda: keys.pop(0))
    with pytest.raises(babou.AuthenticationError):
        client("get", IMAGE)
    assert client("get", IMAGE).is_ready


@pytest.mark.parametrize("method", ["get", "wait", "wait_many"])
def test_a_callable_that_has_no_key_ends_the_call(server, open_client, method):
    """What goes wrong in the caller's own function is the caller's to see, from a thread too."""
    with pytest.raises(babou.ConfigurationError, match="api_key"):
        open_client(api_key=lambda: "")(method, IMAGE if method != "wait_many" else [IMAGE])
    assert not server.requests


def test_an_asynchronous_key_is_awaited(server, open_async_client):
    """The asynchronous client also takes a coroutine function."""

    async def key():
        return server.api_key

    async def fetch():
        async with open_async_client(api_key=key) as client:
            return await client.assets.get(IMAGE)

    assert asyncio.run(fetch()).is_ready


def test_a_callable_that_returns_no_key_is_a_configuration_error(server, open_client):
    """A key with a newline is refused before it is sent, and not shown."""
    with pytest.raises(babou.ConfigurationError) as caught:
        open_client(api_key=lambda: "sk-bab-secret\n")("get", IMAGE)
    assert "secret" not in str(caught.value)
    assert server.requests == ()


def test_a_key_that_the_server_repeats_is_blotted_out(server, client):
    """An error carries body, headers and message without the key."""
    key = server.api_key

    def tell(_request, _answer):
        body = f'{{"error": "bad key {key}", "code": "UNAUTHORIZED"}}'.encode()
        return Response(401, (("content-type", "application/json"), ("x-key", key)), body)

    server.rewrite = tell
    with pytest.raises(babou.AuthenticationError) as caught:
        client("get", IMAGE)
    error = caught.value
    everything = f"{error!s} {error!r} {error.message} {error.body!r} {error.headers} {vars(error)}"
    assert key not in everything
    assert "bad key ***" in error.message


def test_no_log_line_and_no_repr_shows_the_key(server, open_client, caplog):
    """One debug line a request: method, path, status, milliseconds, attempt."""
    caplog.set_level(logging.DEBUG, "babou")
    server.fault("server_error", times=2)
    client = open_client()
    client("get", IMAGE)
    lines = [record.getMessage() for record in caplog.records if record.name == "babou"]
    assert len(lines) == 3
    assert lines[-1].startswith(f"GET /api/v1/assets/{IMAGE} 200 ")
    assert lines[-1].endswith(" ms attempt 3")
    shown = [repr(client.wrapped), repr(vars(client.wrapped)), repr(client.wrapped.assets), *lines]
    shown += [repr(vars(client.wrapped.assets)), repr(client.wrapped._runner)]
    assert server.api_key not in " ".join(shown)
    assert server.base_url in repr(client.wrapped)


def test_views_share_connections_and_change_nothing(server, client):
    """with_options gives another timeout over the same pool; closing the view closes nothing."""
    original = client.wrapped
    view = original.with_options(timeout=1.0, max_retries=0)
    assert (view._options.timeout, original._options.timeout) == (1.0, 30.0)
    assert view._runner is original._runner
    client.close_client(view)
    assert client("get", IMAGE).is_ready
    assert len({request.connection for request in server.requests}) == 1


@pytest.mark.parametrize("method", ["get", "wait", "check", "url", "download"])
def test_a_closed_client_says_so(open_own_client, method):
    """Using a client after close() is a BabouError with that text, for every operation."""
    client = open_own_client()
    client.close_client()
    with pytest.raises(babou.ClientClosedError, match="closed"):
        client(method, IMAGE)


def test_a_client_is_shared_between_threads(server, transport):
    """Eight threads, one client, one pool."""
    with (
        babou.Client(server.api_key, base_url=server.base_url, transport=transport) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        assets = list(pool.map(lambda _: client.assets.get(IMAGE), range(200)))
    assert {asset.id for asset in assets} == {IMAGE}
    assert len({request.connection for request in server.requests}) <= 8


def test_a_wait_is_cancelled_from_another_thread(server, transport):
    """The event ends a pause and a read that would have lasted for minutes."""
    cancel = threading.Event()
    with babou.Client(server.api_key, base_url=server.base_url, transport=transport) as client:
        patient = client.with_options(poll=babou.PollPolicy.fixed(300, None))
        with pytest.raises(babou.WaitCancelledError) as caught:
            patient.assets.wait("ast_demo_stuck", on_update=lambda _: cancel.set(), cancel=cancel)
        assert (caught.value.polls, caught.value.asset.state) == (1, "processing")

        cancel.clear()
        server.fault("never_answers", asset_id=IMAGE)
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(babou.WaitCancelledError):
            client.assets.wait(IMAGE, cancel=cancel)

        cancel.clear()
        threading.Timer(0.1, cancel.set).start()
        results = list(client.assets.wait_many([IMAGE, "ast_demo_stuck"], cancel=cancel))
        assert {type(result.error) for result in results} == {babou.WaitCancelledError}


@pytest.fixture
def silent_ids(server):
    """Return a ready asset, and five of which the server never tells anything."""
    ids = [server.add() for _ in range(5)]
    for asset_id in ids:
        server.fault("never_answers", asset_id=asset_id)
    return [IMAGE, *ids]


def test_leaving_wait_many_early_waits_for_nothing(server, transport, silent_ids, monkeypatch):
    """Closing the iterator leaves the polls that are under way, and they end with the client."""
    ended = []
    real = runner.Runner._poll

    def poll(*arguments):
        try:
            return real(*arguments)
        finally:
            ended.append(arguments)

    monkeypatch.setattr(runner.Runner, "_poll", poll)
    began = time.monotonic()
    with babou.Client(
        server.api_key, base_url=server.base_url, transport=transport, timeout=600.0
    ) as client:
        results = client.assets.wait_many(silent_ids)
        assert next(results).asset_id == IMAGE
        while len(server.requests) < len(silent_ids):
            time.sleep(0.01)
        results.close()
    while len(ended) < len(silent_ids):
        assert time.monotonic() - began < 60, ended  # a tenth of what the server's silence allows
        time.sleep(0.01)


def test_leaving_wait_many_early_leaves_no_task(async_client, silent_ids):
    """Closing the iterator cancels the polls that are under way, though the server is silent."""

    async def first():
        results = async_client.wrapped.assets.wait_many(silent_ids)
        assert (await anext(results)).asset_id == IMAGE
        await results.aclose()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert async_client.loop.run(first()) == set()


def test_the_callers_own_httpx_client_only_carries_the_requests(server):
    """Its headers, auth, cookies and base URL stay at home; it is not closed."""
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(404, json={"error": "Asset not found", "code": "NOT_FOUND"})

    mine = httpx.Client(
        transport=httpx.MockTransport(answer),
        auth=("user", "password"),
        headers={"x-mine": "1"},
        cookies={"session": "s"},
        base_url="http://elsewhere.invalid",
        follow_redirects=True,
    )
    with (
        babou.Client(
            "sk-bab-1", base_url="http://api.test/v", transport=babou.HttpxTransport(mine)
        ) as client,
        pytest.raises(babou.NotFoundError),
    ):
        client.assets.get("ast_1")
    (request,) = seen
    assert str(request.url) == "http://api.test/v/api/v1/assets/ast_1"
    assert request.headers["authorization"] == "Bearer sk-bab-1"
    assert not {"x-mine", "cookie"} & set(request.headers)
    assert not mine.is_closed
    mine.close()
    with (
        babou.Client("sk-bab-1", transport=babou.HttpxTransport(mine)) as client,
        pytest.raises(babou.ClientClosedError),
    ):
        client.assets.get("ast_1")
