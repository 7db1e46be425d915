"""Small documents, one feature each, made from what two schemas say of a member."""

import copy
from collections.abc import Iterator
from typing import Any

from babou_contract.specification.operations import Operation
from babou_contract.specification.spec import sample
from compat.specification import (
    GONE,
    ITEM,
    Parts,
    Specification,
    answers,
    fits,
    members,
    required,
    with_value,
)

Json = Any

_PLAIN: tuple[Json, ...] = (
    *(None, True, 0, 1, -1, 7, 0.5, -0.5, 245678.0, 2**31, 2**53, 1e300),
    *("", "x", "a/b", "word", "two words", "x" * 300, "\u202e🎬"),
    *("2025-12-02T10:00:00Z", "2025-12-02", "1970-01-01T00:00:00+01:00"),
    *("https://babou.ai/x?y=z", "a@babou.ai", "0b8aa0c2-9e4f-4b7c-8a55-6f0f7a0e3c11"),
    *("d41d8cd98f00b204e9800998ecf8427e", "127.0.0.1", "babou.ai", "123"),
    *([], ["x"], {}, {"x": 1}),
)
_DEEPEST = 6
_LENGTHS = ("minItems", "maxItems")
_LONGEST = 2**16  # a longer text is not made only to be compared


def json_schema(operation: Operation, status: str) -> Json | None:
    """Return the schema of an answer that is JSON, or None."""
    for found, media, content in answers(operation):
        if found == status and "json" in media:
            return content.get("schema", {})
    return None


def examples(operation: Operation, status: str) -> list[Json]:
    """Return the examples of an answer, completed and corrected to what its schema allows."""
    given: list[Json] = []
    schema: Json = {}
    for found, media, content in answers(operation):
        if found == status and "json" in media:
            schema = content.get("schema", {})
            given += [e["value"] for e in content.get("examples", {}).values() if "value" in e]
            given += [content["example"]] if "example" in content else []
    return [fixed for e in [*given, {}] if (fixed := _fixed(schema, e)) is not None]


def _fixed(schema: Json, example: Json) -> Json | None:
    """Return an example that the schema allows: with what it lacks, and without what is wrong."""
    if fits(schema, example):
        return example
    if not isinstance(example, dict):
        return None
    known = members(schema)
    made = copy.copy(example)
    for name in sorted(required(schema) | set(example)):
        part = known.get(name, {})
        if name not in made or not fits(part, made[name]):
            made[name] = allowed_value(part)
    return made if fits(schema, made) else None


def allowed_value(schema: Json) -> Json:
    """Return a value that a schema allows, as far as one is easily found."""
    for value in (sample(schema), *candidates(schema)):
        if fits(schema, value):
            return value
    return _fixed(schema, {})


def paths(schema: Json, at: Parts = ()) -> Iterator[Parts]:
    """Yield the path of every member, those of members and of items included."""
    for name, part in members(schema).items():
        yield (*at, name)
        if len(at) < _DEEPEST:
            yield from paths(part, (*at, name))


def part_at(schema: Json, path: Parts) -> Json | None:
    """Return the schema of a member, or None where the schema names none."""
    for name in path:
        found = members(schema).get(name)
        if found is None:
            return None
        schema = found
    return schema


def allows(schema: Json, path: Parts, value: Json) -> bool:
    """Say whether a schema allows a value at a member, whatever the others are."""
    if value is not GONE:
        part = part_at(schema, path)
        return part is not None and fits(part, value)
    around = part_at(schema, path[:-1])  # what a schema doesn't name, it promises nothing about
    return around is not None and path[-1] not in required(around)


def within(schema: Json, document: Json, path: Parts) -> Json:
    """Return a document in which whatever is around a member is an object that is allowed."""
    for end in range(1, len(path)):
        empty: Json = [] if path[end] == ITEM else {}
        if not isinstance(value_at(document, path[:end]), type(empty)):
            around = _fixed(part_at(schema, path[:end]) or {}, empty) or empty
            document = with_value(document, path[:end], around)
    return document


def value_at(document: Json, path: Parts) -> Json:
    """Return the value of a member of a document, or `GONE`."""
    for name in path:
        if name == ITEM and isinstance(document, list) and document:
            document = document[0]
        elif isinstance(document, dict) and name in document:
            document = document[name]
        else:
            return GONE
    return document


