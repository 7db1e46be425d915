"""Where in the spec's text something stands: from a JSON pointer to a line."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import yaml

from babou_contract import spec


def pointer(*parts: object) -> str:
    """Write a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def parts_of(pointer: str) -> list[str]:
    """Read a JSON pointer, or the fragment of a `$ref`."""
    path = pointer.removeprefix("#").removeprefix("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")] if path else []


def line_of(pointer: str) -> int | None:
    """Return the line of the spec, from 1, at which the value of a pointer is written.

    A place that does not exist has the line of the nearest one around it.
    """
    node, line = _tree(), 1
    for part in parts_of(pointer):
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def at(*parts: object) -> dict[str, Any]:
    """Return the two members of a disagreement that say where in the spec it stands."""
    where = pointer(*parts)
    return {"spec_pointer": where, "spec_line": line_of(where)}


def operation(*parts: object) -> tuple[object, ...]:
    """Return the path, in parts, of something of the asset operation."""
    return ("paths", spec.ASSET_PATH, "get", *parts)


def answer(status: int | str, *parts: object) -> tuple[object, ...]:
    """Return the path of the documented answer with a status: its own entry, or its range's."""
    known = spec.responses()
    name = str(status) if str(status) in known else f"{str(status)[0]}XX"
    return operation("responses", *((name, *parts) if name in known else ()))


def member(schema: str, names: Iterable[object]) -> tuple[object, ...]:
    """Return the path of a member of a schema, however deep; items of lists are left out."""
    path: list[object] = ["components", "schemas", schema]
    for name in names:
        if isinstance(name, str):
            path += ["properties", name]
    return tuple(path)


@cache
def _tree() -> yaml.Node | None:
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree: yaml.Node | None = yaml.compose(spec.text(), Loader=loader)
    return tree


def _child(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item.start_mark.line + 1, item
    return None
