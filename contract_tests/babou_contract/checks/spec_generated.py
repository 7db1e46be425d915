"""Boundary 2: the spec, what is generated from it, and what the client makes of both."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, NoReturn
from urllib.parse import unquote

import httpx
from hypothesis import strategies as st

import babou
from babou_contract.checks.client_server import differences
from babou_contract.checks.examples import (
    BASE,
    KEY,
    FoundError,
    Loop,
    explore,
    sendable_id,
    tell,
    written,
)
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.settings import Settings
from babou_contract.specification import places, published, spec, strategies

check = Register(Boundary.spec_generated)

_OK = 200
_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    429: "RateLimitError",
}


@check("Every body that the schema allows decodes to the declared types, and back to an equal one.")
def allowed_bodies_decode(run: Settings, tally: Tally) -> None:
    """Make bodies from the schema; compare members, types, and the document that comes back."""
    loop = Loop()

    def hold(document: dict[str, Any]) -> None:
        if sendable_id(document) is None:
            document = {**document, "id": "ast_x"}
        fail = partial(FoundError, document)
        try:
            asset = loop.decoded(json.dumps(document).encode(), document["id"])
        except babou.BabouError as error:
            _raise(fail("a body that the schema allows is refused", "an asset", str(error)))
        if asset.to_dict() != document:
            received = written(asset.to_dict())
            raise fail("a body does not come back as it was", written(document), received)
        for name, expected, received in differences(asset, document):
            raise fail(f"{name} has another value or type than declared", expected, received)

    for document in strategies.corners(spec.asset_schema(), spec.asset_examples().values()):
        tally.case()
        try:
            hold(document)
        except FoundError as found:
            tell(found, tally, seed=run.seed)
    explore(run, tally, strategies.values(spec.asset_schema()), hold)


def _raise(error: Exception) -> NoReturn:
    raise error from None


@check("Every body that the schema forbids, by one mutation, is refused, naming the member.")
def forbidden_bodies_are_refused(run: Settings, tally: Tally) -> None:
    """Apply each mutation to an example of the spec, and some to bodies made by chance."""
    loop = Loop()
    mutations = list(strategies.mutations(spec.asset_schema()))
    document = next(iter(spec.asset_examples().values()))
    for mutation in mutations:
        tally.case()
        for found in _accepted(loop, document, mutation):
            tally.disagree(
                found.summary,
                expected=found.expected,
                received=found.received,
                **places.at(*places.asset(mutation.member)),
            )
    for about, body in strategies.wrong_bodies(document):
        tally.case()
        _hold_wrong_body(loop, document, about, body, tally)

    def hold(drawn: tuple[dict[str, Any], strategies.Mutation]) -> None:
        for found in _accepted(loop, {**drawn[0], "id": "ast_x"}, drawn[1]):
            raise found

    allowed = strategies.values(spec.asset_schema())
    explore(run, tally, st.tuples(allowed, st.sampled_from(mutations)), hold)


def _accepted(
    loop: Loop, document: dict[str, Any], mutation: strategies.Mutation
) -> Iterator[FoundError]:
    body = json.dumps(mutation.apply(document)).encode()
    fail = partial(FoundError, mutation.apply(document))
    expected = f"APIResponseValidationError that names {mutation.member}"
    try:
        asset = loop.decoded(body, document["id"])
    except babou.APIResponseValidationError as error:
        if (error.member or "").partition(".")[0] != mutation.member:
            summary = f"a refusal names another member ({mutation.about})"
            yield fail(summary, expected, f"{error.member}: {error}")
    except babou.BabouError as error:
        yield fail(f"refused for another reason ({mutation.about})", expected, repr(error))
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        yield fail(f"the client broke ({mutation.about})", expected, repr(error))
    else:
        yield fail(f"accepted though forbidden: {mutation.about}", expected, repr(asset))


def _hold_wrong_body(
    loop: Loop, document: dict[str, Any], about: str, body: bytes, tally: Tally
) -> None:
    try:
        received = repr(loop.decoded(body, document["id"]))
    except babou.APIResponseValidationError:
        return
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        received = repr(error)
    tally.disagree(
        f"a body that is {about} is not refused",
        expected="APIResponseValidationError",
        received=received,
        **places.at(*places.answer(_OK)),
    )


@check("Each documented error arrives as its class, with its code and text; so do undocumented.")
def statuses_give_their_errors(_run: Settings, tally: Tally) -> None:
    """Answer with each example of each status, and with bodies that proxies send."""
    loop = Loop()
    for status, answer in spec.responses().items():
        if status == str(_OK):
            continue
        numbers = [int(status)] if status.isdigit() else [502, 503, 504, 520, 527, 599]
        bodies = spec.examples(answer)
        for number in numbers:
            for body in bodies:
                _hold_error(loop, number, json.dumps(body).encode(), body, tally)
            for page in (b"", b"<html>no</html>", b"[]", b"{}", b"\xff"):
                _hold_error(loop, number, page, None, tally)
    for number in (*(int(s) for s in published.load()["api"]["codes"]), 402, 418, 302):
        _hold_error(loop, number, b"{}", None, tally)


def _hold_error(
    loop: Loop, status: int, body: bytes, document: dict[str, Any] | None, tally: Tally
) -> None:
    tally.case()
    other = "InternalServerError" if status >= 500 else "APIStatusError"  # noqa: PLR2004
    wanted = _CLASSES.get(status, other)
    try:
        received = f"an asset: {loop.decoded(body, 'ast_x', status)!r}"
    except babou.APIStatusError as error:
        told = {"error": error.message, "code": error.code, "hint": error.hint}
        same = told.items() >= {k: v for k, v in (document or {}).items() if k in told}.items()
        if type(error).__name__ == wanted and error.status_code == status and same:
            return
        received = f"{type(error).__name__} {told}"
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        received = repr(error)
    tally.disagree(
        f"an answer {status} does not give its documented error",
        expected=f"{wanted} with {written(document)}" if document else wanted,
        received=received,
        **places.at(*places.answer(status)),
    )


@check("Each request that the client can send is one that the spec allows.")
def requests_are_allowed(run: Settings, tally: Tally) -> None:
    """Ask for ids of all sorts, and hold method, URL, headers and body against the operation."""
    loop = Loop()

    def hold(asset_id: str) -> None:
        fail = partial(FoundError, asset_id)
        document = next(iter(spec.asset_examples().values())) | {"id": asset_id}
        try:
            loop.decoded(json.dumps(document).encode(), asset_id)
        except babou.BabouError as error:
            if sendable_id({"id": asset_id}) is None and not loop.transport.requests:
                return
            _raise(fail("an id that the spec allows can't be asked for", "a request", str(error)))
        for request in loop.transport.requests:
            for expected, received in _unlawful(request, asset_id):
                raise fail("a request is not what the spec allows", expected, received)

    longest = spec.max_id_length()
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=longest + 1)
    explore(run, tally, st.one_of(texts, st.text("az09_-./?#%\\ ", max_size=8)), hold)


def _unlawful(request: httpx.Request, asset_id: str) -> Iterator[tuple[str, str]]:
    prefix, suffix = spec.asset_path("\n").split("\n")
    path = request.url.raw_path.decode()
    segment = path[len(prefix) : len(path) - len(suffix)] if path.startswith(prefix) else path
    if request.method != "GET":
        yield "GET", request.method
    if not path.startswith(prefix) or "/" in segment or "?" in path or "#" in path:
        yield spec.asset_operation().path, path
    elif unquote(segment) != asset_id:
        yield repr(asset_id), repr(unquote(segment))
    if request.headers.get("authorization") != f"Bearer {KEY}":
        yield "Authorization: Bearer …", str(request.headers.get("authorization"))
    if request.content or "content-type" in request.headers:
        yield "no body", repr(request.content)
    if f"{request.url.scheme}://{request.url.host}" != BASE:
        yield BASE, f"{request.url.scheme}://{request.url.host}"
