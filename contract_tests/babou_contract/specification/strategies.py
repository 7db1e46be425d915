"""Values that a schema of the spec allows, and the mutations that it forbids; by hypothesis.

All is derived from the schema: a member that is added to the spec is generated with no edit here.
"""

import json
import math
import string
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from attrs import frozen
from hypothesis import strategies as st

from babou_contract.specification import spec
from babou_contract.specification.schema import fits, regex

Value = Any
_LARGEST = 2**53  # whole numbers are exact in every JSON library up to here
_LONGEST = 24
_TEXT = st.characters(exclude_categories=["Cs"])


def values(schema: spec.Document) -> st.SearchStrategy[Value]:
    """Return a strategy for the values that a schema allows."""
    schema = spec.merged(schema)
    made = _unfiltered(schema)
    if schema.get("type") == "object":
        return made  # its members fit already, and holding them again takes time
    return made.filter(lambda value: fits(schema, value))


def _unfiltered(schema: spec.Document) -> st.SearchStrategy[Value]:
    options: list[st.SearchStrategy[Value]] = []
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for keyword in ("anyOf", "oneOf"):
        options += [values(option) for option in schema.get(keyword, ())]
    if options:
        return st.one_of(options)
    types = schema.get("type", ["string", "number", "boolean", "null"])
    types = [types] if isinstance(types, str) else types
    return st.one_of([_MAKERS[name](schema) for name in types])


def _strings(schema: spec.Document) -> st.SearchStrategy[Value]:
    least = schema.get("minLength", 0)
    most = schema.get("maxLength", max(_LONGEST, least))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return st.from_regex(regex(schema["pattern"]), alphabet=_TEXT)
    return st.text(_TEXT, min_size=least, max_size=min(most, max(_LONGEST, least)))


# Made once: a strategy that is made anew for each draw takes longer than what it draws.
_OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)
_MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2999, 12, 30))  # noqa: DTZ001  put in zones below
_ONE_IN_EIGHT = st.integers(0, 7)
_FRACTIONS = st.text(string.digits, max_size=12)
_UTC = st.sampled_from(["Z", "z", "+00:00"])
_LETTERS = st.sampled_from("Tt")


@st.composite
def times(draw: st.DrawFn) -> str:
    """Write a time as RFC 3339 allows: any offset and fraction, small letters, leap seconds."""
    offset = timedelta(minutes=draw(_OFFSETS))
    moment = draw(_MOMENTS)
    leap = draw(_ONE_IN_EIGHT) == 0
    if leap:
        moment = moment.replace(hour=23, minute=59)
    local = moment.replace(tzinfo=UTC).astimezone(timezone(offset))
    seconds = "60" if leap else f"{local:%S}"
    fraction = draw(_FRACTIONS)
    zone = f"{local:%z}"
    written = f"{zone[:3]}:{zone[3:5]}" if offset else draw(_UTC)
    letter = draw(_LETTERS)
    dot = f".{fraction}" if fraction else ""
    return f"{local:%Y-%m-%d}{letter}{local:%H:%M}:{seconds}{dot}{written}"


_FORMATS: dict[str, st.SearchStrategy[Value]] = {
    "date-time": times(),
    "date": st.dates().map(str),
    "uuid": st.uuids().map(str),
}


def _integers(schema: spec.Document) -> st.SearchStrategy[Value]:
    above = schema.get("exclusiveMinimum", -_LARGEST - 1)
    below = schema.get("exclusiveMaximum", _LARGEST + 1)
    least = max(schema.get("minimum", -_LARGEST), math.floor(above) + 1)
    most = min(schema.get("maximum", _LARGEST), math.ceil(below) - 1)
    whole = st.integers(math.ceil(least), math.floor(most))
    return st.one_of(whole, whole.map(float))  # 245678.0 is an integer in JSON Schema (D5)


def _numbers(schema: spec.Document) -> st.SearchStrategy[Value]:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    fractions = st.floats(least, most, allow_nan=False, allow_infinity=False)
    return st.one_of(fractions, _integers(schema))


def _arrays(schema: spec.Document) -> st.SearchStrategy[Value]:
    least = schema.get("minItems", 0)
    return st.lists(values(schema.get("items", {})), min_size=least, max_size=least + 2)


