"""Each way in which a server can be wrong is found, by the check that is named for it."""

import gzip
import json
from urllib.parse import unquote

import pytest
from attrs import evolve

FIRST = "ast_testImage00001"


def member(name, value):
    """Change a member of each asset."""

    def rewrite(_request, response):
        return response.with_json({**response.json(), name: value}) if _ok(response) else response

    return rewrite


def _ok(response):
    return response.status == 200


def _error(response):
    return response.status >= 400


def _without(name):
    def rewrite(_request, response):
        if not _ok(response):
            return response
        return response.with_json({k: v for k, v in response.json().items() if k != name})

    return rewrite


def _now_and_then(change, every=6):
    """Be wrong once in so many answers about an asset."""
    count = iter(range(10**6))

    def rewrite(request, response):
        return change(request, response) if _ok(response) and not next(count) % every else response

    return rewrite


def _body(change, when=_ok):
    def rewrite(_request, response):
        return response.with_body(change(response.bytes())) if when(response) else response

    return rewrite


def _answer(status, document):
    def rewrite(_request, response):
        return evolve(response, status=status).with_json(document)

    return rewrite


def _without_check_of(test):
    """Answer a request as if its key were right, where the test says so."""

    def make(server):
        def rewrite(request, response):
            authorization = request.header("authorization") or ""
            if response.status == 401 and test(authorization, server.api_key):
                return _asset(response, FIRST)
            return response

        return rewrite

    return make


def _asset(response, asset_id):
    document = {
        "id": asset_id,
        "name": "uploaded-file",
        "url": "s3://bucket/key",
        "content_type": "image/png",
        "size": 1,
        "state": "ready",
        "duration": None,
        "width": 1,
        "height": 1,
        "created_at": "2025-12-02T10:00:00Z",
    }
    return evolve(response, status=200).with_json(document)


def _found_if(test):
    """Find the image for ids that only look like it."""

    def rewrite(request, response):
        asked = request.path.rpartition("/")[2]
        if response.status == 404 and asked != FIRST and test(asked):
            return _asset(response, FIRST)
        return response

    return rewrite


def _states(*states):
    """Tell these states in turn, of the image."""
    turns = iter(range(10**6))

    def rewrite(request, response):
        if not _ok(response) or not request.path.endswith(FIRST):
            return response
        state = states[min(next(turns), len(states) - 1)]
        return response.with_json({**response.json(), "state": state})

    return rewrite


def _header(name, value, when=_ok):
    def rewrite(_request, response):
        return response.with_header(name, value) if when(response) else response

    return rewrite


def _code(status, code):
    def rewrite(_request, response):
        if response.status != status:
            return response
        return response.with_json({**response.json(), "code": code})

    return rewrite


def _crash_on(test):
    def rewrite(request, response):
        return (
            _answer(500, {"error": "no", "code": "INTERNAL_ERROR"})(request, response)
            if test(request.path)
            else response
        )

    return rewrite


def _capitals(_request, response):
    if not _ok(response):
        return response
    return response.with_json({**response.json(), "state": response.json()["state"].upper()})


def _malformed_if_like(request, response):
    """Take ids of the form of known ones for malformed."""
    like = "/ast_testI" in request.path and len(request.path.rpartition("/")[2]) == len(FIRST)
    malformed = {"error": "no", "code": "VALIDATION_ERROR"}
    return (
        _answer(400, malformed)(request, response) if like and response.status == 404 else response
    )


def _echoed(request, response):
    """Find every id, and say that it is the one that was asked for."""
    found = _asset(response, unquote(request.path.rpartition("/")[2], errors="replace"))
    return found if response.status == 404 else response


def _looked_up_first(request, response):
    known = request.path.endswith((FIRST, "ast_testWay0000002", "ast_testFailed0003"))
    missing = {"error": "no", "code": "NOT_FOUND"}
    refused = response.status == 401 and not known
    return _answer(404, missing)(request, response) if refused else response


def _gzip_always(_request, response):
    if not response.body:
        return response
    packed = gzip.compress(response.bytes())
    return response.with_body(packed).with_header("Content-Encoding", "gzip")


def _short_head(request, response):
    is_head = request.method == "HEAD" and _ok(response)
    return response.with_header("Content-Length", "17") if is_head else response


def _empty_head(request, response):
    return response.with_body(b"") if request.method == "HEAD" and _ok(response) else response


