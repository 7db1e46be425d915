"""The published tables of members, held against a schema of the spec."""

from collections.abc import Iterator
from typing import Any

from babou_contract.checks.registry import Tally
from babou_contract.specification import places, published, spec
from babou_contract.specification.references import parts_of
from babou_contract.specification.schema import fits

Facts = dict[str, Any]
Place = tuple[object, ...]

_SAMPLES: dict[str, list[object]] = {
    "string": ["x/y", "2025-12-02T10:00:00Z"],
    "number": [1],
    "array": [[]],
}
_OTHERS: list[object] = [True, [], {}, 1, "1"]
_UNLISTED = "x-unlisted/x"  # a state and a MIME type that no page lists


def hold(name: str, schema: spec.Document, place: Place, held: set[Place], tally: Tally) -> None:
    """Hold a published table against a schema at a place, unless that was held already."""
    place = at(schema, place)
    if place in held:
        return
    held.add(place)
    whole = spec.merged(schema)
    members, required = whole.get("properties", {}), whole.get("required", ())
    for member, facts in published.load()["schemas"][name].items():
        tally.case()
        known = members.get(member)
        optional = facts.get("optional", False)
        if known is None or (member in required) is optional:
            wanted = "optional" if optional else "required"
            missing(tally, f"the member {member} is missing, or not {wanted}", place)
            continue
        where = (*place, "properties", member)
        for text in _differences(member, facts, known):
            missing(tally, text, where)
        for value in values(facts):
            if not takes(known, value):
                listing = (*where, "enum") if spec.listed(known) else where
                missing(tally, f"the {member} {value} is not allowed or not listed", listing)
        if "of" in facts:
            part = spec.merged(known)
            inner = part["items"] if facts["type"] == "array" and "items" in part else known
            hold(
                facts["of"], inner, (*where, "items") if inner is not known else where, held, tally
            )
    for artefact in published.load()["artefacts"]:
        tally.case()
        if artefact in members:
            text = f"{artefact} is an artefact of the page, and no member (D4)"
            missing(tally, text, (*place, "properties", artefact))


def _differences(name: str, facts: Facts, known: spec.Document) -> Iterator[str]:
    kind = facts["type"]
    if kind != "object":
        if not any(fits(known, sample) for sample in (*_SAMPLES[kind], *values(facts))):
            yield f"{name} should be of type {kind}"
        own = {type(sample) for sample in _SAMPLES[kind]}
        if any(fits(known, other) for other in _OTHERS if type(other) not in own):
            yield f"{name} may be more than of type {kind}"
    if "nullable" in facts and fits(known, None) is not facts["nullable"]:
        yield f"{name} {'can be null' if facts['nullable'] else 'is never null'}, says the page"
    if facts.get("format") not in {None, spec.merged(known).get("format")}:
        yield f"{name} has another format than {facts.get('format')}"
    if "open" in facts and not fits(known, _UNLISTED):
        yield f"{name} is a closed list, but other values may follow ({facts['open']})"


def values(facts: Facts) -> list[str]:
    """Return the values that the pages list for a member or a parameter."""
    found: list[str] = published.load()["values"].get(facts.get("values"), [])
    return found


def takes(schema: spec.Document, value: str) -> bool:
    """Say whether a schema allows a value, and lists it if it lists any."""
    listed = spec.listed(schema)
    return value in listed if listed else fits(schema, value)


def new(name: str | None, schema: spec.Document) -> set[str]:
    """Return the members of a schema that no published table has as yet."""
    if name is None:
        return set()
    members = set(spec.merged(schema).get("properties", {}))
    return members - {*published.load()["schemas"][name], *published.load()["artefacts"]}


def unpublished(
    name: str | None, schema: spec.Document, place: Place
) -> Iterator[tuple[str, Place]]:
    """Yield the members and values of a schema that the pages don't show as yet."""
    if name is None:
        return
    place = at(schema, place)
    for member in sorted(new(name, schema)):
        yield f"the member {member}", (*place, "properties", member)
    members = spec.merged(schema).get("properties", {})
    for member, facts in published.load()["schemas"][name].items():
        for value in spec.listed(members.get(member, {})):
            if value not in values(facts):
                where = (*place, "properties", member, "enum", value)
                yield f"the {member} {value}", where


def at(schema: spec.Document, place: Place) -> Place:
    """Return the place of a schema: where its reference leads, or where it stands."""
    return tuple(parts_of(schema["$ref"])) if "$ref" in schema else place


def missing(tally: Tally, text: str, place: Place) -> None:
    """Tell that the spec lacks what the pages show."""
    tally.disagree(
        text, expected="what the published page shows", received="not that", **places.at(*place)
    )
