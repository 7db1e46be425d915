"""Servers whose statuses, codes and headers are wrong."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

from functools import partial

from kill_matrix.checks import (
    CODES,
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
    asks,
    becomes,
    both,
    error_body,
    found,
    header,
    instead,
    key_is,
    let_in,
    malformed,
    method,
    missing,
    nth,
    refused,
    text,
    then,
    where,
)
from kill_matrix.model import Fault, Group
from kill_matrix.probes import is_uuid

fault = partial(Fault, group=Group.statuses, killers=(STATUSES,))

_CRASH = instead(500, {"error": "Internal server error", "code": "INTERNAL_ERROR"})


FAULTS = (
    fault(
        "asset-with-201",
        about="an asset is answered with 201",
        says="201",
        hook=where(found, becomes(201)),
    ),
    fault(
        "asset-with-203",
        about="one read in six passes a proxy that says 203",
        says="203",
        hook=where(both(found, nth(6)), becomes(203)),
    ),
    fault(
        "asset-with-404",
        about="one asset is answered whole, but with 404",
        killers=(KNOWN,),
        says="404",
        hook=where(both(found, asks(lambda id: "audio" in id)), becomes(404)),
    ),
    fault(
        "error-with-200",
        about="one read in six is an error body with 200",
        killers=(SCHEMA,),
        says="200",
        hook=where(both(found, nth(6)), instead(OK, NOT_FOUND)),
    ),
    fault(
        "unknown-with-200",
        about="an unknown id is an error body with 200",
        killers=(UNKNOWN,),
        says="was found",
        hook=where(missing, becomes(200)),
    ),
    fault(
        "unknown-with-204",
        about="an unknown id is answered with 204",
        killers=(UNKNOWN,),
        says="204",
        hook=where(missing, then(text(lambda _body: b""), becomes(204))),
    ),
    fault(
        "unknown-with-410",
        about="an unknown id is answered with 410",
        killers=(UNKNOWN,),
        says="410",
        hook=where(missing, becomes(410)),
    ),
    fault(
        "unknown-with-403",
        about="an unknown id is answered with 403",
        killers=(UNKNOWN,),
        says="403",
        hook=where(missing, becomes(403)),
    ),
    fault(
        "malformed-with-422",
        about="an id that is no UUID is refused with 422",
        killers=(UNKNOWN,),
        says="422",
        hook=where(both(missing, asks(lambda id: not is_uuid(id))), becomes(422)),
    ),
    fault(
        "unknown-to-login",
        about="an unknown id is redirected to a login page",
        says="302",
        hook=where(missing, then(becomes(302), header("Location", "/login"))),
    ),
    fault(
        "known-to-slash",
        about="a known id is redirected to a path with a slash",
        says="308",
        hook=where(both(found, nth(6)), then(becomes(308), header("Location", "./"))),
    ),
    fault(
        "known-lost-one-in-six",
        about="one read in six of a known asset is 404",
        killers=(KNOWN,),
        says="404",
        hook=where(both(found, nth(6)), instead(404, NOT_FOUND)),
    ),
    fault(
        "known-refused-one-in-six",
        about="one right key in six is refused",
        killers=(KNOWN,),
        says="401",
        hook=where(
            both(found, nth(6)), instead(REFUSED, {"error": "Unauthorized", "code": "UNAUTHORIZED"})
        ),
    ),
    fault(
        "well-formed-is-malformed",
        about="an unknown id of exactly the form of known ones is 400",
        killers=(UNKNOWN,),
        says="refused as malformed",
        hook=where(
            both(missing, asks(lambda id: id.startswith("ast_contra") and len(id) == 21)),
            instead(400, {"error": "Invalid asset ID", "code": "VALIDATION_ERROR"}),
        ),
    ),
    fault(
        "wrong-key-with-403",
        about="a wrong key is refused with 403",
        killers=(WRONG_KEY,),
        says="403",
        hook=where(refused, becomes(403)),
    ),
    fault(
        "no-key-with-400",
        about="a missing key is refused with 400",
        killers=(NO_KEY,),
        says="400",
        hook=where(both(refused, key_is(lambda sent, _key: not sent)), becomes(400)),
    ),
    fault(
        "no-key-crashes",
        about="Authorization without a key is 500",
        killers=(NO_KEY,),
        says="500",
        hook=where(both(refused, key_is(lambda sent, _key: " " not in sent)), _CRASH),
    ),
    fault(
        "no-key-to-login",
        about="a missing key is redirected to a login page",
        says="302",
        hook=where(
            both(refused, key_is(lambda sent, _key: not sent)),
            then(becomes(302), header("Location", "/login")),
        ),
    ),
    fault(
        "code-of-another-status",
        about="a 404 has the code UNAUTHORIZED",
        killers=(CODES,),
        says="UNAUTHORIZED",
        hook=where(missing, error_body(lambda body: body | {"code": "UNAUTHORIZED"})),
    ),
    fault(
        "code-in-small-letters",
        about="the code of a 404 is in small letters",
        killers=(CODES,),
        says="not_found",
        hook=where(missing, error_body(lambda body: body | {"code": "not_found"})),
    ),
    fault(
        "code-of-the-framework",
        about="a 400 has the code BAD_REQUEST",
        killers=(CODES,),
        says="BAD_REQUEST",
        hook=where(malformed, error_body(lambda body: body | {"code": "BAD_REQUEST"})),
    ),
    fault(
        "code-of-a-rate-limit",
        about="a 429 has the code UNAUTHORIZED",
        killers=(CODES,),
        says="429",
        hook=where(
            nth(25),
            then(
                instead(429, {"error": "Slow down", "code": "UNAUTHORIZED"}),
                header("Retry-After", "0"),
            ),
        ),
    ),
    fault(
        "head-without-length",
        about="HEAD says that there are no bytes, where GET has some",
        killers=(METHODS,),
        says="Content-Length",
        hook=where(both(method("HEAD"), found), text(lambda _body: b"")),
    ),
    fault(
        "head-needs-no-key",
        about="HEAD is answered without a key",
        killers=(METHODS,),
        says="HEAD",
        hook=where(both(method("HEAD"), refused), let_in),
    ),
)
