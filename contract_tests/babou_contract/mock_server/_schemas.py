"""Hold a value against a schema of the specification, without a library, in a few microseconds.

The keywords that a request's parameters and bodies have are known; what is not in the table
(`if`, `contains`, `unevaluatedProperties`, formats) is not looked at.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from babou_contract.specification import spec
from babou_contract.specification.keywords import is_among, listed, types_of, written
from babou_contract.specification.patterns import compiled

Json = Any
Schema = Any  # a mapping, or true or false


def misfit(schema: Schema, value: Json) -> str | None:
    """Say in what a value departs from a schema, None where it fits."""
    if isinstance(schema, bool):
        return None if schema else "is not allowed"
    if "$ref" in schema:
        schema = spec.resolve(schema)
    kinds = types_of(value)
    for keyword, wanted in schema.items():
        rule = _RULES.get(keyword)
        if rule and (rule.kind is None or rule.kind in kinds):
            problem = rule.problem(wanted, value, schema)
            if problem:
                return problem
    return None


@frozen
class _Rule:
    """What a keyword asks of values of one type, or of all (None)."""

    kind: str | None
    problem: Callable[[Json, Json, Mapping[str, Json]], str | None]


def _plain(kind: str | None, fits: Callable[[Json, Json], bool], words: str) -> _Rule:
    return _Rule(kind, lambda asked, value, _: None if fits(asked, value) else f"{words} {asked}")


def _first(problems: Iterable[str | None]) -> str | None:
    return next(filter(None, problems), None)


def _within(name: object, schema: Schema, value: Json) -> str | None:
    problem = misfit(schema, value)
    return f"{name}: {problem}" if problem else None


def _any_of(schemas: list[Schema], value: Json, _: object) -> str | None:
    problems = [misfit(schema, value) for schema in schemas]
    return None if None in problems else problems[0]


def _one_of(schemas: list[Schema], value: Json, _: object) -> str | None:
    problems = [misfit(schema, value) for schema in schemas]
    if problems.count(None) == 1:
        return None
    return "fits more than one alternative" if None in problems else problems[0]


def _more_members(schema: Schema, value: dict[str, Json], beside: Mapping[str, Json]) -> str | None:
    patterns = beside.get("patternProperties", {})
    more = (
        name
        for name in value
        if name not in beside.get("properties", {})
        and not any(compiled(pattern).search(name) for pattern in patterns)
    )
    return _first(_within(name, schema, value[name]) for name in more)


def _members(schemas: Mapping[str, Schema], value: dict[str, Json], _: object) -> str | None:
    return _first(_within(n, schemas[n], value[n]) for n in schemas if n in value)


def _patterned(schemas: Mapping[str, Schema], value: dict[str, Json], _: object) -> str | None:
    return _first(
        _within(name, schema, member)
        for pattern, schema in schemas.items()
        for name, member in value.items()
        if compiled(pattern).search(name)
    )


def _items(schema: Schema, value: list[Json], beside: Mapping[str, Json]) -> str | None:
    start = len(beside.get("prefixItems", ()))
    return _first(_within(n, schema, v) for n, v in enumerate(value[start:], start))


_RULES = {
    "type": _plain(None, lambda t, v: not {*listed(t)}.isdisjoint(types_of(v)), "is not of type"),
    "enum": _plain(None, lambda values, v: is_among(v, values), "is none of"),
    "const": _plain(None, lambda one, v: is_among(v, [one]), "is not"),
    "minLength": _plain("string", lambda least, v: len(v) >= least, "is shorter than"),
    "maxLength": _plain("string", lambda most, v: len(v) <= most, "is longer than"),
    "pattern": _plain("string", lambda p, v: bool(compiled(p).search(v)), "does not match"),
    "minimum": _plain("number", lambda least, v: v >= least, "is less than"),
    "maximum": _plain("number", lambda most, v: v <= most, "is more than"),
    "exclusiveMinimum": _plain("number", lambda least, v: v > least, "is not more than"),
    "exclusiveMaximum": _plain("number", lambda most, v: v < most, "is not less than"),
    "multipleOf": _plain("number", lambda unit, v: v % unit == 0, "is no multiple of"),
    "minItems": _plain("array", lambda least, v: len(v) >= least, "has fewer items than"),
    "maxItems": _plain("array", lambda most, v: len(v) <= most, "has more items than"),
    "uniqueItems": _plain(
        "array", lambda on, v: not on or len(v) == len({*map(written, v)}), "items are unique:"
    ),
    "minProperties": _plain("object", lambda least, v: len(v) >= least, "has fewer members than"),
    "maxProperties": _plain("object", lambda most, v: len(v) <= most, "has more members than"),
    "required": _plain("object", lambda names, v: v.keys() >= {*names}, "needs the members"),
    "prefixItems": _Rule(
        "array",
        lambda schemas, value, _: _first(
            _within(n, s, v) for n, (s, v) in enumerate(zip(schemas, value, strict=False))
        ),
    ),
    "items": _Rule("array", _items),
    "properties": _Rule("object", _members),
    "patternProperties": _Rule("object", _patterned),
    "propertyNames": _Rule(
        "object", lambda schema, value, _: _first(_within(name, schema, name) for name in value)
    ),
    "additionalProperties": _Rule("object", _more_members),
    "allOf": _Rule(None, lambda schemas, value, _: _first(misfit(s, value) for s in schemas)),
    "anyOf": _Rule(None, _any_of),
    "oneOf": _Rule(None, _one_of),
    "not": _Rule(None, lambda s, value, _: None if misfit(s, value) else "is not allowed"),
}
