"""What the mock server says of assets: members, states, lifecycles, keys and routes."""

import copy
import subprocess
import sys

import pytest

from babou_contract.mock_server import MockServer, by_reads, by_time
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples, asset_operation, asset_schema


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now=1_800_000_000.0):
        self.now = now

    def __call__(self):
        """Return the time that was set."""
        return self.now


DOCUMENTED = [pytest.param(e, id=name) for name, e in asset_examples().items()]


@pytest.mark.parametrize("example", DOCUMENTED)
def test_a_documented_example_is_answered_word_for_word(mock_api, example):
    """Every example of the spec is there from the start, under its own id."""
    answer = mock_api.get(example["id"])
    assert answer.status_code == 200
    assert answer.json() == example
    assert answer.headers["content-type"] == "application/json"


def test_the_demo_assets_cover_each_situation(mock_server, mock_api):
    """There is a well-named asset for everything that a person wants to try."""
    states = {i: mock_api.get(i).json()["state"] for i in mock_server.assets if "_demo_" in i}
    assert states == {
        "ast_demo_image": "ready",
        "ast_demo_video": "ready",
        "ast_demo_empty": "ready",
        "ast_demo_lifecycle": "uploading",
        "ast_demo_lifecycle_error": "uploading",
        "ast_demo_failed": "failed",
        "ast_demo_stuck": "processing",
        "ast_demo_unknown_state": "transcoding",
    }


def test_a_server_without_assets_starts_empty(open_api):
    """`assets=False` leaves out all that is there from the start."""
    with MockServer(assets=False) as server:
        assert server.assets == ()
        assert open_api(server).get("ast_demo_image").status_code == 404


def test_an_added_asset_is_a_ready_image_with_its_bytes(mock_server, mock_api, storage):
    """`add()` needs no argument: the answer has all members, and real bytes behind the url."""
    id = mock_server.add()
    members = mock_api.get(id).json()
    assert set(members) == set(asset_schema()["required"])
    assert (members["id"], members["state"]) == (id, "ready")
    content = storage.get(members["url"]).content
    assert len(content) == members["size"]
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert mock_server.url_of(id) == members["url"]


def test_an_added_asset_has_the_members_it_was_given(mock_server, mock_api, storage):
    """The kind gives the members, what was said changes them."""
    id = mock_server.add("ast_x", kind="video", name="ä/../x.mp4", content=b"abc", width=None)
    members = mock_api.get(id).json()
    assert members["name"] == "ä/../x.mp4"
    assert members["content_type"] == "video/mp4"
    assert (members["size"], members["width"], members["height"]) == (3, None, 720)
    assert storage.get(members["url"]).content == b"abc"


def test_a_url_elsewhere_is_left_as_it_is(mock_server, mock_api):
    """With a url of its own, an asset has no bytes on the server."""
    id = mock_server.add(url="s3://bucket/key")
    assert mock_api.get(id).json()["url"] == mock_server.url_of(id) == "s3://bucket/key"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "hologram"}, "no kind 'hologram'.*image, video, audio, uploading"),
        ({"state": "error", "lifecycle": by_reads("ready")}, "either a state"),
        ({"state": "redy"}, "no state 'redy'; did you mean 'ready'.*allow_unknown"),
        ({"state": "archived"}, "no state 'archived'; there are uploading, processing, ready, err"),
        ({"state": 5}, "no state 5"),
        ({"nmae": "x"}, "no member 'nmae'; did you mean 'name'"),
        ({"lifecycle": by_reads("uploading", "redy")}, "no state 'redy'"),
        ({"lifecycle": by_time(procesing=1)}, "no state 'procesing'; did you mean 'processing'"),
        ({"lifecycle": by_time(processing=1, then="done")}, "no state 'done'"),
    ],
)
def test_an_asset_that_makes_no_sense_is_refused(mock_server, arguments, message):
    """A wrong argument is a ValueError that says what is right."""
    with pytest.raises(ValueError, match=message):
        mock_server.add("ast_wrong", **arguments)
    assert "ast_wrong" not in mock_server.assets


