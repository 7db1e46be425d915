"""Schemathesis as a check: what it finds is told like everything else, and it is kept in bounds."""

import pytest

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

    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), "size": "12"})

    report, result = wide(rewrite)
    found = result.disagreements[0]
    assert result.outcome is Outcome.failed
    assert "$BABOU_API_KEY" in found.curl
    assert found.seed == report.seed
    assert found.exchange.status == 200
    assert small_server.api_key not in repr(report)


def test_schemathesis_sends_safe_methods_and_sees_known_ids(wide, small_server):
    """Random ids only ever see 404; these are seeded with what the server has."""
    report, result = wide()
    assert result.outcome is Outcome.passed, result
    sent = [e for e in report.exchanges if e.purpose == "schemathesis"]
    assert {request.method for request in small_server.requests} <= {"GET", "HEAD", "OPTIONS"}
    assert sum(exchange.status == 200 for exchange in sent) > 5
    assert any(exchange.status == 404 for exchange in sent)
