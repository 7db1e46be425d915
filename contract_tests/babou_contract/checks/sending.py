"""Boundary 2, continued: what the client sends, and the errors that it makes of statuses."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any

import httpx

import babou
from babou_contract.checks.client import Arguments, Driver, drivers
from babou_contract.checks.comparing import written
from babou_contract.checks.examples import BASE, KEY, FoundError, Loop, explore
from babou_contract.checks.registry import Tally
from babou_contract.checks.spec_generated import check
from babou_contract.settings import Settings
from babou_contract.specification import mutations, places, published, spec
from babou_contract.specification.bodies import json_bodies
from babou_contract.specification.operations import Operation, Parameter
from babou_contract.specification.schema import fits

__all__ = ["check"]  # the next of this boundary's modules takes it from here

Json = Any

CLASSES: dict[int, type[babou.APIStatusError]] = {
    400: babou.BadRequestError,
    401: babou.AuthenticationError,
    403: babou.PermissionDeniedError,
    404: babou.NotFoundError,
    409: babou.ConflictError,
    413: babou.FileTooLargeError,
    429: babou.RateLimitError,
}
_NO_ERRORS = (b"", b"<html>no</html>", b"[]", b"{}", b"\xff")
_ODD = (302, 402, 418, 502, 503, 504, 520, 527, 599)


def class_of(status: int) -> type[babou.APIStatusError]:
    """Return the class as which a status arrives."""
    is_fault = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    other = babou.InternalServerError if is_fault else babou.APIStatusError
    return CLASSES.get(status, other)


@check("Each documented error arrives as its class, with its code and text; so do undocumented.")
def statuses_give_their_errors(_run: Settings, tally: Tally) -> None:
    """Answer each operation with each error of its own, and with what proxies send."""
    for driver in drivers():
        ask = partial(Loop().answered, driver, _some(driver))
        for status, body in _errors(driver.operation):
            _hold_error(ask, driver, status, body, tally)
        own = {int(status) for status in driver.operation.responses if status.isdigit()}
        numbers = {*own, *CLASSES, *map(int, published.load()["codes"]), *_ODD}
        for number in sorted(numbers - {int(s) for s in driver.operation.successes}):
            for page in _NO_ERRORS:
                _hold_error(ask, driver, number, page, tally)


def _some(driver: Driver) -> Arguments:
    """Return arguments for a call that is right."""
    [body, *_] = [each for each in json_bodies([driver.operation]) if each.is_success]
    examples = [*body.content.examples.values(), spec.sample(body.schema)]
    return driver.arguments(driver.fitted(examples[0]))


def _errors(operation: Operation) -> Iterator[tuple[int, Json]]:
    for body in json_bodies([operation]):
        if not body.status or body.is_success:
            continue
        ranged = [number for number in _ODD if body.status == f"{number // 100}XX"]
        numbers = [int(body.status)] if body.status.isdigit() else ranged
        for document in mutations.corners(body.schema, body.content.examples.values()):
            for number in numbers:
                yield number, document


def _hold_error(
    ask: Callable[[bytes, int], object], driver: Driver, status: int, sent: Json, tally: Tally
) -> None:
    """Answer with a document, or with bytes that are none."""
    tally.case()
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    document = {} if isinstance(sent, bytes) else sent
    wanted = class_of(status)
    try:
        received = f"no error: {ask(raw, status)!r}"
    except babou.APIStatusError as error:
        told = {"error": error.message, "code": error.code, "hint": error.hint}
        members = {name: document[name] for name in told if document.get(name)}
        if (
            type(error) is wanted
            and error.status_code == status
            and members.items() <= told.items()
        ):
            return
        received = f"{type(error).__name__} {told}"
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        received = repr(error)
    name = driver.operation.status_of(status)
    tally.disagree(
        f"an answer {status} of {driver.operation_id} does not give its documented error",
        expected=f"{wanted.__name__} with {written(document)}" if document else wanted.__name__,
        received=received,
        **places.at(*driver.operation.place, "responses", *([name] if name else ())),
    )


@check("Each request that the client can send is one that the spec allows.")
def requests_are_allowed(run: Settings, tally: Tally) -> None:
    """Call with arguments of all sorts; hold method, URL, headers and body against the spec."""
    for driver in drivers():
        hold = partial(_hold_request, Loop(), driver)
        explore(run, tally, driver.drawn(), hold, (*driver.operation.place, "parameters"))


def _hold_request(loop: Loop, driver: Driver, arguments: Arguments) -> None:
    fail = partial(FoundError, arguments)
    told = "no answer"
    try:
        loop.talk(
            driver, arguments, [json.dumps(one).encode() for one in driver.replies(arguments)]
        )
    except babou.BabouError as error:
        told = str(error)
    sent = loop.transport.requests
    if driver.can_be_sent(arguments) is not bool(sent):
        summary = f"{driver.operation_id} sends {len(sent)} requests for these arguments"
        raise fail(summary, "none" if sent else "a request", told)
    meant = driver.sent(arguments) if sent else []
    for request, parameters in zip(sent, meant, strict=False):
        wrong = [
            *unlawful(request, driver.operation, parameters),
            *_other_body(request, driver.body(arguments)),
        ]
        for expected, received in wrong:
            summary = f"a request of {driver.operation_id} is not what the spec allows"
            raise fail(summary, expected, received)
    if len(sent) != len(meant):
        summary = f"{driver.operation_id} sends another number of requests than it has to"
        raise fail(summary, f"{len(meant)}", f"{len(sent)}; {told}")


def _other_body(
    request: httpx.Request, meant: tuple[str, bytes] | None
) -> Iterator[tuple[str, str]]:
    body = request.headers.get("content-type"), request.content
    if meant is not None and body != meant:
        yield repr(meant), repr(body)


def unlawful(
    request: httpx.Request, operation: Operation, meant: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what a request has otherwise than an operation wants it, or than it is meant."""
    path, _, _query = request.url.raw_path.decode().partition("?")
    if request.method.lower() != operation.method:
        yield operation.method.upper(), request.method
    in_path = operation.arguments_in(path)
    if in_path is None:
        yield operation.path, path
    pairs = [*(in_path or {}).items(), *request.url.params.multi_items()]
    if len(dict(pairs)) != len(pairs):
        yield "each parameter once", str(request.url)
    yield from _unlawful_parameters(dict(pairs), operation, meant)
    if request.headers.get("authorization") != f"Bearer {KEY}":
        yield "Authorization: Bearer …", str(request.headers.get("authorization"))
    if f"{request.url.scheme}://{request.url.host}" != BASE:
        yield BASE, f"{request.url.scheme}://{request.url.host}"
    yield from _unlawful_body(request, operation)