def refused_member(schema: Json, document: Json) -> Parts | None:
    """Return the first member of a document, the innermost, that a schema does not allow."""
    wrong = [path for path in paths(schema) if not _is_allowed(schema, document, path)]
    return max(wrong, key=len, default=None)


def _is_allowed(schema: Json, document: Json, path: Parts) -> bool:
    value = value_at(document, path)
    if not isinstance(value_at(document, path[:-1]), dict) and value is GONE:
        return True  # there is nothing that it could be missing in
    return allows(schema, path, value)


def candidates(*schemas: Json) -> list[Json]:
    """Return values worth trying: plain ones, what the schemas name, and both sides of limits."""
    found: list[Json] = []
    for schema in schemas:
        found += _named(schema)
        found += _lists(schema)
    seen: dict[str, Json] = {}
    for value in [*found, *_PLAIN]:
        seen.setdefault(f"{type(value).__name__}{value!r}", value)
    return list(seen.values())


def _named(schema: Json) -> Iterator[Json]:
    if not isinstance(schema, dict):
        return
    yield from schema.get("examples", ())
    yield from schema.get("enum", ())
    yield from (schema[key] for key in ("const", "default", "example") if key in schema)
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        limit = schema.get(key)
        if isinstance(limit, int | float):
            yield from (limit, limit - 1, limit + 1, limit + 0.5, limit * 2)
    for key in ("minLength", "maxLength"):
        length = schema.get(key)
        if isinstance(length, int) and length < _LONGEST:
            yield from ("x" * n for n in (length - 1, length, length + 1) if n >= 0)
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            yield from _named(part)


def _lists(schema: Json) -> Iterator[Json]:
    """Yield lists with one item of each sort, with two that are the same, and about each limit."""
    if not isinstance(schema, dict) or not schema.keys() & {"items", *_LENGTHS, "uniqueItems"}:
        return
    items = schema.get("items", {})
    yield from ([value] for value in _named(items))
    item = allowed_value(items)
    lengths = [schema[key] for key in _LENGTHS if key in schema]
    for length in {2, *(n + more for n in lengths for more in (-1, 0, 1))}:
        if 0 <= length < _LONGEST:
            yield [item] * length


def where(spec: Specification, schema_at: Parts, path: Parts, value: Json = None) -> Parts:
    """Return where in the document a member's schema stands, or the listed value's own place."""
    at = _target(spec, member_at(spec, schema_at, path))
    return next(_listed_at(spec, at, value), at) if isinstance(value, str) else at


def member_at(spec: Specification, schema_at: Parts, path: Parts) -> Parts:
    """Return where in the document a member stands, be it only a reference to its schema."""
    at = schema_at
    for name in path:
        around = _target(spec, at)
        if name == ITEM:
            at = (*around, "items")
            continue
        at = next(_named_at(spec, around, name), (*around, "properties", name))
    return at


def _target(spec: Specification, at: Parts) -> Parts:
    """Follow references from a place in the document."""
    here = node(spec, at)
    if isinstance(here, dict) and isinstance(here.get("$ref"), str):
        return _target(spec, _reference(here["$ref"]))
    return at


def node(spec: Specification, at: Parts) -> Json:
    """Return what stands at a place of the document; nothing where there is no such place."""
    here: Json = spec.compared
    for part in at:
        if isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            here = here[int(part)]
        else:
            here = here.get(part, {}) if isinstance(here, dict) else {}
    return here


def _named_at(spec: Specification, at: Parts, name: str) -> Iterator[Parts]:
    here = node(spec, at)
    if name in here.get("properties", {}):
        yield (*at, "properties", name)
    for index in range(len(here.get("allOf", ()))):
        inner = (*at, "allOf", str(index))
        reference = node(spec, inner).get("$ref")
        yield from _named_at(spec, _reference(reference) if reference else inner, name)


def _listed_at(spec: Specification, at: Parts, value: str) -> Iterator[Parts]:
    here = node(spec, at)
    if value in here.get("enum", ()):
        yield (*at, "enum", value)
    for key in ("anyOf", "oneOf"):
        for index in range(len(here.get(key, ()))):
            inner = (*at, key, str(index))
            reference = node(spec, inner).get("$ref")
            yield from _listed_at(spec, _reference(reference) if reference else inner, value)


def _reference(reference: str) -> Parts:
    return tuple(reference.removeprefix("#/").split("/"))
