"""What the specification promises of a body: strict JSON, its schemas, and words for them. Pure.

The schemas are those of `openapi/babou.yaml`. The command that generates the models also writes
them to `schemas.json`, and the code that checks a document (`babou_generated.validators`).
"""

from __future__ import annotations

import functools
import json
import pkgutil
import re
import reprlib
from codecs import BOM_UTF8
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from babou_generated import validators

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_validate: Callable[..., Any] = validators.validate
_PREFIX = 2  # "data" and the schema's name stand before the path in the document
_MAX_DEPTH = 64  # levels of nesting; far deeper values can't be copied, compared or pickled

brief = reprlib.Repr()
brief.maxstring = brief.maxother = 120


def load(body: bytes) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the JSON value (RFC 8259) in a body, or raise ValueError or RecursionError."""
    document = _DECODER.decode(body.removeprefix(BOM_UTF8).decode())
    if body.count(b"[") + body.count(b"{") > _MAX_DEPTH:  # with fewer it can't be too deep
        _check_depth(document)
    return document


def _check_depth(document: Any) -> None:  # noqa: ANN401 (as above)
    level = [document]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise ValueError(f"more than {_MAX_DEPTH} levels deep")


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{brief.repr(text)} is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > _SURELY_FINITE:
        _finite(text)  # `duration` is a float, and this may be too large for one
    return int(text)


_SURELY_FINITE = 300  # digits
_DECODER = json.JSONDecoder(parse_constant=_not_json, parse_float=_finite, parse_int=_integer)


@functools.cache
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = _packed("schemas.json")["$defs"]
    return found


@functools.cache
def described() -> dict[str, Any]:
    """Return what the specification says of each operation, by the operation's id."""
    return _packed("operations.json")


def _packed(name: str) -> dict[str, Any]:
    text = pkgutil.get_data("babou_generated", name)  # importlib.resources is slow to load
    assert text is not None  # noqa: S101 (only a loader without files returns None)
    found: dict[str, Any] = json.loads(text)
    return found


def definition(reference: str) -> dict[str, Any]:
    """Return the schema that a `$ref` names."""
    found: dict[str, Any] = schemas()[reference.rpartition("/")[2]]
    return found


def normalised(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid document in the spelling that the generated code reads correctly."""
    return _spelled(document, _spellings(name))


@functools.cache
def _spellings(name: str) -> dict[str, Callable[[Any], Any]]:
    return spellings(schemas()[name])


def spellings(schema: Mapping[str, Any]) -> dict[str, Callable[[Any], Any]]:
    """Return a function for each member that JSON can spell in several ways: it picks one."""
    members = schema.get("properties", {}).items()
    return {name: found for name, part in members if (found := _spelling(part))}


def _spelling(schema: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    if "$ref" in schema:
        return _spelling(definition(schema["$ref"]))
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if found := _spelling(option):
            return found
    kinds = {schema.get("format"), *types(schema)}
    plain = next((spell for kind, spell in _PLAIN.items() if kind in kinds), None)
    return plain or _spelling_inside(schema)


def types(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else found


def _spelling_inside(schema: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    if inner := spellings(schema):
        return lambda value: _spelled(value, inner) if isinstance(value, dict) else value
    if "items" in schema and (item := _spelling(schema["items"])):
        return lambda value: [item(one) for one in value] if isinstance(value, list) else value
    return None


def _spelled(
    document: Mapping[str, Any], known: Mapping[str, Callable[[Any], Any]]
) -> dict[str, Any]:
    changed = {name: spell(document[name]) for name, spell in known.items() if name in document}
    return {**document, **changed}


# RFC 3339, section 5.6, with its lower-case letters, leap seconds and any number of digits.
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d+))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_LEAP_SECOND = "60"
_DATE = r"\d{4}-\d\d-\d\d"
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@functools.lru_cache(maxsize=128)  # first the validator asks, then the reader
def spelled_date_time(text: str) -> str:
    """Return an RFC 3339 time as `datetime` writes it, or raise ValueError or OverflowError.

    A leap second becomes the second after it, as in POSIX time; digits past the microsecond are
    cut off, not rounded.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 time with an offset")
    day, hours_minutes, seconds, fraction, offset = match.groups()
    leap = seconds == _LEAP_SECOND
    if leap:
        seconds = "59"
    micros = f".{fraction[:6]}" if fraction else ""
    moment = datetime.fromisoformat(f"{day}T{hours_minutes}{seconds}{micros}{offset.upper()}")
    if not leap:
        return moment.isoformat()
    if f"{moment.astimezone(UTC):%H:%M}" != "23:59":
        raise ValueError("leap seconds come at the end of a day")
    return (moment + timedelta(seconds=1)).isoformat()


def _is_date_time(text: str) -> bool:
    try:
        spelled_date_time(text)
    except (ValueError, OverflowError):
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(_DATE, text, re.ASCII) and date.fromisoformat(text))
    except ValueError:
        return False


def _is_uuid(text: str) -> bool:
    return re.fullmatch(_UUID, text, re.ASCII | re.IGNORECASE) is not None


FORMATS = {"date-time": _is_date_time, "date": _is_date, "uuid": _is_uuid}
"""The formats of JSON Schema that the generated code reads into types of their own."""


def _as_integer(value: Any) -> Any:  # noqa: ANN401 (any JSON value, here and below)
    return int(value) if isinstance(value, float) else value  # 245678.0 is an integer, too (D5)


def _as_number(value: Any) -> Any:  # noqa: ANN401
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_date_time(value: Any) -> Any:  # noqa: ANN401
    return spelled_date_time(value) if isinstance(value, str) else value


_PLAIN = {"integer": _as_integer, "number": _as_number, "date-time": _as_date_time}


def describe(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema allows."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe(option) for option in schema["anyOf"]))
    if "$ref" in schema:
        return describe(definition(schema["$ref"]))
    words = [" or ".join(types(schema)) or "any value"]
    if "format" in schema:
        null = " or null" if "null" in types(schema) else ""
        words = [_FORMAT_WORDS[schema["format"]] + null]
    if "x-pattern" in schema:  # as it is in the specification; the other is Python's
        schema = {**schema, "pattern": schema["x-pattern"]}
    words += [f"{word} {schema[key]}" for key, word in _CONSTRAINTS.items() if key in schema]
    return ", ".join(words)


_FORMAT_WORDS = {
    "date-time": "an RFC 3339 time with an offset",
    "date": "a date, such as 2025-12-02",
    "uuid": "a UUID",
}
_CONSTRAINTS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "length at least",
    "maxLength": "length at most",
    "pattern": "matching",
}


class _Missing:
    """The value that an error shows for a missing member."""

    def __repr__(self) -> str:
        return "nothing"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def excerpt(body: bytes) -> object:
    return body[:200].decode("utf-8", "replace") if body else MISSING


def fault(name: str, document: object) -> tuple[str | None, str, object] | None:
    """Return the wrong member, what was expected and what came; None if all is right."""
    try:
        _validate({name: document}, FORMATS)
    except validators.JsonSchemaValueException as error:
        return _explain(error)
    return None


def _explain(error: Any) -> tuple[str | None, str, object]:  # noqa: ANN401 (generated, untyped)
    path = [part for part in re.split(r"[.\[\]]+", error.name) if part][_PREFIX:]
    if error.rule == "required":
        missing = [name for name in error.definition["required"] if name not in error.value]
        return ".".join([*path, missing[0]]), "a value", MISSING
    if error.rule == "type" and not path:
        return None, "a JSON object", error.value
    return ".".join(path) or None, describe(error.definition), error.value
