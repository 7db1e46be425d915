"""The normal form of a schema: what is written otherwise, and means the same, is equal in it.

It is made for comparing, not for validating. What can't be shown to be the same stays different.

- a reference is replaced by the schema that it names, unless that is one of the `named`
- `allOf` is merged into the schema around it
- `oneOf` whose alternatives have no value in common is `anyOf`
- alternatives of different types are one schema, null included
- `const` is `enum`, in order and without `type`; limits of whole numbers are whole and inclusive
- what changes nothing is left out: `minLength: 0`, `additionalProperties: true` and the like
"""

import math
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from babou_contract.specification.alternatives import are_apart, fewest, spliced
from babou_contract.specification.keywords import (
    ANNOTATIONS,
    NUMBERS,
    OF_TYPE,
    TYPES,
    inside,
    is_among,
    listed,
    of_types,
    types_of,
    whole,
    written,
)
from babou_contract.specification.references import Document, complete, target, with_schemas

Json = Any

_SCHEMAS = "#/components/schemas/"
_OFTEN = 3  # a schema that holds itself is followed so often
_SAY_NOTHING: dict[str, Json] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), False),
    **{key: {} for key in ("additionalProperties", "items", "properties", "patternProperties")},
    **{key: {} for key in ("propertyNames", "unevaluatedItems", "unevaluatedProperties")},
    **{key: [] for key in ("required", "prefixItems", "allOf")},
}
_STRICTER: dict[str, Callable[..., Json]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
    "minProperties": max,
    "maxProperties": min,
}
_TOGETHER = (  # keywords whose meaning depends on each other
    {"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"},
    {"items", "prefixItems", "unevaluatedItems"},
    {"if", "then", "else"},
    {"contains", "minContains", "maxContains"},
)


def normal(
    schema: Json,
    document: Document,
    named: AbstractSet[str] = frozenset(),
    passed: tuple[str, ...] = (),
) -> Json:
    """Return the normal form of a schema: an object, or False where no value is allowed.

    Args:
        schema: As it stands in the document.
        document: Where its references lead.
        named: The schemas whose names stay.
        passed: The references on the way here.
    """
    if not isinstance(schema, dict):
        return {} if schema is True else schema

    def inner(part: Json) -> Json:
        return normal(part, document, named, passed)

    own = {key: inside(key, value, inner) for key, value in schema.items() if key != "$ref"}
    parts = own.pop("allOf", [])
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.removeprefix(_SCHEMAS) in named:
        own["$ref"] = reference
    elif isinstance(reference, str) and passed.count(reference) < _OFTEN:
        there = target(document, reference)
        parts = [normal(there, document, named, (*passed, reference)), *parts]
    branches = schema.get("oneOf", [])
    if branches and _is_any(branches, lambda part: normal(part, document, passed=passed)):
        parts = [*parts, _simplified({"anyOf": own.pop("oneOf")})]
    made: Json = {}
    for part in (*parts, own):
        made = _both(made, part)
    made = _simplified(made)
    return _alone(made, document) if made is not False and "$ref" in made else made


def simplified(document: Document) -> Document:
    """Return a document as the generator takes it: complete, with `allOf` merged where it can be.

    Raises:
        NoSuchReferenceError: A reference leads nowhere.
    """
    made = complete(document)
    named = made["components"].get("schemas", {}).keys()
    return with_schemas(made, lambda schema: _without_all_of(schema, document, named))


def _without_all_of(schema: Json, document: Document, named: AbstractSet[str]) -> Json:
    """Return a schema with `allOf` merged where that takes nothing but a schema or a name."""
    if not isinstance(schema, dict):
        return schema
    if "allOf" in schema:
        made = normal(schema, document, named)
        if (
            made
            and "allOf" not in made
            and not ("$ref" in made and made.keys() - ANNOTATIONS - {"$ref"})
        ):
            return made
    return {
        key: inside(key, value, lambda part: _without_all_of(part, document, named))
        for key, value in schema.items()
    }


def _alone(schema: Document, document: Document) -> Document:
    """Return a reference without what stands beside it, where the named schema says as much."""
    beside = schema.keys() - ANNOTATIONS - {"$ref"}
    if not beside:
        return schema
    whole = normal(schema, document)
    there = normal({"$ref": schema["$ref"]}, document)
    if _words_apart(whole) != _words_apart(there):
        return schema
    return {key: value for key, value in schema.items() if key not in beside}


def _words_apart(schema: Json) -> Json:
    return written({k: v for k, v in schema.items() if k not in ANNOTATIONS} if schema else schema)