def test_what_is_not_documented_has_to_be_asked_for(mock_server, mock_api):
    """A server may have more members and states than the documentation lists."""
    states = by_reads("queued", "archived")
    id = mock_server.add(lifecycle=states, colour="red", allow_unknown=True)
    first, second = (mock_api.get(id).json() for _ in range(2))
    assert (first["state"], second["state"]) == ("queued", "archived")
    assert second["colour"] == "red"
    assert mock_api.get(mock_server.add(state="redy", allow_unknown=True)).json()["state"] == "redy"


def test_a_member_added_to_the_spec_appears_in_the_answers(monkeypatch, open_api):
    """The members come from the spec: an edit there is the only one."""
    changed = copy.deepcopy(spec.load())
    schema = changed["components"]["schemas"]["Asset"]
    schema["properties"]["frame_rate"] = {"type": ["number", "null"], "examples": [25]}
    schema["required"].append("frame_rate")
    monkeypatch.setattr(spec, "load", lambda: changed)
    with MockServer() as server:
        api = open_api(server)
        assert api.get(server.add()).json()["frame_rate"] == 25
        assert api.get("ast_abc123xyz456789012").json()["frame_rate"] == 25


def test_an_id_without_a_limit_and_examples_of_other_names_are_served(monkeypatch, open_api):
    """What the document no longer says is asked of nobody; its server starts all the same."""
    changed = copy.deepcopy(spec.load())
    operation = changed["paths"][asset_operation().path]["get"]
    del operation["parameters"][0]["schema"]["maxLength"]
    content = operation["responses"]["200"]["content"]["application/json"]
    content["example"] = content.pop("examples")["image"]["value"]
    monkeypatch.setattr(spec, "load", lambda: changed)
    with MockServer() as server:
        api = open_api(server)
        assert api.get("ast_demo_video").json()["content_type"] == "image/png"
        assert api.get("ast_" + "z" * 252).status_code == 404


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["a", "b"]}, "a"),
        ({"$ref": "#/components/schemas/AssetState"}, "uploading"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"oneOf": [{"type": "integer", "minimum": 3}]}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"allOf": [{"type": "string"}, {"minLength": 2}]}, "xx"),
        ({"type": "string", "format": "date-time"}, "2025-12-02T10:00:00Z"),
        ({"type": "boolean"}, False),
        ({"type": "array"}, []),
        ({"const": 7}, 7),
    ],
)
def test_a_value_is_made_from_a_schema(schema, value):
    """A member without an example gets a value that its schema allows."""
    assert spec.sample(schema) == value


def test_members_become_known_as_the_asset_moves_on(mock_server, mock_api):
    """Nothing is known while uploading, url and size while processing, all once it is ready."""
    id = mock_server.add(kind="video", lifecycle=by_reads("uploading", "processing", "ready"))
    uploading, processing, ready = (mock_api.get(id).json() for _ in range(3))
    nullable = ("url", "size", "duration", "width", "height")
    assert [uploading[name] for name in nullable] == [None] * 5
    assert (processing["url"], processing["size"]) == (ready["url"], ready["size"])
    assert processing["duration"] is None
    assert ready["duration"] == 12.48
    for name in ("id", "name", "content_type", "created_at"):
        assert uploading[name] == processing[name] == ready[name]


def test_bytes_are_not_there_while_uploading(mock_server, storage):
    """The storage has no file before the upload is complete."""
    id = mock_server.add(state="uploading")
    assert storage.get(mock_server.url_of(id)).status_code == 404


@pytest.mark.parametrize("before", ["uploading", "processing"])
@pytest.mark.parametrize("state", ["error", "failed"])
def test_a_failed_asset_shows_what_was_known_before(mock_server, mock_api, before, state):
    """What went wrong while uploading has no url, what went wrong later has one."""
    id = mock_server.add(lifecycle=by_reads(before, state))
    first, last = mock_api.get(id).json(), mock_api.get(id).json()
    assert last == first | {"state": state}
    assert (last["url"] is None) == (before == "uploading")


