"""Show what the generated code gets wrong, fault by fault: why the wrapper exists.

Each test demonstrates one fault on the generated client itself, over an in-memory transport. When
the generator mends one, its test here fails, and the wrapper's remedy can be reconsidered.
"""

import ast
import importlib.util
import json
from collections.abc import Callable
from importlib import resources
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from babou_generated.api.assets import get_asset
from babou_generated.client import AuthenticatedClient
from babou_generated.errors import UnexpectedStatus
from babou_generated.models import Asset, AssetState, Error

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "openapi/babou.yaml").read_text(encoding="utf-8"))
ID = "ast_abc123xyz456789012"
KEY = "sk-bab-invented"
BASE_URL = "https://api.example"
MEMBERS: dict[str, Any] = {
    "id": ID,
    "name": "uploaded-file",
    "url": "s3://babou-assets/assets/ast_abc123xyz456789012-original",
    "content_type": "image/png",
    "size": 245678,
    "state": "ready",
    "duration": None,
    "width": 1920,
    "height": 1080,
    "created_at": "2025-12-02T10:00:00Z",
}
ERROR = {"error": "Asset not found", "code": "NOT_FOUND"}


@pytest.fixture
def seen() -> list[httpx.Request]:
    """Requests that the transport was given."""
    return []


@pytest.fixture
def client(seen) -> Callable[..., AuthenticatedClient]:
    """Make a generated client whose every request gets the given answer."""

    def make(answer: httpx.Response, **options: Any) -> AuthenticatedClient:
        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return answer

        transport = httpx.MockTransport(handle)
        return AuthenticatedClient(
            base_url=BASE_URL, token=KEY, httpx_args={"transport": transport}, **options
        )

    return make


def test_generated_client_decodes_the_documented_asset(client, seen):
    """Where all goes well, the generated client is right: it asks once, with the key."""
    asset = get_asset.sync(ID, client=client(httpx.Response(200, json=MEMBERS)))
    assert isinstance(asset, Asset)
    assert asset.state is AssetState.READY
    (request,) = seen
    assert request.url == f"{BASE_URL}/api/v1/assets/{ID}"
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_generated_client_passes_an_unknown_state_through_as_text(client):
    """D2: thanks to the spec's open enum; a closed one would raise ValueError here."""
    answer = httpx.Response(200, json=MEMBERS | {"state": "archived"})
    assert get_asset.sync(ID, client=client(answer)).state == "archived"


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("id", 12),
        ("name", None),
        ("url", ""),
        ("url", ["s3://babou-assets/a"]),
        ("content_type", False),
        ("size", "245678"),
        ("size", -1),
        ("state", None),
        ("duration", "12.48"),
        ("width", 1920.5),
        ("height", {}),
    ],
)
def test_generated_client_passes_a_wrong_type_silently(client, member, wrong):
    """A member's declared type is a promise that nothing checks."""
    answer = httpx.Response(200, json=MEMBERS | {member: wrong})
    assert getattr(get_asset.sync(ID, client=client(answer)), member) == wrong


@pytest.mark.parametrize("member", MEMBERS)
def test_generated_client_raises_a_bare_key_error_for_a_missing_member(client, member):
    """The error does not say which answer lacked the member, nor that an answer was at fault."""
    answer = httpx.Response(200, json={k: v for k, v in MEMBERS.items() if k != member})
    with pytest.raises(KeyError, match=rf"^'{member}'$"):
        get_asset.sync(ID, client=client(answer))


@pytest.mark.parametrize(
    ("body", "error"),
    [("[1]", TypeError), ("null", TypeError), ("[]", KeyError), ('["text"]', ValueError)],
)
def test_generated_client_raises_by_accident_for_a_body_that_is_no_object(client, body, error):
    """Which exception comes depends on where `dict()` happens to give up."""
    with pytest.raises(error):
        get_asset.sync(ID, client=client(httpx.Response(200, text=body)))


