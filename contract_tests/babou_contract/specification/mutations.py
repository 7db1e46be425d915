"""Changes of one member of a document, allowed and forbidden, derived from its schema."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from babou_contract.specification import spec
from babou_contract.specification.schema import fits
from babou_contract.specification.strategies import LARGEST

Value = Any

_CORNERS: tuple[Value, ...] = (
    *(None, 0, 1, 245678.0, LARGEST, 0.5, 12.480000001, 1e-9, 1e300),
    *("", "x", "ready", "a/b", "image/svg+xml; charset=utf-8", "\u202e🎬\x00"),
    " E\u0301  a \r\n",  # it is changed by who trims, joins blanks or line ends, or normalizes
    "2016-12-31T23:59:60Z",
    "2025-12-02t10:00:00z",
    "2025-12-02T10:00:00.123456789Z",
    "2025-12-02T23:30:00-23:59",
    "2000-01-01T00:00:00+00:00",
    "2000-02-29",
    "00000000-0000-4000-8000-00000000000A",
)


@frozen
class Member:
    """A member or an item of a document, however deep.

    Attributes:
        path: Names and indexes, from the top.
        named: As much of the path as a refusal has to name: what is chosen among alternatives is
            refused as a whole.
        schema: What is allowed there.
        required: Whether the member has to be there.
    """

    path: tuple[str | int, ...]
    named: tuple[str | int, ...]
    schema: spec.Document
    required: bool

    @property
    def name(self) -> str:
        """The path as a person writes it."""
        return ".".join(map(str, self.path))


def members(
    schema: spec.Document,
    document: Value,
    path: tuple[str | int, ...] = (),
    named: tuple[str | int, ...] | None = None,
) -> Iterator[Member]:
    """Yield the members that a schema declares for a document, and the first and last items."""
    schema = spec.merged(schema)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if fits(option, document):
            yield from members(option, document, path, path if named is None else named)
            return

    def of(part: spec.Document, key: str | int, *, required: bool) -> Iterator[Member]:
        at = (*path, key)
        yield Member(at, at if named is None else named, part, required)
        inside = document.get(key) if isinstance(document, dict) else document[key]
        if isinstance(inside, dict | list):
            yield from members(part, inside, at, named)

    if isinstance(document, dict):
        for name, part in schema.get("properties", {}).items():
            yield from of(part, name, required=name in schema.get("required", ()))
    elif isinstance(document, list) and "items" in schema:
        for index in sorted({0, len(document) - 1} if document else ()):
            yield from of(schema["items"], index, required=False)


def put(document: Value, path: tuple[str | int, ...], value: Value, *, gone: bool = False) -> Value:
    """Return a document with another value at a place, or without what is there.

    Raises:
        LookupError: What is around the place is not there.
    """
    key, *rest = path
    if isinstance(document, list):
        changed: Value = list(document)
    elif isinstance(document, dict):
        changed = dict(document)
    else:
        raise KeyError(key)
    if rest:
        changed[key] = put(changed[key], tuple(rest), value, gone=gone)
    elif not gone:
        changed[key] = value
    else:
        changed.pop(key, None)
    return changed


def corners(schema: spec.Document, examples: Iterable[Value]) -> Iterator[Value]:
    """Yield the spec's examples, and a copy of one with each corner value that a member allows."""
    known = list(examples)
    yield from known
    for member in members(schema, known[0]) if known else ():
        for value in _CORNERS:
            if fits(member.schema, value):
                yield put(known[0], member.path, value)


@frozen
class Mutation:
    """One change of one member that makes an allowed document a forbidden one."""

    member: Member
    about: str
    value: Value
    gone: bool = False

    def apply(self, document: Value) -> Value:
        """Return the document with the change.

        Raises:
            LookupError: The document has no such place.
        """
        return put(document, self.member.path, self.value, gone=self.gone)

    def is_named_by(self, name: str | None) -> bool:
        """Say whether a refusal that names a member means this one."""
        named, told = [str(part) for part in self.member.named], (name or "").split(".")
        return told[: len(named)] == named


_WRONG: tuple[tuple[str, Value], ...] = (
    ("null", None),
    ("true", True),
    ("false", False),
    ("a number", 7),
    ("a negative number", -1),
    ("a number with a fraction", 7.5),
    ("a negative number with a fraction", -0.5),
    ("a number in quotes", "12"),
    ("the empty text", ""),
    ("a word", "word"),
    ("a list", []),
    ("a list of one", ["x"]),
    ("an object", {}),
    ("a slash alone", "/"),
    ("two slashes", "a//"),
    ("a space within a type", "image /png"),
    ("a time without offset", "2025-12-02T10:00:00"),
    ("a date", "2025-12-02"),
    ("a date in ISO's short form", "20251202"),
    ("a time with a space", "2025-12-02 10:00:00Z"),
    ("a time with a line end", "2025-12-02T10:00:00Z\n"),
    ("a month that is none", "2025-13-02T10:00:00Z"),
    ("a day that is none", "2025-02-30T10:00:00Z"),
    ("an hour that is none", "2025-12-02T24:00:00Z"),
    ("a leap second in the middle of a day", "2025-12-02T10:00:60Z"),
    ("an offset without colon", "2025-12-02T10:00:00+0100"),
    ("a comma for a point", "2025-12-02T10:00:00,5Z"),
    ("a time of another century", "1970-01-01T00:00:00Z"),
    ("the year one", "0001-01-01T00:00:00Z"),
    ("digits of another script", "2025-12-02T10:00:0١Z"),  # noqa: RUF001  that is the point
)


def mutations(schema: spec.Document, document: Value) -> Iterator[Mutation]:
    """Yield every mutation of every member of a document that the schema forbids."""
    for member in members(schema, document):
        if member.required:
            yield Mutation(member, f"{member.name} left out", None, gone=True)
        for about, value in _WRONG:
            if not fits(member.schema, value):
                yield Mutation(member, f"{member.name} is {about}", value)


def wrong_bodies(document: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are no JSON object at all, or no JSON."""
    text = json.dumps(document).encode()
    yield "nothing", b""
    yield "a list", b"[" + text + b"]"
    yield "null", b"null"
    yield "a text", b'"ready"'
    yield "HTML", b"<html><body>ready</body></html>"
    yield "half of the JSON", text[: len(text) // 2]
    yield "the JSON twice", text + text
    yield "something after the JSON", text + b"<!-- cache -->"
    yield "a byte that no UTF-8 has", text.replace(b'"', b'"\xff', 1)
    yield "single quotes", text.replace(b'"', b"'")
