"""Schemathesis as a check: what it finds is told like everything else, and it is kept in bounds."""

import pytest
from attrs import evolve

from babou_contract.model import Outcome


@pytest.fixture
def wide(judge, monkeypatch):
    """Judge with schemathesis."""
    monkeypatch.undo()  # what leaves it out

    def check(*arguments, **settings):
        report = judge(*arguments, max_examples=10, **settings)
        [result] = [r for r in report.results if r.check == "spec-server/schemathesis"]
        return report, result

    return check


def test_what_schemathesis_finds_has_a_curl_line_and_a_seed(wide, small_server):
    """A failure of schemathesis is a disagreement like any other, without the key in it."""

    def rewrite(request, response):
        if response.status != 200 or "schemathesis" not in (request.header("user-agent") or ""):
            return response
        return response.with_json({**response.json(), "size": "12"})

    report, result = wide(rewrite)
    found = result.disagreements[0]
    assert result.outcome is Outcome.failed
    assert "$BABOU_API_KEY" in found.curl
    assert found.seed == report.seed
    assert found.exchange.status == 200
    assert small_server.api_key not in repr(report)


def test_what_another_check_tells_is_not_told_again(wide):
    """One fault is one accusation: schemathesis finds it as well, and keeps quiet."""

    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), "size": "12"})

    report, result = wide(rewrite)
    assert {found.summary for found in report.disagreements} == {
        "size of an answer 200 of getAsset is not what the schema allows"
    }
    assert result.reason.endswith("are told by other checks")


@pytest.mark.parametrize("status", [403, 414, 502])
def test_a_page_of_a_proxy_is_no_finding(wide, status):
    """What is made by chance is odd, and a firewall refuses it with what it likes."""

    def rewrite(request, response):
        if "schemathesis" not in (request.header("user-agent") or "") or response.status == 200:
            return response
        return evolve(response, status=status).with_body(b"<h1>no</h1>", "text/html")

    _, result = wide(rewrite)
    assert result.disagreements == ()


def test_a_server_that_limits_schemathesis_is_not_judged(wide):
    """What was refused says nothing, however the specification allows that answer."""

    def rewrite(request, response):
        if "schemathesis" not in (request.header("user-agent") or ""):
            return response
        limited = {"error": "Too many requests", "code": "RATE_LIMITED"}
        return evolve(response, status=429).with_json(limited).with_header("Retry-After", "0")

    report, result = wide(rewrite)
    assert result.outcome is Outcome.not_judged, result
    assert "429" in result.reason
    assert report.exit_code == 3


def test_schemathesis_sends_safe_methods_and_sees_known_ids(wide, small_server):
    """Random ids only ever see 404; these are seeded with what the server has."""
    report, result = wide()
    assert result.outcome is Outcome.passed, result
    sent = [e for e in report.exchanges if e.purpose == "schemathesis"]
    assert {request.method for request in small_server.requests} <= {"GET", "HEAD", "OPTIONS"}
    assert sum(exchange.status == 200 for exchange in sent) >= 3  # of ten that are made
    assert any(exchange.status == 404 for exchange in sent)
