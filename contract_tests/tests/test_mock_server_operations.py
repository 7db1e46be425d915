"""What follows from the specification by itself: routes, keys, arguments, bodies, answers."""

import base64
import copy
from pathlib import Path

import pytest

from babou_contract import mock_server
from babou_contract.mock_server import MockServer
from babou_contract.mock_server._calls import HANDLERS
from babou_contract.mock_server._schemas import misfit
from babou_contract.specification import spec

SECRET = "sk-bab-right"

# An operation that nobody wrote a handler for: another resource, a body, a nested answer.
NOTE = {
    "type": "object",
    "required": ["text", "marks"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "minLength": 1, "examples": ["hello"]},
        "marks": {"type": "array", "items": {"$ref": "#/components/schemas/Mark"}},
    },
}
MARK = {
    "type": "object",
    "required": ["at"],
    "properties": {"at": {"type": "number", "minimum": 0}},
}
PATHS = {
    "/api/v1/projects/{projectId}/notes": {
        "parameters": [
            {
                "name": "projectId",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": "^p"},
            }
        ],
        "post": {
            "operationId": "addNote",
            "security": [{"bearerAuth": []}],
            "parameters": [
                {
                    "name": "kind",
                    "in": "query",
                    "required": True,
                    "schema": {"enum": ["plain", "rich"]},
                },
                {"name": "X-Level", "in": "header", "schema": {"type": "integer", "maximum": 3}},
                {"name": "mode", "in": "cookie", "schema": {"type": "boolean"}},
                {
                    "name": "tags",
                    "in": "query",
                    "schema": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
                },
                {
                    "name": "sizes",
                    "in": "query",
                    "explode": False,
                    "schema": {"type": "array", "items": {"type": "integer"}},
                },
                {
                    "name": "where",
                    "in": "query",
                    "style": "deepObject",
                    "schema": {
                        "type": "object",
                        "properties": {"size": {"type": "integer"}},
                        "additionalProperties": False,
                    },
                },
                {
                    "name": "sorted",
                    "in": "query",
                    "content": {"application/json": {"schema": {"type": "array", "maxItems": 1}}},
                },
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Note"}},
                    "text/*": {"schema": {"type": "string", "minLength": 2, "maxLength": 5}},
                },
            },
            "responses": {
                "202": {
                    "description": "Taken.",
                    "headers": {"Location": {"required": True, "schema": {"const": "/notes/1"}}},
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Note"},
                            "example": {"text": "first", "marks": [{"at": 1}]},
                        }
                    },
                },
                "415": {"description": "Another type."},
                "422": {
                    "description": "Not as documented.",
                    "content": {
                        "application/problem+json": {
                            "schema": {"required": ["code"], "properties": {"code": {}}},
                            "example": {"code": "NO", "error": "text"},
                        }
                    },
                },
            },
        },
        "get": {
            "operationId": "listNotes",
            "responses": {
                "200": {
                    "description": "Notes.",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"$ref": "#/components/schemas/Note"},
                            }
                        }
                    },
                }
            },
        },
        "delete": {
            "operationId": "clearNotes",
            "responses": {"204": {"description": "Gone."}, "404": {"description": "No project."}},
        },
        "patch": {"operationId": "noSuccess", "responses": {"400": {"description": "Always."}}},
    },
    "/api/v1/assets/mine": {
        "get": {
            "operationId": "mine",
            "responses": {"200": {"description": "x", "content": {"text/plain": {"example": "m"}}}},
        }
    },
}


@pytest.fixture
def serve(monkeypatch):
    """Return a function that serves the specification with other operations beside its own."""
    running = []

    def start(paths=PATHS, schemes=None, **options):
        changed = copy.deepcopy(spec.load())
        changed["paths"] |= copy.deepcopy(paths)
        changed["components"]["schemas"] |= {"Note": NOTE, "Mark": MARK}
        changed["components"]["securitySchemes"] |= schemes or {}
        monkeypatch.setattr(spec, "load", lambda: changed)
        server = MockServer(api_key=SECRET, **options).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture
def notes(serve, open_api):
    server = serve()
    api = open_api(server)
    api.base_url = f"{server.base_url}/api/v1/projects/"
    return api


