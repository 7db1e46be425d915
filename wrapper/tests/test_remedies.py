"""Show that the wrapper mends what the generated code gets wrong, fault by fault.

The same answers as in `test_generated.py`, over the same in-memory transport: each test here would
fail on the generated client, and its twin there shows how.
"""

import json
import math

import httpx
import pytest

import babou

ID = "ast_abc123xyz456789012"
KEY = "sk-bab-invented"
MEMBERS = {
    "id": ID,
    "name": "uploaded-file",
    "url": "https://storage.example/file",
    "content_type": "image/png",
    "size": 4,
    "state": "ready",
    "duration": None,
    "width": 1920,
    "height": 1080,
    "created_at": "2025-12-02T10:00:00Z",
}


@pytest.fixture
def seen():
    """Requests that the transport was given."""
    return []


@pytest.fixture
def client(seen):
    """Make a client whose every request gets the given answer."""

    def make(answer, **options):
        def handle(request):
            seen.append(request)
            return answer

        transport = babou.HttpxTransport(httpx.Client(transport=httpx.MockTransport(handle)))
        return babou.Client(KEY, transport=transport, max_retries=0, **options)

    return make


def ok(**changes):
    return httpx.Response(200, json=MEMBERS | changes)


def test_an_unknown_state_breaks_nothing(client):
    """A state that is added later stays readable, and counts as neither ready nor failed."""
    asset = client(ok(state="transcoding")).assets.get(ID)
    assert (asset.state, asset.is_ready, asset.is_failed) == ("transcoding", False, False)


@pytest.mark.parametrize(("member", "wrong"), [("size", "12"), ("name", 7), ("width", True)])
def test_a_wrong_type_is_refused(client, member, wrong):
    """A declared type is held."""
    with pytest.raises(babou.APIResponseValidationError) as caught:
        client(ok(**{member: wrong})).assets.get(ID)
    assert (caught.value.member, caught.value.received) == (member, wrong)


@pytest.mark.parametrize("member", list(MEMBERS))
def test_a_missing_member_is_named(client, member):
    """The error says which answer lacked which member."""
    document = {name: value for name, value in MEMBERS.items() if name != member}
    with pytest.raises(babou.APIResponseValidationError, match=f"{ID}.*{member}"):
        client(httpx.Response(200, json=document)).assets.get(ID)


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"<html></html>", b""])
def test_a_body_that_is_no_asset_is_one_kind_of_error(client, body):
    """A list, a text, a page, nothing: the same error, with the raw body."""
    with pytest.raises(babou.APIResponseValidationError) as caught:
        client(httpx.Response(200, content=body)).assets.get(ID)
    assert caught.value.body == body


def test_errors_are_raised(client):
    """Nobody takes an error for an asset."""
    answer = httpx.Response(404, json={"error": "Asset not found", "code": "NOT_FOUND"})
    with pytest.raises(babou.NotFoundError):
        client(answer).assets.get(ID)


@pytest.mark.parametrize("status", [204, 302, 418, 520, 599])
def test_an_undocumented_status_is_an_error_too(client, status):
    """Not None, and not a ValueError for a number that Python does not know."""
    with pytest.raises(babou.APIStatusError) as caught:
        client(httpx.Response(status, content=b"<html></html>")).assets.get(ID)
    assert caught.value.status_code == status


def test_an_error_keeps_the_headers(client):
    """`Retry-After` is not lost."""
    answer = httpx.Response(429, headers={"Retry-After": "7"})
    with pytest.raises(babou.RateLimitError) as caught:
        client(answer).assets.get(ID)
    assert (caught.value.retry_after, caught.value.headers["retry-after"]) == (7.0, "7")


@pytest.mark.parametrize("timeout", [None, 0, -1, math.inf, math.nan, "30", True])
def test_no_timeout_is_no_choice(client, timeout):
    """A call that may wait for ever is a mistake, and is told when the client is made."""
    with pytest.raises(babou.ConfigurationError, match="timeout"):
        client(ok(), timeout=timeout)


def test_every_request_is_bounded(client, seen):
    """The HTTP library is told how long it may take, in each of its phases."""
    client(ok(), timeout=5.0).assets.get(ID)
    (request,) = seen
    assert all(0 < bound <= 5.0 for bound in request.extensions["timeout"].values())


def test_no_repr_prints_the_key(client):
    """Neither the client nor anything it is made of shows the key."""
    made = client(ok())
    assert KEY not in f"{made!r} {vars(made)!r} {vars(made.assets)!r}"


def test_the_key_goes_to_the_api_only(client, seen, tmp_path):
    """The storage gets a bare request."""
    made = client(ok())
    asset = made.assets.get(ID)
    with pytest.raises(babou.DownloadError):
        made.assets.download(asset, tmp_path)  # the transport answers with an asset's metadata
    api, storage = seen
    assert (api.url.host, storage.url.host) == ("api.babou.ai", "storage.example")
    assert api.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(storage.headers.raw)


@pytest.mark.parametrize("asset_id", ["..", ".", ""])
def test_an_odd_id_reaches_no_other_endpoint(client, seen, asset_id):
    """Nothing is sent, least of all the key."""
    with pytest.raises(babou.InvalidAssetIdError):
        client(ok()).assets.get(asset_id)
    assert seen == []


def test_other_options_leave_the_original_alone(client, seen):
    """`with_options` gives a view; the client it came from keeps its timeout."""
    made = client(ok(), timeout=20.0)
    made.with_options(timeout=1.0).assets.get(ID)
    made.assets.get(ID)
    short, long = (request.extensions["timeout"]["read"] for request in seen)
    assert short <= 1.0 < long <= 20.0


def test_the_callers_own_http_client_drops_nothing(client, seen):
    """Base URL and key stay ours, whatever client carries them."""
    client(ok(), base_url="https://other.example/v2").assets.get(ID)
    (request,) = seen
    assert str(request.url) == f"https://other.example/v2/api/v1/assets/{ID}"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("time", ["2025-12-02t10:00:00z", "2016-12-31T23:59:60Z"])
def test_times_that_the_spec_allows_are_taken(client, time):
    """Lower case and leap seconds are RFC 3339."""
    assert client(ok(created_at=time)).assets.get(ID).created_at.tzinfo is not None


@pytest.mark.parametrize("time", ["2025-12-02T10:00:00", "20251202", "2025-12-02"])
def test_times_that_the_spec_forbids_are_refused(client, time):
    """A time without an offset could not be compared with others."""
    with pytest.raises(babou.APIResponseValidationError, match="created_at"):
        client(ok(created_at=time)).assets.get(ID)


def test_an_asset_cannot_be_changed(client):
    """What one part of a program has seen stays what it has seen."""
    asset = client(ok(checksum="1")).assets.get(ID)
    for change in ("asset.size = 1", "asset['checksum'] = 2", "del asset['checksum']"):
        with pytest.raises(AttributeError):
            exec(change, {"asset": asset})  # noqa: S102 (three statements in one loop)
    assert json.loads(json.dumps(asset.to_dict())) == MEMBERS | {"checksum": "1"}
