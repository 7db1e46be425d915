"""The admin API of the mock server: for whoever has the key, and only where it was asked for."""

import hashlib

import httpx
import pytest

from babou_contract.mock_server import MockServer

KEY = "sk-bab-admin-secret"


@pytest.fixture
def server():
    with MockServer(api_key=KEY, admin=True) as server:
        yield server


@pytest.fixture
def admin(server):
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{server.base_url}/_mock/"
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=5) as client:
        yield client


def test_assets_are_added(admin, server, open_api, storage):
    """As the entries of a file; the answer has the id."""
    answer = admin.post("assets", json={"id": "ast_new", "content": "12345", "name": "é"})
    assert (answer.status_code, answer.json()) == (201, {"id": "ast_new"})
    members = open_api(server).get("ast_new").json()
    assert (members["name"], members["size"]) == ("é", 5)
    assert storage.get(members["url"]).content == b"12345"
    assert admin.post("assets", json={}).json()["id"] in server.assets


def test_the_way_of_uploads_is_set_and_uploads_are_seen(admin, server, open_api):
    """A lifecycle as in the file; the request has its operation, its size and its hash."""
    assert (
        admin.put("uploads", json={"states": ["processing", "ready"], "reads": 2}).status_code
        == 204
    )
    url = f"{server.base_url}/api/v1/assets"
    answer = open_api(server).post(url, content=b"abc", headers={"Content-Type": "image/png"})
    assert answer.json()["state"] == "processing"
    [request] = admin.get("requests").json()["requests"]
    assert (request["operation_id"], request["body_size"]) == ("uploadAsset", 3)
    assert request["body_sha256"] == hashlib.sha256(b"abc").hexdigest()
    refused = admin.put("uploads", json=["redy"])
    assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")


def test_faults_are_switched_on_and_off(admin, server, open_api):
    """They strike the API, and not the admin API."""
    api = open_api(server)
    assert admin.post("faults", json={"fault": "rate_limited", "times": 1}).status_code == 204
    assert [api.get("ast_demo_image").status_code for _ in range(2)] == [429, 200]
    assert admin.post("faults", json={"fault": "server_error"}).status_code == 204
    assert api.get("ast_demo_image").status_code == 500
    assert admin.delete("faults").status_code == 204
    assert api.get("ast_demo_image").status_code == 200
    fault = {"fault": "server_error", "operation_id": "listAssets"}
    assert admin.post("faults", json=fault).status_code == 204
    assert api.get("ast_demo_image").status_code == 200
    assert api.get(f"{server.base_url}/api/v1/assets").status_code == 500


def test_the_requests_are_seen_without_the_key(admin, server, open_api, storage):
    """Those to the API and the storage, and none of the admin API's own."""
    members = open_api(server).get("ast_demo_image").json()
    storage.get(members["url"], headers={"X-Note": f"my {KEY}"})
    open_api(server).get(f"nobody?key={KEY}")
    answer = admin.get("requests")
    assert KEY not in answer.text
    first, second, third = answer.json()["requests"]
    assert first["method"] == "GET"
    assert first["target"] == "/api/v1/assets/ast_demo_image"
    assert ["authorization", "Bearer ***"] in first["headers"]
    assert (first["has_key"], first["status"]) == (True, 200)
    assert (second["has_key"], second["status"]) == (False, 200)
    assert ["x-note", "my ***"] in second["headers"]
    assert (third["target"], third["status"]) == ("/api/v1/assets/nobody?key=***", 404)
    assert admin.delete("requests").status_code == 204
    assert admin.get("requests").json() == {"requests": []}


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("assets", b'{"state": "redy"}', "an asset has no state 'redy'"),
        ("assets", b"[]", "an asset is a mapping"),
        ("assets", b'{"content_file": "/etc/passwd"}', "no member 'content_file'"),
        ("assets", b"", "line 1: no JSON"),
        ("assets", b'{\n"a": }', "line 2: no JSON"),
        ("assets", b"\xff", "can't decode"),
        ("faults", b'{"fault": "rate_limitted"}', "did you mean rate_limited"),
        ("faults", b"{}", "the member 'fault'"),
    ],
)
def test_what_makes_no_sense_is_refused(admin, server, path, body, told):
    """As the API refuses: 400 with a text and a code. No file of the server's can be read."""
    before = server.assets
    answer = admin.post(path, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert told in answer.json()["error"]
    assert server.assets == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "assets", 405),
        ("PUT", "faults", 405),
        ("POST", "requests", 405),
        ("GET", "nothing", 404),
        ("GET", "", 404),
    ],
)
def test_there_is_nothing_else(admin, method, path, status):
    """Another path is 404; another method is 405, with those that there are."""
    answer = admin.request(method, path)
    assert answer.status_code == status
    assert ("allow" in answer.headers) is (status == 405)


