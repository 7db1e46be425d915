"""JUnit's XML, held against what both schemas in use allow."""

import re
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from babou_contract.model import Boundary, Outcome
from babou_contract.report import _junit

NUMBER, TIME = r"\d+", r"\d+\.\d{3}"
TOKEN = r"\S+( \S+)*"
CASE = ["skipped", "error", "failure"]
# What Windy Road's JUnit.xsd and Jenkins's junit-10.xsd have in common: for each element its
# attributes with their patterns (all are required, but for those with ?), and its children in
# their order with the least and the most of each.
RULES = {
    "testsuites": ({}, [("testsuite", 0, 99)]),
    "testsuite": (
        {
            "name": TOKEN,
            "package": TOKEN,
            "id": NUMBER,
            "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
            "hostname": TOKEN,
            "tests": NUMBER,
            "failures": NUMBER,
            "errors": NUMBER,
            "skipped": NUMBER,
            "time": TIME,
        },
        [("properties", 1, 1), ("testcase", 0, 999), ("system-out", 1, 1), ("system-err", 1, 1)],
    ),
    "properties": ({}, [("property", 0, 999)]),
    "property": ({"name": TOKEN, "value": r".*"}, []),
    "testcase": (
        {"name": TOKEN, "classname": TOKEN, "time": TIME},
        [(name, 0, 1) for name in CASE],
    ),
    **{name: ({"message": r".+", "type": TOKEN}, []) for name in CASE},
    "system-out": ({}, []),
    "system-err": ({}, []),
}


def hold(element):
    """Hold an element and all within it against the rules."""
    attributes, children = RULES[element.tag]
    assert set(element.attrib) == set(attributes)
    for name, pattern in attributes.items():
        assert re.fullmatch(pattern, element.get(name)), (element.tag, name, element.get(name))
    order = [name for name, _, _ in children]
    names = [child.tag for child in element]
    assert names == sorted(names, key=order.index)
    for name, least, most in children:
        assert least <= names.count(name) <= most
    if element.tag == "testcase":
        assert len(names) <= 1
    for child in element:
        hold(child)


def parse(report):
    return ET.fromstring(_junit.render(report).encode())  # noqa: S314  our own


def test_any_report_is_valid(any_report):
    """A consumer that validates takes it, whatever the server sent."""
    root = parse(any_report)
    hold(root)
    assert len(root) == len(Boundary)


def test_counts_and_cases_agree(any_report):
    """A suite's numbers are those of its cases; a case for each check."""
    for boundary, suite in zip(Boundary, parse(any_report), strict=True):
        assert (
            int(suite.get("tests"))
            == len(any_report.of_boundary(boundary))
            == len(suite.findall("testcase"))
        )
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            assert int(suite.get(attribute)) == len(suite.findall(f"testcase/{tag}"))


def test_a_failure_says_what_to_do(reports):
    """Expected, received, the line and the request are in its text."""
    root = parse(reports["failing"]())
    failure = root.find(".//testcase[@name='id-comes-back']/failure")
    assert failure.get("message").endswith("than was asked for. (and 1 more)")
    for told in (
        "Expected: the member id is 'ast_1'",
        "Received: the member id is 'AST_1'",
        "In the spec: babou.yaml line 187",
        "Request: curl ",
        "$BABOU_API_KEY",
        "Seed: 20251202",
        "Answer: 200",
        "The body is not JSON.",
    ):
        assert told in failure.text


def test_what_was_not_run_is_skipped_and_what_could_not_be_judged_is_an_error(reports):
    """Both with their reason; neither passes."""
    root = parse(reports["unjudged"]())
    assert root.find(".//skipped").get("message") == "left out by --only"
    assert "connection refused" in root.find(".//error").get("message")
    assert not root.findall(".//failure")


def test_the_time_is_in_utc(build):
    """The schema allows no offset, so it is taken off."""
    assert parse(build["report"]())[0].get("timestamp") == "2026-11-23T14:04:05"


@pytest.mark.parametrize("target", ["", "http://[broken", "openapi/babou.yaml"])
def test_a_target_without_a_host_is_localhost(build, target):
    """As the schema's documentation has it."""
    report = evolve(build["report"](), target=target)
    assert parse(report)[0].get("hostname") == "localhost"


def test_many_failures_of_one_check_are_bounded(build):
    """Ten are told, the others counted."""
    many = build["result"](
        Boundary.spec_server, Outcome.failed, disagreements=(build["disagreement"](),) * 30
    )
    text = parse(build["report"](results=(many,))).find(".//failure").text
    assert text.count("Expected:") == 10
    assert "20 more are in contract.json" in text
