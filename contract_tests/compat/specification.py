"""One version of the specification: its document, its lines, and what its schemas allow."""

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import ZipFile

import yaml
from attrs import evolve, field, frozen

from babou_contract.specification import lines
from babou_contract.specification.normal_form import normal, simplified
from babou_contract.specification.operations import Operation, nameless, names_in, operations
from babou_contract.specification.references import NoSuchReferenceError
from babou_contract.specification.schema import made
from compat import compared
from compat.model import NotJudgedError

Json = Any
Parts = tuple[str, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C ten times faster
_IN_WHEEL = "babou_contract/openapi/babou.yaml"

GONE = object()  # the value of a member that is not there
ITEM = "[]"  # what stands in a path for the items of a list


@frozen(eq=False)
class Specification:
    """A specification, as text and as what the text means.

    Attributes:
        named: The components whose names stay: those that both versions have.
        renamed: What the other version calls a path in which only parameters have other names.
    """

    name: str
    text: str = field(repr=False)
    named: Mapping[str, frozenset[str]] = field(factory=dict)
    renamed: Mapping[str, str] = field(factory=dict)

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
    def simplified(self) -> Json:
        """The document as the generator takes it."""
        return self._judged(lambda: simplified(self.document))

    @cached_property
    def compared(self) -> Json:
        """The document in the form in which the other version's is compared with it."""
        return self._judged(
            lambda: compared.document(self.document, self.written, self.named, self.renamed)
        )

    @cached_property
    def written(self) -> tuple[Operation, ...]:
        """Every operation as it is written, references but those to schemas followed."""
        found: tuple[Operation, ...] = self._judged(lambda: operations(self.document))
        return found

    @cached_property
    def operations(self) -> dict[tuple[str, str], Operation]:
        """Every operation by path and method, as the other version calls them, with its schemas."""
        made = self._judged(
            lambda: [
                compared.operation(one, self.renamed, lambda s: normal(s, self.document))
                for one in self.written
            ]
        )
        return {(one.path, one.method): one for one in made}

    def _judged(self, made: Any) -> Any:  # noqa: ANN401  (a function, and what it returns)
        try:
            return made()
        except NoSuchReferenceError as error:
            [reference] = error.args
            line = next(self._lines_of(reference, self._tree), 1)
            text = f"{self.name}:{line}: there is no {reference}; correct it."
            raise NotJudgedError(text) from None

    def _lines_of(self, text: str, node: yaml.Node | None) -> Iterator[int]:
        if isinstance(node, yaml.ScalarNode) and node.value == text:
            yield node.start_mark.line + 1
        if isinstance(node, yaml.CollectionNode):
            for item in node.value:
                for each in item if isinstance(item, tuple) else (item,):
                    yield from self._lines_of(text, each)

    def line(self, parts: Parts) -> int:
        """Return the line at which a place begins, or the nearest one around it."""
        own: dict[str, str] = {}
        for path, theirs in self.renamed.items():
            if theirs in parts:
                own = {theirs: path} | dict(zip(names_in(theirs), names_in(path), strict=True))
        return lines.located(self._tree, [own.get(part, part) for part in parts])[1]

    @cached_property
    def _tree(self) -> yaml.Node | None:
        return lines.parsed(self.text)


Versions = tuple[Specification, Specification]


def paired(old: Specification, new: Specification) -> Versions:
    """Return two versions, each with what it has in common with the other."""
    named = {
        kind: frozenset(_names(old, kind) & _names(new, kind))
        for kind in ("schemas", "securitySchemes")
    }
    return evolve(old, named=named, renamed=_renamed(old, new)), evolve(new, named=named)


def _names(spec: Specification, kind: str) -> set[str]:
    return set((spec.document.get("components") or {}).get(kind) or {})


def _renamed(old: Specification, new: Specification) -> dict[str, str]:
    """Return the paths of the old version in which the new one has other names of parameters."""
    known = {nameless(one.path): one.path for one in new.written}
    found = {one.path: known.get(nameless(one.path), one.path) for one in old.written}
    return {path: theirs for path, theirs in found.items() if path != theirs}


def fits(schema: Json, value: Json) -> bool:
    """Say whether a schema without references allows a value, formats included."""
    return bool(_validator(json.dumps(schema, sort_keys=True, default=str)).is_valid(value))


_validators: dict[str, Any] = {}


def _validator(text: str) -> Any:  # noqa: ANN401  (jsonschema has no types)
    if text not in _validators:
        _validators[text] = made(json.loads(text))
    return _validators[text]


def members(schema: Json) -> dict[str, Json]:
    """Return the members that a schema names, those of `allOf` included; of a list, its items."""
    if not isinstance(schema, dict):
        return {}
    found = dict(schema.get("properties", {}))
    if isinstance(schema.get("items"), dict):
        found[ITEM] = schema["items"]
    for part in schema.get("allOf", ()):
        found |= members(part)
    return found


def required(schema: Json) -> set[str]:
    """Return the names of the members that a schema requires, those of `allOf` included."""
    found = set(schema.get("required", ()))
    return found.union(*(required(part) for part in schema.get("allOf", ())))


def with_value(document: Json, path: Parts, value: Json) -> Json:
    """Return a copy of a document with another value at a path; `GONE` takes the member out.

    Of a list it is the first item.
    """
    if not path:
        return value
    if path[0] == ITEM:
        items = document if isinstance(document, list) else []
        if len(path) == 1 and value is GONE:
            return items[1:]
        return [with_value(items[0] if items else None, path[1:], value), *items[1:]]
    copied = copy.copy(document) if isinstance(document, dict) else {}
    if len(path) == 1 and value is GONE:
        copied.pop(path[0], None)
        return copied
    copied[path[0]] = with_value(copied.get(path[0]), path[1:], value)
    return copied


def media_range(contents: Mapping[str, Json], media: str) -> str | None:
    """Return how a media type is written among others: as itself, or as a range that it is in."""
    names = (media, f"{media.partition('/')[0]}/*", "*/*")
    return next((name for name in names if name in contents), None)


def answers(operation: Operation) -> Iterator[tuple[str, str, Json]]:
    """Yield status, media type and the media type's object of each documented answer."""
    for status, answer in operation.responses.items():
        for media, content in (answer.get("content") or {"": {}}).items():
            yield status, media, content
