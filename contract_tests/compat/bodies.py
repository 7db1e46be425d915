"""Answers of success: each member alone, in both directions; what a wait makes of each state."""

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from compat import corpus, evidence
from compat.evidence import Seen, Side, seen, shown
from compat.model import NotJudgedError, Who
from compat.party import Answer
from compat.specification import GONE, ITEM, Parts, with_value

Json = Any
_FEW = 3  # of an item that did not change, whose values are tried alone by another method
_ORDER = "Release it only after every server has the new spec; documents kept from before fail too"


@frozen
class _Tried:
    """A value of a member: who allows it, whether that changed, what both clients made of it."""

    path: Parts
    value: Json
    by_old: bool
    by_new: bool
    changed: bool
    was: Json
    now: Json


def base_of(side: Side) -> Json:
    """Return a document that the side's own specification allows and its own client takes."""
    documents = corpus.examples(side.operation, side.status)
    taken = (d for d in documents if not evidence.is_refusal(fetched(side, d)))
    found = next(taken, next(iter(documents), None))
    if found is None:
        raise NotJudgedError(f"{_line(side)}: no document could be made from the schema.")
    return found


def require_sound(_: Side, new: Side) -> Iterator[Seen]:
    """Refuse to judge by a new client that takes no document which its own spec allows."""
    outcome = fetched(new, base_of(new))
    if evidence.is_refusal(outcome):
        raise NotJudgedError(
            f"{_line(new)}: the {new.client.name} client takes no document that its own spec "
            f"allows ({evidence.raised(outcome)}). Type-check the wrapper, and look at what it "
            "names; what needs this client was not judged."
        )
    return iter(())


def _line(side: Side) -> str:
    return f"{side.spec.name}:{side.spec.line(side.schema_at)}"


def fetched(side: Side, document: Json) -> Json:
    """Return what a client makes of a document as the answer of success."""
    asset_id = document.get("id") if isinstance(document, dict) else None
    asked = asset_id if isinstance(asset_id, str) else "ast_1"
    outcome, _ = side.meet(Answer(json.dumps(document).encode(), int(side.status)), id=asked)
    return outcome


def members(old: Side, new: Side) -> Iterator[Seen]:
    """Try every value of every member on both clients, in a document that is otherwise sound."""
    old_base, new_base = base_of(old), base_of(new)
    for path in dict.fromkeys([*corpus.paths(old.schema), *corpus.paths(new.schema)]):
        parts = [corpus.part_at(side.schema, path) or {} for side in (old, new)]
        changed = parts[0] != parts[1]
        values = list(_values(path, *parts))
        if ITEM in path and not changed:
            values = values[:_FEW]
        for value in (GONE, *values):
            by_old = corpus.allows(old.schema, path, value)
            by_new = corpus.allows(new.schema, path, value)
            if not (by_old or by_new):
                continue
            was = fetched(old, with_value(corpus.within(old.schema, old_base, path), path, value))
            now = fetched(new, with_value(corpus.within(new.schema, new_base, path), path, value))
            tried = _Tried(path, value, by_old, by_new, changed, was, now)
            yield from _judged(old, new, tried)


def _values(path: Parts, *parts: Json) -> Iterator[Json]:
    for value in corpus.candidates(*parts):
        if path != ("id",) or (isinstance(value, str) and value.isidentifier()):
            yield value  # other ids are not sent as they are


def _judged(old: Side, new: Side, tried: _Tried) -> Iterator[Seen]:
    path, was, now = tried.path, tried.was, tried.now
    place = _place(old, new, path, tried.value)
    example = shown(path, tried.value)
    if evidence.is_refusal(was):
        # What the release already refused although its own spec allowed it is no news.
        news = not tried.by_old or (tried.changed and not evidence.is_refusal(now))
        if tried.by_new and news:
            yield seen(place, Who.INSTALLED, evidence.raised(was), example)
        return
    if not tried.by_old or evidence.is_crash(now):
        return
    if evidence.is_refusal(now):
        yield seen(place, Who.RUNTIME, f"{evidence.raised(now)}. {_ORDER}.", example)
        return
    for name, what in evidence.value_changes(was, now):
        member = name.rpartition(".")[2]
        if member in path or member.startswith("is_"):  # the documents differ in other members
            yield seen(place, Who.RUNTIME, what, example)


def _place(old: Side, new: Side, path: Parts, value: Json) -> Parts:
    """Return the place in the new text, or in the old one where the new has it no longer."""
    in_old = corpus.where(old.spec, old.schema_at, path, value)
    if corpus.part_at(new.schema, path) is None:
        return in_old
    in_new = corpus.where(new.spec, new.schema_at, path, value)
    for at in (in_new, in_old):
        if at[-2:-1] == ("enum",):
            return at
    was, now = (corpus.member_at(side.spec, side.schema_at, path) for side in (old, new))
    is_same = corpus.node(old.spec, was) == corpus.node(new.spec, now)
    return in_new if is_same else now  # where a reference stays, what it names has changed


def states(old: Side, new: Side) -> Iterator[Seen]:
    """Wait for an asset in each state with both clients: does it end, fail, or go on?"""
    path = ("state",)
    old_part, new_part = (corpus.part_at(side.schema, path) for side in (old, new))
    if old_part is None or new_part is None:
        return
    bases = base_of(old), base_of(new)
    for state in corpus.candidates(old_part, new_part):
        by_old, by_new = (corpus.allows(side.schema, path, state) for side in (old, new))
        if not isinstance(state, str) or not (by_old or by_new):
            continue
        was = _waited(old, bases[0], state)
        now = _waited(new, bases[1], state)
        if evidence.is_refusal(was) or evidence.is_refusal(now):
            continue  # `members` has told of it
        place = _place(old, new, path, state)
        listed = {side: state in _listed(side, path) for side in (old, new)}
        example = shown(path, state)
        final = is_final(new, place, state)
        if listed[new] and was["wait"] == "goes on" and (now["wait"] != "goes on" or final):
            what = f"a wait goes on until its time is up, though {state!r} is final"
            yield seen(place, Who.INSTALLED, what, example)
        elif was != now and listed[old]:
            what = f"a wait {was['wait']} (check: {was['check']}), and now {now['wait']}"
            yield seen(place, Who.RUNTIME, f"{what} ({now['check']})", example)


def _waited(side: Side, base: Json, state: str) -> Json:
    document = with_value(base, ("state",), state)
    answer = Answer(json.dumps(document).encode(), int(side.status))
    outcome, _ = side.client.meet("wait", answer, id=document["id"])
    return outcome


def _listed(side: Side, path: Parts) -> set[str]:
    found = corpus.candidates(corpus.part_at(side.schema, path) or {})
    return {v for v in found if isinstance(v, str) and _is_listed(side, path, v)}


def _is_listed(side: Side, path: Parts, value: str) -> bool:
    return corpus.where(side.spec, side.schema_at, path, value)[-2:-1] == ("enum",)


def is_final(side: Side, place: Parts, state: str) -> bool:
    """Say whether the spec's words call a state final: a line of its list that ends so."""
    around = corpus.node(side.spec, place[:-2])
    lines = str(around.get("description", "") if isinstance(around, dict) else "").split("\n- ")
    return any(f"`{state}`" in line and line.strip().endswith("Final.") for line in lines)
