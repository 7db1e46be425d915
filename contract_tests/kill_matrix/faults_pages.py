"""Servers whose list is wrong: its arithmetic, what it says of the assets, who may see it."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

import random
from functools import partial
from urllib.parse import urlsplit

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import (
    ADD_UP,
    ALL_LISTED,
    CODES,
    FAILS,
    FILTERS,
    HUNDRED,
    IN_LIST,
    KNOWN,
    LAWFUL,
    MEDIA_TYPES,
    METHODS,
    NO_KEY,
    ORDER,
    PAST,
    REPEATS,
    SAME,
    SCHEMA,
    SLICES,
    STATUSES,
    STRICT_JSON,
    UNIQUE,
    VALUES,
    WRONG_KEY,
)
from kill_matrix.hooks import (
    PREFIX,
    Document,
    asked_as,
    asks,
    assets,
    becomes,
    both,
    crash,
    header,
    invalid,
    is_new,
    json_body,
    key_in,
    key_is,
    let_in,
    listed,
    malformed,
    method,
    not_found,
    nth,
    pages,
    paging,
    query,
    refused,
    sliced,
    text,
    the_list,
    where,
)
from kill_matrix.model import Fault, Group, Hook, World, query_of

fault = partial(Fault, Group.pages)


def _shuffled(whole: list[Document]) -> list[Document]:
    return random.sample(whole, len(whole))


def _crashes_on(name: str, wanted: str) -> Hook:
    return where(both(the_list, query(name, lambda value: value == wanted)), crash)


def _last_page(world: World, request: Request, response: Response) -> Response:
    """Answer an offset past the end with the last page."""
    total = response.json()["pagination"]["total"]
    late = not response.json()["assets"] and total > 2
    return (
        asked_as(lambda _query: {"offset": total - 2})(world, request, response)
        if late
        else (response)
    )


# fmt: off
FAULTS = (
    # Arithmetic.
    fault("limit-ignored", "limit is ignored, and told as it was asked", ADD_UP, "number of assets",
        asked_as(lambda _query: {"limit": 100})),
    fault("limit-always-20", "a page has twenty assets, whatever was asked", ADD_UP, "limit is not",
        where(listed, lambda world, request, _a: world.again(request, query={"limit": None}))),
    fault("limit-default-50", "without a limit, a page has fifty assets", ADD_UP, "limit is not",
        where(both(listed, lambda _w, request, _a: "limit" not in query_of(request)),
        lambda world, request, _a: world.again(request, query={"limit": 50}))),
    fault("one-too-many", "a page has one asset more than its limit", ADD_UP, "number of assets",
        asked_as(lambda query: {"limit": min(100, int(query.get("limit", 20)) + 1)})),
    fault("one-too-few", "a page lacks its last asset", ADD_UP, "number of assets",
        pages(lambda page: page | {"assets": page["assets"][:-1]})),
    fault("offset-ignored", "offset is ignored, and told as it was asked", (SLICES, ADD_UP),
        "slice", asked_as(lambda _query: {"offset": 0})),
    fault("offset-forgotten", "offset is ignored, and told as 0", ADD_UP, "offset is not",
        where(listed, lambda world, request, _a: world.again(request, query={"offset": 0}))),
    fault("offset-from-one", "offset counts from 1, so that pages overlap", SLICES, "slice",
        asked_as(lambda query: {"offset": max(0, int(query.get("offset", 0)) - 1)})),
    fault("offset-skips-one", "each page after the first skips an asset", SLICES, "slice",
        asked_as(lambda query: {"offset": (n := int(query.get("offset", 0))) + bool(n)})),
    fault("offset-in-pages", "offset counts pages", SLICES, "slice", asked_as(
        lambda query: {"offset": int(query.get("offset", 0)) * int(query.get("limit", 20))})),
    fault("total-of-the-page", "total counts the page's assets", ADD_UP, "number of assets",
        paging(lambda _told, count: {"total": count})),
    fault("total-with-deleted-ones", "total counts one asset that is gone", ADD_UP,
        "number of assets", paging(lambda told, _count: {"total": told["total"] + 1})),
    fault("total-one-behind", "total is one behind", ADD_UP, "number of assets",
        paging(lambda told, _count: {"total": max(0, told["total"] - 1)})),
    fault("total-without-filter", "total counts what the filters do not let through", ADD_UP,
        "number of assets", where(both(listed, lambda w, q, a: query("state")(w, q, a)
        or query("contentType")(w, q, a)), paging(lambda told, _c: {"total": told["total"] + 9}))),
    fault("past-the-end-again", "an offset past the end gives the last page", PAST, "has assets",
        where(listed, _last_page)),
    fault("past-the-end-total-0", "past the end, total is 0", PAST, "another total",
        paging(lambda _told, count: {} if count else {"total": 0})),
    fault("past-the-end-404", "a page past the end is 404", STATUSES, "404", where(both(the_list,
        query("offset", lambda value: value == "1000000")), not_found)),
    fault("past-the-end-400", "a page past the end is 400 (D19)", PAST, "is refused", where(both(
        listed, query("offset", lambda value: value == "1000000")), invalid)),
    fault("second-page-400", "each page but the first is 400", KNOWN, "offset=2",
        where(both(listed, query("offset", lambda value: value == "2")), invalid)),
    fault("list-with-206", "a page that is not the whole list is 206", STATUSES, "206",
        where(both(listed, query("limit", lambda value: value == "2")), becomes(206))),
    fault("past-the-end-500", "a page past the end is 500", FAILS, "offset",
        _crashes_on("offset", "1000000")),
    fault("twice-in-a-page", "the newest asset is twice in the list", UNIQUE, "twice",
        sliced(lambda whole: [*whole[:1], *whole])),
    fault("order-by-chance", "the order is another one each time", ORDER, "order",
        sliced(_shuffled)),
    fault("limit-101-served", "a page has more than a hundred assets (D18)", HUNDRED, "hundred",
        where(both(the_list, query("limit", lambda value: value == "101")),
        lambda world, request, _a: paging(lambda _told, _count: {"limit": 101})(
        world, request, world.again(request, query={"limit": 100})))),
    fault("limit-0-crashes", "a limit of 0 is 500", FAILS, "limit 0", _crashes_on("limit", "0")),
    fault("limit-word-crashes", "a limit that is no number is 500", FAILS, "limit 'x'",
        _crashes_on("limit", "x")),
    fault("offset-huge-crashes", "an offset that overflows is 500", FAILS, "offset",
        where(both(the_list, query("offset", lambda value: len(value) > 19)), crash)),
    fault("limit-over-50-refused", "a limit of 100 is refused", (LAWFUL, KNOWN), "limit",
        where(both(listed, query("limit", lambda value: value == "100")), invalid)),

    # What is in it.
    fault("list-lacks-a-known-one", "a known asset is not in the list", ALL_LISTED, "image0001",
        sliced(lambda whole: [a for a in whole if "image0001" not in a["id"]])),
    fault("list-of-ready-ones", "only what is ready is in the list", ALL_LISTED, "not listed",
        sliced(lambda whole: [a for a in whole if a["state"] == "ready"])),
    fault("list-is-stale", "what is uploaded now is never in the list", IN_LIST, "not listed",
        sliced(lambda whole: [a for a in whole if not is_new(a["id"])])),
    fault("list-of-others", "the list has an asset of another account", SAME, "cannot be read",
        where(asks(lambda id: id == "ast_matrix0003"), not_found)),
    fault("list-of-bare-ids", "the list has bare ids", SCHEMA, "assets",
        assets(lambda asset: asset["id"])),
    fault("list-shortened", "assets in the list lack size and url (D25)", SCHEMA, "url",
        assets(lambda asset: {n: v for n, v in asset.items() if n not in {"url", "size"}})),
    fault("list-name-null", "a name is null in the list", SCHEMA, "name",
        assets(lambda asset: asset | {"name": None})),
    fault("list-time-without-offset", "times have no offset in the list", SCHEMA, "created_at",
        assets(lambda asset: asset | {"created_at": asset["created_at"][:19]})),
    fault("list-url-relative", "urls are paths in the list", SCHEMA, "url",
        assets(lambda asset: asset | {"url": asset["url"] and urlsplit(asset["url"]).path})),
    fault("list-one-null", "an asset of the list is null", SCHEMA, "assets",
        pages(lambda page: page | {"assets": [None, *page["assets"][1:]]})),
    fault("list-state-in-capitals", "states are in capitals in the list", VALUES, "READY",
        assets(lambda asset: asset | {"state": asset["state"].upper()})),
    fault("list-state-behind", "the list says processing of what is ready", (SAME, FILTERS),
        "state", assets(lambda asset: asset | {"state": "processing"})),
    fault("list-size-in-kilobytes", "sizes are in kilobytes in the list", SAME, "size",
        assets(lambda asset: asset | {"size": asset["size"] and asset["size"] // 1024})),
    fault("list-turned", "width and height change places in the list", SAME, "width",
        assets(lambda asset: asset | {"width": asset["height"], "height": asset["width"]})),
    fault("list-time-shifted", "times are in another zone in the list", SAME, "created_at",
        assets(lambda asset: asset | {"created_at": f"{asset['created_at'][:19]}+01:00"})),
    fault("list-url-of-another-host", "urls are of another bucket in the list", SAME, "url",
        assets(lambda asset: asset | {"url": asset["url"] and "s3://staging/x"})),
    fault("list-bare", "the list is the bare array", SCHEMA, "the body",
        pages(lambda page: page["assets"])),
    fault("list-in-data", "the assets are in `data`", SCHEMA, "assets",
        pages(lambda page: {"data": page["assets"], "pagination": page["pagination"]})),
    fault("list-without-pagination", "pagination is not sent", SCHEMA, "pagination",
        pages(lambda page: {"assets": page["assets"]})),
    fault("list-pagination-flat", "total stands beside the assets", SCHEMA, "pagination",
        pages(lambda page: {"assets": page["assets"], **page["pagination"]})),
    fault("total-as-text", "total is a text", SCHEMA, "total",
        paging(lambda told, _count: {"total": str(told["total"])})),

    # Who may see it, and how it is sent.
    fault("list-needs-no-key", "the list is given without a key", NO_KEY, "listAssets",
        where(both(refused, the_list), let_in)),
    fault("list-takes-any-key", "the list is given for any key", WRONG_KEY, "listAssets",
        where(both(refused, the_list, key_is(lambda sent, _k: key_in(sent).startswith(PREFIX))),
        let_in)),
    fault("list-head-needs-no-key", "HEAD of the list is answered without a key", METHODS, "HEAD",
        where(both(refused, the_list, method("HEAD")), let_in)),
    fault("list-head-without-length", "HEAD of the list says that there are no bytes", METHODS,
        "Content-Length", where(both(listed, method("HEAD")), text(lambda _body: b""))),
    fault("list-repeats-the-key", "the list repeats the key", REPEATS, "repeats",
        lambda world, request, answer: pages(lambda page: page | {"key": world.server.api_key})(
        world, request, answer)),
    fault("list-as-html", "the list calls itself text/html", MEDIA_TYPES, "html",
        where(listed, header("Content-Type", "text/html"))),
    fault("list-with-nan", "total is NaN", STRICT_JSON, "NaN",
        where(listed, text(lambda body: body.replace(b'"total": ', b'"total": NaN, "n": ')))),
    fault("list-refusal-without-code", "without a key, the list's refusal has no code", SCHEMA,
        "401", where(both(refused, the_list), json_body(lambda body: {"error": body["error"]}))),
    fault("list-error-without-code", "a refused limit has no code", SCHEMA, "code",
        where(both(the_list, malformed), json_body(lambda body: {"error": body["error"]}))),
    fault("list-error-with-404-code", "a refused limit has the code NOT_FOUND", CODES, "NOT_FOUND",
        where(both(the_list, malformed), json_body(lambda body: body | {"code": "NOT_FOUND"}))),
    fault("list-refuses-with-422", "a refused limit is 422", STATUSES, "422",
        where(both(the_list, malformed), becomes(422))),
    fault("list-lost-one-in-four", "one list in four is 404", (STATUSES, KNOWN), "404",
        where(both(listed, nth(4)), not_found)),
    fault("list-crashes-one-in-four", "one list in four is 500", FAILS, "list",
        where(both(listed, nth(4)), crash)),
)
# fmt: on
