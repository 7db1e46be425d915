"""Values that a schema of the spec allows, by hypothesis.

All is derived from the schema: a member that is added to the spec is generated with no edit here.
"""

import math
import string
from collections import ChainMap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from babou_contract.specification import patterns, spec
from babou_contract.specification.schema import fits

Value = Any
LARGEST = 2**53  # whole numbers are exact in every JSON library up to here
_LONGEST = 24
_OF_OBJECTS = frozenset({"patternProperties", "propertyNames", "minProperties", "maxProperties"})
_TEXT = st.characters(exclude_categories=["Cs"])


def values(schema: spec.Document) -> st.SearchStrategy[Value]:
    """Return a strategy for the values that a schema allows."""
    schema = spec.merged(schema)
    made = _unfiltered(schema)
    if schema.get("type") == "object" and _OF_OBJECTS.isdisjoint(schema):
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
        return st.from_regex(patterns.compiled(schema["pattern"]), alphabet=_TEXT)
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
    above = schema.get("exclusiveMinimum", -LARGEST - 1)
    below = schema.get("exclusiveMaximum", LARGEST + 1)
    least = max(schema.get("minimum", -LARGEST), math.floor(above) + 1)
    most = min(schema.get("maximum", LARGEST), math.ceil(below) - 1)
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
    parts = [st.fixed_dictionaries(required, optional=optional)]
    for pattern, part in schema.get("patternProperties", {}).items():
        fitting = st.from_regex(patterns.compiled(pattern), alphabet=_TEXT)
        parts.append(st.dictionaries(fitting, values(part), max_size=2))
    further = schema.get("additionalProperties", True)
    if further is not False:
        named = schema.get("propertyNames")
        names = values({"type": "string", **named}) if named else st.text(_TEXT, max_size=8)
        names = names.filter(lambda name: name not in known)
        anything = _anything(names) if further is True else values(further)
        parts.append(st.one_of(st.just({}), st.dictionaries(names, anything, max_size=2)))
    return st.tuples(*reversed(parts)).map(lambda made: dict(ChainMap(*reversed(made))))


def _anything(names: st.SearchStrategy[str]) -> st.SearchStrategy[Value]:
    return st.recursive(
        st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.text(_TEXT, max_size=8),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
        max_leaves=3,
    )


_MAKERS: dict[str, Callable[[spec.Document], st.SearchStrategy[Value]]] = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _schema: st.booleans(),
    "null": lambda _schema: st.none(),
    "array": _arrays,
    "object": _objects,
}
