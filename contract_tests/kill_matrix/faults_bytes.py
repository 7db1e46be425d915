"""Servers whose bytes and headers are not what they call them."""

import gzip
import re
from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import FRAMING, MEDIA_TYPES, STRICT_JSON
from kill_matrix.hooks import (
    REFUSED,
    both,
    compressed,
    found,
    header,
    instead,
    member,
    missing,
    nth,
    refused,
    text,
    then,
    where,
    wire,
)
from kill_matrix.model import Fault, Group, Hook, World

fault = partial(Fault, Group.bytes)


def _length(more: int) -> Hook:
    def hook(_world: World, _request: Request, response: Response) -> Response:
        return response.with_header("Content-Length", str(len(response.bytes()) + more))

    return hook


def _instead(member: bytes, value: bytes) -> Hook:
    pattern = re.compile(rb'("%b": )[^,}]+' % member)
    return text(lambda body: pattern.sub(rb"\g<1>" + value, body, count=1))


untrue = partial(Fault, Group.headers)


# fmt: off
FAULTS = (
    fault("length-too-large", "Content-Length announces more than comes", FRAMING, "breaks off",
        where(found, _length(7))),
    fault("length-too-small", "Content-Length announces less than comes", FRAMING, "more bytes",
        where(found, _length(-9))),
    fault("chunks-break-off", "a chunked body ends before its last chunk", FRAMING, "breaks off",
        where(found, wire(chunked=True, stop_after=40))),
    fault("error-length-too-large", "Content-Length of a 404 announces more than comes", FRAMING,
        "breaks off", where(missing, _length(1))),
    fault("gzip-broken-off", "a compressed body is not complete", FRAMING, "not complete",
        where(found, compressed(lambda body: gzip.compress(body)[:-12]))),
    fault("gzip-and-more", "a compressed body is followed by plain bytes", FRAMING, "follow",
        where(found, compressed(lambda body: gzip.compress(body) + b"\n"))),
    fault("gzip-twice", "a body is compressed twice, and says so once", STRICT_JSON, "not JSON",
        where(found, compressed(lambda body: gzip.compress(gzip.compress(body))))),
    fault("comment-after", "a cache adds a comment after the JSON", STRICT_JSON, "not JSON",
        where(found, text(lambda body: body + b"<!-- cached -->"))),
    fault("nan", "a duration is NaN", STRICT_JSON, "NaN", _instead(b"duration", b"NaN")),
    fault("latin-1", "a name is sent in Latin-1", STRICT_JSON, "not JSON", where(found,
        then(member("name", lambda _name: "Übersicht.png"),
        text(lambda body: body.decode().encode("latin-1"))))),
    fault("utf-16", "a body is sent in UTF-16", STRICT_JSON, "not JSON",
        where(found, text(lambda body: body.decode().encode("utf-16")))),
    fault("byte-order-mark", "a body begins with a byte order mark", STRICT_JSON,
        "byte order mark", where(found, text(lambda body: b"\xef\xbb\xbf" + body))),
    fault("mark-and-garbage", "a debug line stands before the JSON", STRICT_JSON, "not JSON",
        where(found, text(lambda body: b"\xef\xbb\xbfDEBUG " + body))),
    fault("name-twice", "a member stands twice, with two values", STRICT_JSON, "twice",
        where(found, text(lambda body: body[:-1] + b', "size": 1}'))),
    fault("single-quotes", "a body is what Python prints", STRICT_JSON, "not JSON",
        where(found, text(lambda body: body.replace(b'"', b"'").replace(b"null", b"None")))),
    fault("half-one-in-six", "one answer in six is cut off, with a true Content-Length",
        STRICT_JSON, "not JSON",
        where(both(found, nth(6)), text(lambda body: body[: len(body) // 2]))),
    fault("empty", "one answer in six is empty", STRICT_JSON, "not JSON",
        where(both(found, nth(6)), text(lambda _body: b""))),
    fault("zero-bytes-after", "a body is padded with zero bytes", STRICT_JSON, "not JSON",
        where(found, text(lambda body: body + bytes(16)))),
    fault("callback", "a body is a call of a function (JSONP)", STRICT_JSON, "not JSON",
        where(found, text(lambda body: b"callback(" + body + b");"))),
    fault("line-end-in-a-text", "a text holds a line end as it is", STRICT_JSON, "not JSON",
        where(found, text(lambda body: body.replace(b'"name": "', b'"name": "a\nb', 1)))),
    fault("error-cut-off", "the JSON of a 404 is cut off", STRICT_JSON, "not JSON",
        where(missing, text(lambda body: body[:-1]))),
    untrue("asset-as-html", "an asset calls itself text/html", MEDIA_TYPES, "html",
        where(found, header("Content-Type", "text/html; charset=utf-8"))),
    untrue("asset-as-text-one-in-six", "one asset in six calls itself text/plain",
        MEDIA_TYPES, "text/plain",
        where(both(found, nth(6)), header("Content-Type", "text/plain"))),
    untrue("asset-without-type", "an asset has no Content-Type", MEDIA_TYPES, "no Content-Type",
        where(found, header("Content-Type", None))),
    untrue("error-as-text", "a 404 calls itself text/plain", MEDIA_TYPES, "text/plain",
        where(missing, header("Content-Type", "text/plain"))),
    untrue("error-as-problem", "a 404 calls itself application/problem+json",
        MEDIA_TYPES, "problem+json",
        where(missing, header("Content-Type", "application/problem+json"))),
    untrue("error-as-page", "a 404 is a page", MEDIA_TYPES, "html",
        where(missing, instead(404, "<h1>Not found</h1>", "text/html"))),
    untrue("refusal-as-page", "a 401 is a page", MEDIA_TYPES, "html",
        where(refused, instead(REFUSED, "<h1>Log in</h1>", "text/html"))),
    untrue("gzip-untrue", "Content-Encoding says gzip, and the body is plain", FRAMING, "gzip",
        where(found, header("Content-Encoding", "gzip"))),
    untrue("gzip-not-accepted", "a body is compressed, whatever the request accepts",
        FRAMING, "accepts identity",
        where(found, then(text(lambda body: gzip.compress(body, mtime=0)),
        header("Content-Encoding", "gzip")))),
    untrue("brotli-unasked", "Content-Encoding is br, which nobody asked for", FRAMING, "br",
        where(found, header("Content-Encoding", "br"))),
)
# fmt: on
