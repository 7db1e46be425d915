"""Each line with curl shows, run by a shell, what the check was shown."""

import gzip
import os
import re
import shlex
import subprocess

import pytest
from attrs import evolve

from babou_contract.mock_server import MockServer
from babou_contract.model import Exchange
from babou_contract.probing.curl import curl

_BAD_ENCODING = 61  # curl's exit code
IMAGE = "ast_testImage00001"
ODD_IDS = ("a b'c\"d", "$(id)`id`$BABOU_API_KEY;#?&", "[1-3]{a,b}", "..%2f.", "资产\\", "-o!*~")


def _in_shell(line, server):
    """Run a line as whoever reads it does, with the key in the environment."""
    return subprocess.run(
        ["sh", "-c", line],
        env={"PATH": os.environ["PATH"], "BABOU_API_KEY": server.api_key},
        capture_output=True,
        timeout=60,
        check=False,
    )


def _run(report, server):
    """Run each line, and return the exchange, the status and the text that came."""
    for found in report.disagreements:
        done = _in_shell(found.curl, server)
        heads = re.findall(rb"^HTTP/1\.1 (\d+)", done.stdout, re.MULTILINE)
        assert len(heads) == 1, (found.curl, done)
        yield found, int(heads[0]), done


def _asset(response, asset_id=IMAGE):
    document = {
        "id": asset_id,
        "name": "x",
        "url": "s3://b/k",
        "content_type": "image/png",
        "size": 1,
        "state": "ready",
        "duration": None,
        "width": 1,
        "height": 1,
        "created_at": "2025-12-02T10:00:00Z",
    }
    return evolve(response, status=200).with_json(document)


def _let_in(_request, response):
    return _asset(response) if response.status == 401 else response


@pytest.mark.parametrize("number", range(4))
def test_a_key_that_is_let_in_is_let_in_again(judge, small_server, number):
    """Whatever was made of the key, the shell makes of its variable."""
    seen = []

    def rewrite(request, response):
        seen.append(request)
        return _let_in(request, response) if turn(request) else response

    sent = ["Basic {}", "Bearer {}x", "Bearer {}", "{}"][number]
    key = small_server.api_key
    wanted = sent.format(key[:-1] if number == 2 else key)

    def turn(request):
        return request.header("authorization") == wanted

    report = judge(rewrite)
    [(found, status, _done)] = list(_run(report, small_server))
    assert status == found.exchange.status == 200
    assert seen[-1].header("authorization") == wanted


@pytest.mark.parametrize("key", ["sk-bab-lower", "sk-bab-UPPER"])
def test_a_key_in_the_other_case_is_let_in_again(judge, key):
    """In any shell, not in bash alone."""
    wanted = "Bearer sk-bab-" + key.removeprefix("sk-bab-").swapcase()

    def rewrite(request, response):
        return _let_in(request, response) if request.header("authorization") == wanted else response

    with MockServer(api_key=key, assets=False, rewrite=rewrite) as server:
        server.add(IMAGE)
        report = judge(base_url=server.base_url, api_key=key, assets=(IMAGE,))
        [(_found, status, _done)] = list(_run(report, server))
    assert status == 200


def test_no_key_and_an_empty_header_are_sent_again(judge, small_server):
    """Curl leaves a header without a value out, unless it ends in a semicolon."""

    def rewrite(request, response):
        missing = request.header("authorization") in {None, "", "Bearer"}
        return _let_in(request, response) if missing and request.method == "GET" else response

    report = judge(rewrite)
    ran = list(_run(report, small_server))
    assert {found.summary.partition(" was")[0] for found, _, _ in ran} == {
        "no key",
        "an empty header",
        "the scheme without a key",
    }
    assert {status for _, status, _ in ran} == {200}


@pytest.mark.parametrize("asset_id", ODD_IDS)
def test_any_id_is_quoted_for_the_shell(judge, small_server, asset_id):
    """The same id is asked for, whatever it means to a shell or to curl."""
    small_server.add(asset_id)

    def rewrite(_request, response):
        if response.status != 200:
            return response
        return response.with_json({**response.json(), "size": "1"})

    report = judge(rewrite, assets=(asset_id,))
    [(found, status, done)] = list(_run(report, small_server))
    assert status == 200
    assert done.stdout.endswith(found.exchange.body)
    assert small_server.requests[-1].target == found.exchange.url[len(small_server.base_url) :]