def test_a_lifecycle_by_reads_counts_reads(mock_server, mock_api):
    """Each state but the last is seen in as many answers as were said."""
    id = mock_server.add(lifecycle=by_reads("uploading", "processing", "ready", reads=2))
    seen = [mock_api.get(id).json()["state"] for _ in range(6)]
    assert seen == ["uploading"] * 2 + ["processing"] * 2 + ["ready"] * 2


def test_only_an_answered_read_counts(mock_server, mock_api):
    """HEAD, and a request that met a fault, leave a lifecycle by reads where it is."""
    id = mock_server.add(lifecycle=by_reads("processing", "ready"))
    mock_server.fault("rate_limited", times=1)
    assert mock_api.get(id).status_code == 429
    assert mock_api.head(id).status_code == 200
    assert [mock_api.get(id).json()["state"] for _ in range(2)] == ["processing", "ready"]


def test_a_lifecycle_by_time_follows_the_clock_from_the_first_read(open_api):
    """Time is that of the clock that was given, and starts with the first read."""
    clock = Clock()
    with MockServer(clock=clock) as server:
        id = server.add(lifecycle=by_time(uploading=1.5, processing=3, then="failed"))
        api = open_api(server)
        clock.now += 1000
        seen = []
        for pause in (0, 1.4, 0.2, 2.8, 0.2, 1e9):
            clock.now += pause
            seen.append(api.get(id).json()["state"])
    assert seen == ["uploading"] * 2 + ["processing"] * 2 + ["failed"] * 2


def test_the_demo_lifecycle_ends_within_three_seconds(open_api):
    """A person who tries it by hand sees each state, and soon the end."""
    clock = Clock()
    with MockServer(clock=clock) as server:
        api = open_api(server)
        seen = []
        for _ in range(4):
            seen.append(api.get("ast_demo_lifecycle").json()["state"])
            api.get("ast_demo_lifecycle_error")
            clock.now += 1
        assert api.get("ast_demo_lifecycle_error").json()["state"] == "error"
    assert seen == ["uploading", "processing", "processing", "ready"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (by_reads, "at least one state"),
        (lambda: by_reads("a", "b", reads=0), "at least 1"),
        (lambda: by_time(uploading=-1), "uploading cannot last -1"),
        (lambda: by_time(uploading=float("inf")), "cannot last inf"),
    ],
)
def test_a_lifecycle_that_makes_no_sense_is_refused(make, message):
    """A wrong lifecycle is a ValueError where it is made, not later in an answer."""
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "UNAUTHORIZED"),
        ("", "UNAUTHORIZED"),
        ("Basic c2stYmFiLXg=", "UNAUTHORIZED"),
        ("Bearer", "UNAUTHORIZED"),
        ("Bearer sk-bab-wrong", "UNAUTHORIZED"),
        ("Bearer sk-live-1", "INVALID_API_KEY_FORMAT"),
        ("Bearer {expired}", "API_KEY_EXPIRED"),
    ],
)
@pytest.mark.parametrize("id", ["ast_demo_image", "ast_nowhere"])
def test_a_wrong_key_is_told_apart_before_anything_else(
    mock_server, storage, authorization, code, id
):
    """401 has the documented code for each way in which a key is wrong, known id or not."""
    headers = {}
    if authorization is not None:
        headers["Authorization"] = authorization.format(expired=mock_server.expired_key)
    answer = storage.get(f"{mock_server.base_url}/api/v1/assets/{id}", headers=headers)
    assert answer.status_code == 401
    documented = spec.examples(asset_operation().responses["401"])
    assert answer.json() in [body for body in documented if code in {None, body["code"]}][:1]
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_scheme_is_read_in_any_case(mock_server, storage):
    """RFC 9110, section 11.1: the scheme's name is case-insensitive."""
    headers = {"Authorization": f"bearer {mock_server.api_key}"}
    url = f"{mock_server.base_url}/api/v1/assets/ast_demo_image"
    assert storage.get(url, headers=headers).status_code == 200


