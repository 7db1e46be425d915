"""What is known of an operation, wherever in the document it is written."""

import ast
from pathlib import Path

import pytest

from babou_contract.specification import spec
from babou_contract.specification.operations import asked_for, named, operations
from babou_contract.specification.servers import urls
from babou_contract.specification.usable import unsupported

ROOT = Path(__file__).resolve().parents[3]
CODE = ("contract_tests/babou_contract", "contract_tests/compat", "openapi", "docs/_hooks")
OWN = ("checks/meaning", "checks/client", "mock_server/handlers", "specification/assets.py")

DOCUMENT = {
    "security": [{"key": []}],
    "paths": {
        "/shelves/{shelf}/books": {
            "parameters": [{"$ref": "#/components/parameters/Shelf"}],
            "get": {
                "operationId": "listBooks",
                "tags": ["books"],
                "responses": {
                    "200": {"$ref": "#/components/responses/Books"},
                    "204": {"description": "None."},
                    "4XX": {"description": "Yours."},
                },
            },
            "post": {
                "security": [],
                "requestBody": {"$ref": "#/components/requestBodies/Book"},
                "responses": {"201": {"description": "Made."}},
            },
        },
        "/shelves/lost/books": {"get": {"operationId": "lostBooks", "responses": {}}},
    },
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Number": {"type": "integer", "maximum": 9, "default": 3}},
        "parameters": {
            "Shelf": {
                "name": "shelf",
                "in": "path",
                "required": True,
                "schema": {"$ref": "#/components/schemas/Number"},
                "example": 7,
            }
        },
        "requestBodies": {
            "Book": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}
        },
        "responses": {
            "Books": {
                "description": "Some.",
                "content": {
                    "application/json": {"example": [1]},
                    "text/csv": {"examples": {"one": {"value": "1"}}},
                },
            }
        },
    },
}

LIST, ADD, LOST = operations(DOCUMENT)


def test_an_operation_without_an_id_is_called_by_method_and_path():
    """It can be named all the same, to be waived for example."""
    assert (LIST.id, ADD.id) == ("listBooks", "POST /shelves/{shelf}/books")


def test_parameters_are_complete():
    """Those of the path count, with what their references say, and a value to try each with."""
    [shelf] = LIST.parameters
    assert (shelf.name, shelf.place, shelf.required) == ("shelf", "path", True)
    assert (shelf.schema["maximum"], shelf.examples) == (9, (7, 3))


def test_answers_are_known_by_status_and_media_type():
    """Each has its schema and its examples; one without a body has no media type."""
    assert [*LIST.answers] == [
        ("200", "application/json"),
        ("200", "text/csv"),
        ("204", ""),
        ("4XX", ""),
    ]
    assert LIST.answers["200", "application/json"].examples == {"example": [1]}
    assert LIST.answers["200", "text/csv"].examples == {"one": "1"}
    assert LIST.successes == ("200", "204")
    assert [LIST.status_of(status) for status in (200, 404, 500)] == ["200", "4XX", None]


def test_bodies_are_known_by_media_type():
    """Whether one has to be sent is said as well."""
    assert (ADD.bodies["text/plain"].schema, ADD.body_required) == ({"type": "string"}, True)
    assert (LIST.bodies, LIST.body_required) == ({}, False)


def test_servers_are_known_by_their_urls_with_the_variables_filled_in():
    """Each of the values that a variable may have, or else its default."""
    region = {"enum": ["eu", "us"], "default": "eu"}
    document = {
        "servers": [
            {"url": "https://api.babou.ai"},
            {
                "url": "https://{region}.babou.ai:{port}",
                "variables": {"region": region, "port": {"default": "443"}},
            },
        ]
    }
    assert [*urls(document)] == [
        "https://api.babou.ai",
        "https://eu.babou.ai:443",
        "https://us.babou.ai:443",
    ]


@pytest.mark.parametrize(
    "document",
    [
        *({}, {"servers": None}, {"servers": 7}, {"servers": "https://a.example"}),
        *({"servers": ["https://a.example", None]}, {"servers": [{"description": "no url"}]}),
    ],
)
def test_what_is_no_server_has_no_url(document):
    """Another check tells that the specification is not valid."""
    assert not [*urls(document)]


@pytest.mark.parametrize("variables", [None, [], {"stage": None}, {"stage": {"enum": 7}}])
def test_what_is_no_variable_has_no_value(variables):
    """In the same way."""
    [url] = urls({"servers": [{"url": "https://a.example/{stage}", "variables": variables}]})
    assert url.startswith("https://a.example/")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"openapi": "3.2.0"}, "openapi is 3.2.0: "),
        ({"openapi": 3.1}, "openapi is 3.1: only OpenAPI 3.1 is supported, such as 3.1.0"),
        ({"swagger": "2.0"}, "openapi is missing: "),
    ],
)
def test_a_version_that_is_not_supported_is_told_as_it_is_written(document, told):
    """With what to write: a version has three numbers."""
    [(place, problem)] = unsupported(document)
    assert place == ("openapi",)
    assert problem.startswith(told)


def test_security_of_the_document_holds_where_an_operation_says_nothing_else():
    """An empty list says that no key is needed."""
    assert (LIST.needs_key, ADD.needs_key) == (True, False)
    assert LIST.security[0]["key"]["scheme"] == "bearer"


def test_a_request_belongs_to_the_operation_of_its_method_and_path():
    """A path without parameters goes before one that happens to fit."""
    known = (LIST, ADD, LOST)
    assert asked_for(known, "GET", "/shelves/a%2Fb/books") is LIST
    assert asked_for(known, "POST", "/shelves/lost/books") is ADD
    assert asked_for(known, "GET", "/shelves/lost/books") is LOST
    assert asked_for(known, "GET", "/shelves/a/b/books") is None
    assert asked_for(known, "PUT", "/shelves/lost/books") is None


def test_arguments_and_paths_are_each_others_reverse():
    """Whatever the argument holds: slashes, percent signs, bytes that no UTF-8 has."""
    assert LIST.path_for({"shelf": "a/b%\udcff"}) == "/shelves/a%2Fb%25%FF/books"
    assert LIST.arguments_in(LIST.path_for({"shelf": "a/b%é"})) == {"shelf": "a/b%é"}


def test_an_unknown_operation_is_told_with_those_that_there_are():
    """So that a slip of the pen is seen."""
    with pytest.raises(LookupError, match="no operation 'listBook'; it has listBooks, POST"):
        named((LIST, ADD), "listBook")


def snake(name):
    """Return a name as Python's modules have it."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def names_in(file):
    """Yield each text of a module, and each part of the name of what it imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)


def test_an_operation_is_known_by_name_in_its_own_modules_only():
    """Contract check, mock server, `compat` and the documentation's hooks ask what all answer."""
    ids = {operation.id for operation in spec.operations()}
    known = ids | set(map(snake, ids))
    files = [file for folder in CODE for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    knowing = {str(file.relative_to(ROOT)) for file in files if known & set(names_in(file))}
    others = [name for name in knowing if not any(f"/{own}" in name for own in OWN)]
    assert knowing
    assert others == []
