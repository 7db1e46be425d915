"""The parts of the check, each on its own: the model, JSON, places, curl."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from babou_contract import model
from babou_contract.model import Boundary, CheckResult, Exchange, Outcome, Report
from babou_contract.probing.curl import curl
from babou_contract.report import as_json
from babou_contract.specification import jsontext, mutations, places, spec, strategies
from babou_contract.specification.assets import asset_examples, asset_schema
from babou_contract.specification.schema import fits, misfits


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ""),
        ("/api/v1/", ""),
        ("/api/v1/assets", ""),
        ("/gateway/api/v1", "/gateway"),
        ("/api", "/api"),
        ("/api/v1/api/v1", "/api/v1"),
    ],
)
def test_a_servers_url_is_without_the_operations_path(path, expected):
    """It is taken away once; a part of it alone may be a gateway's."""
    assert spec.server_url(f"https://h{path}") == f"https://h{expected}"


def test_a_report_is_json():
    """Every part of a report can be written, bytes that are no text included."""
    exchange = Exchange("GET", "http://h/", status=200, body=b"\xff")
    result = CheckResult(
        boundary=Boundary.docs_spec, check="c", promise="p", outcome=Outcome.passed
    )
    report = Report(
        target="t",
        mode="mock",
        started_at="2026-01-01T00:00:00Z",
        seconds=1.0,
        seed=1,
        results=(result,),
        exchanges=(exchange,),
    )
    document = json.loads(json.dumps(as_json.to_json(report)))
    assert document["results"][0]["boundary"] == {
        "number": 1,
        "name": "docs-spec",
        "title": "Docs and spec",
    }
    assert document["exchanges"][0]["body"] == {"base64": "/w=="}
    assert report.of_boundary(Boundary.docs_spec) == (result,)


@pytest.mark.parametrize("name", ["3", "spec-server", "spec_server", " SPEC-SERVER "])
def test_an_boundary_has_a_number_and_a_name(name):
    """People write what is shorter, scripts what is clearer."""
    assert Boundary.parse(name) is Boundary.spec_server


def test_an_boundary_that_was_not_exercised_at_all_is_not_passed():
    """A boundary is as bad as its worst check."""
    none = CheckResult(
        boundary=Boundary.docs_spec, check="c", promise="p", outcome=Outcome.not_exercised
    )
    passed = CheckResult(
        boundary=Boundary.docs_spec, check="d", promise="p", outcome=Outcome.passed
    )
    assert model.boundary_outcome([none]) is Outcome.not_exercised
    assert model.boundary_outcome([none, passed]) is Outcome.passed
    assert model.boundary_outcome([]) is Outcome.not_exercised


@pytest.mark.parametrize(
    "text",
    ["NaN", "[1] x", "\ufeff{}", '{"a": 1, "a": 2}', "", "{'a': 1}", "[" * 100000],
    ids=["NaN", "garbage", "BOM", "twice", "empty", "single quotes", "deep"],
)
def test_what_is_not_json_is_refused(text):
    """RFC 8259, to the letter."""
    with pytest.raises(ValueError):  # noqa: PT011  each has words of its own
        jsontext.strict(text.encode())


def test_a_time_is_an_instant_however_it_is_spelled():
    """RFC 3339 has many spellings of one instant."""
    written = ["2025-12-02T10:00:00Z", "2025-12-02t11:00:00.0000000000+01:00"]
    assert len({jsontext.moment(text) for text in written}) == 1
    assert jsontext.is_time("2016-12-31T23:59:60Z")
    assert not jsontext.is_time("2016-12-31T12:59:60Z")
    assert not jsontext.is_time("20251202")
    assert jsontext.is_time(7)


def test_a_place_in_the_spec_has_its_line():
    """A pointer leads to the line on which a person reads."""
    lines = spec.text().splitlines()
    line = places.at("components", "schemas", "Asset", "properties", "size")["spec_line"]
    assert lines[line - 1].strip() == "size:"
    assert places.line_of("/components/nothing") == places.line_of("/components")


def test_a_misfit_names_its_member():
    """A missing member is named, and so is a wrong one."""
    document = asset_examples()["image"]
    schema = asset_schema()
    assert [m.member for m in misfits(schema, {**document, "size": "1"})] == ["size"]
    del document["name"]
    assert [m.member for m in misfits(schema, document)] == ["name"]


PARTS = {
    "allOf": [
        {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}}},
        {"allOf": [{"required": ["b"], "properties": {"b": {"type": "integer"}}}]},
    ]
}


@hypothesis_settings(max_examples=50, deadline=None, database=None)
@given(strategies.values({**PARTS, "required": ["c"]}))
def test_bodies_obey_every_part_of_a_schema(body):
    """What is required, in whichever part of an `allOf`, is there, and as that part has it."""
    assert {"a", "b", "c"} <= body.keys()
    assert fits(PARTS, body)


@hypothesis_settings(max_examples=50, deadline=None, database=None)
@given(strategies.values({"allOf": [{"$ref": "#/components/schemas/AssetState"}]}))
def test_a_reference_in_a_part_is_followed(value):
    """States that are closed are drawn from their list, and nothing is thrown away."""
    assert value in spec.load()["components"]["schemas"]["AssetState"]["enum"]


@hypothesis_settings(max_examples=50, deadline=None, database=None)
@given(strategies.values(asset_schema()))
def test_what_is_generated_is_allowed(document):
    """A strategy that made what the schema forbids would accuse the client of obeying it."""
    assert fits(asset_schema(), document)


@pytest.mark.parametrize("operation", ["getAsset", "listAssets"])
def test_what_is_mutated_is_forbidden(operation):
    """A mutation that is allowed would accuse the client of accepting it, however deep it is."""
    answer = spec.operation(operation).answers["200", "application/json"]
    document = next(iter(answer.examples.values()))
    found = list(mutations.mutations(answer.schema, document))
    assert len(found) > 100
    assert not any(fits(answer.schema, mutation.apply(document)) for mutation in found)
    named = set(asset_schema()["properties"])
    assert named <= {str(mutation.member.path[-1]) for mutation in found}


@pytest.mark.parametrize("sent", [b"a 'b' $c", b"@name", b"GIF89a\x00\xff%s\\"])
def test_a_curl_line_sends_the_body_that_was_sent(sent, tmp_path):
    """Texts stand in the line; bytes, and what curl takes for a file's name, come by a pipe."""
    line = curl(Exchange("POST", "http://h/", sent=sent))
    (tmp_path / "curl").write_text(
        '#!/bin/sh\nwhile [ "$1" != --data-binary ]; do shift; done\n'
        'if [ "$2" = @- ]; then exec cat; fi\nprintf %s "$2"\n'
    )
    (tmp_path / "curl").chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, env=path)
    assert done.stdout == sent


def test_a_curl_line_is_safe_in_a_shell():
    """The URL is quoted, and nothing but the key's variable is filled in."""
    headers = (("Authorization", "Bearer $BABOU_API_KEY"), ("X-Odd", "$(touch x) 'y'"))
    line = curl(Exchange("GET", "http://h/'%20;rm$IFS", headers=headers))
    shown = subprocess.run(
        ["sh", "-c", f"BABOU_API_KEY=secret; {line.replace('curl', 'printf %s@', 1)}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("@")
    assert "http://h/'%20;rm$IFS" in shown
    assert "Authorization: Bearer secret" in shown
    assert "X-Odd: $(touch x) 'y'" in shown
