"""Hold openapi/babou.yaml to its own words, to the documentation and to DECISIONS.md."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from babou_contract.specification.operations import Operation, operations

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "openapi/babou.yaml").read_text(encoding="utf-8"))
OPERATIONS = {operation.written["operationId"]: operation for operation in operations(SPEC)}
SCHEMAS = SPEC["components"]["schemas"]
ASSET = SCHEMAS["Asset"]

MEMBERS = {  # name → whether it can be null, as the page of the API says
    "id": False,
    "name": False,
    "url": True,
    "content_type": False,
    "size": True,
    "state": False,
    "duration": True,
    "width": True,
    "height": True,
    "created_at": False,
}
COMMON = {
    "400": {"VALIDATION_ERROR"},
    "401": {"UNAUTHORIZED", "INVALID_API_KEY_FORMAT", "API_KEY_EXPIRED"},
    "429": {"RATE_LIMITED"},
    "500": {"INTERNAL_ERROR"},
    "5XX": {"SERVICE_UNAVAILABLE"},
}
ERRORS = {  # operation → status → codes, as the pages of the API say
    "getAsset": COMMON | {"404": {"NOT_FOUND"}},
    "listAssets": COMMON,
    "uploadAsset": COMMON | {"413": {"FILE_TOO_LARGE"}, "500": {"UPLOAD_FAILED"}},
}
TYPES = {
    "video": {"mp4", "quicktime", "x-msvideo", "webm"},
    "image": {"png", "jpeg", "gif", "webp", "svg+xml"},
    "audio": {"mpeg", "wav", "ogg", "aac"},
}

DECISION = re.compile(r"^## (D\d+)\b.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
DECISIONS = {
    match[1]: match[0]
    for match in DECISION.finditer((ROOT / "openapi/DECISIONS.md").read_text(encoding="utf-8"))
}
PARTS = ["The docs say", "We chose", "The test that holds it", "How to ask a live server"]


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator for a schema of the spec, formats included."""
    whole = {"components": SPEC["components"], **schema}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def examples() -> Iterator[Any]:
    """Yield each example of the spec with the schema it stands beside."""
    for name, operation in OPERATIONS.items():
        yield from examples_of(name, operation)
    for name, schema in SCHEMAS.items():
        for member, member_schema in schema.get("properties", {}).items():
            for example in member_schema.get("examples", ()):
                yield pytest.param(member_schema, example, id=f"{name}-{member}")


def examples_of(name: str, operation: Operation) -> Iterator[Any]:
    """Yield each example of an operation with its schema."""
    for parameter in operation.parameters:
        for example in parameter.examples:
            yield pytest.param(parameter.schema, example, id=f"{name}-{parameter.name}-{example}")
    for status, response in operation.responses.items():
        for header, written in response.get("headers", {}).items():
            yield pytest.param(
                written["schema"], written["example"], id=f"{name}-{status}-{header}"
            )
        content = response["content"]["application/json"]
        for title, example in content["examples"].items():
            yield pytest.param(content["schema"], example["value"], id=f"{name}-{status}-{title}")


