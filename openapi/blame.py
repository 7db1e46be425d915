"""From what a tool says to the line of the spec whose edit it is most likely about."""  # noqa: INP001  (a script's)

import re

from lint import ROOT, SPEC

from babou_contract import places
from compat import textdiff
from compat.law import Law
from compat.model import NotJudgedError
from compat.released import Released


def line(*texts: str) -> int:
    """Return the line of the change since the release that a message is most likely about."""
    words = set(re.findall(r"\w+", " ".join(texts).lower()))
    changed = [change for change in _changes_if_any() if not change.is_wording]
    named = [change for change in changed if change.place.name.lower() in words]
    return next((_now(change) for change in named or changed), 1)


def line_of(label: str) -> int | None:
    """Return the line of what is called so; where it was, if it is gone."""
    return next((_now(change) for change in _changes() if change.place.label == label), None)


def line_of_name() -> int:
    """Return the line of the first name of an operation, or of its tag, that was changed."""
    named = (c for c in _changes_if_any() if c.keyword in {"operationId", "tags"})
    places_at = (places.pointer(*change.place.anchor, change.keyword) for change in named)
    return next(map(places.line_of, places_at), None) or 1


def _changes_if_any() -> list[textdiff.Change]:
    try:
        return _changes()
    except NotJudgedError:  # there is nothing to compare with, which another step tells of
        return []


def _changes() -> list[textdiff.Change]:
    old = Law.in_wheel(Released.of(ROOT).wheel)
    return list(textdiff.changes(old, Law.in_file(ROOT / SPEC)))


def _now(change: textdiff.Change) -> int:
    return places.line_of(places.pointer(*change.place.anchor)) or 1
