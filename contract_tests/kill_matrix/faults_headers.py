"""Servers whose headers are not true."""

import gzip
from functools import partial

from kill_matrix.checks import (
    FRAMING,
    MEDIA_TYPES,
)
from kill_matrix.hooks import (
    REFUSED,
    both,
    found,
    header,
    instead,
    missing,
    nth,
    refused,
    text,
    then,
    where,
)
from kill_matrix.model import Fault, Group

wrong_header = partial(Fault, Group.headers)


# fmt: off
FAULTS = (
    wrong_header(
        "asset-as-html",
        "an asset calls itself text/html",
        MEDIA_TYPES,
        "html",
        where(found, header("Content-Type", "text/html; charset=utf-8")),
    ),
    wrong_header(
        "asset-as-text-one-in-six",
        "one asset in six calls itself text/plain",
        MEDIA_TYPES,
        "text/plain",
        where(both(found, nth(6)), header("Content-Type", "text/plain")),
    ),
    wrong_header(
        "asset-without-type",
        "an asset has no Content-Type",
        MEDIA_TYPES,
        "no Content-Type",
        where(found, header("Content-Type", None)),
    ),
    wrong_header(
        "error-as-text",
        "a 404 calls itself text/plain",
        MEDIA_TYPES,
        "text/plain",
        where(missing, header("Content-Type", "text/plain")),
    ),
    wrong_header(
        "error-as-problem",
        "a 404 calls itself application/problem+json",
        MEDIA_TYPES,
        "problem+json",
        where(missing, header("Content-Type", "application/problem+json")),
    ),
    wrong_header(
        "error-as-page",
        "a 404 is a page",
        MEDIA_TYPES,
        "html",
        where(missing, instead(404, "<h1>Not found</h1>", "text/html")),
    ),
    wrong_header(
        "refusal-as-page",
        "a 401 is a page",
        MEDIA_TYPES,
        "html",
        where(refused, instead(REFUSED, "<h1>Log in</h1>", "text/html")),
    ),
    wrong_header(
        "gzip-untrue",
        "Content-Encoding says gzip, and the body is plain",
        FRAMING,
        "gzip",
        where(found, header("Content-Encoding", "gzip")),
    ),
    wrong_header(
        "gzip-not-accepted",
        "a body is compressed, whatever the request accepts",
        FRAMING,
        "accepts identity",
        where(
            found,
            then(
                text(lambda body: gzip.compress(body, mtime=0)), header("Content-Encoding", "gzip")
            ),
        ),
    ),
    wrong_header(
        "brotli-unasked",
        "Content-Encoding is br, which nobody asked for",
        FRAMING,
        "br",
        where(found, header("Content-Encoding", "br")),
    ),
)
# fmt: on
