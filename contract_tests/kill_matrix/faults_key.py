"""Servers that look at the key wrongly, or tell it."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import re
from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import KEY_FIRST, KEY_FORM, NO_KEY, WRONG_KEY
from kill_matrix.hooks import (
    PREFIX,
    asks,
    both,
    instead,
    key_in,
    key_is,
    let_in,
    nth,
    refused,
    where,
)
from kill_matrix.model import Fault, Group, World

fault = partial(Fault, Group.key)
_KNOWN_ID = r"ast_contract[a-z]+000[12]"


def _lets_in(name: str, about: str, killer: str, says: str, wanted: object) -> Fault:
    hook = where(both(refused, key_is(wanted)), let_in)  # type: ignore[arg-type]
    return fault(name, about, killer, says, hook)


def _remembers(world: World, request: Request, response: Response) -> Response:
    """Let in whatever comes on a connection on which a right key came before."""
    seen = world.memory.setdefault("connections", set())
    if response.status != 401:
        seen.add(request.connection)
        return response
    return let_in(world, request, response) if request.connection in seen else response


def _lets_expired_in(world: World, request: Request, response: Response) -> Response:
    sent = key_in(request.header("authorization") or "")
    return let_in(world, request, response) if sent == world.server.expired_key else response


# fmt: off
FAULTS = (
    _lets_in("key-not-checked", "no key is asked for", NO_KEY, "no key", lambda *_: True),
    _lets_in("no-key-let-in", "a request without a key is let in", NO_KEY, "no key", lambda sent,
        _key: not sent),
    _lets_in("wrong-key-let-in", "any key of the right form is let in", WRONG_KEY, "another key",
        lambda sent, _key: key_in(sent).startswith(PREFIX)),
    _lets_in("key-prefix-let-in", "the beginning of the key is enough", WRONG_KEY, "shorter",
        lambda sent, key: len(key_in(sent)) > len(PREFIX) and key.startswith(key_in(sent))),
    _lets_in("longer-key-let-in", "the key is let in with more after it", WRONG_KEY, "longer",
        lambda sent, key: key_in(sent).startswith(key)),
    _lets_in("key-in-any-case", "keys are compared without regard to case", WRONG_KEY,
        "other case", lambda sent, key: sent.lower() == f"bearer {key}".lower()),
    _lets_in("basic-let-in", "the key is let in with the scheme Basic", KEY_FORM, "Basic",
        lambda sent, key: sent == f"Basic {key}"),
    _lets_in("any-scheme-let-in", "the scheme is not looked at", KEY_FORM, "Token", lambda sent,
        key: " " in sent and key_in(sent) == key),
    _lets_in("no-scheme-let-in", "the key is let in without a scheme", KEY_FORM,
        "without a scheme", lambda sent, key: sent == key),
    _lets_in("prefix-let-in", "the prefix of all keys is let in", WRONG_KEY, "prefix alone",
        lambda sent, _key: key_in(sent) == PREFIX),
    _lets_in("other-prefix-let-in", "keys of another product are let in", KEY_FORM,
        "another prefix", lambda sent, _key: key_in(sent).startswith("sk-other-")),
    _lets_in("empty-header-let-in", "an empty Authorization is let in", NO_KEY, "scheme",
        lambda sent, _key: sent.strip() == "Bearer"),
    fault("looked-up-before-the-key",
        "an unknown id is 404 without a key, so that ids can be tried", KEY_FIRST, "404",
        where(both(refused, asks(lambda id: not re.fullmatch(rf"|{_KNOWN_ID}", id))), instead(404,
        {"error": "Asset not found", "code": "NOT_FOUND"}))),
    fault("one-in-six-let-in", "one key in six is not looked at", (NO_KEY, KEY_FORM, WRONG_KEY),
        "not refused with 401", where(both(refused, nth(6)), let_in)),
    fault("connection-remembers", "after a right key, its connection needs none", NO_KEY, "no key",
        _remembers),
    fault("videos-need-no-key", "videos are let out without a key", NO_KEY, "no key",
        where(both(refused, asks(lambda id: "video" in id)), let_in)),
    fault("expired-key-let-in", "a key that has expired is let in", WRONG_KEY,
        hook=_lets_expired_in, beyond="nobody gives the check a key that was valid once"),
    fault("foreign-key-let-in", "the right key of another account is let in", WRONG_KEY,
        hook=lambda _world, _request, answer: answer,
        beyond="it takes a second account with a key of its own"),
)
# fmt: on