WRONG = {
    "a member is missing": (_without("created_at"), "bodies-obey-the-schema"),
    "a number is a text": (member("size", "12"), "bodies-obey-the-schema"),
    "a time has no offset": (member("created_at", "2025-12-02T10:00:00"), "bodies-obey-the-schema"),
    "now and then a type is wrong": (_now_and_then(member("size", "1")), "bodies-obey-the-schema"),
    "a ready asset has no url": (member("url", None), "ready-has-url-and-size"),
    "another asset": (member("id", "ast_other"), "the-id-is-the-one-asked-for"),
    "now and then another asset": (
        _now_and_then(member("id", "ast_other")),
        "the-id-is-the-one-asked-for",
    ),
    "now and then another size": (_now_and_then(member("size", 99)), "repeated-reads-agree"),
    "now and then another name": (_now_and_then(member("name", "x")), "identity-never-changes"),
    "now and then not found": (
        _now_and_then(_answer(404, {"error": "no", "code": "NOT_FOUND"})),
        "known-calls-succeed",
    ),
    "ready, then not": (_states("ready", "processing"), "final-states-stay"),
    "backwards": (_states("processing", "uploading"), "states-move-forwards"),
    "NaN": (_body(lambda body: body.replace(b"null", b"NaN")), "bodies-are-strict-json"),
    "garbage after it": (_body(lambda body: body + b"<!-- -->"), "bodies-are-strict-json"),
    "a byte order mark": (_body(lambda b: b"\xef\xbb\xbf" + b), "bodies-are-strict-json"),
    "a name twice": (_body(lambda b: b[:-1] + b', "size": 1}'), "bodies-are-strict-json"),
    "not UTF-8": (_body(lambda b: b.replace(b"file", b"f\xfcle")), "bodies-are-strict-json"),
    "a status that is not documented": (
        lambda _q, r: evolve(r, status=203) if _ok(r) else r,
        "statuses-are-documented",
    ),
    "another media type": (_header("Content-Type", "text/html"), "media-types-are-documented"),
    "an error in HTML": (
        lambda _q, r: r.with_body(b"<html>", "text/html") if r.status == 404 else r,
        "media-types-are-documented",
    ),
    "the code of another status": (_code(404, "UNAUTHORIZED"), "codes-fit-their-status"),
    "an undocumented code": (_code(401, "NO_KEY"), "the-code-of-a-refusal-is-true"),
    "an untrue code": (_code(401, "API_KEY_EXPIRED"), "the-code-of-a-refusal-is-true"),
    "too short a length": (_header("Content-Length", "20"), "framing-is-true"),
    "gzip that is none": (_header("Content-Encoding", "gzip"), "framing-is-true"),
    "an encoding nobody asked for": (_header("Content-Encoding", "br"), "framing-is-true"),
    "capitals are found": (_found_if(lambda i: i == FIRST.upper()), "near-misses-are-not-found"),
    "longer ids are found": (_found_if(lambda i: i.startswith(FIRST)), "near-misses-are-not-found"),
    "wildcards are found": (
        _found_if(lambda i: i.endswith("0000%25")),
        "near-misses-are-not-found",
    ),
    "any id is found": (_found_if(lambda _: True), "unknown-ids-are-not-found"),
    "a crash on a long id": (
        _crash_on(lambda p: len(p) > 2000),
        "no-request-makes-the-server-fail",
    ),
    "a crash on a quote": (_crash_on(lambda p: "%27" in p), "no-request-makes-the-server-fail"),
    "an id that redirects": (
        lambda q, r: evolve(r, status=302) if "null" in q.path else r,
        "statuses-are-documented",
    ),
    "a state that is not documented": (member("state", "archived"), "values-are-documented"),
    "a state in capitals": (_capitals, "values-are-documented"),
    "a relative url": (member("url", "/files/1"), "bodies-obey-the-schema"),
    "a url without a scheme": (member("url", "storage.example/1"), "bodies-obey-the-schema"),
    "a url with a space": (member("url", "https://h/a b"), "bodies-obey-the-schema"),
    "a url without a host": (member("url", "https:///1"), "bodies-obey-the-schema"),
    "well-formed ids are malformed": (_malformed_if_like, "unknown-ids-are-not-found"),
    "any id is found, and repeated": (_echoed, "unknown-ids-are-not-found"),
    "the id is looked up before the key": (_looked_up_first, "the-key-is-checked-first"),
    "gzip that was not accepted": (_gzip_always, "framing-is-true"),
    "HEAD has another length": (_short_head, "other-safe-methods-are-harmless"),
    "HEAD has no length": (_empty_head, "other-safe-methods-are-harmless"),
}