def _objects(schema: spec.Document) -> st.SearchStrategy[Value]:
    known = schema.get("properties", {})
    required = {name: values(known.get(name, {})) for name in schema.get("required", ())}
    optional = {name: values(part) for name, part in known.items() if name not in required}
    declared = st.fixed_dictionaries(required, optional=optional)
    if schema.get("additionalProperties") is False:
        return declared
    names = st.text(_TEXT, max_size=8).filter(lambda name: name not in known)
    anything = st.recursive(
        st.none() | st.booleans() | st.integers(-_LARGEST, _LARGEST) | st.text(_TEXT, max_size=8),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
        max_leaves=3,
    )
    more = st.one_of(st.just({}), st.dictionaries(names, anything, max_size=2))
    return st.builds(lambda extra, whole: {**extra, **whole}, more, declared)


_MAKERS: dict[str, Callable[[spec.Document], st.SearchStrategy[Value]]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _schema: st.booleans(),
    "null": lambda _schema: st.none(),
    "array": _arrays,
    "object": _objects,
}


_CORNERS: tuple[Value, ...] = (
    *(None, 0, 1, 245678.0, _LARGEST, 0.5, 12.480000001, 1e-9, 1e300),
    *("", "x", "ready", "a/b", "image/svg+xml; charset=utf-8", "\u202e🎬\x00"),
    "2016-12-31T23:59:60Z",
    "2025-12-02t10:00:00z",
    "2025-12-02T10:00:00.123456789Z",
    "2025-12-02T23:30:00-23:59",
    "2000-01-01T00:00:00+00:00",
    "2000-02-29",
    "00000000-0000-4000-8000-00000000000A",
)


def corners(schema: spec.Document, examples: Iterable[Value]) -> Iterator[Value]:
    """Yield the spec's examples, and a copy of one with each corner value that a member allows."""
    known = list(examples)
    yield from known
    for name, part in schema.get("properties", {}).items():
        for value in _CORNERS:
            if fits(part, value):
                yield {**known[0], name: value}


@frozen
class Mutation:
    """One change of one member that makes an allowed document a forbidden one."""

    member: str
    about: str
    value: Value
    gone: bool = False

    def apply(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the change."""
        changed = {name: value for name, value in document.items() if name != self.member}
        return changed if self.gone else {**changed, self.member: self.value}


_WRONG: tuple[tuple[str, Value], ...] = (
    ("null", None),
    ("true", True),
    ("false", False),
    ("a number", 7),
    ("a negative number", -1),
    ("a number with a fraction", 7.5),
    ("a negative number with a fraction", -0.5),
    ("a number in quotes", "12"),
    ("the empty text", ""),
    ("a word", "word"),
    ("a list", []),
    ("a list of one", ["x"]),
    ("an object", {}),
    ("a slash alone", "/"),
    ("two slashes", "a//"),
    ("a space within a type", "image /png"),
    ("a time without offset", "2025-12-02T10:00:00"),
    ("a date", "2025-12-02"),
    ("a date in ISO's short form", "20251202"),
    ("a time with a space", "2025-12-02 10:00:00Z"),
    ("a time with a line end", "2025-12-02T10:00:00Z\n"),
    ("a month that is none", "2025-13-02T10:00:00Z"),
    ("a day that is none", "2025-02-30T10:00:00Z"),
    ("an hour that is none", "2025-12-02T24:00:00Z"),
    ("a leap second in the middle of a day", "2025-12-02T10:00:60Z"),
    ("an offset without colon", "2025-12-02T10:00:00+0100"),
    ("a comma for a point", "2025-12-02T10:00:00,5Z"),
    ("a time of another century", "1970-01-01T00:00:00Z"),
    ("the year one", "0001-01-01T00:00:00Z"),
    ("digits of another script", "2025-12-02T10:00:0١Z"),  # noqa: RUF001  that is the point
)


def mutations(schema: spec.Document) -> Iterator[Mutation]:
    """Yield every mutation of every member that the schema forbids."""
    schema = spec.merged(schema)
    for name in schema.get("required", ()):
        yield Mutation(name, f"{name} left out", None, gone=True)
    for name, part in schema.get("properties", {}).items():
        for about, value in _WRONG:
            if not fits(part, value):
                yield Mutation(name, f"{name} is {about}", value)


def wrong_bodies(document: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are no JSON object at all, or no JSON."""
    text = json.dumps(document).encode()
    yield "nothing", b""
    yield "a list", b"[" + text + b"]"
    yield "null", b"null"
    yield "a text", b'"ready"'
    yield "HTML", b"<html><body>ready</body></html>"
    yield "half of the JSON", text[: len(text) // 2]
    yield "the JSON twice", text + text
    yield "something after the JSON", text + b"<!-- cache -->"
    yield "a byte that no UTF-8 has", text.replace(b'"', b'"\xff', 1)
    yield "single quotes", text.replace(b'"', b"'")
