"""Operations that the client has no method for: judged by what the schemas allow.

Requests are held against the new specification, as installed clients send them; answers against
both: what the old one did not allow breaks installed clients, what the new one does not allow any
more breaks callers after the upgrade.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from attrs import frozen

from babou_contract.specification.operations import Operation
from compat import corpus, evidence
from compat.differing import UNLISTED, Differing
from compat.evidence import Seen, seen
from compat.model import Who
from compat.specification import Parts, Versions

Json = Any
Key = tuple[str, str]

LATER = "until the server has the new spec"
_WORDS = {"description", "bearerFormat"}


@frozen(eq=False)
class Pair:
    """One operation as it was and as it is."""

    specs: Versions
    old: Operation
    new: Operation

    @property
    def label(self) -> str:
        """What a person calls the operation."""
        return f"{self.new.method.upper()} {self.new.path}"


def by_schema(place: Parts, who: Who, what: str, example: str) -> Seen:
    """Return an effect that no client was seen to have."""
    return seen(place, who, f"by the schemas: {what}", example)


def pairs(specs: Versions, driven: Collection[Key]) -> tuple[Pair, ...]:
    """Return each operation of both versions but the driven ones, also where it has moved."""
    old, new = (spec.operations for spec in specs)
    there = {key: key for key in old if key in new} | _moved(old, new)
    return tuple(Pair(specs, old[key], new[to]) for key, to in there.items() if key not in driven)


def removed(specs: Versions, driven: Collection[Key]) -> Iterator[Seen]:
    """Yield the operations that are not where they were, but the driven ones."""
    old, new = (spec.operations for spec in specs)
    moved = _moved(old, new)
    for key in old:
        if key not in new and key not in driven:
            yield _not_there(old[key], new, Who.INSTALLED)
            if key in moved:
                yield _not_there(new[moved[key]], old, Who.RUNTIME)


def _not_there(one: Operation, other: Mapping[Key, Operation], who: Who) -> Seen:
    asked = f"{one.method.upper()} {one.path}"
    known = any(path == one.path for path, _ in other)
    place = one.place if known else one.place[:2]
    later = "" if who is Who.INSTALLED else f", {LATER}"
    return by_schema(place, who, f"they ask for {asked}, which is not there{later}", asked)


def _moved(old: Mapping[Key, Operation], new: Mapping[Key, Operation]) -> dict[Key, Key]:
    """Return where the operations are now that keep their id under another path or method."""
    ids = {one.written.get("operationId"): key for key, one in new.items() if key not in old}
    found = {key: ids.get(one.written.get("operationId")) for key, one in old.items()}
    return {key: to for key, to in found.items() if to is not None and key not in new}


def member(pair: Pair, at: Parts, one: Differing, who: Who, what: str, *, about: str) -> Seen:
    """Return an effect at the member, or the listed value, that differs.

    Args:
        pair: The operation.
        at: Where the schema is in the new operation.
        one: What differs.
        who: Who breaks.
        what: How.
        about: What the schema is of, such as `body image/png`.
    """
    old, new = pair.specs
    path = one.path[:-1] if one.path[-1:] == (UNLISTED,) else one.path
    was_at = (*pair.old.place, *at[len(pair.new.place) :])
    places = [
        corpus.where(spec, there, path, one.value) for spec, there in ((new, at), (old, was_at))
    ]
    place = next((found for found in places if found[-2:-1] == ("enum",)), places[0])
    value = evidence.shown(one.path, one.value) if one.path else json.dumps(one.value)
    return by_schema(place, who, what, f"{about}: {one.told or value}")


def security(pair: Pair) -> Iterator[Seen]:
    """Yield what was enough to be let in, and is not any more."""
    for sent in pair.old.security:
        if any(_is_enough(asked, sent) for asked in pair.new.security):
            continue
        names = " or ".join(" and ".join(asked) for asked in pair.new.security)
        changed = [name for name in sent if any(name in asked for asked in pair.new.security)]
        named = ("components", "securitySchemes", *changed[:1])
        # Where the name is the same, it is the scheme that changed.
        at = named if changed else (*pair.new.place, "security")
        example = " and ".join(sent) or "no key"
        what = f"they send {example}, which is not what {names} asks for"
        yield by_schema(at, Who.INSTALLED, what, example)


def _is_enough(asked: Mapping[str, Json], sent: Mapping[str, Json]) -> bool:
    given = [_bare(scheme) for scheme in sent.values()]
    return all(_bare(scheme) in given for scheme in asked.values())


def _bare(scheme: Json) -> Json:
    return {key: value for key, value in scheme.items() if key not in _WORDS}
