"""Where the texts of two specifications differ, and what a person calls that place.

This finds places and lines. Who breaks is never read off the text: that is seen by trying.
"""

import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from attrs import frozen

from babou_contract.specification.keywords import written
from babou_contract.specification.references import METHODS
from compat.specification import Parts, Specification, paired

Json = Any

_WORDING = {
    *("description", "summary", "title", "example", "examples", "externalDocs", "contact"),
    *("license", "tags", "operationId", "default", "$comment", "bearerFormat"),
}
_NAMED_BY = {"servers": "url"}  # a list whose order says nothing
_NONE_IS_EMPTY = {"headers", "parameters", "properties", "required"}
_TOP_WORDING = {"info", "tags", "openapi", "externalDocs"}
_CUT = 60


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


@frozen
class Place:
    """What a person calls a part of the specification, and where its text begins."""

    label: str
    name: str
    anchor: Parts


@frozen
class Change:
    """One change of the text, at a place: what it is about there, before and after."""

    place: Place
    keyword: str
    old: Json
    new: Json

    @property
    def is_wording(self) -> bool:
        """Whether it only explains."""
        if self.place.anchor[-2:-1] == ("parameters",) and self.keyword == "name":
            return True  # of a parameter in a path, which nobody sees on the wire
        return self._word is not None or self.place.anchor[0] in _TOP_WORDING

    @property
    def _word(self) -> str | None:
        """The part of the keyword that makes it mere words; names of members are no keywords."""
        words = re.sub(r"(^|\.)properties\.[^.]*", "", self.keyword).split(".")
        return next((w for w in words if w in _WORDING or w.startswith("x-")), None)

    @property
    def gone(self) -> bool:
        """Whether the place is only in the old specification."""
        return not self.keyword and self.new is MISSING

    def __str__(self) -> str:
        if MISSING in (self.old, self.new) and not self.keyword:
            return "removed" if self.new is MISSING else "added"
        if self.is_wording:
            return self._word or self.keyword.partition(".")[0] or "wording"
        if self.keyword == "deprecated":
            return "deprecated" if self.new is True else "no longer deprecated"
        if self.keyword == "required":
            return "no longer required" if self.new is MISSING else "now required"
        return f"{self.keyword or self.place.name}: {_shown(self.old)} → {_shown(self.new)}"


def _shown(value: Json) -> str:
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _CUT else f"{text[: _CUT - 1]}…"


def changes(old: Specification, new: Specification) -> Iterator[Change]:
    """Yield where two versions differ."""
    old, new = paired(old, new)
    for parts, before, after in _walk(old.compared, new.compared, ()):
        place = place_of(parts)
        keyword = ".".join(parts[len(place.anchor) :])
        if parts[-1:] == ("required",) and isinstance(before, str | _Missing):
            name = after if before is MISSING else before
            place, keyword = place_of((*parts[:-1], "properties", str(name))), "required"
        yield Change(place, keyword, before, after)


def _walk(old: Json, new: Json, at: Parts) -> Iterator[tuple[Parts, Json, Json]]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if at[-1:] == ("headers",):  # whose names are the same in any case of letters
            spelled = {name.lower(): name for name in new}
            old = {spelled.get(name.lower(), name): value for name, value in old.items()}
        for name in dict.fromkeys([*old, *new]):
            before, after = old.get(name, MISSING), new.get(name, MISSING)
            if name in _NONE_IS_EMPTY and at[-1:] != ("properties",):
                before, after = _emptied(before, after), _emptied(after, before)
            yield from _walk(before, after, (*at, str(name)))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, at)
    else:
        yield at, old, new


def _emptied(value: Json, other: Json) -> Json:
    """Return an empty list or mapping for what is missing, where the other has one."""
    return type(other)() if value is MISSING and isinstance(other, dict | list) else value


