"""A server that refuses, fails or hangs: what could not be seen is not judged, and not green."""

import contextlib
import itertools
import socket
import threading
import time

import pytest
from attrs import evolve

from babou_contract.mock_server import MockServer, Response
from babou_contract.model import Outcome
from babou_contract.probing.gather import Gathering
from babou_contract.report import show
from babou_contract.specification.references import NoSuchReferenceError

IMAGE, WAY, FAILED = "ast_testImage00001", "ast_testWay0000002", "ast_testFailed0003"
LIMITED = {"error": "Too many requests", "code": "RATE_LIMITED"}
AWAY = {"error": "Service unavailable", "code": "SERVICE_UNAVAILABLE"}
CRASH = {"error": "Internal server error", "code": "INTERNAL_ERROR"}


def _answer(status, document, **headers):
    def change(response):
        made = evolve(response, status=status).with_json(document)
        for name, value in headers.items():
            made = made.with_header(name.replace("_", "-"), value)
        return made

    return change


def _wire(start):
    return lambda response: response.with_wire(start=start)


def _from(number, change, when=lambda _request: True):
    """Change the answers to such requests, from this one on."""
    count = itertools.count(1)

    def rewrite(request, response):
        return change(response) if when(request) and next(count) >= number else response

    return rewrite


def outcomes(report):
    return {result.outcome for result in report.results}


@pytest.mark.parametrize("number", [1, 5, 40, 100, 150])
@pytest.mark.parametrize(
    "change",
    [
        _answer(429, LIMITED, Retry_After="0"),
        _answer(503, AWAY, Retry_After="0"),
        lambda response: response.with_body(b"<html>", "text/html") and Response(502),
        _wire("close"),
        _wire("reset"),
    ],
    ids=["429", "503", "502 page", "closed", "reset"],
)
def test_a_server_that_refuses_from_some_request_on_is_not_judged(judge, number, change):
    """Exit code 3 from wherever it begins: nothing that was left out is called agreement."""
    report = judge(_from(number, change), only=("3", "4"))
    assert report.disagreements == ()
    assert report.exit_code == 3
    assert Outcome.not_judged in outcomes(report)
    left_out = [r for r in report.results if r.outcome is Outcome.not_exercised]
    others = {result.check for result in left_out if "is not asked" not in result.reason}
    assert not any("no key is needed" in result.reason for result in report.results)
    # No parameter of what is asked here has limits, and nothing has a body.
    assert others <= {
        "spec-server/documented-bodies-are-taken",
        "spec-server/lawful-values-are-taken",
        "spec-server/unlawful-bodies-are-refused",
    }


def test_a_server_that_limits_is_told_in_the_summary(judge):
    """How many checks agreed, and how many could not be judged, and why."""
    report = judge(_from(60, _answer(429, LIMITED, Retry_After="0")))
    assert "the server answered 429, 9 times in a row" in report.verdict
    not_judged = sum(result.outcome is Outcome.not_judged for result in report.results)
    assert f"{not_judged} not judged" in report.counts
    assert not_judged > 3


def test_what_the_specification_makes_optional_is_not_exercised(judge):
    """An asset in a final state is nothing that a server has to have."""
    report = judge(assets=(WAY,), rewrite=_processing)
    assert report.exit_code == 0
    assert Outcome.not_exercised in outcomes(report)


def _processing(_request, response):
    if response.status != 200:
        return response
    return response.with_json({**response.json(), "state": "processing"})


def test_one_read_that_a_proxy_answers_for_good_is_not_judged(judge):
    """Where 503 came three times to one question, that question is open."""
    turns = itertools.count()

    def rewrite(request, response):
        known = request.path.endswith(IMAGE) and request.header("authorization")
        return _answer(503, AWAY)(response) if known and 8 <= next(turns) < 11 else response

    report = judge(rewrite)
    assert report.disagreements == ()
    assert report.exit_code == 3


def test_a_server_that_fails_on_its_assets_only_disagrees(judge, failed_in):
    """401 and 404 work and each known asset is 500: that is a fault, and no outage."""
    crash = _answer(500, CRASH)
    report = judge(lambda _q, r: crash(r) if r.status == 200 else r)
    assert report.exit_code == 1
    assert failed_in(report) == {"no-request-makes-the-server-fail"}
    found, *_others = report.disagreements
    assert found.exchange.url.endswith(IMAGE)
    assert "500" in found.received
    assert found.curl.startswith("curl ")


def test_a_server_that_fails_on_everything_is_not_judged(judge):
    """500 to everything is an outage."""
    crash = _answer(500, CRASH)
    report = judge(lambda _request, response: crash(response))
    assert report.exit_code == 3
    assert "the server is down" in report.verdict


def test_an_asset_on_which_the_server_hangs_is_asked_for_once(judge, failed_in, small_server):
    """It is told with its request, the others are judged, and the rest is not held up."""
    stall = _wire("stall")

    def rewrite(request, response):
        return stall(response) if request.path.endswith(IMAGE) else response

    began = time.monotonic()
    report = judge(rewrite, only=("3", "4"), timeout=1.0)
    assert failed_in(report) == {"no-request-makes-the-server-fail"}
    assert [e.purpose for e in report.exchanges if e.error] == [f"getAsset, {IMAGE!r}"]
    assert time.monotonic() - began < 30