def test_head_is_asked_with_head(judge, small_server):
    """And ends, where curl would wait for a body."""

    def rewrite(request, response):
        is_head = request.method == "HEAD" and response.status == 200
        return response.with_header("Content-Length", "17") if is_head else response

    [(_found, status, done)] = list(_run(judge(rewrite), small_server))
    assert status == 200
    assert b"Content-Length: 17" in done.stdout
    assert small_server.requests[-1].method == "HEAD"


def test_a_broken_encoding_is_shown(judge, small_server):
    """Curl asks for gzip where the check did, and fails on what is none."""

    def rewrite(request, response):
        if response.status != 200 or "gzip" not in (request.header("accept-encoding") or ""):
            return response
        body = b"no gzip at all"
        return response.with_body(body).with_header("Content-Encoding", "gzip")

    [(_found, status, done)] = list(_run(judge(rewrite), small_server))
    assert status == 200
    assert done.returncode == _BAD_ENCODING
    assert b"Content-Encoding: gzip" in done.stdout


def test_an_encoding_that_was_not_accepted_is_shown(judge, small_server):
    """Curl refuses gzip as the check did, and prints what comes nevertheless."""

    def rewrite(_request, response):
        if response.status != 200:
            return response
        body = gzip.compress(response.bytes())
        return response.with_body(body).with_header("Content-Encoding", "gzip")

    [(_found, status, done)] = list(_run(judge(rewrite), small_server))
    assert status == 200
    assert b"Content-Encoding: gzip" in done.stdout
    assert small_server.requests[-1].header("accept-encoding") == "identity"


def _sent_by(exchange):
    """Return the body that the line's `curl` would send, and the line's arguments."""
    line = curl(exchange)
    before, pipe, command = line.rpartition("| curl ")
    words = shlex.split(f"curl {command}" if pipe else line)
    if pipe:
        return subprocess.run(["sh", "-c", before], capture_output=True, check=True).stdout, words
    return words[words.index("--data-binary") + 1].encode(), words


@pytest.mark.parametrize("body", [b"0" * 10_000, b"{}", b"\0\xff", b"'" * 3000, b"@x"])
def test_a_body_is_sent_again(body):
    """Short or long, a text or bytes; a long one of one character does not fill the screen."""
    url = "http://127.0.0.1/"
    made = Exchange(method="POST", url=url, headers=(("Content-Type", "a/b"),), sent=body)
    sent, words = _sent_by(made)
    assert sent == body
    assert "Content-Type: a/b" in words
    assert len(curl(made)) < 500


def test_no_media_type_of_curls_own_is_sent():
    """Where the check sent a body without one, the line does."""
    _, words = _sent_by(Exchange(method="POST", url="http://127.0.0.1/", headers=(), sent=b"x"))
    assert words[-2:] == ["-H", "Content-Type:"]


def test_a_body_that_was_only_announced_is_made(judge, small_server):
    """The line sends as many bytes as the check announced."""
    large = []

    def rewrite(request, response):
        large.append(int(request.header("content-length") or 0) > 10**8)
        return evolve(response, status=200) if response.status == 413 else response

    report = judge(rewrite, waived=("listAssets",), allow_unsafe_methods=True)
    [found] = [one for one in report.disagreements if "100 MB" in one.summary]
    assert found.curl.startswith("head -c 104857601 /dev/zero | curl ")
    done = _in_shell(found.curl, small_server)
    assert b"HTTP/1.1 200" in done.stdout
    assert large[-1]


def test_the_clients_own_requests_can_be_sent_again(judge, small_server):
    """A header of the client is shown with the key's variable in it."""

    def rewrite(request, response):
        if response.status != 401 or "babou" not in (request.header("user-agent") or ""):
            return response
        return response.with_json({**response.json(), "code": "A", "hint": 7})

    report = judge(rewrite, only=("4",))
    assert report.disagreements == ()
    mine = [e for e in report.exchanges if e.purpose == "the client's"]
    assert any("$BABOU_API_KEY" in value for e in mine for _, value in e.headers)
