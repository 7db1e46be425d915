"""Servers whose bytes are not what they call them."""

import gzip
import re
from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import FRAMING, STRICT_JSON
from kill_matrix.hooks import both, compressed, found, member, missing, nth, text, then, where, wire
from kill_matrix.model import Fault, Group, Hook, World

fault = partial(Fault, group=Group.bytes, killers=(STRICT_JSON,), says="not JSON")
framing = partial(Fault, group=Group.bytes, killers=(FRAMING,))


def _length(more: int) -> Hook:
    def hook(_world: World, _request: Request, response: Response) -> Response:
        return response.with_header("Content-Length", str(len(response.bytes()) + more))

    return hook


def _instead(member: bytes, value: bytes) -> Hook:
    pattern = re.compile(rb'("%b": )[^,}]+' % member)
    return text(lambda body: pattern.sub(rb"\g<1>" + value, body, count=1))


FAULTS = (
    framing(
        "length-too-large",
        about="Content-Length announces more than comes",
        says="breaks off",
        hook=where(found, _length(7)),
    ),
    framing(
        "length-too-small",
        about="Content-Length announces less than comes",
        says="more bytes",
        hook=where(found, _length(-9)),
    ),
    framing(
        "length-too-large-one-in-six",
        about="one Content-Length in six is too large",
        says="breaks off",
        hook=where(both(found, nth(6)), _length(1)),
    ),
    framing(
        "chunks-break-off",
        about="a chunked body ends before its last chunk",
        says="breaks off",
        hook=where(found, wire(chunked=True, stop_after=40)),
    ),
    framing(
        "error-length-too-large",
        about="Content-Length of a 404 announces more than comes",
        says="breaks off",
        hook=where(missing, _length(1)),
    ),
    framing(
        "gzip-broken-off",
        about="a compressed body is not complete",
        says="not complete",
        hook=where(found, compressed(lambda body: gzip.compress(body)[:-12])),
    ),
    framing(
        "gzip-and-more",
        about="a compressed body is followed by plain bytes",
        says="follow",
        hook=where(found, compressed(lambda body: gzip.compress(body) + b"\n")),
    ),
    fault(
        "gzip-twice",
        about="a body is compressed twice, and says so once",
        hook=where(found, compressed(lambda body: gzip.compress(gzip.compress(body)))),
    ),
    fault(
        "comment-after",
        about="a cache adds a comment after the JSON",
        hook=where(found, text(lambda body: body + b"<!-- cached -->")),
    ),
    fault(
        "comment-after-one-in-six",
        about="one answer in six has a comment after the JSON",
        hook=where(both(found, nth(6)), text(lambda body: body + b"<!-- cached -->")),
    ),
    fault("json-twice", about="the JSON comes twice", hook=where(found, text(lambda b: b + b))),
    fault("nan", about="a duration is NaN", says="NaN", hook=_instead(b"duration", b"NaN")),
    fault(
        "infinity", about="a size is Infinity", says="Infinity", hook=_instead(b"size", b"Infinity")
    ),
    fault(
        "latin-1",
        about="a name is sent in Latin-1",
        hook=where(
            found,
            then(
                member("name", lambda _name: "Übersicht.png"),
                text(lambda body: body.decode().encode("latin-1")),
            ),
        ),
    ),
    fault(
        "utf-16",
        about="a body is sent in UTF-16",
        hook=where(found, text(lambda body: body.decode().encode("utf-16"))),
    ),
    fault(
        "byte-order-mark",
        about="a body begins with a byte order mark",
        says="byte order mark",
        hook=where(found, text(lambda body: b"\xef\xbb\xbf" + body)),
    ),
    fault(
        "mark-and-garbage",
        about="a debug line stands before the JSON",
        hook=where(found, text(lambda body: b"\xef\xbb\xbfDEBUG " + body)),
    ),
    fault(
        "name-twice",
        about="a member stands twice, with two values",
        says="twice",
        hook=where(found, text(lambda body: body[:-1] + b', "size": 1}')),
    ),
    fault(
        "single-quotes",
        about="a body is what Python prints",
        hook=where(found, text(lambda body: body.replace(b'"', b"'").replace(b"null", b"None"))),
    ),
    fault(
        "half-one-in-six",
        about="one answer in six is cut off, with a true Content-Length",
        hook=where(both(found, nth(6)), text(lambda body: body[: len(body) // 2])),
    ),
    fault(
        "empty",
        about="one answer in six is empty",
        hook=where(both(found, nth(6)), text(lambda _body: b"")),
    ),
    fault(
        "zero-bytes-after",
        about="a body is padded with zero bytes",
        hook=where(found, text(lambda body: body + bytes(16))),
    ),
    fault(
        "callback",
        about="a body is a call of a function (JSONP)",
        hook=where(found, text(lambda body: b"callback(" + body + b");")),
    ),
    fault(
        "line-end-in-a-text",
        about="a text holds a line end as it is",
        hook=where(found, text(lambda body: body.replace(b'"name": "', b'"name": "a\nb', 1))),
    ),
    fault(
        "error-cut-off",
        about="the JSON of a 404 is cut off",
        hook=where(missing, text(lambda body: body[:-1])),
    ),
)
