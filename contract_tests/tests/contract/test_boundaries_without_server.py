"""Boundaries 1, 2 and 4 find what is wrong with spec, generated code and client."""

import copy

import pytest

import babou
from babou_contract.checks import comparing, docs_page, lint, sending, spec_generated
from babou_contract.checks.registry import perform
from babou_contract.model import Outcome
from babou_contract.settings import Settings
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples, asset_operation, asset_schema

QUICK = Settings(max_examples=20)


def _check(checks, name):
    return next(check for check in checks if check.name == name)


@pytest.fixture
def edited(monkeypatch):
    """Return a function that lets a copy of the spec be edited for this test."""

    def edit(change):
        document = copy.deepcopy(spec.load())
        change(document)
        monkeypatch.setattr(spec, "load", lambda: document)

    return edit


def _operation(document):
    return document["paths"][asset_operation().path]["get"]


def _assets(document):
    return document["paths"]["/api/v1/assets"]


def _asset(document):
    return document["components"]["schemas"]["Asset"]


def _rename_the_parameter(document):
    item = document["paths"].pop("/api/v1/assets/{assetId}")
    document["paths"]["/api/v1/assets/{id}"] = item
    item["get"]["parameters"][0]["name"] = "id"


EDITS = {
    "a member is gone": (lambda d: _asset(d)["properties"].pop("width"), "published-tables-fit"),
    "a member is not null": (
        lambda d: _asset(d)["properties"]["url"].update(type="string"),
        "published-tables-fit",
    ),
    "a code is gone": (
        lambda d: d["components"]["responses"]["Unauthorized"]["content"]["application/json"][
            "examples"
        ].pop("API_KEY_EXPIRED"),
        "published-tables-fit",
    ),
    "a status is gone": (
        lambda d: _operation(d)["responses"].pop("404"),
        "published-examples-fit",
    ),
    "a state is gone": (
        lambda d: d["components"]["schemas"]["AssetState"]["enum"].remove("failed"),
        "published-tables-fit",
    ),
    "an artefact is a member (D4)": (
        lambda d: _asset(d)["properties"].update(NOT_FOUND={"type": "object"}),
        "published-tables-fit",
    ),
    "an example is wrong": (
        lambda d: _asset(d)["properties"]["size"].update(examples=["12"]),
        "examples-obey-their-schemas",
    ),
    "another server": (
        lambda d: d.update(servers=[{"url": "https://x.example"}]),
        "published-examples-fit",
    ),
    "another prefix": (
        lambda d: d["components"]["securitySchemes"]["bearerAuth"].update(bearerFormat="key-*"),
        "published-examples-fit",
    ),
    "the parameter has another name": (
        _rename_the_parameter,
        "published-examples-fit",
    ),
    "another version of the path": (
        lambda d: d["paths"].update(
            {"/api/v2/assets/{assetId}": d["paths"].pop("/api/v1/assets/{assetId}")}
        ),
        "published-examples-fit",
    ),
    "the key is sent otherwise": (
        lambda d: d["components"]["securitySchemes"].update(
            bearerAuth={"type": "apiKey", "in": "header", "name": "X-Api-Key"}
        ),
        "published-examples-fit",
    ),
    "the list is gone": (lambda d: _assets(d).pop("get"), "published-examples-fit"),
    "a parameter of the list has another limit": (
        lambda d: _assets(d)["get"]["parameters"][0]["schema"].update(maximum=50),
        "published-examples-fit",
    ),
    "a parameter of the list has another default": (
        lambda d: _assets(d)["get"]["parameters"][1]["schema"].update(default=1),
        "published-examples-fit",
    ),
    "the list is not filtered by a published state": (
        lambda d: _assets(d)["get"]["parameters"][3].update(
            schema={"type": "string", "enum": ["ready"]}
        ),
        "published-examples-fit",
    ),
    "a member of a page is called otherwise": (
        lambda d: d["components"]["schemas"]["Pagination"]["properties"].pop("total"),
        "published-tables-fit",
    ),
    "the upload takes a type less": (
        lambda d: _assets(d)["post"]["requestBody"]["content"].pop("audio/ogg"),
        "published-tables-fit",
    ),
    "the upload takes a type that no page lists": (
        lambda d: _assets(d)["post"]["requestBody"]["content"].update(
            {"application/pdf": {"schema": {"$ref": "#/components/schemas/File"}}}
        ),
        "published-tables-fit",
    ),
    "a parameter has to be given that no page names": (
        lambda d: _assets(d)["get"]["parameters"].append(
            {"name": "account", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "published-examples-fit",
    ),
    "a parameter has a limit that no page names": (
        lambda d: _assets(d)["get"]["parameters"][1]["schema"].update(maximum=1000),
        "published-examples-fit",
    ),
    "the upload has another limit": (
        lambda d: d["components"]["schemas"]["File"].update(maxLength=1000),
        "published-tables-fit",
    ),
    "a code of the upload is gone": (
        lambda d: _assets(d)["post"]["responses"].pop("413"),
        "published-tables-fit",
    ),
    "the states are closed (D2)": (
        lambda d: _asset(d)["properties"].update(state={"$ref": "#/components/schemas/AssetState"}),
        "published-tables-fit",
    ),
    "not OpenAPI": (lambda d: d.pop("info"), "the-spec-is-valid"),
    "no description": (lambda d: _operation(d).pop("description"), "the-spec-is-lint-clean"),
    "no security": (lambda d: _operation(d).pop("security"), "the-spec-is-lint-clean"),
    "a reference into nowhere": (
        lambda d: _asset(d)["properties"].update(size={"$ref": "#/nowhere"}),
        "the-spec-is-lint-clean",
    ),
    "an unused component": (
        lambda d: d["components"]["schemas"].update(Unused={"type": "string"}),
        "the-spec-is-lint-clean",
    ),
}


@pytest.mark.parametrize(("change", "name"), EDITS.values(), ids=EDITS)
def test_a_spec_that_is_wrong_is_found(edited, change, name):
    """Each fault of the spec fails the check that is named for it."""
    edited(change)
    result = perform(_check(docs_page.CHECKS, name), None)
    assert result.outcome is Outcome.failed, result


@pytest.mark.parametrize("check", docs_page.CHECKS, ids=lambda check: check.name)
def test_a_member_that_is_added_needs_no_edit_here(edited, check):
    """A spec that grows by a described member is as good as before."""
    new = {"type": "string", "description": "A sum of the bytes.", "examples": ["sha256:0"]}
    edited(lambda d: _asset(d)["properties"].update(checksum=new))
    result = perform(check, None)
    assert result.outcome is Outcome.passed or check.name.startswith("decisions"), result


def test_an_operation_may_say_that_it_asks_for_no_key(edited):
    """What is left out may be forgotten; an empty list is meant."""
    edited(lambda d: _operation(d).update(security=[]))
    result = perform(_check(docs_page.CHECKS, "the-spec-is-lint-clean"), None)
    assert result.outcome is Outcome.passed, result


def test_a_server_may_be_written_with_variables(edited):
    """It is named by what they can stand for."""
    stage = {"default": "api", "enum": ["api", "staging"]}
    server = {"url": "https://{stage}.babou.ai", "variables": {"stage": stage}}
    edited(lambda d: d.update(servers=[{"url": "https://eu.babou.ai"}, server]))
    result = perform(_check(docs_page.CHECKS, "published-examples-fit"), None)
    assert result.outcome is Outcome.passed, result


def test_every_lint_rule_says_what_it_wants():
    """The rule's sentence is what a person reads."""
    assert all((rule.__doc__ or "").startswith("Every ") for rule in lint.RULES)


def test_a_client_that_accepts_too_much_is_found(edited):
    """Where the spec forbids more than the client does, the client is told of."""
    edited(lambda d: _asset(d)["properties"]["name"].update(maxLength=3))
    check = _check(spec_generated.check, "forbidden-bodies-are-refused")
    result = perform(check, QUICK)
    assert result.outcome is Outcome.failed


def test_a_client_that_accepts_too_little_is_found(edited):
    """Where the spec allows more than the client does, the smallest such body is shown."""
    edited(lambda d: _asset(d)["properties"]["size"].update(type=["string", "integer", "null"]))
    result = perform(_check(spec_generated.check, "allowed-bodies-decode"), QUICK)
    found, *others = result.disagreements
    assert {"getAsset", "listAssets", "uploadAsset"} == {
        name
        for name in ("getAsset", "listAssets", "uploadAsset")
        if any(name in each.summary for each in (found, *others))
    }
    assert "the smallest example" in found.detail
    assert found.seed == QUICK.seed


def test_requests_that_the_spec_does_not_allow_are_found(edited):
    """A client that leaves the path template is told of."""
    edited(
        lambda d: d["paths"].update(
            {"/api/v2/assets/{id}": d["paths"].pop("/api/v1/assets/{assetId}")}
        )
    )
    found = list(sending.unlawful(_request(), spec.operation("getAsset"), {"assetId": "ast_x"}))
    assert found


def _request():
    import httpx

    return httpx.Request("GET", "http://contract.invalid/api/v1/assets/ast_x")


def test_an_attribute_of_another_type_is_found():
    """A value that is equal and of another type is not what was declared."""
    document = asset_examples()["video"]
    asset = babou.Asset.from_dict(document)
    schema = asset_schema()
    assert list(comparing.differences(asset, document, schema)) == []
    other = {**document, "size": 1, "x": 2}
    names = {name for name, *_ in comparing.differences(asset, other, schema)}
    assert names == {"size", "x"}


def test_the_client_against_the_server_agrees(judge):
    """Boundary 4 passes on a server and a client that are right."""
    report = judge(only=("4",))
    assert report.exit_code == 0, report.disagreements
    assert {result.outcome for result in report.results} == {Outcome.passed}


def test_the_client_against_a_wrong_server_accepts_nothing(judge):
    """A wrong answer is refused by the client, and that is its promise."""

    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), "size": "12"})

    assert judge(rewrite, only=("4",)).disagreements == ()