CLOSED = {"additionalProperties": False}
GOOD = {"text": "hello", "marks": [{"at": 0.5}]}


def test_an_operation_without_a_handler_answers_its_first_success(notes):
    """Status, required headers and the example are the specification's."""
    answer = notes.post("p1/notes?kind=plain", json=GOOD)
    assert (answer.status_code, answer.headers["location"]) == (202, "/notes/1")
    assert answer.json() == {"text": "first", "marks": [{"at": 1}]}


def test_a_handler_gives_an_operation_sense(notes, monkeypatch):
    """It is sent what the request says, with the defaults; errors are the operation's own."""

    def handler(call):
        text = call.body.value["text"]
        return call.error(422) if text == "no" else call.success([call.subject, call.arguments])

    monkeypatch.setitem(HANDLERS, "addNote", handler)
    answer = notes.post("p%201/notes?kind=rich&sizes=1,2", json=GOOD, headers={"X-Level": "-1"})
    given = {"projectId": "p 1", "kind": "rich", "sizes": [1, 2], "X-Level": -1}
    assert (answer.status_code, answer.json()) == (202, ["p 1", given])
    assert notes.post("p1/notes?kind=rich", json={**GOOD, "text": "no"}).json()["code"] == "NO"


def test_nothing_but_its_module_knows_an_operation_by_name():
    """A handler is added, renamed or removed with one file."""
    folder = Path(mock_server.__file__).parent
    sources = {path: path.read_text() for path in folder.rglob("*.py")}
    for id, handler in HANDLERS.items():
        knowing = [path for path, text in sources.items() if f'"{id}"' in text]
        assert knowing == [folder / "handlers" / f"{handler.__name__}.py"]


def test_without_an_example_the_body_is_made_from_the_schema(notes):
    """Required members are there, those of referenced schemas too."""
    answer = notes.get("p1/notes")
    assert answer.status_code == 200
    assert answer.json() == [{"text": "hello", "marks": []}]


def test_a_success_without_a_body_has_none(notes):
    """204 is 204."""
    answer = notes.delete("p1/notes")
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_cannot_be_found_is_not_found_where_nothing_else_is_documented(notes):
    """An argument in the path that is not lawful gets no status that the operation lacks."""
    assert notes.delete("x/notes").status_code == 404


def test_an_operation_without_a_documented_success_says_so(notes):
    """Nothing is invented."""
    answer = notes.patch("p1/notes")
    assert (answer.status_code, answer.json()["code"]) == (501, "NOT_IMPLEMENTED")


def test_a_path_that_is_written_out_comes_before_a_parameter(serve, open_api):
    """`/assets/mine` is no asset, whichever stands first in the document."""
    answer = open_api(serve()).get("mine")
    assert (answer.text, answer.headers["content-type"]) == ("m", "text/plain")


@pytest.mark.parametrize(
    ("target", "body", "options"),
    [
        ("x/notes?kind=plain", GOOD, {}),
        ("p1/notes", GOOD, {}),
        ("p1/notes?kind=other", GOOD, {}),
        ("p1/notes?kind=", GOOD, {}),
        ("p1/notes?kind=plain&kind=plain", GOOD, {}),
        ("p1/notes?kind=plain&tags=1,2", GOOD, {}),
        ("p1/notes?kind=plain&sizes=1,x", GOOD, {}),
        ("p1/notes?kind=plain&where[size]=x", GOOD, {}),
        ("p1/notes?kind=plain&where[width]=1", GOOD, {}),
        ("p1/notes?kind=plain&sorted=[", GOOD, {}),
        ("p1/notes?kind=plain&sorted=[1,2]", GOOD, {}),
        ("p1/notes?kind=plain&tags=1&tags=2&tags=3", GOOD, {}),
        ("p1/notes?kind=plain&x=%FF", GOOD, {}),
        ("p1/notes?kind=plain", GOOD, {"headers": {"X-Level": "4"}}),
        ("p1/notes?kind=plain", GOOD, {"headers": {"X-Level": "two"}}),
        ("p1/notes?kind=plain", GOOD, {"headers": {"Cookie": "mode=maybe"}}),
        ("p1/notes?kind=plain", {"text": "", "marks": []}, {}),
        ("p1/notes?kind=plain", {"text": "a"}, {}),
        ("p1/notes?kind=plain", {"text": "a", "marks": [{"at": -1}]}, {}),
        ("p1/notes?kind=plain", {"text": "a", "marks": [{}]}, {}),
        ("p1/notes?kind=plain", {"text": "a", "marks": [], "more": 1}, {}),
        ("p1/notes?kind=plain", [], {}),
    ],
)
def test_what_is_not_as_documented_is_refused(notes, target, body, options):
    """With the status that the operation has for it, and the body that it shows."""
    answer = notes.post(target, json=body, **options)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "NO"


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("p1/notes?kind=rich&unknown=1", {}),
        ("p1/notes?kind=rich&sizes=1,2&where[size]=3&sorted=[1]", {}),
        ("p1/notes?kind=rich&tags=1&tags=2", {"X-Level": "3", "Cookie": "mode=true"}),
    ],
)
def test_what_is_as_documented_is_taken(notes, target, headers):
    """Unknown parameters of the query are none of its business."""
    assert notes.post(target, json=GOOD, headers=headers).status_code == 202


