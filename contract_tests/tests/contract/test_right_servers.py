"""A server that is right, though unusual, is never accused."""

import json
from email.utils import formatdate

import pytest
from attrs import evolve

from babou_contract.model import CoverageState


def _members(**changes):
    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), **changes})

    return rewrite


def _when(test, change):
    return lambda request, response: change(response) if test(request, response) else response


def _html(status):
    return lambda r: evolve(r, status=status).with_body(b"<html>no</html>", "text/html")


def _is_odd(request, _response):
    return len(request.path) > 400 or "%0" in request.path or "%27" in request.path


def _refuses_a_query(request, response):
    if "?" not in request.target or response.status == 405:
        return response
    error = {"error": f"what is {request.target}?", "code": "VALIDATION_ERROR"}
    return evolve(response, status=400).with_json(error)


def _counted(change):
    count = iter(range(10**6))
    return lambda _request, response: change(next(count), response)


def _is_ok(_request, response):
    return response.status == 200


RIGHT = {
    "a redirect from the path with a slash": _when(
        lambda request, _r: request.path.endswith("/assets/"),
        lambda r: _html(307)(r).with_header("Location", "/api/v1/assets"),
    ),
    "extra members": _members(checksum="sha256:0", nested={"a": [1]}),
    "other wording": _when(
        lambda _q, r: r.status >= 400, lambda r: r.with_json({**r.json(), "error": "nope"})
    ),
    "a hint": _when(
        lambda _q, r: r.status >= 400, lambda r: r.with_json({**r.json(), "hint": "look again"})
    ),
    "extra headers": lambda _q, r: r.with_header("X-Cache", "HIT").with_header("Via", "1.1 proxy"),
    "header names in capitals": lambda _q, r: evolve(
        r, headers=tuple((n.upper(), v) for n, v in r.headers)
    ),
    "a charset": lambda _q, r: r.with_header("Content-Type", "application/json; charset=utf-8"),
    "a media type in capitals": lambda _q, r: r.with_header("Content-Type", "Application/JSON"),
    "nanoseconds": _members(created_at="2025-12-02T10:00:00.123456789Z"),
    "an offset": _members(created_at="2025-12-02T12:00:00+02:00"),
    "small letters in a time": _members(created_at="2025-12-02t10:00:00z"),
    "a leap second": _members(created_at="2016-12-31T23:59:60Z"),
    "the same instant in another zone": _counted(
        lambda n, r: _members(
            created_at=("2025-12-02T10:00:00Z", "2025-12-02T11:00:00.000+01:00")[n % 2]
        )(None, r)
    ),
    "escaped unicode": _when(
        _is_ok, lambda r: r.with_body(json.dumps({**r.json(), "name": "é🎬"}).encode())
    ),
    "blanks around the JSON": _when(_is_ok, lambda r: r.with_body(b"\n " + r.bytes() + b"\n")),
    "indented JSON": _when(_is_ok, lambda r: r.with_body(json.dumps(r.json(), indent=2).encode())),
    "members in another order": _when(
        _is_ok, lambda r: r.with_json(dict(reversed(list(r.json().items()))))
    ),
    "a proxy that refuses odd requests": _when(_is_odd, _html(400)),
    "a firewall": _when(_is_odd, _html(403)),
    "a URL that is too long": _when(lambda q, _: len(q.path) > 300, _html(414)),
    "parameters that are not documented are refused, and repeated": _refuses_a_query,
    "a firewall that forbids keys in the query, in JSON": _when(
        lambda q, _: "token=" in q.target,
        lambda r: evolve(r, status=403).with_json({"message": "Forbidden"}),
    ),
    "the URL that was asked for, in each answer": lambda q, r: (
        r.with_json({**r.json(), "self": f"https://babou.example{q.target}"})
        if q.method != "OPTIONS"
        else r
    ),
    "HEAD is not allowed": _when(lambda q, _: q.method == "HEAD", lambda r: evolve(r, status=405)),
    "OPTIONS is not found": _when(lambda q, _: q.method != "GET", lambda r: evolve(r, status=404)),
    "OPTIONS is answered": _when(
        lambda q, _: q.method == "OPTIONS", lambda r: evolve(r, status=204).with_body(b"")
    ),
    "404 for malformed ids": _when(
        lambda _q, r: r.status == 400,
        lambda r: evolve(r, status=404).with_json({"error": "no", "code": "NOT_FOUND"}),
    ),
    "one code for all refusals": _when(
        lambda _q, r: r.status == 401,
        lambda r: r.with_json({"error": "no", "code": "UNAUTHORIZED"}),
    ),
    "a url that is signed anew in its query": _counted(
        lambda n, r: _members(url=f"https://b.example/k?sig={n}")(None, r)
    ),
    "a url that is signed anew in its path": _counted(
        lambda n, r: _members(url=f"https://b.example/{n}/k")(None, r)
    ),
    "counters among the extra members": _counted(lambda n, r: _members(reads=n)(None, r)),
    "a request id in errors": _counted(
        lambda n, r: r if r.status == 200 else r.with_json({**r.json(), "request_id": n})
    ),
}