def test_a_server_that_hangs_after_some_requests_is_left_alone(judge):
    """Three silences are enough to know."""
    report = judge(_from(30, _wire("stall")), only=("3", "4"), timeout=1.0)
    assert report.exit_code == 3
    assert sum(exchange.error is not None for exchange in report.exchanges) == 3


def test_the_time_limit_counts_for_a_request_that_hangs(judge):
    """No answer is waited for longer than the run may take."""
    began = time.monotonic()
    report = judge(_from(30, _wire("stall")), only=("3", "4"), timeout=60, time_limit=1.5)
    assert time.monotonic() - began < 30
    assert report.exit_code == 3
    assert "time limit" in report.verdict


def test_the_time_limit_counts_while_assets_are_watched(judge):
    """Where there is no time to read an asset on its way once more, that is not judged."""
    report = judge(_processing, assets=(WAY,), time_limit=1.9)
    assert report.exit_code == 3
    assert report.disagreements == ()
    assert "time limit" in report.verdict


def test_what_kills_the_server_is_accused_and_nothing_after_it(judge, failed_in, front):
    """The request before the first refused connection did it, and not the one that met that."""
    url = front(kills=lambda target: b"%ff" in target.lower())
    report = judge(base_url=url)
    assert failed_in(report) == {"no-request-makes-the-server-fail"}
    [found] = report.disagreements
    assert found.exchange.url.endswith("%FF")
    assert "answers nothing more since it was asked for a byte that no UTF-8 has" in found.summary


def test_what_ends_all_answers_is_accused(judge, failed_in):
    """A server that takes connections and answers none since an odd request was ended by that."""
    dead = []

    def rewrite(request, response):
        if "%FF" in request.path:
            dead.append(request)
        return response.with_wire(start="close") if dead else response

    report = judge(rewrite)
    assert failed_in(report) == {"no-request-makes-the-server-fail"}
    [found] = report.disagreements
    assert found.exchange.url.endswith("%FF")


def test_a_server_that_goes_down_meanwhile_is_not_accused(judge, front):
    """A read that was answered many times did not kill it."""
    count = itertools.count(1)
    report = judge(base_url=front(kills=lambda _target: next(count) == 20))
    assert report.disagreements == ()
    assert report.exit_code == 3
    assert "could not be reached: the connection was refused" in report.verdict


def test_a_refused_connection_is_told_once(judge):
    """The verdict says it; no check has a line of its own."""
    with MockServer() as server:
        url = server.base_url
    told = []
    report = judge(base_url=url, only=("3", "4"), on_result=told.append)
    assert told == []
    assert outcomes(report) == {Outcome.not_judged}
    assert report.verdict.endswith("could not be reached: the connection was refused.")


def test_one_operation_is_asked_about_before_the_next(judge):
    """A server that soon limits is asked enough of one to judge it, and accused of no other."""
    report = judge(lambda _request, response: response, only=("3",))
    asked = [
        exchange.url.partition("/api/v1/")[2].partition("?")[0] for exchange in report.exchanges
    ]
    assert len(set(asked[:20])) > 1
    assert all(path.startswith("assets/") for path in asked[:20])


def _raising(error):
    def look(_self, *, at_all):
        raise error

    return look


def test_what_the_specification_lacks_is_told(judge, monkeypatch):
    """Nothing can be asked then, and the reason stands in the verdict."""
    monkeypatch.setattr(Gathering, "look", _raising(NoSuchReferenceError("#/components/x")))
    report = judge()
    assert report.exit_code == 3
    assert "nothing can be asked: the reference #/components/x leads nowhere" in report.verdict


@pytest.mark.parametrize("error", [KeyError("slot"), IndexError("0"), LookupError("codec")])
def test_a_bug_of_the_check_is_no_fault_of_the_specification(judge, monkeypatch, error):
    """It comes out as what it is."""
    monkeypatch.setattr(Gathering, "look", _raising(error))
    with pytest.raises(type(error)):
        judge()


@pytest.mark.parametrize("announced", ["Content-Length: 9", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_whole_is_told(judge, announced):
    """A length that is not true looks like a slow server: how much came says what to look at."""
    begun = '4\r\n{"id\r\n' if "chunked" in announced else '{"id'
    held = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                connection.recv(65536)
                connection.sendall(f"HTTP/1.1 200 OK\r\n{announced}\r\n\r\n{begun}".encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        report = judge(base_url=url, timeout=0.2)
    assert report.exit_code == 3
    of = " of the 9 that are announced" if "Length" in announced else ""
    assert report.verdict.endswith(f"did not answer: no whole answer in 0.2 s: 4 bytes came{of}.")
    for connection in held:
        connection.close()


def test_an_asset_that_is_not_there_is_what_the_verdict_tells(judge):
    """Not that nothing could be asked about it."""
    report = judge(waived=("uploadAsset",), assets=("ast_nowhere",))
    assert report.exit_code == 3
    assert "name one that the server has, --asset ID" in report.verdict


def test_where_nothing_is_found_the_address_is_doubted(judge, small_server):
    """A base URL that is another service's answers 404 to everything."""
    report = judge(base_url=f"{small_server.base_url}/v7", waived=())
    assert report.exit_code == 3
    assert report.verdict.endswith("Check --base-url, and what you named as being there.")
    assert "Which reading" not in show.text(report)
