"""Servers that look at the key wrongly, refuse it in a wrong way, or tell it."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import re
from collections.abc import Callable
from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import (
    CODES,
    KEY_CODE,
    KEY_FIRST,
    KEY_FORM,
    NO_KEY,
    QUERY_KEY,
    REPEATS,
    TELLS,
    WRONG_KEY,
)
from kill_matrix.hooks import (
    PREFIX,
    Test,
    asks,
    both,
    document,
    found,
    instead,
    json_body,
    key_in,
    key_is,
    let_in,
    not_found,
    nth,
    refused,
    the_asset,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World, query_of

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


def _tells(name: str) -> Hook:
    def hook(world: World, request: Request, response: Response) -> Response:
        asset = world.again(request, right_key=True)
        if asset.status != 200:
            return response
        return response.with_json(response.json() | {"hint": f"No access to {asset.json()[name]}"})

    return hook


def _repeats(_world: World, request: Request, response: Response) -> Response:
    sent = key_in(request.header("authorization") or "")
    return response.with_json(response.json() | {"hint": f"The key {sent} is not known"})


def _repeats_part(_world: World, request: Request, response: Response) -> Response:
    sent = key_in(request.header("authorization") or "")
    return response.with_json(response.json() | {"hint": f"No key ends in {sent[-12:]}"})


def _repeats_in_header(world: World, _request: Request, response: Response) -> Response:
    return response.with_header("X-Debug-Key", world.server.api_key)


def _signs_with_the_key(world: World, request: Request, response: Response) -> Response:
    add = document(lambda a: a | {"url": a["url"] and f"{a['url']}&key={world.server.api_key}"})
    return add(world, request, response)


def _tells_in_header(world: World, request: Request, response: Response) -> Response:
    asset = world.again(request, right_key=True)
    value = asset.json()["created_at"] if asset.status == 200 else ""
    return response.with_header("X-Asset-Created", value)


def _code(code: str) -> Hook:
    return json_body(lambda body: body | {"code": code})


def _query_key(wanted: Callable[[str, str], bool]) -> Test:
    """Pass requests whose `api_key` in the query, beside the right key, is of a kind."""
    return lambda world, request, _response: wanted(
        query_of(request).get("api_key", ""), world.server.api_key
    )


_refuses = instead(401, {"error": "Unauthorized", "code": "UNAUTHORIZED"})


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
    fault("query-key-let-in", "the key is read from the query as well", QUERY_KEY, "is let in",
        where(both(refused, _query_key(lambda sent, key: sent == key)), let_in)),
    fault("query-key-comes-first", "a key in the query comes before that in the header", QUERY_KEY,
        "another key in the query is looked at",
        where(_query_key(lambda sent, key: sent not in {"", key}), _refuses)),
    fault("query-key-judged", "a key in the query is refused for what is wrong with it", QUERY_KEY,
        "a word for a key in the query is looked at", where(both(refused, key_is(lambda sent,
        _key: not sent), _query_key(lambda sent, _key: sent == "wrong")),
        _code("INVALID_API_KEY_FORMAT"))),
    _lets_in("empty-header-let-in", "an empty Authorization is let in", NO_KEY, "scheme",
        lambda sent, _key: sent.strip() == "Bearer"),
    fault("looked-up-before-the-key",
        "an unknown id is 404 without a key, so that ids can be tried", KEY_FIRST, "404",
        where(both(refused, asks(lambda id: not re.fullmatch(rf"|{_KNOWN_ID}", id))), not_found)),
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
    fault("refusal-tells-the-name", "a refusal tells the asset's name", TELLS, "name",
        where(both(refused, the_asset), _tells("name"))),
    fault("refusal-tells-the-url", "a refusal tells the asset's url", TELLS, "only a key",
        where(both(refused, the_asset), _tells("url"))),
    fault("refusal-tells-in-a-header", "a header of a refusal tells when the asset was made",
        TELLS, "created_at", where(both(refused, the_asset), _tells_in_header)),
    fault("refusal-repeats-the-key", "a refusal repeats the key that came", REPEATS, "repeats",
        where(refused, _repeats)),
    fault("refusal-repeats-its-end", "a refusal repeats the end of the key that came", REPEATS,
        "repeats", where(refused, _repeats_part)),
    fault("header-repeats-the-key", "a debug header repeats the key", REPEATS, "repeats",
        where(found, _repeats_in_header)),
    fault("url-repeats-the-key", "the asset's url is signed with the key itself", REPEATS,
        "repeats", _signs_with_the_key),
    fault("every-key-has-expired", "each wrong key is said to have expired", KEY_CODE,
        "API_KEY_EXPIRED", where(refused, _code("API_KEY_EXPIRED"))),
    fault("every-form-is-wrong", "a wrong key of the right form is said to have a wrong one",
        KEY_CODE, "INVALID_API_KEY_FORMAT", where(refused, _code("INVALID_API_KEY_FORMAT"))),
    fault("refusal-with-another-code", "a refusal has a code that no page names",
        (CODES, KEY_CODE), "INVALID_KEY", where(refused, _code("INVALID_KEY"))),
    fault("wrong-key-finds-nothing", "a wrong key gets 404, as if the asset were not there",
        WRONG_KEY, "404", where(both(refused, key_is(lambda sent,
        _key: key_in(sent).startswith(PREFIX))), lambda world, request,
        _answer: world.again(request, asset_id="ast_hidden", right_key=True))),
)
# fmt: on
