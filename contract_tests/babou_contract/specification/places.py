"""Where in the spec's text something stands: from a JSON pointer to a line."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from babou_contract.specification import lines, spec
from babou_contract.specification.operations import Operation
from babou_contract.specification.references import parts_of


def pointer(*parts: object) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def line_of(pointer: str) -> int | None:
    """Return the line of the spec, from 1, at which the value of a pointer is written.

    A place that does not exist has the line of the nearest one around it.
    """
    return lines.located(_tree(), parts_of(pointer))[1]


def at(*parts: object) -> dict[str, Any]:
    """Return the two members of a disagreement that say where in the spec it stands."""
    where, line = lines.located(_tree(), parts)
    return {"spec_pointer": pointer(*where), "spec_line": line}


def of(operation: Operation, *parts: object) -> tuple[object, ...]:
    """Return the path, in parts, of something of an operation."""
    return (*operation.place, *parts)


def answer_of(operation: Operation, status: int | str, *parts: object) -> tuple[object, ...]:
    """Return the path of a documented answer: the status's own entry, its range's, the default."""
    text = str(status)
    name = operation.status_of(int(text)) if text.isdecimal() else text
    return of(operation, "responses", *((name, *parts) if name in operation.responses else ()))


def body_of(
    operation: Operation, status: int | str, media_type: str, names: Iterable[object]
) -> tuple[object, ...]:
    """Return the path of the schema of an answer, or of a member or item of it, however deep."""
    path = answer_of(operation, status, "content", media_type, "schema")
    name = str(path[4]) if path[4:] else ""
    content = operation.answers.get((name, media_type))
    reference = content.schema.get("$ref") if content else None
    start = path if reference is None else tuple(parts_of(reference))
    members = [
        part
        for each in names
        for part in (("properties", each) if isinstance(each, str) else ("items",))
    ]
    return (*start, *members)


def success_of(operation: Operation, *names: object) -> tuple[object, ...]:
    """Return the path of the schema of the first success, or of a member of it."""
    rows = [row for row in operation.answers if row[0] in operation.successes]
    status, media = rows[0] if rows else ("200", "application/json")
    return body_of(operation, status, media, names)


def listing(place: tuple[object, ...]) -> tuple[object, ...]:
    """Return the path of the schema that lists the values of the one at a place."""
    found, _ = lines.located(_tree(), (*place, "enum"))
    return found[:-1]


@cache
def _tree() -> yaml.Node | None:
    return lines.parsed(spec.text())
