"""Servers that are right though unusual: whoever accuses one of them is wrong."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import json
from email.utils import formatdate

from babou_contract.mock_server import Request, Response
from kill_matrix.hooks import (
    LIMITED,
    compressed,
    document,
    header,
    instead,
    json_body,
    member,
    missing,
    nth,
    page,
    put,
    text,
    then,
    where,
    wire,
)
from kill_matrix.model import Variant, World, id_in

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
    limited = instead(429, LIMITED)(world, request, response)
    return limited.with_header("Retry-After", formatdate(request.time, usegmt=True))


def _many_headers(_world: World, _request: Request, response: Response) -> Response:
    for number in range(20):
        response = response.with_header(f"X-Extra-{number}", "ä" * 20)
    return response.with_header("X-RateLimit-Remaining", "99").with_header("Via", "1.1 edge")


def _keeps_quiet(world: World, request: Request, response: Response) -> Response:
    """Close a connection that is kept alive, without a word, every twenty answers."""
    return response.with_wire(close=True) if world.count(request.connection) >= 20 else response


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
        where(nth(20), then(instead(429, LIMITED), header("Retry-After", "0")))),
    Variant("rate-limit-without-word", "one request in eighty is 429 without Retry-After",
        where(nth(80), instead(429, LIMITED))),
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
)
# fmt: on
