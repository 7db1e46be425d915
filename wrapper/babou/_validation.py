"""Hold a document against the specification's schemas: right, or what is wrong with it. Pure.

Nearly every answer is right. That can be seen in a fraction of the validator's time, and without
loading it; where it can't be seen at once, the validator decides, and knows what is wrong.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from babou._formats import FORMATS
from babou._schema import MISSING, definition, describe, schemas, types

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastjsonschema import JsonSchemaValueException

    Check = Callable[[Any], bool]
    Kinds = dict[type, Sequence[Check]]


def fault(name: str, document: object) -> tuple[str | None, str, object] | None:
    """Return which member is wrong, what was expected and what came; None if all is right."""
    if _fits(document, _kinds(name)):
        return None
    from fastjsonschema import JsonSchemaValueException  # noqa: PLC0415 (slow to import)

    try:
        validator(name)(document)
    except JsonSchemaValueException as error:
        return _explain(error)
    return None


@functools.cache
def validator(name: str) -> Callable[[Any], Any]:
    import fastjsonschema  # noqa: PLC0415 (as above)

    validate: Callable[[Any], Any] = fastjsonschema.compile(
        {"$defs": schemas(), "$ref": f"#/$defs/{name}"},
        formats=FORMATS,
        use_default=False,
    )
    return validate


def _explain(error: JsonSchemaValueException) -> tuple[str | None, str, object]:
    path = [str(part) for part in error.path[1:]]
    if error.rule == "required":
        missing = [name for name in error.rule_definition if name not in error.value]
        return ".".join([*path, missing[0]]), "a value", MISSING
    if error.rule == "type" and not path:
        return None, "a JSON object", error.value
    return ".".join(path) or None, describe(error.definition), error.value


@functools.cache
def _kinds(name: str) -> Kinds:
    return kinds(schemas()[name])


def kinds(schema: Mapping[str, Any]) -> Kinds:
    """Return the types that a value may have, each with what makes sure that the schema allows it.

    What is not among them may be allowed all the same: a schema with a keyword that isn't known
    here leaves everything to the validator.
    """
    if "$ref" in schema:
        return kinds(definition(schema["$ref"]))  # whatever is beside it counts for nothing
    if schema.keys() == {"anyOf"}:
        return _any_of([kinds(option) for option in schema["anyOf"]])
    if not schema.keys() <= _KEYWORDS:
        return {}
    return {
        kind: [make(schema[keyword]) for keyword, make in makers.items() if keyword in schema]
        for name in types(schema)
        for kind, makers in _TYPES[name].items()
    }


def _any_of(options: Sequence[Kinds]) -> Kinds:
    found: Kinds = {}
    for option in options:
        for kind, checks in option.items():
            if kind not in found or not checks:
                found[kind] = checks
    return found


def _fits(value: object, known: Kinds) -> bool:
    checks = known.get(type(value))
    return checks is not None and all(check(value) for check in checks)


def _properties(members: Mapping[str, Any]) -> Check:
    known = [(name, kinds(schema)) for name, schema in members.items()]

    def all_fit(document: dict[str, Any]) -> bool:  # `_fits` for each, in half the time
        for name, kinds_of_member in known:
            if name in document:
                value = document[name]
                checks = kinds_of_member.get(type(value))
                if checks is None:
                    return False
                for check in checks:
                    if not check(value):
                        return False
        return True

    return all_fit


def _required(names: Sequence[str]) -> Check:
    required = frozenset(names)
    return lambda document: required <= document.keys()


def _items(schema: Mapping[str, Any]) -> Check:
    known = kinds(schema)
    return lambda value: all(_fits(item, known) for item in value)


def _pattern(pattern: str) -> Check:
    if "$" in pattern:
        return lambda _: False  # Python's allows a newline after the end
    search = re.compile(pattern).search
    return lambda value: search(value) is not None


def _enum(values: Sequence[Any]) -> Check:
    words = [value for value in values if isinstance(value, str)]  # True is not 1 in JSON
    return lambda value: value in words


_Checks = dict[str, "Callable[[Any], Check]"]
_ANY: _Checks = {"enum": _enum}
_STRING: _Checks = {
    **_ANY,
    "format": FORMATS.__getitem__,
    "maxLength": lambda limit: lambda value: len(value) <= limit,
    "minLength": lambda limit: lambda value: len(value) >= limit,
    "pattern": _pattern,
}
_NUMBER: _Checks = {
    **_ANY,
    "maximum": lambda limit: lambda value: value <= limit,
    "minimum": lambda limit: lambda value: value >= limit,
}
_TYPES: dict[str, dict[type, _Checks]] = {  # exactly these: a bool is no int
    "array": {list: {**_ANY, "items": _items}},
    "boolean": {bool: _ANY},
    "integer": {int: _NUMBER},
    "null": {type(None): _ANY},
    "number": {int: _NUMBER, float: _NUMBER},
    "object": {dict: {**_ANY, "properties": _properties, "required": _required}},
    "string": {str: _STRING},
}
_KEYWORDS = {"type"}.union(*(checks for found in _TYPES.values() for checks in found.values()))
