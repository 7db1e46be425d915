"""The words in which wrong servers are written: tests of a request, and changes of its answer."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from babou_contract.mock_server import Request, Response
from babou_contract.specification import spec
from babou_contract.specification.assets import OPERATION
from kill_matrix.model import Hook, World, id_in, query_of

Test = Callable[[World, Request, Response], bool]
Document = dict[str, Any]
Query = dict[str, str]

OK, REFUSED, MISSING = 200, 401, 404
PREFIX = spec.key_prefix()
NOT_FOUND = {"error": "Asset not found", "code": "NOT_FOUND"}
LIMITED = {"error": "Too many requests", "code": "RATE_LIMITED"}


def where(test: Test, hook: Hook) -> Hook:
    """Change the answers that pass the test."""

    def changed(world: World, request: Request, response: Response) -> Response:
        return hook(world, request, response) if test(world, request, response) else response

    return changed


def both(*tests: Test) -> Test:
    """Pass what passes all tests; a later one is not asked where an earlier one says no."""
    return lambda world, request, response: all(t(world, request, response) for t in tests)


def status(*wanted: int) -> Test:
    """Pass answers with one of these statuses."""
    return lambda _world, _request, response: response.status in wanted


def of(operation_id: str) -> Test:
    """Pass the answers of one operation."""
    return lambda _world, request, _response: request.operation_id == operation_id


the_list, the_upload = of("listAssets"), of("uploadAsset")
the_asset = of(OPERATION)
found = both(the_asset, status(OK))
listed = both(the_list, status(OK))
uploaded = both(the_upload, status(OK, 201))
refused = status(REFUSED)
missing = status(MISSING)
malformed = status(400)


def asks(wanted: Callable[[str], bool]) -> Test:
    """Pass requests for certain ids."""
    return lambda _world, request, _response: wanted(id_in(request))


def is_new(asset_id: str) -> bool:
    """Say whether an id is that of an upload, and not of what was there before."""
    return bool(asset_id) and not asset_id.startswith(("ast_contract", "ast_matrix"))


def method(*wanted: str) -> Test:
    """Pass requests with one of these methods."""
    return lambda _world, request, _response: request.method in wanted


def nth(number: int, *, first: int = 0) -> Test:
    """Pass every so manieth request that gets here, after the first few."""
    key = object()

    def test(world: World, _request: Request, _response: Response) -> bool:
        count = world.count(key) - first
        return count > 0 and count % number == 0

    return test


def after(reads: int) -> Test:
    """Pass what comes after so many requests for the same id."""
    key = object()
    return lambda world, request, _response: world.count((key, id_in(request))) > reads


def key_in(authorization: str) -> str:
    """Return the key of an Authorization header, or all of it where it has no scheme."""
    return authorization.rpartition(" ")[2]


def key_is(wanted: Callable[[str, str], bool]) -> Test:
    """Pass requests whose Authorization, beside the right key, is of a kind."""

    def test(world: World, request: Request, _response: Response) -> bool:
        return wanted(request.header("authorization") or "", world.server.api_key)

    return test


def json_body(change: Callable[[Any], object]) -> Hook:
    """Change the JSON of an answer."""

    def hook(_world: World, _request: Request, response: Response) -> Response:
        if not response.body:
            return response
        return response.with_body(json.dumps(change(response.json()), ensure_ascii=False).encode())

    return hook


def pages(change: Callable[[Document], object]) -> Hook:
    """Change the JSON of each page of the list."""
    return where(listed, json_body(change))


def assets(change: Callable[[Document], object]) -> Hook:
    """Change each asset of the list, and no other."""
    return pages(lambda page: page | {"assets": [change(asset) for asset in page["assets"]]})


def asked_as(change: Callable[[Query], Mapping[str, object]]) -> Hook:
    """Answer a list as if it were asked with another query; limit and offset are told as before."""

    def hook(world: World, request: Request, response: Response) -> Response:
        other = world.again(request, query=change(query_of(request)))
        if other.status != OK:
            return response
        told = {n: v for n, v in response.json()["pagination"].items() if n != "total"}
        page = other.json()
        return other.with_json(page | {"pagination": page["pagination"] | told})

    return where(listed, hook)


def sliced(change: Callable[[list[Document]], list[Document]]) -> Hook:
    """Answer a list with slices of another list of all assets that the filters let through."""

    def hook(world: World, request: Request, response: Response) -> Response:
        whole = world.again(request, query={"limit": 100, "offset": 0}).json()["assets"]
        every, told = change(whole), response.json()["pagination"]
        part = every[told["offset"] : told["offset"] + told["limit"]]
        return response.with_json({"assets": part, "pagination": told | {"total": len(every)}})

    return where(listed, hook)


def paging(change: Callable[[dict[str, int], int], Mapping[str, object]]) -> Hook:
    """Change the numbers of a page, by what they are and how many assets it has."""

    def changed(page: Document) -> Document:
        told = page["pagination"]
        return page | {"pagination": {**told, **change(told, len(page["assets"]))}}

    return pages(changed)


def query(name: str, wanted: Callable[[str], bool] = bool) -> Test:
    """Pass requests with a value of a parameter in their query."""
    return lambda _world, request, _response: wanted(query_of(request).get(name, ""))


def document(change: Callable[[Document], object]) -> Hook:
    """Change each asset, wherever it is told: by itself, in the list, after its upload."""
    return then(where(found, json_body(change)), assets(change), where(uploaded, json_body(change)))


def member(name: str, change: Callable[[Any], object]) -> Hook:
    """Change a member of every asset, where it is not null."""

    def changed(asset: Document) -> Document:
        return asset if asset[name] is None else asset | {name: change(asset[name])}

    return document(changed)


def put(**members: object) -> Hook:
    """Set members of every asset."""
    return document(lambda asset: asset | members)


def without(*names: str) -> Hook:
    """Leave members of every asset out."""
    return document(lambda asset: {n: v for n, v in asset.items() if n not in names})


def text(change: Callable[[bytes], bytes]) -> Hook:
    """Change the bytes of a body."""

    def hook(_world: World, _request: Request, response: Response) -> Response:
        return response.with_body(change(response.bytes())) if response.body else response

    return hook


def header(name: str, value: str | None) -> Hook:
    """Set or remove a header."""
    return lambda _world, _request, response: response.with_header(name, value)


def renamed(change: Callable[[str], str]) -> Hook:
    """Write the names of all headers otherwise."""

    def hook(_world: World, _request: Request, response: Response) -> Response:
        headers = tuple((change(name), value) for name, value in response.headers)
        return evolve(response, headers=headers)

    return hook


def becomes(number: int) -> Hook:
    """Answer with another status."""
    return lambda _world, _request, response: evolve(response, status=number)


def instead(number: int, body: object, content_type: str = "application/json") -> Hook:
    """Answer with something else: JSON, or the text of a page."""
    text = body if isinstance(body, str) else json.dumps(body)
    answer = Response(number).with_body(text.encode(), content_type)
    return lambda _world, _request, _response: answer


def page(number: int) -> Hook:
    """Answer with a proxy's page."""
    return instead(number, f"<html><body>{number}</body></html>", "text/html")


