"""Servers that refuse a key in a wrong way, or tell what they know of it."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import CODES, KEY_CODE, REPEATS, TELLS, WRONG_KEY
from kill_matrix.hooks import (
    PREFIX,
    both,
    document,
    found,
    json_body,
    key_in,
    key_is,
    of,
    refused,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World

fault = partial(Fault, Group.key)


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


# fmt: off
FAULTS = (
    fault("refusal-tells-the-name", "a refusal tells the asset's name", TELLS, "name",
        where(both(refused, of("getAsset")), _tells("name"))),
    fault("refusal-tells-the-url", "a refusal tells the asset's url", TELLS, "tells the asset's",
        where(both(refused, of("getAsset")), _tells("url"))),
    fault("refusal-tells-in-a-header", "a header of a refusal tells when the asset was made",
        TELLS, "created_at", where(both(refused, of("getAsset")), _tells_in_header)),
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
