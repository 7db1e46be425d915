"""The operations of a specification: the one reader of `paths`, with every reference followed.

Contract check, mock server, `compat`, kill matrix and documentation ask it. Only the standard
library and attrs are imported here, so that the mock server and the generator can use it.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote

from attrs import field, frozen

from babou_contract.specification.references import (
    METHODS,
    Document,
    MissingError,
    complete,
    follow,
)

Json = Any

SAFE = frozenset({"get", "head", "options", "trace"})  # they change nothing (RFC 9110, 9.2.1)


class NoOperationError(MissingError):
    """The specification has no operation of an id."""


@frozen(eq=False)
class Content:
    """A body of one media type.

    Attributes:
        schema: As it is written: a reference keeps the name of the schema.
        examples: Their values by name.
    """

    schema: Document
    examples: Mapping[str, Json]


@frozen(eq=False)
class Parameter:
    """A parameter of an operation.

    Attributes:
        place: `path`, `query`, `header` or `cookie`.
        schema: With its reference followed.
        examples: Its own, those of its schema, and its default.
        style: How lists and objects are written, with `explode`.
        media_type: That of its text, where it is written as a body is; else empty.
    """

    name: str
    place: str
    required: bool
    schema: Document
    examples: tuple[Json, ...]
    style: str
    explode: bool
    media_type: str = ""

    @property
    def kind(self) -> str:
        """`array` or `object`, where its values are written as several; else `scalar`."""
        types = self.schema.get("type", "object" if "properties" in self.schema else "")
        known = [types] if isinstance(types, str) else types
        return next((name for name in ("array", "object") if name in known), "scalar")


@frozen(eq=False)
class Operation:
    """One operation, complete in itself.

    Attributes:
        written: All that the document says of it, references followed.
        security: The alternatives: for each, what its schemes ask for, by the schemes' names.
        document: The document that it is from, for the references of its schemas.
    """

    path: str
    method: str
    written: Document
    security: tuple[Mapping[str, Document], ...]
    document: Document = field(factory=dict, repr=False)

    @property
    def id(self) -> str:
        """The `operationId`, or method and path where there is none."""
        return str(self.written.get("operationId") or f"{self.method.upper()} {self.path}")

    @property
    def place(self) -> tuple[str, ...]:
        """Where the operation stands in its document."""
        return ("paths", self.path, self.method)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, in their order."""
        return tuple(map(str, self.written.get("tags", ())))

    @property
    def is_safe(self) -> bool:
        """Whether the method changes nothing on the server."""
        return self.method in SAFE

    @property
    def needs_key(self) -> bool:
        """Whether each alternative of the security asks for something."""
        return all(self.security)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters, those of the path among them."""
        return tuple(_parameter(self.document, p) for p in self.written.get("parameters", ()))

    @property
    def in_path(self) -> tuple[Parameter, ...]:
        """The parameters in the path, as they follow each other there."""
        known = {p.name: p for p in self.parameters if p.place == "path"}
        return tuple(known[name] for name in names_in(self.path) if name in known)

    @cached_property
    def bodies(self) -> Mapping[str, Content]:
        """The documented bodies of the request, by media type."""
        return _contents(self.written.get("requestBody", {}))

    @property
    def body_required(self) -> bool:
        """Whether a request without a body is wrong."""
        return bool(self.written.get("requestBody", {}).get("required"))

    @property
    def responses(self) -> Mapping[str, Document]:
        """The documented answers as they are written, by status."""
        found: Document = self.written.get("responses", {})
        return found

    @cached_property
    def answers(self) -> Mapping[tuple[str, str], Content]:
        """The documented answers by status and media type, which is empty where there is no body.

        A status may be a range, such as `5XX`, or `default`.
        """
        return {
            (status, media): content
            for status, answer in self.responses.items()
            for media, content in (_contents(answer) or {"": Content({}, {})}).items()
        }

    @property
    def successes(self) -> tuple[str, ...]:
        """The documented statuses of success."""
        return tuple(status for status in self.responses if status.startswith("2"))

    def status_of(self, status: int) -> str | None:
        """Return the name of the documented answer that a status belongs to, None without one."""
        names = (str(status), f"{status // 100}XX", "default")
        return next((name for name in names if name in self.responses), None)

    def arguments_in(self, path: str) -> dict[str, str] | None:
        """Return what a request's path, without its query, has for the parameters in the path.

        None where the path is another operation's.
        """
        between = map(re.escape, re.split(r"\{[^}]*\}", self.path))
        found = re.fullmatch("([^/]+)".join(between), path)
        names = names_in(self.path)
        return dict(zip(names, map(unquote, found.groups()), strict=True)) if found else None

    def path_for(self, arguments: Mapping[str, str]) -> str:
        """Return the path for arguments, which may hold anything.

        Lone surrogates stand for raw bytes.
        """
        path = self.path
        for name in names_in(path):
            encoded = str(arguments.get(name, "")).encode("utf-8", "surrogateescape")
            path = path.replace(f"{{{name}}}", quote(encoded, safe=""))
        return path


def operations(document: Document) -> tuple[Operation, ...]:
    """Return every operation of a document, in its order."""
    whole = complete(document)
    schemes: Document = whole["components"].get("securitySchemes", {})
    return tuple(
        Operation(
            path,
            method,
            item[method],
            tuple(
                {name: schemes.get(name, {}) for name in alternative}
                for alternative in item[method].get("security") or [{}]
            ),
            whole,
        )
        for path, item in whole["paths"].items()
        for method in METHODS
        if method in item
    )


def named(known: tuple[Operation, ...], id: str) -> Operation:
    """Return the operation with an id.

    Raises:
        NoOperationError: There is none; the text names those that there are.
    """
    found = next((operation for operation in known if operation.id == id), None)
    if found is None:
        ids = ", ".join(operation.id for operation in known) or "none"
        raise NoOperationError(f"the specification has no operation {id!r}; it has {ids}")
    return found


def asked_for(known: tuple[Operation, ...], method: str, path: str) -> Operation | None:
    """Return the operation that a request is for; of two, the one with fewer parameters."""
    found = [
        operation
        for operation in known
        if operation.method == method.lower() and operation.arguments_in(path) is not None
    ]
    return min(found, key=lambda operation: len(names_in(operation.path)), default=None)


def names_in(path: str) -> list[str]:
    """Return the names of the parameters in a path."""
    return re.findall(r"\{([^}]*)\}", path)


def nameless(path: str) -> str:
    """Return a path with its parameters unnamed: so much of it is seen on the wire."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _contents(item: Document) -> dict[str, Content]:
    return {
        media: Content(
            content.get("schema", {}),
            {
                name: one["value"]
                for name, one in content.get("examples", {}).items()
                if "value" in one
            },
        )
        for media, content in item.get("content", {}).items()
    }


def _parameter(document: Document, written: Document) -> Parameter:
    media, content = next(iter(_contents(written).items()), ("", Content({}, {})))
    schema = follow(document, written.get("schema", content.schema))
    given = [written["example"]] if "example" in written else [*content.examples.values()]
    given += [one["value"] for one in written.get("examples", {}).values() if "value" in one]
    given += [*schema.get("examples", ()), *(schema[k] for k in ("default",) if k in schema)]
    place = str(written.get("in"))
    style = str(written.get("style", "form" if place in {"query", "cookie"} else "simple"))
    return Parameter(
        str(written.get("name")),
        place,
        bool(written.get("required")),
        schema,
        tuple(given),
        style,
        bool(written.get("explode", style == "form")),
        media,
    )