def test_the_spec_is_valid_openapi():
    """The spec is a valid OpenAPI 3.1 document."""
    assert SPEC["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(SPEC)


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_each_example_obeys_its_schema(schema, example):
    """Whoever builds on an example of the spec builds on something that the spec allows."""
    validator(schema).validate(example)


@pytest.mark.parametrize(
    "created_at", ["2025-12-02", "2025-12-02T10:00:00", "1970-01-01T00:00:00Z", "20251202T100000Z"]
)
def test_a_time_without_an_offset_or_of_another_century_is_refused(created_at):
    """D14: `created_at` is an RFC 3339 time with its offset, in the years 2000 to 2999."""
    with pytest.raises(ValidationError):
        validator(ASSET["properties"]["created_at"]).validate(created_at)


def test_the_operations_have_their_names_and_ask_for_the_key():
    """The generator reads security at the operation only; elsewhere it would be lost."""
    assert set(OPERATIONS) >= set(ERRORS)
    asked = [operation.written["security"] for operation in OPERATIONS.values()]
    assert asked == [[{"bearerAuth": []}]] * len(OPERATIONS)
    scheme = SPEC["components"]["securitySchemes"]["bearerAuth"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_the_server_is_the_documented_one():
    """The spec names the production server, and the path below it in full."""
    assert [server["url"] for server in SPEC["servers"]] == ["https://api.babou.ai"]


def test_an_asset_has_the_ten_documented_members():
    """D4: all ten members are always there, and the documentation tool's artefacts are none."""
    assert set(ASSET["properties"]) >= set(MEMBERS)
    assert set(ASSET["required"]) >= set(MEMBERS)
    codes = {code for errors in ERRORS.values() for found in errors.values() for code in found}
    assert not set(ASSET["properties"]) & codes
    assert "additionalProperties" not in ASSET


@pytest.mark.parametrize(("member", "nullable"), list(MEMBERS.items()))
def test_a_member_can_be_null_where_the_docs_say_so(member, nullable):
    """`url`, `size`, `duration`, `width` and `height` can be null, the others never."""
    assert validator(ASSET["properties"][member]).is_valid(None) is nullable


@pytest.mark.parametrize("member", ["size", "width", "height"])
def test_bytes_and_pixels_are_whole_numbers(member):
    """D5: sizes are whole, whichever way JSON spells them."""
    schema = validator(ASSET["properties"][member])
    assert schema.is_valid(1920)
    assert schema.is_valid(1920.0)
    assert not schema.is_valid(1920.5)
    assert not schema.is_valid("1920")


def test_a_duration_can_have_a_fraction():
    """D5: durations are seconds, and not always whole ones."""
    assert validator(ASSET["properties"]["duration"]).is_valid(12.48)


@pytest.mark.parametrize(
    "state", ["uploading", "processing", "ready", "error", "failed", "archived"]
)
def test_any_state_is_allowed_and_five_are_known(state):
    """D2: both spellings of failure are known, and a new state breaks no client."""
    validator(ASSET["properties"]["state"]).validate(state)
    known = SPEC["components"]["schemas"]["AssetState"]["enum"]
    assert {"uploading", "processing", "ready", "error", "failed"} <= set(known)


@pytest.mark.parametrize("name", list(ERRORS))
def test_each_documented_error_has_an_example(name):
    """D7: the statuses and codes of all the documentation's pages are in the spec."""
    found = {
        status: {
            example["value"]["code"]
            for example in response["content"]["application/json"]["examples"].values()
        }
        for status, response in OPERATIONS[name].responses.items()
        if not status.startswith("2")
    }
    assert {status: codes & found[status] for status, codes in ERRORS[name].items()} == ERRORS[name]


def test_no_catch_all_response():
    """A `default` response would send every redirect and empty answer to the error decoder."""
    named = [status for operation in OPERATIONS.values() for status in operation.responses]
    assert "default" not in named


def parameter(name: str) -> dict[str, Any]:
    """Return a parameter of the list."""
    (found,) = (p for p in OPERATIONS["listAssets"].parameters if p.name == name)
    assert not found.required
    return found.schema


def test_a_page_has_one_to_a_hundred_assets_and_twenty_by_default():
    """D18: `limit` is a whole number from 1 to 100, and `offset` one from 0 up."""
    limit, offset = parameter("limit"), parameter("offset")
    assert [number for number in (0, 1, 100, 101) if validator(limit).is_valid(number)] == [1, 100]
    assert (limit["default"], offset["default"]) == (20, 0)
    assert not validator(offset).is_valid(-1)


def test_a_page_past_the_end_is_empty():
    """D19: such a page is a success, without an asset."""
    page = SCHEMAS["AssetPage"]
    past = {"assets": [], "pagination": {"limit": 20, "offset": 40, "total": 3}}
    validator(page).validate(past)


def test_the_list_is_filtered_by_every_known_state():
    """D20: the filter takes the five spellings that a state has, and no other."""
    states = ["uploading", "processing", "ready", "error", "failed", "none"]
    filtered = validator(parameter("state"))
    assert [state for state in states if filtered.is_valid(state)] == states[:-1]


def upload() -> Operation:
    """Return the upload."""
    return OPERATIONS["uploadAsset"]


def test_an_upload_is_answered_with_either_success():
    """D21: both statuses bring the new asset."""
    of = {"$ref": "#/components/schemas/Asset"}
    content = {status: upload().responses[status]["content"] for status in ("200", "201")}
    assert [part["application/json"]["schema"] for part in content.values()] == [of, of]


def test_a_file_has_at_most_a_hundred_mebibytes():
    """D22: of the two readings of 100 MB, the larger."""
    assert SCHEMAS["File"]["maxLength"] == 100 * 2**20
    assert upload().body_required


def test_an_upload_has_no_parameter_for_a_name():
    """D23: the bytes come alone, so nothing names the asset."""
    assert upload().parameters == ()


def test_the_thirteen_documented_types_are_taken():
    """D24: these types and no others have a body in the spec."""
    known = {f"{kind}/{subtype}" for kind, subtypes in TYPES.items() for subtype in subtypes}
    assert set(upload().written["requestBody"]["content"]) == known


def test_an_asset_in_a_list_is_a_whole_asset():
    """D25: the list's assets have the members of any other."""
    assert SCHEMAS["AssetPage"]["properties"]["assets"]["items"] == {
        "$ref": "#/components/schemas/Asset"
    }


def mentions() -> Iterator[Any]:
    """Yield each file that may refer to decisions, with the numbers it refers to."""
    folders = ["wrapper/babou", "wrapper/tests", "contract_tests", "openapi"]
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.*"))]
    documents = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md")
    for path in [*files, *map(ROOT.joinpath, documents)]:
        if path.suffix not in {".py", ".md", ".yaml"} or "kill_matrix" in path.parts:
            continue  # the faults of the kill matrix are wrong on purpose
        numbers = re.findall(r"\bD[1-9]\d?\b", path.read_text(encoding="utf-8"))
        if numbers:
            name = path.relative_to(ROOT).as_posix()
            yield pytest.param(set(numbers), id=name)


@pytest.mark.parametrize("numbers", list(mentions()))
def test_each_decision_that_is_referred_to_exists(numbers):
    """A D-number in the spec, the code or a document leads to an entry of DECISIONS.md."""
    assert numbers <= set(DECISIONS)


def test_decisions_are_numbered_without_a_gap():
    """A decision keeps its number for good, so the list has neither holes nor repetitions."""
    numbers = DECISION.findall((ROOT / "openapi/DECISIONS.md").read_text(encoding="utf-8"))
    assert numbers == [f"D{number}" for number in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("decision", list(DECISIONS.values()), ids=list(DECISIONS))
def test_each_decision_has_its_four_parts(decision):
    """What is said, what was chosen, which test holds it and how a live server would tell."""
    assert [part for part in PARTS if f"**{part}**" not in decision] == []


@cache
def functions(path: Path) -> frozenset[str]:
    """Return the names of the functions in a file, or none where there is no such file."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize("decision", list(DECISIONS.values()), ids=list(DECISIONS))
def test_each_decision_names_tests_that_exist(decision):
    """No decision is held by a test that was renamed or never written."""
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", decision)
    assert named
    assert [f"{file}::{test}" for file, test in named if test not in functions(ROOT / file)] == []


WALK = re.findall(
    r"`(_[a-z_]+/[a-z0-9_]+\.py)`(?: \(([^)]*)\))?",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
)


@pytest.mark.parametrize(("module", "names"), WALK)
def test_a_newcomers_walk_leads_to_what_exists(module, names):
    """CONTRIBUTING says in which module a question is answered, and by which function or class."""
    source = (ROOT / "wrapper/babou" / module).read_text(encoding="utf-8")
    for name in re.findall(r"\w+", names):
        assert re.search(rf"\b(?:def|class) {name}\b", source), name
