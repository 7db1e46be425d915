"""The answers that the specification shows: an operation's success, and its errors."""

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from babou_contract.specification import spec
from babou_contract.specification.operations import Content, Operation

from ._messages import Headers, Request, Response, to_json

_ANY = {"*/*": "application/json"}  # what is sent for a range of media types
_NOBODYS = HTTPStatus.NOT_IMPLEMENTED


def error(
    status: int,
    code: str | None = None,
    *,
    operation: Operation | None = None,
    why: str | None = None,
) -> Response:
    """Answer with the body that is documented for an error, the operation's before any other's.

    What is documented nowhere gets a body made of the status's name. `why` takes the place of the
    text that the example has, and of its hint.
    """
    media, body = _error_body(status, code, operation)
    if why and "error" in body:
        body = {name: value for name, value in body.items() if name != "hint"} | {"error": why}
    answer = Response(status).with_json(body)
    answer = answer.with_header("Content-Type", media)
    return answer.with_header("WWW-Authenticate", "Bearer") if status == 401 else answer  # noqa: PLR2004  a status is its own name


def error_to(request: Request, status: int, code: str | None = None) -> Response:
    """Answer with the body that is documented for an error of the operation of a request."""
    asked = request.operation_id
    return error(status, code, operation=None if asked is None else spec.operation(asked))


def refusal(
    operation: Operation | None, status: int, code: str, why: str | None = None
) -> Response:
    """Answer with an error whose code is ours: it gives way to those that the operation shows."""
    shown = _codes(operation, status) if operation else []
    return error(status, code if code in shown or not shown else None, operation=operation, why=why)


def invalid(operation: Operation, why: str, *, in_path: bool = False) -> Response:
    """Answer that a request is not as the specification says: 400, or 422 where that is its way.

    An operation that documents neither does not find what an argument in its path would name.
    """
    ways = (400, 422, 404) if in_path else (400, 422)
    named = (status for status in ways if str(status) in operation.responses)
    return refusal(operation, next(named, 400), "VALIDATION_ERROR", why)


def success(operation: Operation, value: object = ..., *, prefer: int | None = None) -> Response:
    """Answer with a success of the operation: this value, or else the first that is documented.

    `prefer` is the status that is taken where more than one is documented.
    """
    shown = _success(operation, prefer)
    if shown is None:
        return error(
            _NOBODYS, _NOBODYS.name, operation=operation, why="the specification shows no success"
        )
    status, headers, media, content = shown
    if not media:
        return Response(status, headers)
    if value is ...:
        example = next(iter(content.examples.values()), None)
        value = spec.sample(content.schema) if example is None else example
    text = value.encode() if isinstance(value, str) and not is_json(media) else to_json(value)
    return Response(status, (*headers, ("Content-Type", media)), text)


@lru_cache(maxsize=256)
def _success(operation: Operation, prefer: int | None) -> tuple[int, Headers, str, Content] | None:
    """Return status, headers, media type and body of a documented success."""
    statuses = operation.successes
    name = str(prefer) if str(prefer) in statuses else next(iter(statuses), "default")
    if name not in operation.responses:
        return None
    status = 200 if name == "default" else int(name.replace("X", "0"))
    headers = tuple(
        (header, str(written.get("example", spec.sample(written.get("schema", {})))))
        for header, written in operation.responses[name].get("headers", {}).items()
        if written.get("required")
    )
    media, content = _first_of(operation, name)
    return status, headers, _ANY.get(media, media), content


def essence(media: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Say whether a media type is JSON's, or one that is written in it."""
    bare = essence(media)
    return bare == "application/json" or bare.endswith("+json")


def _codes(operation: Operation, status: int) -> list[object]:
    _, content = _first_of(operation, str(status))
    return [one["code"] for one in content.examples.values() if "code" in one]


def _first_of(operation: Operation, name: str) -> tuple[str, Content]:
    contents = ((m, content) for (n, m), content in operation.answers.items() if n == name)
    return next(contents, ("", Content({}, {})))


def _error_body(
    status: int, code: str | None, operation: Operation | None
) -> tuple[str, dict[str, Any]]:
    asked = (operation,) if operation else ()
    for one in (*asked, *spec.operations()):
        name = one.status_of(status)
        media, content = _first_of(one, name) if name and name != "default" else ("", None)
        if not content or not is_json(media):
            continue
        for example in content.examples.values():
            if isinstance(example, Mapping) and code in (None, example.get("code")):
                return media, dict(example)
        if one is operation and not content.examples:
            made = spec.sample(content.schema)
            body = dict(made) if isinstance(made, Mapping) else {}
            return media, body | ({"code": code} if code and "code" in body else {})
    known = status in set(HTTPStatus)
    phrase = HTTPStatus(status).phrase if known else f"Status {status}"
    named = HTTPStatus(status).name if known else f"STATUS_{status}"
    return "application/json", {"error": phrase, "code": code or named}