def _is_any(branches: list[Json], alone: Callable[[Json], Json]) -> bool:
    """Say whether at most one of some alternatives can be right, so that one of them is any."""
    return len(branches) == 1 or are_apart(b for b in map(alone, branches) if b is not False)


def _both(one: Json, other: Json) -> Json:
    """Return the schema that allows what both allow; the annotations of the other go first."""
    if one is False or other is False:
        return False
    if any(_depend(one, other, keys) for keys in _TOGETHER):
        return {**one, "allOf": [*one.get("allOf", ()), other]}
    made, left = dict(one), {}
    for key, value in other.items():
        if key not in made or key in ANNOTATIONS or is_among(value, [made[key]]):
            made[key] = value
        elif key in _STRICTER:
            made[key] = _STRICTER[key](made[key], value)
        elif key == "type":
            made[key] = _shared(set(listed(made[key])), set(listed(value)))
        elif key == "enum":
            made[key] = [item for item in made[key] if is_among(item, value)]
        elif key in {"required", "allOf"}:
            made[key] = [*made[key], *value]
        elif key == "properties":
            known = made[key]
            made[key] = known | {n: _both(known.get(n, {}), v) for n, v in value.items()}
            made[key] = {name: _simplified(part) for name, part in made[key].items()}
        else:
            left[key] = value
    return {**made, "allOf": [*made.get("allOf", ()), left]} if left else made


def _depend(one: Document, other: Document, keys: set[str]) -> bool:
    """Say whether putting the keywords of two schemas together would change what they mean."""
    mine, yours = keys & one.keys(), keys & other.keys()
    return bool(mine and yours) and not mine == yours == {"properties"}


def _shared(one: set[str], other: set[str]) -> list[str]:
    one, other = ({*types, "integer"} if "number" in types else types for types in (one, other))
    return [name for name in TYPES if name in one & other]


def _simplified(schema: Json) -> Json:
    """Bring a schema into normal form whose parts are in it, and whose `allOf` is merged."""
    made = _with_alternatives(schema) if schema is not False and "anyOf" in schema else schema
    if made is False:
        return False
    made = dict(made)
    if "const" in made:
        made = _both({"enum": [made.pop("const")]}, made)
    made = _typed(made)
    if made is False:
        return False
    made |= {key: whole(value) for key, value in made.items() if key in NUMBERS}
    if "required" in made:
        made["required"] = sorted(set(made["required"]))
    return {
        key: value
        for key, value in made.items()
        if key not in _SAY_NOTHING or _SAY_NOTHING[key] != value
    }


def _with_alternatives(schema: Document) -> Json:
    around = {name: value for name, value in schema.items() if name != "anyOf"}
    branches = list(spliced(schema["anyOf"]))
    if any(not branch.keys() - ANNOTATIONS for branch in branches):
        return around  # one of them allows every value
    made = [_simplified(branch) for branch in fewest(branches)]
    if not made:
        return False
    if len(made) == 1:
        return _both(made[0], around)
    return _both({"anyOf": sorted(made, key=written)}, around)


def _typed(made: Document) -> Json:
    """Bring `type` and `enum` into one form, and leave out what is for other types."""
    if "enum" in made:
        wanted = set(listed(made.pop("type", TYPES)))
        fitting = [value for value in made["enum"] if wanted.intersection(types_of(value))]
        values = sorted(map(whole, fitting), key=written)
        return {**made, "enum": values} if values else False
    if "type" not in made:
        return made
    types = [name for name in TYPES if name in listed(made["type"])]
    types = [name for name in types if name != "integer" or "number" not in types]
    if not types:
        return False
    if "integer" in types:
        made = _inclusive(made)
    elsewhere = of_types(OF_TYPE) - of_types(types)
    kept = {key: value for key, value in made.items() if key not in elsewhere}
    return {**kept, "type": types[0] if len(types) == 1 else types}


def _inclusive(schema: Document) -> Document:
    """Bring the limits of whole numbers into one form: whole, and inclusive."""
    made = dict(schema)
    low = [math.ceil(made[key]) for key in ("minimum",) if key in made]
    high = [math.floor(made[key]) for key in ("maximum",) if key in made]
    if "exclusiveMinimum" in made:
        low.append(math.floor(made.pop("exclusiveMinimum")) + 1)
    if "exclusiveMaximum" in made:
        high.append(math.ceil(made.pop("exclusiveMaximum")) - 1)
    if made.get("multipleOf") == 1:
        del made["multipleOf"]
    made |= {"minimum": max(low)} if low else {}
    return made | ({"maximum": min(high)} if high else {})
