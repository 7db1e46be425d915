"""The keywords of JSON Schema: where schemas stand in them, and which type each is for."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Json = Any

NAMED = {"properties", "patternProperties", "$defs", "dependentSchemas"}  # {any name: a schema}
LISTED = {"anyOf", "allOf", "oneOf", "prefixItems"}  # [a schema]
NESTED = {  # a schema
    *("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"),
    *("unevaluatedItems", "unevaluatedProperties"),
}
ANNOTATIONS = {
    *("title", "description", "default", "examples", "example", "deprecated", "$comment"),
    *("readOnly", "writeOnly", "externalDocs", "xml"),
}
TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
OF_TYPE: dict[str, set[str]] = {
    "string": {"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"},
    "integer": NUMBERS,
    "number": NUMBERS,
    "array": {
        *("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "unevaluatedItems"),
        *("contains", "minContains", "maxContains"),
    },
    "object": {
        *("properties", "required", "additionalProperties", "patternProperties"),
        *("minProperties", "maxProperties", "propertyNames", "unevaluatedProperties"),
        *("dependentRequired", "dependentSchemas"),
    },
}


def inside(keyword: str, value: Json, form: Callable[[Json], Json]) -> Json:
    """Return what a keyword holds, with the schemas in it brought into a form."""
    if keyword in NAMED and isinstance(value, dict):
        return {str(name): form(part) for name, part in value.items()}
    if keyword in LISTED and isinstance(value, list):
        return [form(part) for part in value]
    return form(value) if keyword in NESTED else value


def within(schema: Json, place: tuple[object, ...]) -> Iterator[tuple[tuple[object, ...], Json]]:
    """Yield a schema and those in it, each with its place; references are not followed."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for keyword, value in schema.items():
        at = (*place, keyword)
        if keyword in NESTED:
            yield from within(value, at)
        elif keyword in NAMED | LISTED:
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            for name, part in parts:
                yield from within(part, (*at, name))


def listed(types: Json) -> list[str]:
    """Return what `type` holds, one or many, as a list."""
    return [types] if isinstance(types, str) else list(types)


def of_types(types: Iterable[str]) -> set[str]:
    """Return the keywords that are for some types only."""
    return set().union(*(OF_TYPE.get(name, set()) for name in types))


def types_of(value: Json) -> tuple[str, ...]:
    """Return the types that a value has; a whole number has two."""
    if value is None:
        return ("null",)
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int | float):
        return ("integer", "number") if float(value).is_integer() else ("number",)
    if isinstance(value, list | dict):
        return ("array" if isinstance(value, list) else "object",)
    return ("string",)


def whole(value: Json) -> Json:
    """Return a number without its fraction where that is zero."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def written(value: Json) -> str:
    """Return a text that is the same for equal values."""
    return json.dumps(whole(value), sort_keys=True, default=str)


def is_among(value: Json, values: Iterable[Json]) -> bool:
    """Say whether a value is one of a list; true is not 1."""
    return any(written(one) == written(value) for one in values)