@pytest.mark.parametrize("status", [200, 404, 502])
def test_generated_client_raises_a_json_error_for_a_page_of_html(client, status):
    """A proxy's page hides the status it came with."""
    answer = httpx.Response(status, html="<h1>Bad gateway</h1>")
    with pytest.raises(JSONDecodeError):
        get_asset.sync(ID, client=client(answer))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_generated_client_returns_errors_instead_of_raising_them(client, status):
    """A caller who forgets to look takes the error for an asset."""
    result = get_asset.sync(ID, client=client(httpx.Response(status, json=ERROR)))
    assert isinstance(result, Error)


@pytest.mark.parametrize("status", [201, 204, 302, 403, 409, 413])
def test_generated_client_returns_none_for_an_undocumented_status(client, status):
    """A redirect to a login page looks like an asset that is not there."""
    assert get_asset.sync(ID, client=client(httpx.Response(status, json=ERROR))) is None


@pytest.mark.parametrize("status", [499, 520, 527, 599])
def test_generated_client_raises_value_error_for_a_status_python_does_not_know(client, status):
    """D8: CDNs send such statuses."""
    with pytest.raises(ValueError, match=f"{status} is not a valid HTTPStatus"):
        get_asset.sync_detailed(ID, client=client(httpx.Response(status, json=ERROR)))


def test_generated_exception_drops_the_headers(client):
    """D11: with the headers goes `Retry-After`."""
    answer = httpx.Response(408, json=ERROR, headers={"Retry-After": "7"})
    with pytest.raises(UnexpectedStatus) as caught:
        get_asset.sync(ID, client=client(answer, raise_on_unexpected_status=True))
    assert set(vars(caught.value)) == {"status_code", "content"}
    assert "7" not in str(caught.value)


def test_generated_client_waits_for_ever_by_default(client, seen):
    """No timeout given is no timeout at all."""
    get_asset.sync(ID, client=client(httpx.Response(200, json=MEMBERS)))
    (request,) = seen
    assert set(request.extensions["timeout"].values()) == {None}


def test_generated_client_prints_the_key_in_its_repr():
    """A log line or a traceback with local variables shows the key."""
    assert KEY in repr(AuthenticatedClient(base_url=BASE_URL, token=KEY))


def test_generated_client_sends_the_key_to_another_host(client, seen):
    """D17: the key is a default header of the pool, whichever host is asked."""
    generated = client(httpx.Response(200))
    generated.get_httpx_client().get("https://storage.example/logo.png")
    assert seen[0].url.host == "storage.example"
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("asset_id", "path"),
    [("..", "/api/v1"), (".", "/api/v1/assets"), ("", "/api/v1/assets/")],
)
def test_generated_client_reaches_another_endpoint_with_an_odd_id(client, seen, asset_id, path):
    """D1: the request goes elsewhere, and takes the key along."""
    get_asset.sync(asset_id, client=client(httpx.Response(404, json=ERROR)))
    assert seen[0].url.path == path
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_generated_with_headers_changes_the_original(client, seen):
    """A copy "with" a header puts the header into the client it was copied from."""
    original = client(httpx.Response(200, json=MEMBERS))
    get_asset.sync(ID, client=original)
    original.with_headers({"X-Tenant": "other"})
    get_asset.sync(ID, client=original)
    assert ["x-tenant" in request.headers for request in seen] == [False, True]


def test_generated_with_timeout_changes_the_original(client, seen):
    """A copy "with" a timeout changes the timeout of the client it was copied from."""
    original = client(httpx.Response(200, json=MEMBERS), timeout=httpx.Timeout(30.0))
    get_asset.sync(ID, client=original)
    original.with_timeout(httpx.Timeout(1.0))
    get_asset.sync(ID, client=original)
    assert [request.extensions["timeout"]["read"] for request in seen] == [30.0, 1.0]


def test_generated_set_httpx_client_drops_base_url_and_key(seen):
    """Bringing one's own HTTP client loses all that the generated one was told."""

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=MEMBERS)

    generated = AuthenticatedClient(base_url=BASE_URL, token=KEY)
    own = httpx.Client(base_url="https://elsewhere", transport=httpx.MockTransport(handle))
    get_asset.sync(ID, client=generated.set_httpx_client(own))
    assert seen[0].url.host == "elsewhere"
    assert "authorization" not in seen[0].headers


