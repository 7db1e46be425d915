"""Which operation of the specification a request is for, by its method and path."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from babou_contract.specification.operations import Operation, names_in


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
    security: Sequence[Mapping[str, Mapping[str, Any]]] = ({},)
    in_path: Mapping[str, str] = field(factory=dict)

    @property
    def operation_id(self) -> str | None:
        """The operation's id."""
        return self.operation.id if self.operation else None

    @property
    def subject(self) -> str | None:
        """What the request is about: the last parameter in its path, percent-encoded still."""
        return next(reversed([*self.in_path.values()]), None)


class Routes:
    """The operations of a specification, found by the requests that are for them."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        # A path that is written out is matched before one with a parameter in its place.
        ordered = sorted(operations, key=lambda one: len(names_in(one.path)))
        self._patterns = [(_pattern(one.path), one) for one in ordered]
        self._before = [(_folder(one.path), one.security) for one in ordered if all(one.security)]

    def find(self, method: str, path: str) -> Match:
        """Return what is known of a request."""
        found = [(m, one) for pattern, one in self._patterns if (m := pattern.fullmatch(path))]
        if not found:
            security = next((asked for start, asked in self._before if path.startswith(start)), ())
            return Match(security=security or ({},))
        template = found[0][1].path
        here = {one.method.upper(): one for _, one in found if one.path == template}
        if "GET" in here:
            here.setdefault("HEAD", here["GET"])
        texts = dict(zip(names_in(template), found[0][0].groups(), strict=True))
        operation = here.get(method)
        security = (operation or found[0][1]).security
        return Match(operation, tuple(here), security, texts)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("([^/]+)".join(map(re.escape, re.split(r"\{[^}]*\}", path))))


def _folder(path: str) -> str:
    """Return the path in which everything needs a key, as its neighbour does."""
    return path.partition("{")[0].rstrip("/").rpartition("/")[0] + "/"
