"""Servers that are right though unusual: whoever accuses one of them is wrong."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import json
from email.utils import formatdate

from babou_contract.mock_server import Request, Response
from kill_matrix.hooks import (
    Test,
    asks,
    becomes,
    both,
    compressed,
    document,
    header,
    instead,
    json_body,
    key_is,
    limit,
    looked_up,
    malformed,
    member,
    method,
    missing,
    not_found,
    nth,
    page,
    put,
    query,
    refused,
    renamed,
    text,
    the_asset,
    then,
    where,
    wire,
)
from kill_matrix.model import Variant, World, id_in
from kill_matrix.probes import is_uuid
from kill_matrix.variants_assets import ASSETS

_SPELLED = ("Z", "z", "+00:00", ".000Z", ".0+00:00")


def _pretty(body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=2, sort_keys=True).encode() + b"\r\n"


def _ascii(body: bytes) -> bytes:
    return json.dumps(json.loads(body), ensure_ascii=True).replace("a", "\\u0061").encode()


def _signed(world: World, _request: Request, response: Response) -> Response:
    """Sign the url anew on each read, in its query."""
    number = world.count("signature")
    return member("url", lambda url: f"{url}&X-Amz-Date={number:06}")(world, _request, response)


def _signed_in_path(world: World, request: Request, response: Response) -> Response:
    """Sign the url anew on each read, in its path."""
    number = world.count("signature")
    sign = member("url", lambda url: url.replace("/storage/", f"/storage/s{number:06}/"))
    return sign(world, request, response)


def _respelled(world: World, request: Request, response: Response) -> Response:
    """Spell the same instant otherwise on each read."""
    end = _SPELLED[world.count("spelling") % len(_SPELLED)]
    spell = member("created_at", lambda text: text[:-1] + end if text[-4:-1] == ":00" else text)
    return spell(world, request, response)


def _known_later(world: World, request: Request, response: Response) -> Response:
    """Tell the duration some reads after the asset is ready: null first, then the value."""
    early = world.count(("later", id_in(request))) < 5
    return put(duration=None)(world, request, response) if early else response


def _date(world: World, request: Request, response: Response) -> Response:
    limited = limit(world, request, response)
    return limited.with_header("Retry-After", formatdate(request.time, usegmt=True))


def _many_headers(_world: World, _request: Request, response: Response) -> Response:
    for number in range(20):
        response = response.with_header(f"X-Extra-{number}", "ä" * 20)
    return response.with_header("X-RateLimit-Remaining", "99").with_header("Via", "1.1 edge")


def _keeps_quiet(world: World, request: Request, response: Response) -> Response:
    """Close a connection that is kept alive, without a word, every twenty answers."""
    return response.with_wire(close=True) if world.count(request.connection) >= 20 else response


_MALFORMED = {"error": "Invalid asset ID", "code": "VALIDATION_ERROR"}


def _after(requests: int) -> Test:
    """Pass what comes after so many requests."""
    return lambda world, _request, _response: world.count("all") > requests


# fmt: off
VARIANTS = (
    Variant("clean", "the mock server as it is"),
    Variant("more-members", "members that the spec does not have (D15)",
        put(checksum="e3b0", tags=[], owner={"id": 1, "name": None}, score=0.5)),
    Variant("more-headers", "many headers more, not all of them ASCII", _many_headers),
    Variant("other-words", "errors in other words, and another language",
        where(missing, json_body(lambda body: body | {"error": "Nicht gefunden …"}))),
    Variant("errors-with-more", "errors with hints and members that the spec does not have",
        where(lambda _w, _q, answer: answer.status >= 400,
        json_body(lambda body: body | {"hint": "See the docs", "request_id": "r1",
        "details": []}))),
    Variant("charset", "a charset parameter",
        header("Content-Type", "application/json; charset=utf-8")),
    Variant("charset-in-quotes", "a media type in capitals, a charset in quotes",
        header("Content-Type", 'Application/JSON;Charset="UTF-8"')),
    Variant("gzip", "compressed bodies", compressed()),
    Variant("gzip-and-chunked", "compressed bodies in chunks",
        then(compressed(), wire(chunked=True))),
    Variant("chunked", "chunked bodies", wire(chunked=True)),
    Variant("bytes-one-by-one", "a few bodies arrive in small pieces",
        where(nth(50), wire(body_interval=0.0005, piece=8))),
    Variant("connection-closed", "each connection is closed after its answer", wire(close=True)),
    Variant("connection-closed-at-times", "connections are closed now and then", _keeps_quiet),
    Variant("connection-reset-at-times", "one connection in a hundred is reset",
        where(nth(100), wire(start="reset"))),
    Variant("slow", "each answer takes 10 ms", wire(latency=0.01)),
    Variant("one-slow-answer", "one answer in a hundred takes a third of a second",
        where(nth(100), wire(latency=0.3))),
    Variant("rate-limit", "one request in twenty is 429 with Retry-After: 0",
        where(nth(20), then(limit, header("Retry-After", "0")))),
    Variant("rate-limit-without-word", "one request in eighty is 429 without Retry-After",
        where(nth(80), limit)),
    Variant("rate-limit-with-date", "Retry-After is an HTTP date", where(nth(60), _date)),
    Variant("rate-limit-by-the-edge", "an edge proxy limits with its own page",
        where(nth(60), then(page(429), header("Retry-After", "0")))),
    Variant("proxy-blips", "one request in sixty is a proxy's 502 page", where(nth(60), page(502))),
    Variant("maintenance-for-a-moment", "503 with Retry-After, once, in the middle",
        where(lambda world, _q, _a: world.count("all") == 50, then(page(503), header("Retry-After",
        "0")))),
    Variant("nanoseconds", "times with nine digits",
        member("created_at", lambda text: text[:19] + ".123456789Z")),
    Variant("offsets", "times with offsets",
        member("created_at", lambda text: text[:19] + "-11:30")),
    Variant("small-t-and-z", "times with small letters",
        member("created_at", lambda text: text[:19].replace("T", "t") + "z")),
    Variant("leap-second", "a time in a leap second", put(created_at="2016-12-31T23:59:60Z")),
    Variant("times-respelled", "the same instant, spelled otherwise each time", _respelled),
    Variant("whole-numbers-as-floats", "245678.0 for an integer (D5)",
        document(lambda asset: asset | {n: asset[n] and float(asset[n]) for n in ("size",
        "width")})),
    Variant("duration-whole", "a duration without a fraction", member("duration", int)),
    Variant("signed-in-the-query", "a presigned url that differs each time", _signed),
    Variant("signed-in-the-path", "a url that is signed in its path each time", _signed_in_path),
    Variant("url-s3", "an s3 url", member("url", lambda _url: "s3://bucket/key")),
    Variant("duration-known-later", "a duration that is null at first", _known_later),
    Variant("pretty", "sorted, indented JSON with a line end", text(_pretty)),
    Variant("escaped", "JSON with everything escaped that can be", text(_ascii)),
    Variant("headers-in-small-letters", "header names in small letters", renamed(str.lower)),
    Variant("headers-in-capitals", "header names in capitals", renamed(str.upper)),
    Variant("long-urls-refused", "an edge proxy refuses long URLs with its own 414",
        where(lambda _w, request, _a: len(request.target) > 1000, page(414))),
    Variant("control-characters-refused", "an edge proxy refuses control characters",
        where(asks(lambda id: any(ord(c) < 32 or ord(c) == 127 for c in id)), page(400))),
    Variant("odd-urls-refused", "a firewall refuses quotes and brackets with its own 403",
        where(asks(lambda id: bool(set("'\"<>{}\\;") & set(id))), page(403))),
    Variant("400-for-other-forms", "400 for every id that does not begin with ast_",
        where(both(missing, asks(lambda id: not id.startswith("ast_"))), instead(400, _MALFORMED))),
    Variant("404-for-malformed", "404 where another server says 400",
        where(both(malformed, the_asset), not_found)),
    Variant("400-for-uuids", "400 for a UUID",
        where(both(missing, asks(is_uuid)), instead(400, _MALFORMED))),
    Variant("one-code-for-all-keys", "401 always has the code UNAUTHORIZED",
        where(refused, json_body(lambda body: body | {"code": "UNAUTHORIZED"}))),
    Variant("no-key-has-wrong-form", "a missing key is one of a wrong form", where(both(refused,
        key_is(lambda sent, _key: " sk-bab-" not in sent)),
        json_body(lambda body: body | {"code": "INVALID_API_KEY_FORMAT"}))),
    Variant("query-keys-refused", "a firewall refuses keys in the query with its own 403",
        where(query("api_key"), page(403))),
    Variant("no-challenge", "401 without WWW-Authenticate", header("WWW-Authenticate", None)),
    Variant("head-not-allowed", "HEAD is 405", where(method("HEAD"), becomes(405))),
    Variant("head-limited", "HEAD is 429, by an edge proxy with its own page",
        where(method("HEAD"), page(429))),
    Variant("head-not-implemented", "HEAD is a 501 page", where(method("HEAD"), page(501))),
    Variant("head-not-found", "HEAD is 404", where(method("HEAD"), becomes(404))),
    Variant("options-answered", "OPTIONS is 204 without a key, as browsers need it",
        where(method("OPTIONS"), then(text(lambda _body: b""), becomes(204),
        header("Access-Control-Allow-Methods", "GET")))),
    Variant("options-not-found", "other methods are 404",
        where(lambda _w, _q, answer: answer.status == 405, becomes(404))),
    Variant("uuid-in-any-case", "a UUID in capitals is the same one (RFC 9562, section 4)",
        looked_up(lambda asked,
        ids: asked.lower() if asked.lower() in ids and is_uuid(asked) else None), ASSETS["uuids"]),
    *(
        Variant(name, about, populate=ASSETS[name])
        for name, about in (
            ("uuids", "ids are UUIDs (D1)"),
            ("numbers", "ids are numbers"),
            ("odd-ids", "ids have spaces, slashes, percent signs, other alphabets"),
            ("long-id", "an id of 256 characters (D12)"),
            ("one-asset", "one asset only"),
            ("none-ready", "all assets stay in processing"),
            ("all-failed", "all assets have failed"),
            ("fast", "assets go from uploading to ready at once"),
            ("by-time", "assets move on by time"),
            ("neighbours", "ids beside known ones are assets as well"),
            ("extremes", "no bytes, huge sizes, no sides, odd names and types"),
            ("many", "forty assets"),
        )
    ),
    Variant("down", "503 to everything", page(503), codes=(3,)),
    Variant("key-refused", "401 to everything",
        instead(401, {"error": "Unauthorized", "code": "UNAUTHORIZED"}), codes=(3,)),
    Variant("nothing-there", "404 to everything",
        not_found, codes=(3,)),
    Variant("silent", "no answer to anything", wire(start="close"), codes=(3,)),
    Variant("down-after-twenty", "503 to everything from the 21st request on",
        where(_after(20), page(503)), codes=(3,)),
    Variant("limited-after-four", "429 to everything from the fifth request on",
        where(_after(4), then(limit, header("Retry-After", "0"))), codes=(3,)),
    Variant("silent-after-forty", "no answer to anything from the 41st request on",
        where(_after(40), wire(start="close")), codes=(3,)),
    Variant("password-wall", "a gateway asks for a user's name and password",
        then(page(401), header("WWW-Authenticate", 'Basic realm="Staging"')), codes=(3,)),
    Variant("limited-for-good", "429 to everything, and an hour to wait",
        then(limit, header("Retry-After", "3600")), codes=(3,)),
)
# fmt: on