def _lists(old: list[Json], new: list[Json], at: Parts) -> Iterator[tuple[Parts, Json, Json]]:
    word = at[-1] if at else ""
    if word in _NAMED_BY:
        key = _NAMED_BY[word]
        before, after = ({item.get(key, "$ref"): item for item in items} for items in (old, new))
        yield from _walk(before, after, at)
    elif word in {"anyOf", "oneOf", "allOf"}:
        same = {written(part) for part in old} & {written(part) for part in new}
        others = ([part for part in items if written(part) not in same] for items in (old, new))
        for index, (a, b) in enumerate(zip_longest(*others, fillvalue=MISSING)):
            yield from _walk(a, b, (*at, str(index)))
    elif word in {"enum", "required"}:
        for value in [*old, *new]:
            if (value in old) != (value in new):
                at_value = (*at, str(value)) if word == "enum" else at
                was, now = (value if value in items else MISSING for items in (old, new))
                yield at_value, was, now
    else:
        yield at, old, new


def place_of(parts: Parts) -> Place:
    """Return the place that a path in the specification belongs to."""
    if parts[:2] == ("components", "schemas") and len(parts) > 2:  # noqa: PLR2004
        return _in_schema(parts, parts[2], 3)
    if parts[:1] == ("paths",) and len(parts) > 1:
        return _in_path(parts)
    anchor = parts[:3] if parts[:1] == ("components",) else parts[:2]
    return Place(" ".join(anchor), anchor[-1] if anchor else "", anchor)


def _in_schema(parts: Parts, label: str, anchor: int, name: str = "") -> Place:
    """Return the place of a schema that stands before `anchor`, or of a member or value in it."""
    rest = parts[anchor:]
    while len(rest) > 1 and rest[0] in {"properties", "enum", "anyOf", "oneOf", "allOf", "items"}:
        if rest[0] == "items":
            rest = rest[1:]
            continue
        named = rest[0] in {"properties", "enum"}
        if named:
            name = rest[1]
            label, anchor = f"{label}.{name}", len(parts) - len(rest) + 2
        rest = rest[2:]
    return Place(label, name or label, parts[:anchor])


def _in_path(parts: Parts) -> Place:
    path = parts[1]
    if len(parts) == 2 or (parts[2] not in METHODS and parts[2] != "parameters"):  # noqa: PLR2004
        return Place(path, path, parts[:2])
    operation = path if parts[2] == "parameters" else f"{parts[2].upper()} {path}"
    start = 2 if parts[2] == "parameters" else 3
    rest = parts[start:]
    match rest[:1]:
        case ("parameters",) if len(rest) > 1:
            return Place(f"{operation} parameter {rest[1]}", rest[1], parts[: start + 2])
        case ("requestBody",):
            return _in_body(parts, operation)
        case ("security",):
            return Place(f"{operation} security", "security", parts[: start + 1])
        case ("responses",) if len(rest) > 1:
            return _in_answer(parts, operation)
    return Place(operation, operation, parts[:start])


def _in_answer(parts: Parts, operation: str) -> Place:
    status, rest = parts[4], parts[5:]
    label = f"{operation} answer {status}"
    if rest[:1] == ("headers",) and len(rest) > 1:
        return Place(f"{label} header {rest[1]}", rest[1], parts[:7])
    is_code = rest[:1] == ("content",) and rest[2:3] == ("examples",) and not status.startswith("2")
    if is_code and len(rest) > 3:  # noqa: PLR2004  (an error's examples are named for their codes)
        return Place(f"{label} code {rest[3]}", rest[3], parts[:9])
    if rest[2:3] == ("schema",) and {"properties", "enum"} & set(rest):
        return _in_schema(parts, label, 8)
    return Place(label, status, parts[:5])


def _in_body(parts: Parts, operation: str) -> Place:
    """Return the place of a body: all of it, one media type, or a member of its schema."""
    label = f"{operation} body"
    if parts[4:5] != ("content",) or len(parts) < 6:  # noqa: PLR2004
        return Place(label, "body", parts[:4])
    media = parts[5]
    return _in_schema(parts, f"{label} {media}", 7 if parts[6:7] == ("schema",) else 6, media)