crash = instead(500, {"error": "Internal server error", "code": "INTERNAL_ERROR"})
invalid = instead(400, {"error": "Invalid", "code": "VALIDATION_ERROR"})
not_found = instead(MISSING, NOT_FOUND)
limit = instead(429, LIMITED)


def wire(**behaviour: object) -> Hook:
    """Send the answer in another way."""
    return lambda _world, _request, response: response.with_wire(**behaviour)


def then(*hooks: Hook) -> Hook:
    """Apply several hooks, one after the other."""

    def hook(world: World, request: Request, response: Response) -> Response:
        for each in hooks:
            response = each(world, request, response)
        return response

    return hook


def looked_up(change: Callable[[str, tuple[str, ...]], str | None]) -> Hook:
    """Look up another id than the one that is asked for, where `change` names one."""

    def hook(world: World, request: Request, response: Response) -> Response:
        asked = id_in(request)
        other = change(asked, world.ids) if asked else None
        if other is None or other == asked or response.status == REFUSED:
            return response
        return world.again(request, asset_id=other)

    return hook


def let_in(world: World, request: Request, _response: Response) -> Response:
    """Answer as if the key were right."""
    return world.again(request, right_key=True)


def compressed(
    pack: Callable[[bytes], bytes] = lambda body: gzip.compress(body, mtime=0), name: str = "gzip"
) -> Hook:
    """Compress the body, and say so."""

    def hook(_world: World, request: Request, response: Response) -> Response:
        accepted = request.header("accept-encoding") or ""
        if not response.body or name not in accepted:
            return response
        return response.with_body(pack(response.bytes())).with_header("Content-Encoding", name)

    return hook
