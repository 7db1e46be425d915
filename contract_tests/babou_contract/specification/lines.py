"""Where in the text of a specification something is written, wherever it was moved to.

A place is told as where it would stand if each operation were complete in itself; the text may
have it in the components, at the path or at the top instead.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml
from attrs import evolve, frozen

from babou_contract.specification.references import METHODS, parts_of

Parts = tuple[str, ...]

_IN_PARTS = {"allOf", "anyOf", "oneOf"}
_DEEPEST = 20  # references on the way to a place


@frozen
class _Spot:
    node: yaml.Node | None
    at: Parts = ()
    line: int = 1
    references: int = 0


def parsed(text: str) -> yaml.Node | None:
    """Return a document with the lines of its nodes."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times faster
    tree: yaml.Node | None = yaml.compose(text, Loader=loader)
    return tree


def located(tree: yaml.Node | None, parts: Iterable[object]) -> tuple[Parts, int]:
    """Return where a place really is in a document, and its line, from 1.

    A place that does not exist has the line of the nearest one around it.
    """
    wanted = tuple(str(part) for part in parts)
    places = (wanted, *_elsewhere(wanted))
    found = [one for place in places for one in _found(tree, _Spot(tree), place)]
    _, nearest = min(found, key=lambda one: one[0])
    return nearest.at, nearest.line


def _elsewhere(parts: Parts) -> Iterator[Parts]:
    """Yield where else the parameters and the security of an operation may be written."""
    match parts:
        case ("paths", path, method, "parameters", *rest) if method in METHODS:
            yield ("paths", path, "parameters", *rest)
        case ("paths", _, method, "security", *rest) if method in METHODS:
            yield ("security", *rest)


def _found(root: yaml.Node | None, spot: _Spot, parts: Parts) -> Iterator[tuple[int, _Spot]]:
    """Yield how many parts are missing at the end, and the place so far."""
    yield len(parts), evolve(spot, at=(*spot.at, *parts))
    if not parts or spot.references > _DEEPEST:
        return
    is_list = isinstance(spot.node, yaml.SequenceNode)
    for name, line, child in _children(spot.node):
        if parts[0] == name or (is_list and parts[0] in _names(root, child)):
            there = evolve(spot, node=child, at=(*spot.at, name), line=line)
            yield from _found(root, there, parts[1:])
            return
    for name, line, child in _children(spot.node):
        further = evolve(spot, line=line, references=spot.references + 1)
        if name == "$ref" and isinstance(child, yaml.ScalarNode):
            named = parts_of(str(child.value))
            yield from _found(root, evolve(further, node=root, at=()), (*named, *parts))
        elif name in _IN_PARTS:
            for number, _, part in _children(child):
                inner = evolve(further, node=part, at=(*spot.at, name, number))
                yield from _found(root, inner, parts)


def _children(node: yaml.Node | None) -> Iterator[tuple[str, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield str(index), item.start_mark.line + 1, item


def _names(root: yaml.Node | None, item: yaml.Node) -> Sequence[str]:
    """Return what an item of a list is found by: a name, a server's URL, or its own text."""
    if isinstance(item, yaml.ScalarNode):
        return [str(item.value)]
    keys = {name: child for name, _, child in _children(item)}
    if "$ref" in keys:
        there: yaml.Node | None = root
        for part in parts_of(str(keys["$ref"].value)):
            there = next((child for name, _, child in _children(there) if name == part), None)
        keys = {name: child for name, _, child in _children(there)}
    return [str(keys[name].value) for name in ("name", "url") if name in keys]