@pytest.mark.parametrize(
    ("media", "content", "status"),
    [
        ("application/json; charset=utf-8", b'{"text": "a", "marks": []}', 202),
        ("APPLICATION/JSON", b"{oops", 422),
        ("application/json", b"", 422),
        ("text/plain", b"ok", 202),
        ("text/csv", b"1", 422),
        ("text/csv", b"123456", 422),  # 413 is not documented
        ("image/png", b"png", 415),
        ("", b"png", 415),
    ],
)
def test_bodies_are_held_against_their_media_type(notes, media, content, status):
    """Exact types, ranges of types; 415 where that is documented; sizes of what is no JSON."""
    headers = {"Content-Type": media} if media else {}
    answer = notes.post("p1/notes?kind=plain", content=content, headers=headers)
    assert answer.status_code == status


def test_a_method_that_is_not_documented_is_405_with_those_that_are(notes):
    """Beside HEAD, which comes with GET."""
    answer = notes.put("p1/notes", content=b"x")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST", "DELETE", "PATCH"}
    assert notes.head("p1/notes").status_code == 200


def test_the_requests_name_their_operation(serve, open_api):
    """A method that is not documented, and the storage, have none."""
    server = serve()
    api = open_api(server)
    notes = f"{server.base_url}/api/v1/projects/p1/notes"
    api.get(notes)
    api.get("ast_demo_image")
    api.get("")
    api.put(notes)
    assert [one.operation_id for one in server.requests] == ["listNotes", "getAsset", None, None]


SCHEMES = {
    "inHeader": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "inQuery": {"type": "apiKey", "in": "query", "name": "key"},
    "inCookie": {"type": "apiKey", "in": "cookie", "name": "key"},
    "basic": {"type": "http", "scheme": "basic"},
}
BASIC = "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("security", "target", "headers", "status"),
    [
        ([], "", {}, 200),
        ([{}, {"inHeader": []}], "", {}, 200),
        ([{"inHeader": []}], "", {}, 401),
        ([{"inHeader": []}], "", {"X-Key": SECRET}, 200),
        ([{"inHeader": []}], "", {"X-Key": "sk-bab-wrong"}, 401),
        ([{"inHeader": []}], "", {"Authorization": f"Bearer {SECRET}"}, 401),
        ([{"inQuery": []}], f"?key={SECRET}", {}, 200),
        ([{"inQuery": []}], "?key=", {}, 401),
        ([{"inCookie": []}], "", {"Cookie": f"key={SECRET}"}, 200),
        ([{"inCookie": []}], "", {"Cookie": "other=1"}, 401),
        ([{"basic": []}], "", {"Authorization": BASIC}, 200),
        ([{"basic": []}], "", {"Authorization": "Basic ???"}, 401),
        ([{"inHeader": []}, {"bearerAuth": []}], "", {"Authorization": f"Bearer {SECRET}"}, 200),
        ([{"inHeader": [], "bearerAuth": []}], "", {"Authorization": f"Bearer {SECRET}"}, 401),
        (
            [{"inHeader": [], "bearerAuth": []}],
            "",
            {"Authorization": f"Bearer {SECRET}", "X-Key": SECRET},
            200,
        ),
    ],
)
def test_the_key_is_asked_for_as_the_operation_documents_it(
    serve, storage, security, target, headers, status
):
    """Alternatives, several schemes at once, and none at all."""
    operation = {
        "operationId": "guarded",
        "security": security,
        "responses": {"200": {"description": "x"}},
    }
    server = serve({"/guarded": {"get": operation}}, SCHEMES)
    answer = storage.get(f"{server.base_url}/guarded{target}", headers=headers)
    assert answer.status_code == status


