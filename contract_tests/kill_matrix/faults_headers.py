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

wrong_header = partial(Fault, group=Group.headers, killers=(MEDIA_TYPES,))


FAULTS = (
    wrong_header(
        "asset-as-html",
        about="an asset calls itself text/html",
        says="html",
        hook=where(found, header("Content-Type", "text/html; charset=utf-8")),
    ),
    wrong_header(
        "asset-as-text-one-in-six",
        about="one asset in six calls itself text/plain",
        says="text/plain",
        hook=where(both(found, nth(6)), header("Content-Type", "text/plain")),
    ),
    wrong_header(
        "asset-without-type",
        about="an asset has no Content-Type",
        says="no Content-Type",
        hook=where(found, header("Content-Type", None)),
    ),
    wrong_header(
        "error-as-text",
        about="a 404 calls itself text/plain",
        says="text/plain",
        hook=where(missing, header("Content-Type", "text/plain")),
    ),
    wrong_header(
        "error-as-problem",
        about="a 404 calls itself application/problem+json",
        says="problem+json",
        hook=where(missing, header("Content-Type", "application/problem+json")),
    ),
    wrong_header(
        "error-as-page",
        about="a 404 is a page",
        says="html",
        hook=where(missing, instead(404, "<h1>Not found</h1>", "text/html")),
    ),
    wrong_header(
        "refusal-as-page",
        about="a 401 is a page",
        says="html",
        hook=where(refused, instead(REFUSED, "<h1>Log in</h1>", "text/html")),
    ),
    wrong_header(
        "gzip-untrue",
        about="Content-Encoding says gzip, and the body is plain",
        killers=(FRAMING,),
        says="gzip",
        hook=where(found, header("Content-Encoding", "gzip")),
    ),
    wrong_header(
        "gzip-not-accepted",
        about="a body is compressed, whatever the request accepts",
        killers=(FRAMING,),
        says="accepts identity",
        hook=where(
            found,
            then(
                text(lambda body: gzip.compress(body, mtime=0)), header("Content-Encoding", "gzip")
            ),
        ),
    ),
    wrong_header(
        "brotli-unasked",
        about="Content-Encoding is br, which nobody asked for",
        killers=(FRAMING,),
        says="br",
        hook=where(found, header("Content-Encoding", "br")),
    ),
)