KEYS = {
    "no key needed": (lambda sent, _: not sent, "a-key-is-required"),
    "any scheme": (lambda sent, key: sent.endswith(f" {key}"), "the-form-of-the-key-is-checked"),
    "any word": (lambda sent, _: sent == "Bearer wrong", "the-form-of-the-key-is-checked"),
    "any key of the form": (lambda s, _: s.startswith("Bearer sk-bab-"), "wrong-keys-are-refused"),
    "a prefix of the key": (
        lambda sent, key: len(sent) > 20 and f"Bearer {key}".startswith(sent),
        "wrong-keys-are-refused",
    ),
    "any case": (
        lambda sent, key: sent.lower() == f"Bearer {key}".lower(),
        "wrong-keys-are-refused",
    ),
}


@pytest.mark.parametrize(("rewrite", "check"), WRONG.values(), ids=WRONG)
def test_a_wrong_server_is_found_by_the_check_that_is_named_for_it(
    judge, failed_in, rewrite, check
):
    """A server that breaks a promise fails the check of that promise, with a request to see it."""
    report = judge(rewrite)
    assert report.exit_code == 1
    assert failed_in(report) == {check}
    assert all(found.summary and found.received for found in report.disagreements)
    assert any((found.curl or "").startswith("curl ") for found in report.disagreements)


@pytest.mark.parametrize(("test", "check"), KEYS.values(), ids=KEYS)
def test_a_key_that_is_accepted_and_should_not_be_is_found(
    judge, failed_in, small_server, test, check
):
    """Whoever is let in without the key is told of."""
    report = judge(_without_check_of(test)(small_server))
    assert report.exit_code == 1
    assert check in failed_in(report)


def test_a_body_that_repeats_the_key_is_found_and_hidden(judge, failed_in, small_server):
    """The key is found in an answer, and stands nowhere in the report."""

    def rewrite(request, response):
        sent = request.header("authorization") or ""
        return (
            response.with_json({**response.json(), "hint": sent}) if _error(response) else response
        )

    report = judge(rewrite)
    assert "the-key-is-not-repeated" in failed_in(report)
    assert small_server.api_key not in repr(report)


def test_a_refusal_that_tells_the_asset_is_found(judge, failed_in):
    """A 401 that names the asset has told too much."""

    def rewrite(_request, response):
        if response.status != 401:
            return response
        return response.with_json({**response.json(), "asset": {"name": "uploaded-file"}})

    assert failed_in(judge(rewrite)) == {"a-refusal-tells-nothing"}


def test_a_head_that_needs_no_key_is_found(judge, failed_in):
    """HEAD is no way around the key."""

    def rewrite(request, response):
        known = request.path.endswith(FIRST)
        return evolve(response, status=200) if request.method == "HEAD" and known else response

    assert failed_in(judge(rewrite)) == {"other-safe-methods-are-harmless"}


def test_a_state_that_goes_back_later_is_found(judge, failed_in):
    """Assets on their way are read over some seconds: what goes back after one of them is seen."""
    began = []

    def rewrite(request, response):
        if not _ok(response) or not request.path.endswith(FIRST):
            return response
        began.append(request.time)
        state = "processing" if request.time - began[0] < 1.0 else "uploading"
        return response.with_json({**response.json(), "state": state})

    assert failed_in(judge(rewrite)) == {"states-move-forwards"}


def test_a_lie_in_gzip_is_found(judge, failed_in):
    """A compressed body that breaks off is no whole answer."""

    def rewrite(_request, response):
        if not _ok(response):
            return response
        body = gzip.compress(response.bytes())[:-9]
        return response.with_body(body).with_header("Content-Encoding", "gzip")

    assert failed_in(judge(rewrite, only=("3", "4"))) == {"framing-is-true"}


def test_each_disagreement_says_where_in_the_spec_it_stands(judge):
    """The line of the spec is the one of the member that is wrong."""
    [found, *_] = judge(member("size", "12")).disagreements
    assert found.spec_pointer == "/components/schemas/Asset/properties/size"
    assert found.spec_line is not None
    assert "size" in found.summary
    assert json.loads(found.exchange.text)["size"] == "12"