def test_a_fault_can_be_for_one_operation(serve, open_api):
    """And an operation that there isn't is a mistake."""
    server = serve()
    server.fault("rate_limited", operation_id="listNotes", times=1)
    server.fault("error_status", operation_id="clearNotes", status=422)
    api = open_api(server)
    notes = f"{server.base_url}/api/v1/projects/p1/notes"
    assert api.get("ast_demo_image").status_code == 200
    assert [api.get(notes).status_code for _ in range(2)] == [429, 200]
    assert api.delete(notes).status_code == 422
    with pytest.raises(ValueError, match="no operation 'listNote'; did you mean 'listNotes'"):
        server.fault("rate_limited", operation_id="listNote")


def test_a_specification_of_another_api_is_served(monkeypatch, storage):
    """Without any operation of assets there are none, and everything else is as documented."""
    changed = {
        "openapi": "3.1.0",
        "paths": {"/ping": {"get": {"responses": {"200": {"description": "x"}}}}},
        "components": {"schemas": {}},
    }
    monkeypatch.setattr(spec, "load", lambda: changed)
    with MockServer(api_key="any") as server:
        assert server.assets == ()
        assert storage.get(f"{server.base_url}/ping").status_code == 200
        answer = storage.get(f"{server.base_url}/pong")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "integer"}, 2.0, 2.5),
        ({"type": ["string", "null"]}, None, 0),
        ({"type": "number"}, 1, True),
        ({"enum": [1, "a"]}, "a", True),
        ({"const": None}, None, 0),
        ({"minLength": 2}, "ab", "a"),
        ({"maxLength": 2}, 12345, "abc"),
        ({"pattern": "^a"}, "ab", "ba"),
        ({"minimum": 2}, 2, 1),
        ({"maximum": 2}, "10", 3),
        ({"exclusiveMinimum": 2}, 3, 2),
        ({"exclusiveMaximum": 2}, 1, 2),
        ({"multipleOf": 3}, 9, 10),
        ({"minItems": 1}, [0], []),
        ({"maxItems": 1}, [0], [0, 0]),
        ({"uniqueItems": True}, [1, True], [1, 1.0]),
        ({"items": {"type": "null"}}, [None], [None, 1]),
        ({"prefixItems": [{"const": 1}], "items": {"const": 2}}, [1, 2], [2, 2]),
        ({"minProperties": 1}, {"a": 1}, {}),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 1}),
        ({"required": ["a"]}, {"a": None}, {"b": 1}),
        ({"properties": {"a": {"const": 1}}}, {"b": 2}, {"a": 2}),
        ({"patternProperties": {"^x": {"const": 1}}}, {"y": 2}, {"xy": 2}),
        (
            {
                "properties": {"a": {}},
                "patternProperties": {"^x": {}},
                "additionalProperties": False,
            },
            {"a": 1, "x1": 1},
            {"a": 1, "b": 1},
        ),
        ({"additionalProperties": {"type": "null"}}, {"a": None}, {"a": 1}),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 1, 3),
        ({"anyOf": [{"type": "null"}, {"minimum": 1}]}, None, 0),
        ({"oneOf": [{"minimum": 1}, {"maximum": 1}]}, 2, 1),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, 2, 3),
        ({"not": {"type": "null"}}, 1, None),
        ({"$ref": "#/components/schemas/AssetState"}, "ready", "redy"),
        ({"items": False}, [], [1]),
        ({"items": True}, [1], None),
    ],
    ids=str,
)
def test_a_schema_is_read_as_json_schema_says(schema, right, wrong):
    """The keywords that parameters and bodies have; a keyword is for values of its type only."""
    assert misfit(schema, right) is None
    if wrong is not None or "not" in schema:
        assert misfit(schema, wrong)
