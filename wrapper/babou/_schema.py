"""What the specification promises of a body: strict JSON, its schemas, and words for both. Pure.

The schemas are those of `openapi/babou.yaml`, written as `schemas.json` by the command that also
writes the generated package.
"""

from __future__ import annotations

import functools
import json
import re
import reprlib
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, NoReturn

import fastjsonschema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# RFC 3339, section 5.6, with its lower-case letters, leap seconds and any number of digits.
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)(?:\.(\d+))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_LEAP_SECOND = "60"
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_MAX_DEPTH = 64  # levels of nesting; what nests far deeper can't be copied, compared or pickled

brief = reprlib.Repr()
brief.maxstring = brief.maxother = 120


def load(body: bytes) -> Any:  # noqa: ANN401 (any JSON value)
    """Return the JSON value (RFC 8259) in a body, or raise ValueError or RecursionError."""
    document = _DECODER.decode(body.decode("utf-8-sig"))
    level = [document]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for value in level
            if isinstance(value, (dict, list))
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return document
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
        _finite(text)  # one that is too large for a float would be so for `duration`
    return int(text)


_SURELY_FINITE = 300  # digits
_DECODER = json.JSONDecoder(parse_constant=_not_json, parse_float=_finite, parse_int=_integer)


@functools.cache
def schemas() -> dict[str, Any]:
    text = resources.files("babou_generated").joinpath("schemas.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, object_hook=without_annotations)["$defs"]
    return found


def without_annotations(node: dict[str, Any]) -> dict[str, Any]:
    """Drop a format that only explains, as most do (JSON Schema 2020-12, validation, 7.2.1)."""
    is_annotation = isinstance(node.get("format"), str) and node["format"] not in FORMATS
    return {key: value for key, value in node.items() if key != "format" or not is_annotation}


@functools.cache
def validator(name: str) -> Callable[[Any], Any]:
    validate: Callable[[Any], Any] = fastjsonschema.compile(
        {"$defs": schemas(), "$ref": f"#/$defs/{name}"},
        formats=FORMATS,
        use_default=False,
    )
    return validate


def normalised(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid document in the one spelling that the generated code takes right."""
    return _spelled(document, _spellings())


@functools.cache
def _spellings() -> dict[str, Callable[[Any], Any]]:
    return spellings(schemas()["Asset"])


def spellings(schema: Mapping[str, Any]) -> dict[str, Callable[[Any], Any]]:
    """Return for each member that JSON can spell in several ways how to come to the one to use."""
    members = schema.get("properties", {}).items()
    return {name: found for name, part in members if (found := _spelling(part))}


def _spelling(schema: Mapping[str, Any]) -> Callable[[Any], Any] | None:
    if "$ref" in schema:
        return _spelling(schemas()[schema["$ref"].rpartition("/")[2]])
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if found := _spelling(option):
            return found
    kinds = {schema.get("format"), *_kinds(schema)}
    plain = next((spell for kind, spell in _PLAIN.items() if kind in kinds), None)
    return plain or _spelling_inside(schema)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


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


def _as_integer(value: Any) -> Any:  # noqa: ANN401 (any JSON value, here and below)
    return int(value) if isinstance(value, float) else value  # 245678.0 is one, too (D5)


def _as_number(value: Any) -> Any:  # noqa: ANN401
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_date_time(value: Any) -> Any:  # noqa: ANN401
    return _parse_date_time(value).isoformat() if isinstance(value, str) else value


_PLAIN = {"integer": _as_integer, "number": _as_number, "date-time": _as_date_time}


@functools.lru_cache(maxsize=128)  # the validator asks, and then the reader
def _parse_date_time(text: str) -> datetime:
    """Return the time that an RFC 3339 text names, or raise ValueError or OverflowError.

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
        return moment
    if f"{moment.astimezone(UTC):%H:%M}" != "23:59":
        raise ValueError("leap seconds come at the end of a day")
    return moment + timedelta(seconds=1)


def _is_date_time(text: str) -> bool:
    try:
        _parse_date_time(text)
    except (ValueError, OverflowError):
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


FORMATS = {  # those that the generated code reads into types of their own
    "date-time": _is_date_time,
    "date": _is_date,
    "uuid": _is_uuid,
}


def explain(error: fastjsonschema.JsonSchemaValueException) -> tuple[str | None, str, object]:
    """Return which member is wrong, what was expected and what came."""
    path = [str(part) for part in error.path[1:]]
    if error.rule == "required":
        missing = [name for name in error.rule_definition if name not in error.value]
        return ".".join([*path, missing[0]]), "a value", MISSING
    if error.rule == "type" and not path:
        return None, "a JSON object", error.value
    return ".".join(path) or None, describe(error.definition), error.value


def describe(schema: Mapping[str, Any]) -> str:
    """Say in words what a schema allows."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(describe(option) for option in schema["anyOf"]))
    if "$ref" in schema:
        return describe(schemas()[schema["$ref"].rpartition("/")[2]])
    types = schema.get("type", "any value")
    words = [" or ".join(types) if isinstance(types, list) else str(types)]
    if "format" in schema:
        null = " or null" if "null" in types else ""
        words = [_FORMAT_WORDS[schema["format"]] + null]
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
    """What came in place of a missing member."""

    def __repr__(self) -> str:
        return "nothing"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def excerpt(body: bytes) -> object:
    return body[:200].decode("utf-8", "replace") if body else MISSING
