"""Where in the spec's text something stands: from a JSON pointer to a line."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from babou_contract.specification import lines, spec
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


def operation(*parts: object) -> tuple[object, ...]:
    """Return the path, in parts, of something of the asset operation."""
    return (*spec.asset_operation().place, *parts)


def answer(status: int | str, *parts: object) -> tuple[object, ...]:
    """Return the path of the documented answer with a status: its own entry, or its range's."""
    known = spec.responses()
    name = str(status) if str(status) in known else f"{str(status)[0]}XX"
    return operation("responses", *((name, *parts) if name in known else ()))


def asset(*names: object) -> tuple[object, ...]:
    """Return the path of the asset's schema, or of a member of it."""
    return body(200, "application/json", names)


def states() -> tuple[object, ...]:
    """Return the path of the schema that lists the states."""
    listing, _ = lines.located(_tree(), (*asset("state"), "enum"))
    return listing[:-1]


def body(status: int | str, media_type: str, names: Iterable[object]) -> tuple[object, ...]:
    """Return the path of a body's schema, or of a member, however deep; items are left out."""
    path = answer(status, "content", media_type, "schema")
    content = spec.responses().get(str(path[4]), {}).get("content", {}) if path[4:] else {}
    reference = content.get(media_type, {}).get("schema", {}).get("$ref")
    start = path if reference is None else tuple(parts_of(reference))
    members = [part for name in names if isinstance(name, str) for part in ("properties", name)]
    return (*start, *members)


@cache
def _tree() -> yaml.Node | None:
    return lines.parsed(spec.text())
