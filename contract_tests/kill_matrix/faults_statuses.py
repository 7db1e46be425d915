"""Servers whose statuses and codes are wrong, or that fail on certain requests."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import (
    CODES,
    FAILS,
    KNOWN,
    METHODS,
    NO_KEY,
    SCHEMA,
    STATUSES,
    UNKNOWN,
    WRONG_KEY,
)
from kill_matrix.hooks import (
    NOT_FOUND,
    OK,
    REFUSED,
    after,
    asks,
    becomes,
    both,
    crash,
    found,
    header,
    instead,
    json_body,
    key_is,
    let_in,
    malformed,
    method,
    missing,
    not_found,
    nth,
    refused,
    text,
    then,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World
from kill_matrix.probes import is_number, is_uuid

fault = partial(Fault, Group.statuses)


def _crashes_on(name: str, about: str, **more: object) -> Fault:
    wanted = more.pop("wanted")
    hook = where(both(asks(wanted), lambda *args: not refused(*args)), crash)  # type: ignore[arg-type]
    return fault(name, about, FAILS, hook=hook, **more)  # type: ignore[arg-type]


def _ended_by(text: str) -> Hook:
    """Answer nothing more, once such a request came."""

    def hook(world: World, request: Request, response: Response) -> Response:
        ended = world.memory.setdefault("ended", [])
        if text in request.target:
            ended.append(request)
        return response.with_wire(start="close") if ended else response

    return hook


# fmt: off
FAULTS = (
    fault("asset-with-201", "an asset is answered with 201", STATUSES, "201",
        where(found, becomes(201))),
    fault("asset-with-203", "one read in six passes a proxy that says 203", STATUSES, "203",
        where(both(found, nth(6)), becomes(203))),
    fault("asset-with-404", "one asset is answered whole, but with 404", KNOWN, "404",
        where(both(found, asks(lambda id: "audio" in id)), becomes(404))),
    fault("error-with-200", "one read in six is an error body with 200", SCHEMA, "200",
        where(both(found, nth(6)), instead(OK, NOT_FOUND))),
    fault("unknown-with-200", "an unknown id is an error body with 200", UNKNOWN, "was found",
        where(missing, becomes(200))),
    fault("unknown-with-204", "an unknown id is answered with 204", UNKNOWN, "204",
        where(missing, then(text(lambda _body: b""), becomes(204)))),
    fault("unknown-with-410", "an unknown id is answered with 410", UNKNOWN, "410",
        where(missing, becomes(410))),
    fault("malformed-with-422", "an id that is no UUID is refused with 422", UNKNOWN, "422",
        where(both(missing, asks(lambda id: not is_uuid(id))), becomes(422))),
    fault("unknown-to-login", "an unknown id is redirected to a login page", STATUSES, "302",
        where(missing, then(becomes(302), header("Location", "/login")))),
    fault("known-to-slash", "a known id is redirected to a path with a slash", STATUSES, "308",
        where(both(found, nth(6)), then(becomes(308), header("Location", "./")))),
    fault("known-lost-one-in-six", "one read in six of a known asset is 404", KNOWN, "404",
        where(both(found, nth(6)), not_found)),
    fault("known-refused-one-in-six", "one right key in six is refused", KNOWN, "401",
        where(both(found, nth(6)), instead(REFUSED, {"error": "Unauthorized",
        "code": "UNAUTHORIZED"}))),
    fault("well-formed-is-malformed", "an unknown id of exactly the form of known ones is 400",
        UNKNOWN, "refused as malformed", where(both(missing,
        asks(lambda id: id.startswith("ast_contra") and len(id) == 21)), instead(400,
        {"error": "Invalid asset ID", "code": "VALIDATION_ERROR"}))),
    fault("wrong-key-with-403", "a wrong key is refused with 403", WRONG_KEY, "403",
        where(refused, becomes(403))),
    fault("no-key-with-400", "a missing key is refused with 400", NO_KEY, "400",
        where(both(refused, key_is(lambda sent, _key: not sent)), becomes(400))),
    fault("no-key-crashes", "Authorization without a key is 500", NO_KEY, "500",
        where(both(refused, key_is(lambda sent, _key: " " not in sent)), crash)),
    fault("no-key-to-login", "a missing key is redirected to a login page", STATUSES, "302",
        where(both(refused, key_is(lambda sent, _key: not sent)), then(becomes(302),
        header("Location", "/login")))),
    fault("code-of-another-status", "a 404 has the code UNAUTHORIZED", CODES, "UNAUTHORIZED",
        where(missing, json_body(lambda body: body | {"code": "UNAUTHORIZED"}))),
    fault("code-in-small-letters", "the code of a 404 is in small letters", CODES, "not_found",
        where(missing, json_body(lambda body: body | {"code": "not_found"}))),
    fault("code-of-the-framework", "a 400 has the code BAD_REQUEST", CODES, "BAD_REQUEST",
        where(malformed, json_body(lambda body: body | {"code": "BAD_REQUEST"}))),
    fault("code-of-a-rate-limit", "a 429 has the code UNAUTHORIZED", CODES, "429", where(nth(25),
        then(instead(429, {"error": "Slow down", "code": "UNAUTHORIZED"}), header("Retry-After",
        "0")))),
    fault("head-without-length", "HEAD says that there are no bytes, where GET has some", METHODS,
        "Content-Length", where(both(method("HEAD"), found), text(lambda _body: b""))),
    fault("head-needs-no-key", "HEAD is answered without a key", METHODS, "HEAD",
        where(both(method("HEAD"), refused), let_in)),
    fault("known-crashes-one-in-six", "one read in six is 500", FAILS, "getAsset",
        where(both(found, nth(6)), crash)),
    fault("known-crashes-after-twenty", "from the 21st read of an asset on, it is 500", FAILS,
        "getAsset", where(both(found, after(20)), crash)),
    fault("every-asset-crashes", "every known asset is 500, while other answers are right", FAILS,
        "getAsset", where(found, crash)),
    fault("odd-id-ends-all-answers", "after a byte that no UTF-8 has nothing is answered any more",
        FAILS, "a byte that no UTF-8 has", _ended_by("%FF")),
    _crashes_on("uuid-crashes", "an unknown UUID is 500", wanted=is_uuid, says="UUID"),
    _crashes_on("long-id-crashes", "an id of more than 64 characters is 500",
        wanted=lambda id: len(id) > 64, says="characters"),
    _crashes_on("quote-crashes", "a quote in an id is 500", wanted=lambda id: "'" in id,
        says="quote"),
    _crashes_on("other-alphabet-crashes", "an id that is not ASCII is 500",
        wanted=lambda id: not id.isascii(), says="alphabet"),
    _crashes_on("zero-byte-crashes", "a zero byte in an id reaches the database: 500",
        wanted=lambda id: "\x00" in id, says="zero byte"),
    _crashes_on("number-crashes", "a number that overflows is 500",
        wanted=lambda id: is_number(id) and len(id) > 18, says="overflows"),
    _crashes_on("emoji-crashes", "a character of four bytes is 500",
        wanted=lambda id: any(ord(c) > 65535 for c in id), says="emoji"),
    fault("known-silent", "one read in forty is never answered", FAILS, "getAsset",
        where(both(found, nth(40)), lambda _w, _q, answer: answer.with_wire(start="stall")),
        timeout=0.7),
)
# fmt: on
