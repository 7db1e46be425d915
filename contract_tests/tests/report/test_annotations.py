"""What GitHub is told."""

import re

import pytest
from attrs import evolve

from babou_contract.model import Boundary, Outcome
from babou_contract.report.annotations import annotations, fence, publish, summary


def unescape(text):
    """Undo the escaping as GitHub's runner does."""
    for escaped, plain in {"%3A": ":", "%2C": ",", "%0D": "\r", "%0A": "\n", "%25": "%"}.items():
        text = text.replace(escaped, plain)
    return text


def read(line):
    """Read a workflow command as GitHub's runner does."""
    name, told, data = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line).groups()
    properties = dict(pair.split("=", 1) for pair in told.split(","))
    return name, {key: unescape(value) for key, value in properties.items()}, unescape(data)


def test_each_disagreement_is_an_error_on_the_specs_line(reports):
    """With the check as its title, and what to do in its text."""
    told = [read(line) for line in annotations(reports["failing"]())]
    assert len(told) == 5
    name, properties, data = told[2]
    assert name == "error"
    assert properties == {
        "file": "openapi/babou.yaml",
        "line": "187",
        "title": "Contract: spec-server/id-comes-back",
    }
    assert "Expected: the member id is 'ast_1'\nReceived: the member id is 'AST_1'" in data
    assert set(told[4][1]) == {"title"}  # no line, no file


def test_a_run_in_which_all_agree_has_no_annotation(reports):
    """Silence is agreement."""
    assert annotations(reports["agreeing"]()) == []


def test_a_run_that_could_not_be_judged_is_told(reports):
    """With the reason."""
    ((name, properties, data),) = map(read, annotations(reports["unjudged"]()))
    assert (name, properties) == ("warning", {"title": "Contract: not judged"})
    assert "connection refused" in data


def test_no_text_of_a_server_is_a_command(reports):
    """One line each, each beginning with our own command, whatever the server sent."""
    for line in annotations(reports["hostile"]()):
        assert len(line.splitlines()) == 1
        name, properties, _ = read(line)
        assert name == "error"
        assert set(properties) <= {"file", "line", "title"}


def test_percent_signs_and_separators_are_escaped(build):
    """As GitHub's toolkit does it: % first, and : and , in properties only."""
    found = build["disagreement"](summary="100% a:b,c\nd", exchange=None, curl=None)
    result = build["result"](
        Boundary.spec_server, Outcome.failed, disagreements=(found,), check="spec-server/50%:a,b"
    )
    (line,) = annotations(build["report"](results=(result,)), spec_file="my, spec.yaml")
    assert line.startswith(
        "::error file=my%2C spec.yaml,line=187,title=Contract%3A spec-server/50%25%3Aa%2Cb"
        "::100%25 a:b,c%0Ad%0A"
    )


def test_more_than_github_shows_are_counted(build):
    """Ten of a kind and step; the tenth says how many there are."""
    many = build["result"](
        Boundary.spec_server, Outcome.failed, disagreements=(build["disagreement"](),) * 25
    )
    told = annotations(build["report"](results=(many,), exit_code=1))
    assert len(told) == 10
    assert told[-1] == "::error title=Contract::16 more disagreements are in the report."


def test_the_fence_is_new_each_time():
    """Nobody can end it who has not seen it."""
    first, last = fence()
    assert first == f"::stop-commands::{last.strip(':')}"
    assert len(last) > 30
    assert fence() != fence()


def test_the_summary_has_the_verdict_the_boundaries_and_the_failures(reports):
    """In Markdown, small enough for GitHub's limit of one megabyte."""
    told = summary(reports["failing"]())
    assert told.startswith("## Contract: 5 disagreements on 4 boundaries.\n")
    assert "| 3 Spec and server | ✗ disagree | 1 | 2 |" in told
    assert "1 verified, 1 violated, 1 not exercised" in told
    assert told.count("### ✗") == 5
    assert "Request: curl" in told


def test_the_summary_says_what_was_not_judged(reports):
    """And why."""
    told = summary(reports["unjudged"]())
    assert "| 2 Spec and generated code | \N{EN DASH} not exercised | 1 | 0 |" in told
    assert "- `spec-server/id-comes-back` was not judged: the server is not reachable" in told


def test_hostile_text_does_not_leave_its_place_in_the_summary(reports):
    """No HTML and no heading outside the blocks, and no block is closed from within."""
    told = summary(reports["hostile"]())
    outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", told)
    assert "Expected:" not in outside
    assert not re.search(r"(?<!\\)<", re.sub(r"`[^`\n]*`", "", outside))
    assert len(told.encode()) < 500_000


def test_the_summary_is_bounded(reports, build):
    """Twenty failures are told, the others counted."""
    many = build["result"](
        Boundary.spec_server, Outcome.failed, disagreements=(build["disagreement"](),) * 50
    )
    told = summary(evolve(reports["busy"](), results=(many,)))
    assert told.count("### ✗") == 20
    assert "30 more are in the report." in told


def test_publishing_adds_to_the_summary_and_returns_what_to_print(reports, tmp_path):
    """Other steps' summaries stay."""
    page = tmp_path / "summary.md"
    page.write_text("before\n", encoding="utf-8")
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    report = reports["failing"]()
    assert publish(report, environ) == annotations(report)
    assert page.read_text(encoding="utf-8") == "before\n" + summary(report)


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "false"}])
def test_nothing_is_published_outside_github(reports, environ):
    """No command is printed on anybody's terminal."""
    assert publish(reports["failing"](), environ) == []
