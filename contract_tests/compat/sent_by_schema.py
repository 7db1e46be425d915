"""What installed clients may send of an operation, held against the new specification."""

import json
from collections.abc import Iterator
from typing import Any

from babou_contract.specification.operations import Operation
from compat import corpus, evidence
from compat.differing import differing
from compat.evidence import Seen
from compat.model import Who
from compat.specification import GONE, Parts, media_range
from compat.unexposed import Pair, by_schema, member

Json = Any

_NOT_HEEDED = "which is not there any more"
_WRITTEN_AS = ("style", "explode", "content")


def parameters(pair: Pair) -> Iterator[Seen]:
    """Yield the parameters that are gone, required, narrower, or left out with another meaning."""
    old, new = (_by_name(one) for one in (pair.old, pair.new))
    for key, parameter in old.items():
        if key not in new:
            about = f"{parameter['in']} parameter {parameter['name']!r}"
            at = (*pair.old.place, "parameters", parameter["name"])
            yield by_schema(at, Who.INSTALLED, f"they send the {about}, {_NOT_HEEDED}", about)
    for key, parameter in new.items():
        about = f"{parameter['in']} parameter {parameter['name']!r}"
        at = (*pair.new.place, "parameters", parameter["name"])
        before = old.get(key, {})
        if parameter.get("required") and not before.get("required"):
            what = f"they may not send the {about}, which is required"
            yield by_schema(at, Who.INSTALLED, what, f"no {about}")
        if not before:
            continue
        schemas = before.get("schema", {}), parameter.get("schema", {})
        yield from _narrowed(pair, (*at, "schema"), schemas, about)
        for word in _WRITTEN_AS:
            if before.get(word) != parameter.get(word):
                what = f"they write the {about} otherwise than its {word} asks for"
                yield by_schema(at, Who.INSTALLED, what, about)


def _by_name(one: Operation) -> dict[tuple[str, str], Json]:
    return {
        (p["in"], p["name"].lower() if p["in"] == "header" else p["name"]): p
        for p in one.written.get("parameters", ())
    }


def bodies(pair: Pair) -> Iterator[Seen]:
    """Yield the bodies that are required, not taken any more, or narrower."""
    at = (*pair.new.place, "requestBody")
    old, new = (one.written.get("requestBody", {}) for one in (pair.old, pair.new))
    if new.get("required") and not old.get("required"):
        yield by_schema(at, Who.INSTALLED, "they may send no body, which is required", "no body")
    taken = new.get("content", {})
    for media, content in old.get("content", {}).items():
        name = media_range(taken, media)
        if name is None:
            place = (*pair.old.place, "requestBody", "content", media)
            what = f"they send {media}, which is not taken any more"
            yield by_schema(place, Who.INSTALLED, what, f"body {media}")
            continue
        schemas = content.get("schema", {}), taken[name].get("schema", {})
        yield from _narrowed(pair, (*at, "content", name, "schema"), schemas, f"body {media}")


def _narrowed(pair: Pair, at: Parts, schemas: tuple[Json, Json], about: str) -> Iterator[Seen]:
    for one in differing(*schemas):
        if one.unnamed and one.by_old:
            what = f"they may send {evidence.named(one.path)!r}, {_NOT_HEEDED}"
            yield member(pair, at, one, Who.INSTALLED, what, about=about)
        elif one.by_old and not one.unnamed:
            what = "they may send this, which is not allowed any more"
            yield member(pair, at, one, Who.INSTALLED, what, about=about)
    yield from _defaults(pair, at, schemas, about)


def _defaults(pair: Pair, at: Parts, schemas: tuple[Json, Json], about: str) -> Iterator[Seen]:
    """Yield what means something else where it is left out."""
    for path in ((), *corpus.paths(schemas[1])):
        before, after = (corpus.part_at(schema, path) or {} for schema in schemas)
        was, now = before.get("default", GONE), after.get("default", GONE)
        if was is GONE or (now is not GONE and json.dumps(was) == json.dumps(now)):
            continue
        means = "no longer says what it means" if now is GONE else f"means {json.dumps(now)} now"
        what = f"they may leave it out, which meant {json.dumps(was)}, and {means}"
        named = f": no {evidence.named(path)!r}" if path else " left out"
        place = corpus.where(pair.specs[1], at, path)
        yield by_schema(place, Who.INSTALLED, what, f"{about}{named}")
