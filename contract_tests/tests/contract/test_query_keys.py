"""A key that is read from the query is found; the key itself stays out of the logs of others."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import evolve

from babou_contract.mock_server._keys import Keys
from babou_contract.probing import query_keys


def _query(request):
    return parse_qsl(urlsplit(request.target).query)


def _refuses_all_parameters_but(name):
    """Return a server that is strict about names, as it may be."""

    def rewrite(request, response):
        if all(known == name for known, _ in _query(request)):
            return response
        return evolve(response, status=400).with_json({"error": "no", "code": "VALIDATION_ERROR"})

    return rewrite


def _reads(name, form=str):
    """Return a server that takes a key of that name for one in the header."""

    def problem(self, security, request):
        given = ",".join(value for known, value in _query(request) if form(known) == form(name))
        headers = (("Authorization", f"Bearer {given}"),) if given else request.headers
        return original(self, security, evolve(request, headers=headers))

    original = Keys.problem
    return problem


@pytest.fixture
def anywhere(monkeypatch):
    """Take the server for one that is elsewhere."""
    monkeypatch.setattr(query_keys, "_HERE", frozenset())


@pytest.mark.parametrize("name", query_keys.NAMES)
def test_a_key_in_the_query_is_found(judge, failed_in, monkeypatch, name):
    """Under any of its usual names; the line for a shell has a variable for the key."""
    monkeypatch.setattr(Keys, "problem", _reads(name))
    report = judge(_refuses_all_parameters_but(name))
    assert "the-query-has-no-key" in failed_in(report)
    told = {d.summary: d.curl for r in report.results for d in r.disagreements}
    line = told["the key in the query alone is let in by getAsset"]
    assert f"{name}=$BABOU_API_KEY" in line
    assert ' "http' in line


def test_a_key_whose_name_is_read_in_any_case_is_found(judge, monkeypatch):
    """Two of the names that are tried are one to such a server, which joins what comes twice."""
    monkeypatch.setattr(Keys, "problem", _reads("apikey", str.lower))
    told = {found.summary for found in judge().disagreements}
    assert "the key in the query alone is let in by getAsset" in told


def test_elsewhere_it_is_found_without_the_key(
    judge, failed_in, monkeypatch, small_server, anywhere
):
    """By the refusals of wrong keys; the key itself is in no query."""
    monkeypatch.setattr(Keys, "problem", _reads("token"))
    assert "the-query-has-no-key" in failed_in(judge())
    assert not any(small_server.api_key in request.target for request in small_server.requests)


def test_a_parameter_may_have_such_a_name(judge, failed_in, monkeypatch):
    """What the operation documents is none of the names that are tried."""
    monkeypatch.setattr(query_keys, "NAMES", ("state", "token"))
    report = judge(waived=("uploadAsset",))
    sent = [one.url for one in report.exchanges if "in the query" in one.purpose]
    assert any("/assets?token=" in url for url in sent)
    assert not any("state=" in url for url in sent if "/assets?" in url)
    assert failed_in(report) == set()


def test_elsewhere_it_is_told_that_the_key_itself_was_not_sent(judge, small_server, anywhere):
    """Without it, a server whose refusals are all the same cannot be told from a right one."""
    report = judge()
    told = {result.check.partition("/")[2]: result.reason for result in report.results}
    assert told["the-query-has-no-key"].startswith("the server is elsewhere: ")
    assert not any(small_server.api_key in request.target for request in small_server.requests)


def test_a_refusal_without_a_key_in_the_query_is_none_of_it(judge, failed_in):
    """An operation that refuses the right key by itself does not look at another one."""

    def rewrite(request, response):
        if not request.path.endswith("/assets"):
            return response
        return evolve(response, status=401).with_json({"error": "no", "code": "UNAUTHORIZED"})

    assert "the-query-has-no-key" not in failed_in(judge(rewrite, waived=("uploadAsset",)))
