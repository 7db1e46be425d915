"""The arguments of a request, read and checked as the operation's parameters say."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from babou_contract.specification.operations import Operation, Parameter
from babou_contract.specification.styles import texts

from ._messages import Request
from ._schemas import misfit

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_JSON_SCALAR = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?|true|false|null", re.ASCII)


class WrongArgumentError(ValueError):
    """An argument is not what the specification allows; the text says which and why."""


class WrongPathError(WrongArgumentError):
    """It is one in the path, so nothing has the address."""


def arguments(operation: Operation, request: Request, in_path: Mapping[str, str]) -> dict[str, Any]:
    """Return the arguments by name, with the defaults of those that were left out.

    Raises:
        WrongArgumentError: One is not allowed.
    """
    given = {"path": {name: [_decoded(name, text)] for name, text in in_path.items()}}
    read: dict[str, Any] = {}
    for parameter in operation.parameters:
        place = parameter.place
        if place not in given:
            given[place] = _PLACES[place](request)
        if found := texts(parameter, given[place]):
            read[parameter.name] = _value(parameter, found)
        elif parameter.required:
            raise WrongArgumentError(f"{parameter.name} is missing")
        elif "default" in parameter.schema:
            read[parameter.name] = parameter.schema["default"]
    return read


def _value(parameter: Parameter, found: list[str] | dict[str, str]) -> Any:  # noqa: ANN401  what the schema says
    schema = parameter.schema
    value: Any
    if isinstance(found, dict):
        members = schema.get("properties", {})
        more = schema.get("additionalProperties", {})
        value = {k: _scalar(members.get(k, more), text)[0] for k, text in found.items()}
        problem = misfit(schema, value)
    elif parameter.kind == "array" and not parameter.media_type:
        value = [_scalar(schema.get("items", {}), text)[0] for text in found]
        problem = misfit(schema, value)
    elif len(found) > 1:
        value, problem = found, "is there more than once"
    elif parameter.media_type:
        value, problem = _json(found[0], schema)
    else:
        value, problem = _scalar(schema, found[0])
    if problem:
        raised = WrongPathError if parameter.place == "path" else WrongArgumentError
        raise raised(f"{parameter.name} {problem}")
    return value


def _json(text: str, schema: Any) -> tuple[Any, str | None]:  # noqa: ANN401  a JSON schema
    try:
        value = json.loads(text)
    except ValueError:
        return text, "is not JSON"
    return value, misfit(schema, value)


def _scalar(schema: Any, text: str) -> tuple[Any, str | None]:  # noqa: ANN401  a JSON schema
    """Return the first meaning of a text that fits, or the first of all with what is wrong."""
    tried = [(value, misfit(schema, value)) for value in _meanings(text)]
    return next((one for one in tried if one[1] is None), tried[0])


def _meanings(text: str) -> Iterator[Any]:
    if _JSON_SCALAR.fullmatch(text):
        yield json.loads(text)
    yield text


def _decoded(name: str, text: str) -> str:
    try:
        value = unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise WrongPathError(f"{name} is no UTF-8") from error
    if _CONTROL.search(value):
        raise WrongPathError(f"{name} has control characters")
    return value


def _query(request: Request) -> dict[str, list[str]]:
    query = request.target.partition("?")[2]
    if not query:
        return {}
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(query, keep_blank_values=True, errors="strict"):
            found.setdefault(name, []).append(value)
    except UnicodeDecodeError as error:
        raise WrongArgumentError("the query is no UTF-8") from error
    return found


def _headers(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _cookies(request: Request) -> dict[str, list[str]]:
    try:
        cookies = SimpleCookie(request.header("cookie") or "")
    except CookieError:
        return {}
    return {name: [morsel.value] for name, morsel in cookies.items()}


_PLACES: Mapping[str, Callable[[Request], dict[str, list[str]]]] = {
    "query": _query,
    "header": _headers,
    "cookie": _cookies,
}