def test_the_key_can_be_chosen(open_api):
    """`api_key` is the key that is right."""
    with MockServer(api_key="sk-bab-chosen") as server:
        api = open_api(server, Authorization="Bearer sk-bab-chosen")
        assert api.get("ast_demo_image").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/assets/AST_DEMO_IMAGE", 404),
        ("GET", "/api/v1/assets/ast_demo%5Fimage", 200),
        ("GET", "/api/v1/assets/ast_demo_image/", 404),
        ("GET", "/api/v1/assets/", 404),
        ("GET", "/api/v1/assetss", 404),
        ("GET", "/api/v1/else", 404),
        ("GET", "/", 404),
        ("GET", "/api/v1/assets/" + "x" * 256, 404),
        ("GET", "/api/v1/assets/" + "x" * 257, 400),
        ("GET", "/api/v1/assets/a%00b", 400),
        ("GET", "/api/v1/assets/%FF", 400),
        ("GET", "/api/v1/assets/ast_demo_image?" + "q" * 9000, 400),
        ("DELETE", "/api/v1/assets/ast_demo_image", 405),
        ("POST", "/api/v1/assets/ast_demo_image", 405),
    ],
)
def test_a_path_is_matched_exactly(mock_server, mock_api, method, path, status):
    """One segment, decoded once, is the id; all else has the documented error body."""
    answer = mock_api.request(method, mock_server.base_url + path)
    assert answer.status_code == status
    assert answer.headers["x-request-id"].startswith("req_")
    if status != 200:
        assert {"error", "code"} <= set(answer.json())
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "id", ["a/b", "a b", "ü", "100%", "?", "..", "x" * 256, "ast_\N{PILE OF POO}"]
)
def test_an_odd_id_is_found_and_its_bytes_too(mock_server, mock_api, storage, id):
    """D1: an id is opaque text; the mock takes any, so that a client's encoding is tested."""
    mock_server.add(id, content=b"odd")
    quoted = "".join(f"%{byte:02X}" for byte in id.encode())
    members = mock_api.get(f"{mock_server.base_url}/api/v1/assets/{quoted}").json()
    assert members["id"] == id
    assert storage.get(members["url"]).content == b"odd"


def test_head_has_the_headers_and_no_body(mock_api):
    """HEAD is answered like GET, without the body."""
    head, get = mock_api.head("ast_demo_image"), mock_api.get("ast_demo_image")
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_requests_are_recorded_and_hide_the_key(mock_server, mock_api):
    """A test sees what arrived; what it prints on failure doesn't have the key."""
    mock_api.get("ast_demo_image?x=1")
    mock_api.get("ast_nowhere")
    first, second = mock_server.requests
    assert (first.method, first.path) == ("GET", "/api/v1/assets/ast_demo_image")
    assert (first.status, second.status) == (200, 404)
    assert first.header("Authorization") == f"Bearer {mock_server.api_key}"
    assert first.time > 0
    assert mock_server.api_key not in repr(mock_server.requests)
    assert mock_server.api_key not in repr(mock_server)
    mock_server.clear_requests()
    assert mock_server.requests == ()


def test_the_mock_server_needs_nothing_of_the_client():
    """It is an independent witness: neither of the client's packages is imported."""
    code = (
        "import sys, babou_contract.mock_server.command\n"
        "print([m for m in sys.modules if m.partition('.')[0] in ('babou', 'babou_generated')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_may_hold_what_no_utf_8_has(mock_server, mock_api, storage):
    """A lone surrogate is escaped in the JSON, as a server in JavaScript does it."""
    id = mock_server.add(name="\ud800", content=b"x")
    assert b"\\ud800" in mock_api.get(id).content
    assert storage.get(mock_server.url_of(id)).content == b"x"


def test_a_target_may_be_a_whole_url(mock_server, head, raw):
    """RFC 9112, section 3.2.2: a server takes the absolute form too."""
    sent = head(mock_server, "ast_demo_image", "Connection: close")
    whole = sent.replace(b"GET /", b"GET http://mock/", 1)
    assert raw(mock_server, whole).startswith(b"HTTP/1.1 200 OK")