@pytest.mark.parametrize("authorization", [None, "Bearer sk-bab-wrong", f"Basic {KEY}", "Bearer é"])
@pytest.mark.parametrize(("method", "path"), [("POST", "assets"), ("GET", "requests")])
def test_the_key_is_needed(server, method, path, authorization):
    """401 without it, and nothing is done."""
    before = server.assets
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    url = f"{server.base_url}/_mock/{path}"
    answer = httpx.request(method, url, headers=headers, content=b"{}", trust_env=False)
    assert answer.status_code == 401
    assert server.assets == before


def test_it_is_not_there_unless_asked_for(mock_server):
    """404, as for any other path, and the request is seen like any other."""
    headers = {"Authorization": f"Bearer {mock_server.api_key}"}
    url = f"{mock_server.base_url}/_mock/requests"
    assert httpx.get(url, headers=headers, trust_env=False).status_code == 404
    assert [request.path for request in mock_server.requests] == ["/_mock/requests"]


def test_a_long_body_is_read_and_one_that_is_too_long_is_refused(admin, server):
    """Five million bytes are an asset; seventeen are 413, and the connection goes on."""
    answer = admin.post("assets", json={"id": "ast_long", "content": "x" * 5_000_000})
    assert answer.status_code == 201
    assert admin.post("assets", content=b" " * (17 << 20)).status_code == 413
    assert admin.get("requests").status_code == 200
    assert {request.status for request in server.requests} == set()


def test_a_caller_that_waits_for_permission_to_send_gets_it(server, raw):
    """`Expect: 100-continue`, which curl sends before a long body."""
    head = (
        "POST /_mock/assets HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = raw(server, head.encode() + b"{}")
    assert b" 201 Created" in answer
    assert b"ast_mock" in answer


def test_on_all_addresses_the_bytes_are_where_the_request_came():
    """Behind a mapped port or another name, the server's own address would lead nowhere."""
    with MockServer(host="0.0.0.0", api_key=KEY) as server:  # noqa: S104 (what is tested)
        headers = {"Authorization": f"Bearer {KEY}"}
        url = f"{server.base_url}/api/v1/assets/ast_demo_image"

        def storage_of(host):
            answer = httpx.get(url, headers=headers | {"Host": host}, trust_env=False)
            return httpx.URL(answer.json()["url"])

        assert storage_of("mock:8080").netloc == b"mock:8080"
        assert storage_of("[::1]:8080").netloc == b"[::1]:8080"
        assert str(storage_of("a/b?")).startswith(server.base_url)
    with MockServer(api_key=KEY) as server:
        url = f"{server.base_url}/api/v1/assets/ast_demo_image"
        assert str(storage_of("mock:8080")).startswith(server.base_url)


@pytest.mark.parametrize("key", ["", "secret", "sk-bab-", "sk-bab-a b", "sk-bab-é", "sk-bab-a\n"])
def test_a_key_that_no_request_could_have_is_refused(key):
    """Every request would be 401."""
    with pytest.raises(ValueError, match="a key is sk-bab-") as caught:
        MockServer(api_key=key)
    assert "secret" not in str(caught.value)
