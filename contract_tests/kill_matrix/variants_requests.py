"""Servers that are right though unusual in whom they answer, and how they refuse."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

from kill_matrix.hooks import (
    LIMITED,
    Test,
    asks,
    becomes,
    both,
    header,
    instead,
    json_body,
    key_is,
    looked_up,
    malformed,
    method,
    missing,
    page,
    refused,
    renamed,
    text,
    then,
    where,
    wire,
)
from kill_matrix.model import Variant
from kill_matrix.probes import is_uuid
from kill_matrix.variants_assets import ASSETS

_MALFORMED = {"error": "Invalid asset ID", "code": "VALIDATION_ERROR"}


def _after(requests: int) -> Test:
    """Pass what comes after so many requests."""
    return lambda world, _request, _response: world.count("all") > requests


# fmt: off
VARIANTS = (
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
        where(malformed, instead(404, {"error": "Asset not found", "code": "NOT_FOUND"}))),
    Variant("400-for-uuids", "400 for a UUID",
        where(both(missing, asks(is_uuid)), instead(400, _MALFORMED))),
    Variant("one-code-for-all-keys", "401 always has the code UNAUTHORIZED",
        where(refused, json_body(lambda body: body | {"code": "UNAUTHORIZED"}))),
    Variant("no-key-has-wrong-form", "a missing key is one of a wrong form", where(both(refused,
        key_is(lambda sent, _key: " sk-bab-" not in sent)),
        json_body(lambda body: body | {"code": "INVALID_API_KEY_FORMAT"}))),
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
        instead(404, {"error": "Asset not found", "code": "NOT_FOUND"}), codes=(3,)),
    Variant("silent", "no answer to anything", wire(start="close"), codes=(3,)),
    Variant("down-after-twenty", "503 to everything from the 21st request on",
        where(_after(20), page(503)), codes=(3,)),
    Variant("limited-after-four", "429 to everything from the fifth request on",
        where(_after(4), then(instead(429, LIMITED), header("Retry-After", "0"))), codes=(3,)),
    Variant("silent-after-forty", "no answer to anything from the 41st request on",
        where(_after(40), wire(start="close")), codes=(3,)),
    Variant("password-wall", "a gateway asks for a user's name and password",
        then(page(401), header("WWW-Authenticate", 'Basic realm="Staging"')), codes=(3,)),
    Variant("limited-for-good", "429 to everything, and an hour to wait",
        then(instead(429, LIMITED), header("Retry-After", "3600")), codes=(3,)),
)
# fmt: on
