"""References of a specification followed, until each operation is complete in itself.

`complete` puts into each operation what stands elsewhere in the document: the parameters and the
servers of its path, the security of the whole document, and the components for its parameters,
body, answers, headers and examples. References to schemas stay: their names are generated as the
names of classes. Only the standard library is imported here.
"""

from collections.abc import Callable, Iterator
from typing import Any

Json = Any
Document = dict[str, Any]
Place = tuple[object, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnusableError(Exception):
    """Says why a specification cannot be used at all, and the line to look at."""

    def __str__(self) -> str:
        return f"the specification cannot be used: {self.args[0]}"


class MissingError(LookupError):
    """The specification lacks what is asked of it; the text says what."""


class NoSuchReferenceError(MissingError):
    """A reference leads nowhere, or back to itself; the first argument is the reference."""

    def __str__(self) -> str:
        return f"the reference {self.args[0]} leads nowhere"


def complete(document: Document) -> Document:
    """Return a document in which each operation is complete, and only schemas are referred to.

    Raises:
        NoSuchReferenceError: A reference leads nowhere.
    """
    components = document.get("components") or {}
    schemes = _each(components.get("securitySchemes"), lambda scheme: follow(document, scheme))
    paths = _each(document.get("paths"), lambda item: _path(document, item))
    kept = {"schemas": components.get("schemas") or {}, "securitySchemes": schemes}
    rest = {key: value for key, value in document.items() if key != "security"}
    return rest | {"paths": paths, "components": {k: v for k, v in kept.items() if v}}


def follow(document: Document, item: Json) -> Document:
    """Return what an item's reference names, with what stands beside it, or the item itself."""
    beside: Document = {}
    passed = set()
    while isinstance(item, dict) and isinstance(item.get("$ref"), str):
        if item["$ref"] in passed:
            raise NoSuchReferenceError(item["$ref"])
        passed.add(item["$ref"])
        beside = {key: value for key, value in item.items() if key != "$ref"} | beside
        item = target(document, item["$ref"])
    return {**item, **beside} if isinstance(item, dict) else {}


def target(document: Document, reference: str) -> Document:
    """Return what a reference names.

    Raises:
        NoSuchReferenceError: There is no such place, or no object.
    """
    found: Json = document if reference.startswith("#/") else None
    for part in parts_of(reference):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise NoSuchReferenceError(reference)
    return found


def nodes(value: Json, place: Place = ()) -> Iterator[tuple[Place, Json]]:
    """Yield each object of a document with its place."""
    if isinstance(value, dict):
        yield place, value
        for key, item in value.items():
            yield from nodes(item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from nodes(item, (*place, index))


def parts_of(pointer: str) -> list[str]:
    """Read a JSON pointer (RFC 6901), or the fragment of a `$ref`."""
    path = pointer.removeprefix("#").removeprefix("/")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")] if path else []


def with_schemas(document: Document, form: Callable[[Json], Json]) -> Document:
    """Return a complete document with every schema brought into a form."""
    paths = {
        path: {key: formed(value, form) if key in METHODS else value for key, value in item.items()}
        for path, item in document["paths"].items()
    }
    schemas = _each(document["components"].get("schemas"), form)
    return document | {"paths": paths, "components": document["components"] | {"schemas": schemas}}


def formed(item: Document, form: Callable[[Json], Json]) -> Document:
    """Return an operation, or a part of one, with its schemas brought into a form."""
    made = dict(item)
    if "schema" in made:
        made["schema"] = form(made["schema"])
    for key in ("responses", "headers", "content"):
        if key in made:
            made[key] = {name: formed(part, form) for name, part in made[key].items()}
    if "requestBody" in made:
        made["requestBody"] = formed(made["requestBody"], form)
    if "parameters" in made:
        made["parameters"] = [formed(part, form) for part in made["parameters"]]
    return made


def _each(items: Json, made: Callable[[Json], Json]) -> Document:
    return {str(name): made(item) for name, item in (items or {}).items()}


def _path(document: Document, item: Json) -> Document:
    item = follow(document, item)
    shared = item.get("parameters") or ()
    inherited = {"security": document["security"]} if "security" in document else {}
    inherited |= {"servers": item["servers"]} if "servers" in item else {}
    return {
        key: _operation(document, inherited | value, shared) if key in METHODS else value
        for key, value in item.items()
        if key not in {"parameters", "servers"}
    }


def _operation(document: Document, written: Document, shared: Json) -> Document:
    given = [_content(document, item) for item in (*shared, *(written.get("parameters") or ()))]
    own = {(item.get("in"), item.get("name")): item for item in given}
    made = {**written, "parameters": list(own.values())} if own else dict(written)
    if "requestBody" in made:
        made["requestBody"] = _content(document, made["requestBody"])
    if "responses" in made:
        made["responses"] = _each(made["responses"], lambda answer: _content(document, answer))
    return made


def _content(document: Document, item: Json) -> Document:
    """Follow the reference of a parameter, body, answer or header, and those in it."""
    made = follow(document, item)
    if "headers" in made:
        made["headers"] = _each(made["headers"], lambda part: _content(document, part))
    if "content" in made:
        made["content"] = _each(made["content"], lambda part: _media_type(document, part))
    for key in ("examples", "links"):
        if isinstance(made.get(key), dict):
            made[key] = _each(made[key], lambda part: follow(document, part))
    return made


def _media_type(document: Document, item: Json) -> Document:
    """Follow the references in a media type; its one example is the only one of its examples."""
    made = _content(document, item)
    if "example" in made:
        made["examples"] = {"example": {"value": made.pop("example")}}
    return made