# Ids beside which there are others that only look like them, and are assets all the same.
NEIGHBOURS = {
    "ast_0010": ("ast_0011", "ast_001", "ast_00100"),
    "1001": ("1000", "100", "10010", "1"),
    "logo": ("LOGO", "log", "logo0", "lo"),
    "a,a": ("A,A", "a"),
    "ast_zero": ("ast_none", "ast_", "null", "资产", "0"),
}

FAULTS = {
    "gzip": {},
    "chunked": {},
    "close": {},
    "extra_member": {},
    "float_size": {},
    "fresh_url": {},
    "latency": {"seconds": 0.002},
    "slow_body": {"interval": 0.0005, "piece": 64},
}


@pytest.mark.parametrize("rewrite", RIGHT.values(), ids=RIGHT)
def test_a_server_that_is_right_is_never_accused(judge, rewrite):
    """What the spec leaves open, a server may do as it likes."""
    report = judge(rewrite)
    assert [found.summary for found in report.disagreements] == []
    assert report.exit_code == 0


@pytest.mark.parametrize("fault", FAULTS)
def test_an_unusual_wire_is_no_disagreement(judge, small_server, fault):
    """However right bytes come, they are right."""
    small_server.fault(fault, **FAULTS[fault])
    report = judge()
    assert [found.summary for found in report.disagreements] == []
    assert report.exit_code == 0


@pytest.mark.parametrize(
    "parameters",
    [
        {"retry_after": 0},
        {"retry_after": None},
        {"retry_after": 0, "http_date": True},
    ],
)
def test_a_rate_limit_is_obeyed_and_no_failure(judge, small_server, parameters):
    """429 means later: the run backs off, goes on, and finds nothing wrong."""
    small_server.fault("rate_limited", times=2, **parameters)
    report = judge()
    assert report.exit_code == 0
    limited = [row.answers for row in report.coverage if row.status == "429"]
    assert limited == [2, 0, 0]


def test_a_proxy_that_is_away_for_a_moment_is_no_failure(judge, small_server):
    """502 and 503, once each, are asked again."""
    small_server.fault("bad_gateway_html", times=1)
    small_server.fault("unavailable", times=1, retry_after=0)
    assert judge().exit_code == 0


def test_a_proxy_that_is_away_when_the_client_uploads_is_no_failure(judge):
    """A client does not upload a second time by itself; the check has it do so."""
    uploads = []

    def rewrite(request, response):
        is_the_clients = "babou" in (request.header("user-agent") or "")
        if not is_the_clients or request.method != "POST" or response.status >= 300:
            return response
        uploads.append(request)
        return _html(502)(response) if len(uploads) == 1 else response

    waived = ("getAsset", "listAssets")
    report = judge(rewrite, only=("4",), waived=waived, allow_unsafe_methods=True)
    assert report.exit_code == 0, report.verdict


def test_a_connection_that_was_closed_is_opened_again(judge, small_server):
    """Keep-alive is a courtesy: without it nothing is wrong."""
    small_server.fault("drop_connection", times=1)
    assert judge().exit_code == 0


def test_an_asset_that_stays_in_processing_is_no_failure(judge, small_server):
    """A wait that is still waiting when its time is up has done right."""
    small_server.add("ast_stuck", kind="video", state="processing")
    report = judge(only=("4",), assets=("ast_stuck",))
    assert report.exit_code == 0


def test_retry_after_is_read_in_all_its_forms():
    """RFC 9110 has seconds and dates; some servers have neither."""
    from babou_contract.model import Exchange
    from babou_contract.probing.session import retry_after

    def asked(value):
        return retry_after(Exchange("GET", "/", received=(("Retry-After", value),)), 1)

    assert asked("2") == 2.0
    assert 0 <= asked(formatdate(0, usegmt=True)) < 1
    assert asked("soon") > 0


@pytest.mark.parametrize("asset_id", NEIGHBOURS)
def test_ids_that_look_like_a_known_one_may_be_there(judge, small_server, asset_id):
    """An answer about the very id that was asked for is an asset, known to the check or not."""
    for neighbour in (asset_id, *NEIGHBOURS[asset_id]):
        small_server.add(neighbour)
    report = judge(assets=(asset_id,), only=("3", "4"))
    assert [found.summary for found in report.disagreements] == []
    assert report.exit_code == 0


@pytest.mark.parametrize("status", [405, 404, 429, 501, 503])
def test_what_is_said_to_head_has_no_body_to_judge(judge, status):
    """HEAD has no body, and need not be offered: no rule about bodies looks at it."""

    def rewrite(request, response):
        if request.method != "HEAD":
            return response
        made = evolve(response, status=status).with_header("Content-Type", "text/html")
        return made.with_body(b"<html>", "text/html")

    report = judge(rewrite)
    assert [found.summary for found in report.disagreements] == []
    assert report.exit_code == 0
    verified = [row.status for row in report.coverage if row.state is CoverageState.verified]
    assert verified == ["200", "400", "401", "404"]


def test_a_server_that_changes_between_reads_sets_no_client_against_the_other(judge):
    """What each client makes is held against the answer that it got itself."""
    count = iter(range(10**6))

    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), "width": next(count)})

    report = judge(rewrite, only=("4",))
    assert [found.summary for found in report.disagreements] == []
