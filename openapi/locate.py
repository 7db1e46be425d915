"""Find the line of the spec whose edit a tool's message is most likely about."""  # noqa: INP001  (a script's)

import re
from collections.abc import Iterator

from lint import ROOT, SPEC

from babou_contract.specification import places
from compat import textdiff
from compat.model import NotJudgedError
from compat.released import Released
from compat.specification import Specification


def line(*texts: str) -> int:
    """Return the line of the change since the release that a message is most likely about."""
    words = set(re.findall(r"\w+", " ".join(texts).lower()))
    try:
        old, new = _specs()
        renamed = list(_renamed(old, new, words))
        changed = [c for c in textdiff.changes(old, new) if not c.is_wording]
    except NotJudgedError:  # there is nothing to compare with, which another step tells of
        return 1
    named = [change for change in changed if change.place.name.lower() in words]
    return next(iter([*map(_now, named), *renamed, *map(_now, changed)]), 1)


def line_of_name() -> int:
    """Return the line of the first name of an operation, or of its tag, that was changed."""
    try:
        found = textdiff.changes(*_specs())
        named = [c for c in found if c.keyword in {"operationId", "tags"}]
    except NotJudgedError:
        return 1
    at = (places.pointer(*change.place.anchor, change.keyword) for change in named)
    return next(map(places.line_of, at), None) or 1


def renamed() -> tuple[int, str] | None:
    """Return line and sentence of operations that were renamed, if nothing else changed of them.

    None where something that is sent or answered changed as well, or there is no release.
    """
    try:
        found = list(textdiff.changes(*_specs()))
    except NotJudgedError:
        return None
    named = [c for c in found if c.keyword in {"operationId", "tags"}]
    anchors = {change.place.anchor for change in named}
    touched = [c for c in found if not c.is_wording and c.place.anchor[:3] in anchors]
    if not named or touched:
        return None
    told = ", ".join(f"{c.keyword} {_word(c.old)} is now {_word(c.new)}" for c in named)
    return line_of_name(), f"{told}, and nothing changes on the wire"


def _word(name: object) -> str:
    return ", ".join(map(str, name)) if isinstance(name, list) else str(name)


def line_of(label: str) -> int | None:
    """Return the line of what is called so; where it was, if it is gone."""
    found = textdiff.changes(*_specs())
    return next((_now(change) for change in found if change.place.label == label), None)


def _specs() -> tuple[Specification, Specification]:
    return Specification.in_wheel(Released.of(ROOT).wheel), Specification.in_file(ROOT / SPEC)


def _renamed(old: Specification, new: Specification, words: set[str]) -> Iterator[int]:
    """Yield the lines of schemas that are new, where a message names one that is gone."""
    before, now = (spec.document.get("components", {}).get("schemas", {}) for spec in (old, new))
    if any(name.lower() in words for name in before.keys() - now.keys()):
        yield from (new.line(("components", "schemas", n)) for n in now if n not in before)


def _now(change: textdiff.Change) -> int:
    return places.line_of(places.pointer(*change.place.anchor)) or 1
