"""Alternatives of a schema: which have no value in common, and which can be one schema."""

from collections.abc import Iterable, Iterator
from typing import Any

from babou_contract.specification.keywords import ANNOTATIONS, is_among, listed, of_types, types_of

Json = Any
Schema = dict[str, Any]


def are_apart(branches: Iterable[Schema]) -> bool:
    """Say whether no value is allowed by two schemas in normal form, as far as types can tell."""
    seen: set[str] = set()
    values: list[Json] = []
    for branch in branches:
        if "enum" in branch:
            if any(is_among(value, values) for value in branch["enum"]):
                return False
            values += branch["enum"]
            continue
        types = set(listed(branch.get("type", [])))
        types |= {"integer"} if "number" in types else set()
        if not types or seen & types:
            return False
        seen |= types
    return not any(seen.intersection(types_of(value)) for value in values)


def spliced(branches: Iterable[Json]) -> Iterator[Schema]:
    """Yield alternatives, with those of an alternative that is nothing but alternatives."""
    for branch in branches:
        if branch is False:
            continue
        if branch.keys() - ANNOTATIONS == {"anyOf"}:
            yield from branch["anyOf"]
        else:
            yield branch


def fewest(branches: Iterable[Schema]) -> list[Schema]:
    """Return alternatives in which those of different types, and listed values, are put together.

    Each keyword is for values of one type, so that `{type: string, minLength: 1}` or null is
    `{type: [string, "null"], minLength: 1}`.
    """
    typed: Schema = {}
    values: list[Json] = []
    others: list[Schema] = []
    has_null = False
    for branch in branches:
        own = dict(branch)
        if "null" in listed(own.get("type", [])):
            has_null = True
            own["type"] = [name for name in listed(own["type"]) if name != "null"]
            if not own["type"]:
                continue
        if own.keys() - ANNOTATIONS == {"enum"}:
            values += [value for value in own["enum"] if not is_among(value, values)]
        elif _fits_beside(typed, own):
            typed = own | typed | {"type": [*typed.get("type", ()), *listed(own["type"])]}
        elif not is_among(own, others):
            others.append(own)
    if None in values or not has_null:
        return [*others, *([typed] if typed else []), *([{"enum": values}] if values else [])]
    if typed:
        typed["type"].append("null")
    elif values:
        values.append(None)
    else:
        others.append({"type": "null"})
    return [*others, *([typed] if typed else []), *([{"enum": values}] if values else [])]


def _fits_beside(typed: Schema, branch: Schema) -> bool:
    """Say whether an alternative can be put into one schema with those of other types."""
    types, known = listed(branch.get("type", [])), listed(typed.get("type", []))
    if not types or branch.keys() - of_types(types) - ANNOTATIONS - {"type", "format"}:
        return False
    shared = {*types} & {*known} or {"integer", "number"} <= {*types, *known}
    return not shared and not ("format" in typed and "format" in branch)