def _unlawful_parameters(
    seen: dict[str, str], operation: Operation, meant: dict[str, str]
) -> Iterator[tuple[str, str]]:
    known = {p.name: p for p in operation.parameters if p.place in {"path", "query"}}
    for name in seen.keys() - known.keys():
        yield "documented parameters", name
    for name, parameter in known.items():
        if name not in seen:
            if parameter.required:
                yield f"the parameter {name}", "none"
        elif not fits(parameter.schema, _read(parameter, seen[name])):
            yield f"an allowed value of {name}", repr(seen[name])
    for name, value in meant.items():
        if seen.get(name) != value:
            yield f"{name}={value!r}", repr(seen.get(name))


def _unlawful_body(request: httpx.Request, operation: Operation) -> Iterator[tuple[str, str]]:
    body, media_type = request.content, request.headers.get("content-type")
    if not operation.bodies:
        if body or media_type is not None:
            yield "no body", repr(body or media_type)
        return
    if media_type is None or media_type.partition(";")[0] not in operation.bodies:
        yield " or ".join(operation.bodies), str(media_type)
    if operation.body_required and not body:
        yield "a body", "none"


def _read(parameter: Parameter, text: str) -> Json:
    """Return what a parameter's text stands for."""
    types = parameter.schema.get("type", "string")
    try:
        return text if "string" in types else json.loads(text)
    except ValueError:
        return text