@pytest.mark.parametrize("created_at", ["2025-12-02t10:00:00z", "2016-12-31T23:59:60Z"])
def test_generated_client_refuses_times_that_the_spec_allows(client, created_at):
    """D14: RFC 3339 allows lower case and leap seconds."""
    answer = httpx.Response(200, json=MEMBERS | {"created_at": created_at})
    with pytest.raises(ValueError, match=r"Invalid isoformat|second must be in 0\.\.59"):
        get_asset.sync(ID, client=client(answer))


@pytest.mark.parametrize("created_at", ["2025-12-02T10:00:00", "20251202"])
def test_generated_client_accepts_times_that_the_spec_forbids(client, created_at):
    """D14: a time without an offset comes out naive and cannot be compared with others."""
    answer = httpx.Response(200, json=MEMBERS | {"created_at": created_at})
    assert get_asset.sync(ID, client=client(answer)).created_at.tzinfo is None


def test_generated_asset_can_be_changed():
    """A value that one part of a program changes surprises the others."""
    asset = Asset.from_dict(MEMBERS)
    asset.state = AssetState.FAILED
    assert asset.state is AssetState.FAILED


def packed(name: str) -> str:
    """Read a file of the generated package."""
    return resources.files("babou_generated").joinpath(name).read_text(encoding="utf-8")


def test_generated_package_is_typed():
    """Type checkers read the package's annotations because of this marker (PEP 561)."""
    assert resources.files("babou_generated").joinpath("py.typed").is_file()


def test_no_module_of_an_operation_is_imported_from_its_package():
    """A module that is renamed and comes back is missed by mypy's cache if it is imported so."""
    for path in (ROOT / "wrapper" / "babou").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and "babou_generated.api" in (node.module or ""):
                found = importlib.import_module(node.module)
                assert not hasattr(found, "__path__"), f"{path.name}:{node.lineno}"


def test_generated_schemas_are_those_of_the_spec():
    """What answers are held against at run time is the spec, word for word but for its prose."""
    text = json.dumps(without_prose(SPEC["components"]["schemas"], names=True))
    expected = json.loads(text.replace("#/components/schemas/", "#/$defs/"))
    assert json.loads(packed("schemas.json")) == {"$defs": expected}


def without_prose(node: Any, *, names: bool = False) -> Any:
    """Return a schema, or a mapping from names to schemas, without annotations."""
    if not isinstance(node, dict):
        return [without_prose(item) for item in node] if isinstance(node, list) else node
    prose = set() if names else {"title", "description", "examples"}
    return {
        key: without_prose(value, names=key == "properties" and not names)
        for key, value in node.items()
        if key not in prose
    }


def test_generated_schemas_are_written_in_one_way():
    """The same schemas give the same bytes, so a difference is a change of the spec."""
    text = packed("schemas.json")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


@pytest.fixture(scope="module")
def generate() -> Any:
    """Import openapi/generate.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "openapi/generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generator_check_reports_each_kind_of_difference(generate):
    """A file that was edited, removed or added by hand is named, with its difference."""
    lines = generate.compare(
        committed={"same.py": b"1\n", "edited.py": b"1\r\n", "added.py": b""},
        fresh={"same.py": b"1\n", "edited.py": b"1\n", "removed.py": b"2\n"},
    )
    assert [line for line in lines if not line.startswith(("---", "+++", "@@"))] == [
        "not generated: generated/babou_generated/added.py",
        "differs: generated/babou_generated/edited.py",
        r"-1\r",
        "+1",
        " ",
        "missing: generated/babou_generated/removed.py",
        "+2",
        " ",
    ]


def test_generator_keeps_members_that_are_named_like_annotations(generate):
    """Only annotations are dropped, not a member that is called `title` or `description`."""
    schema = {
        "title": "T",
        "properties": {
            "title": {"type": "string", "description": "d"},
            "kind": {"anyOf": [{"$ref": "#/components/schemas/Kind", "description": "d"}]},
            "list": {"items": {"examples": [1], "const": {"title": 1}}},
        },
        "additionalProperties": False,
    }
    assert generate.bare(schema) == {
        "properties": {
            "title": {"type": "string"},
            "kind": {"anyOf": [{"$ref": "#/$defs/Kind"}]},
            "list": {"items": {"const": {"title": 1}}},
        },
        "additionalProperties": False,
    }
