"""One version of the specification: its document, its lines, and what its schemas allow."""

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import ZipFile

import yaml
from attrs import field, frozen

from babou_contract.places import parts_of
from babou_contract.schema import FORMATS, Validator
from compat.model import NotJudgedError

Json = Any
Parts = tuple[str, ...]

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times faster
_IN_WHEEL = "babou_contract/openapi/babou.yaml"
_DEEPEST = 20


@frozen(eq=False)
class Operation:
    """One operation: its path, method, parameters and answers, references followed."""

    path: str
    method: str
    parameters: tuple[Json, ...]
    responses: Mapping[str, Json]
    security: tuple[Mapping[str, Json], ...]
    body_required: bool


@frozen(eq=False)
class Law:
    """A specification, as text and as what the text means."""

    name: str
    text: str = field(repr=False)

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """Read the specification of a checkout."""
        name = f"{path.parent.name}/{path.name}"
        try:
            return cls(name, path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise NotJudgedError(f"{name} can't be read: {error}") from error

    @classmethod
    def in_wheel(cls, wheel: Path) -> Self:
        """Read the specification that a wheel carries."""
        with ZipFile(wheel) as archive:
            return cls(f"{Path(_IN_WHEEL).name} of {wheel.name}", archive.read(_IN_WHEEL).decode())

    @cached_property
    def document(self) -> Json:
        """The parsed document."""
        try:
            document = yaml.load(self.text, Loader=_LOADER)  # noqa: S506  (a safe loader either way)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise NotJudgedError(f"{self.name}:{line}: {error.problem}; correct it.") from error
        if not isinstance(document, dict):
            raise NotJudgedError(f"{self.name}:1: it is not an OpenAPI document; correct it.")
        return document

    @cached_property
    def whole(self) -> Json:
        """The document with every reference replaced by what it stands for."""
        return self._followed(self.document, (), 0)

    def _followed(self, node: Json, where: Parts, depth: int) -> Json:
        if depth > _DEEPEST:
            return {}  # a schema that holds itself; as deep as any example goes
        if isinstance(node, list):
            return [self._followed(v, (*where, str(i)), depth) for i, v in enumerate(node)]
        if not isinstance(node, dict):
            return node
        if not isinstance(node.get("$ref"), str):
            return {k: self._followed(v, (*where, str(k)), depth) for k, v in node.items()}
        target = self._at(node["$ref"], where)
        beside = {k: v for k, v in node.items() if k != "$ref"}
        return self._followed({**target, **beside}, where, depth + 1)

    def _at(self, reference: str, where: Parts) -> Json:
        node: Json = self.document
        for part in parts_of(reference):
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            line = self.line((*where, "$ref"))
            raise NotJudgedError(f"{self.name}:{line}: there is no {reference}; correct it.")
        return node

    @cached_property
    def operations(self) -> dict[tuple[str, str], Operation]:
        """Every operation, by path and method."""
        return {
            (path, method): self._operation(path, method, item)
            for path, item in self.whole.get("paths", {}).items()
            for method in METHODS
            if method in item
        }

    def _operation(self, path: str, method: str, item: Json) -> Operation:
        written = item[method]
        parameters = {(p["in"], p["name"]): p for p in item.get("parameters", ())}
        parameters |= {(p["in"], p["name"]): p for p in written.get("parameters", ())}
        return Operation(
            path,
            method,
            tuple(parameters.values()),
            {str(status): answer for status, answer in written.get("responses", {}).items()},
            tuple(written.get("security", self.document.get("security", ({},)))),
            bool(written.get("requestBody", {}).get("required")),
        )

    def line(self, parts: Parts) -> int:
        """Return the line at which a place begins, or the nearest one around it."""
        node, line = self._tree, 1
        for part in parts:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line

    @cached_property
    def _tree(self) -> yaml.Node | None:
        tree: yaml.Node | None = yaml.compose(self.text, Loader=_LOADER)
        return tree


def _child(node: yaml.Node | None, part: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if str(key.value) == part:
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            if part in {str(index), _named(item)}:
                return item.start_mark.line + 1, item
    return None


def _named(item: yaml.Node) -> str | None:
    """Return what an item of a list is found by: a name, a server's URL, or its own text."""
    if isinstance(item, yaml.ScalarNode):
        return str(item.value)
    if isinstance(item, yaml.MappingNode):
        return next((str(v.value) for k, v in item.value if k.value in {"name", "url"}), None)
    return None


def fits(schema: Json, value: Json) -> bool:
    """Say whether a schema without references allows a value, formats included."""
    return bool(_validator(json.dumps(schema, sort_keys=True, default=str)).is_valid(value))


_validators: dict[str, Any] = {}


def _validator(text: str) -> Any:  # noqa: ANN401  (jsonschema has no types)
    if text not in _validators:
        _validators[text] = Validator(json.loads(text), format_checker=FORMATS)
    return _validators[text]


def members(schema: Json) -> dict[str, Json]:
    """Return the members that a schema names, those of `allOf` included."""
    found = dict(schema.get("properties", {})) if isinstance(schema, dict) else {}
    for part in schema.get("allOf", ()) if isinstance(schema, dict) else ():
        found |= members(part)
    return found


def required(schema: Json) -> set[str]:
    """Return the names of the members that a schema requires, those of `allOf` included."""
    found = set(schema.get("required", ()))
    return found.union(*(required(part) for part in schema.get("allOf", ())))


def with_value(document: Json, path: Parts, value: Json) -> Json:
    """Return a copy of a document with another value at a path; `GONE` takes the member out."""
    if not path:
        return value
    copied = copy.copy(document) if isinstance(document, dict) else {}
    if len(path) == 1 and value is GONE:
        copied.pop(path[0], None)
        return copied
    copied[path[0]] = with_value(copied.get(path[0]), path[1:], value)
    return copied


GONE = object()


def answers(operation: Operation) -> Iterator[tuple[str, str, Json]]:
    """Yield status, media type and the media type's object of each documented answer."""
    for status, answer in operation.responses.items():
        for media, content in (answer.get("content") or {"": {}}).items():
            yield status, media, content
