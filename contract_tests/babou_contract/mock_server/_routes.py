"""Which operation of the specification a request is for, by its method and path."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from babou_contract.specification.operations import Operation, names_in

Security = Sequence[Mapping[str, Mapping[str, Any]]]

_NOTHING: Security = ({},)  # one alternative, which asks for nothing


@frozen
class Match:
    """What is known of a request by its method and path.

    Attributes:
        operation: None for an unknown path, and for a method that is not documented for it.
        allowed: The methods that the path has; none for an unknown path.
        security: What a request has to show before it is told any of that.
        in_path: The parameters in the path, percent-encoded still.
    """

    operation: Operation | None = None
    allowed: tuple[str, ...] = ()
    security: Security = _NOTHING
    in_path: Mapping[str, str] = field(factory=dict)

    @property
    def operation_id(self) -> str | None:
        """The operation's id."""
        return self.operation.id if self.operation else None

    @property
    def subject(self) -> str | None:
        """What the request is about: the last parameter in its path, percent-encoded still."""
        return next(reversed([*self.in_path.values()]), None)


@frozen
class _Path:
    """A path, and what there is at it."""

    pattern: re.Pattern[str]
    names: list[str]
    methods: Mapping[str, Operation]
    allowed: tuple[str, ...]
    security: Security


class Routes:
    """The operations of a specification, found by the requests that are for them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        # A path that is written out is matched before one with a parameter in its place.
        for one in sorted(operations, key=lambda one: len(names_in(one.path))):
            by_path.setdefault(one.path, {})[one.method.upper()] = one
        self._paths = [_path(path, methods) for path, methods in by_path.items()]
        self._before = [
            (_folder(path), one.security)
            for path, methods in by_path.items()
            for one in methods.values()
            if one.needs_key
        ]

    def find(self, method: str, path: str) -> Match:
        """Return what is known of a request."""
        for one in self._paths:
            if found := one.pattern.fullmatch(path):
                operation = one.methods.get(method)
                texts = dict(zip(one.names, found.groups(), strict=True))
                security = operation.security if operation else one.security
                return Match(operation, one.allowed, security, texts)
        asked = (security for start, security in self._before if path.startswith(start))
        return Match(security=next(asked, _NOTHING))


def _path(path: str, methods: dict[str, Operation]) -> _Path:
    pattern = "([^/]+)".join(map(re.escape, re.split(r"\{[^}]*\}", path)))
    if "GET" in methods:
        methods.setdefault("HEAD", methods["GET"])
    security = next(iter(methods.values())).security
    return _Path(re.compile(pattern), names_in(path), methods, tuple(methods), security)


def _folder(path: str) -> str:
    """Return the path in which everything needs a key, as its neighbour does."""
    return path.partition("{")[0].rstrip("/").rpartition("/")[0] + "/"
