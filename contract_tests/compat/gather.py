"""Bring what was seen and what changed in the text together, one difference for each place."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen

from compat.additions import Addition
from compat.evidence import Seen
from compat.model import Difference, Effect, Level, Who
from compat.specification import Versions
from compat.textdiff import Change, Place
from compat.typing_check import Complaint

Json = Any
_ARGUMENT = re.compile(r'[Aa]rguments? ("\w+".*?) (?:in call|to|for) ')
_EACH = 2


@frozen
class _Entry:
    place: Place
    changes: list[Change] = field(factory=list)
    effects: list[Effect] = field(factory=list)
    additions: list[Addition] = field(factory=list)


def differences(
    specs: Versions,
    changes: Iterable[Change],
    found: Iterable[Seen],
    complaints: Iterable[Complaint],
    additions: Iterable[Addition],
) -> tuple[Difference, ...]:
    """Return one difference for each place, the gravest first."""
    entries: dict[str, _Entry] = {}

    def entry(place: Place) -> _Entry:
        return entries.setdefault(place.label, _Entry(place))

    for change in changes:
        entry(change.place).changes.append(change)
    for one in found:
        entry(one.place).effects.append(one.effect)
    for complaint in _telling(list(complaints)):
        for place in _places(complaint):
            entry(place).effects.append(_effect(complaint))
    for addition in additions:
        place = Place(addition.label, addition.name, ())
        entry(place).additions.append(addition)
    made = [_difference(one, specs) for one in entries.values()]
    return tuple(sorted(made, key=lambda d: (-d.level, d.gone, d.line or 0, d.place)))


def _telling(complaints: list[Complaint]) -> Iterator[Complaint]:
    """Leave out calls by position where the same call by name is complained of, and says more."""
    by_name = {c.use.place for c in complaints if "=" in c.use.shown}
    return (c for c in complaints if "=" in c.use.shown or c.use.place not in by_name)


def _places(complaint: Complaint) -> Iterator[Place]:
    """Return the argument that mypy names, or else the thing that is used."""
    use = complaint.use
    found = _ARGUMENT.search(complaint.text)
    names = re.findall(r'"(\w+)"', found[1]) if found else []
    if not names:
        yield Place(use.place, use.name, ())
    for name in names:
        yield Place(f"{use.place}.{name}", name, ())


def _effect(complaint: Complaint) -> Effect:
    said = complaint.text.rpartition("  [")[0] or complaint.text
    return Effect(Who.TYPED, f"mypy: {said}", complaint.use.shown)


def _difference(entry: _Entry, specs: Versions) -> Difference:
    old, new = specs
    gone = any(change.gone for change in entry.changes)
    # A name that only Python has is in no line of the spec.
    anchor = entry.place.anchor or next((c.place.anchor for c in entry.changes), ())
    line = (old if gone else new).line(anchor) if anchor else None
    return Difference(
        entry.place.label,
        entry.place.name,
        line,
        _what(entry),
        _level(entry),
        gone,
        tuple(_each_shown(entry.effects)),
    )


def _what(entry: _Entry) -> str:
    words = [str(change) for change in entry.changes]
    for alone in ("removed", "added"):
        if alone in words:  # what is required of it, or listed in it, came or went with it
            words = [alone, *(word for word in words if word == "now required")]
    if not words:
        words = [addition.what for addition in entry.additions]
    return "; ".join(dict.fromkeys(words)) or "behaves in another way"


def _level(entry: _Entry) -> Level:
    if entry.effects:
        return Level.MAJOR
    if entry.additions or any(not change.is_wording for change in entry.changes):
        return Level.MINOR
    return Level.PATCH


def _each_shown(effects: Iterable[Effect]) -> Iterator[Effect]:
    """Yield the shortest examples of each who: enough to see it, and few enough to read."""
    for who in Who:
        shown: dict[str, Effect] = {}
        for effect in sorted(effects, key=lambda e: (len(e.example), e.example)):
            if effect.who is who:
                shown.setdefault(_kind(effect), effect)
        yield from list(shown.values())[:_EACH]


def _kind(effect: Effect) -> str:
    """Return what makes two effects the same to a reader: who, and the first words."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d\S*", "…", effect.what)
