"""What a fault, a variant and an edit are; the catalogue is written in these words."""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from attrs import define, evolve, field, frozen

from babou_contract.mock_server import MockServer, Request, Response
from babou_contract.model import Boundary
from babou_contract.specification.assets import asset_path

SPEC = "openapi/babou.yaml"
GENERATED = "generated/babou_generated"

_AGAIN = ("x-matrix-again", "1")


class Party(Enum):
    """Who is wrong."""

    spec = "spec"
    generated = "generated"
    server = "server"


class Group(Enum):
    """What is wrong: a heading of the table, and the party that it belongs to."""

    bodies = ("bodies", Party.server)
    statuses = ("statuses", Party.server)
    headers = ("headers", Party.server)
    bytes = ("bytes", Party.server)
    key = ("key checking", Party.server)
    lookup = ("look-up", Party.server)
    time = ("time", Party.server)
    pages = ("the list", Party.server)
    uploads = ("uploads", Party.server)
    spec = ("spec edited", Party.spec)
    generated = ("generated code edited", Party.generated)

    @property
    def title(self) -> str:
        """The heading."""
        return self.value[0]

    @property
    def party(self) -> Party:
        """Who is wrong."""
        return self.value[1]


@define
class World:
    """A good server, the ids that it is known to have, and what a hook wants to remember."""

    server: MockServer
    ids: tuple[str, ...]
    counts: Counter[object] = field(factory=Counter)
    memory: dict[str, Any] = field(factory=dict)

    def again(
        self,
        request: Request,
        *,
        asset_id: str | None = None,
        query: Mapping[str, object] | None = None,
        right_key: bool = False,
    ) -> Response:
        """Return what the good server says to a request like this one.

        In the query, what is None is left out.
        """
        headers = (*request.headers, _AGAIN)
        if right_key:
            others = [pair for pair in headers if pair[0].lower() != "authorization"]
            headers = (*others, ("authorization", f"Bearer {self.server.api_key}"))
        target = request.target if asset_id is None else asset_path(quote(asset_id, safe=""))
        if query is not None:
            told = {n: v for n, v in {**query_of(request), **query}.items() if v is not None}
            target = f"{request.path}?{urlencode(told)}"
        changed = evolve(request, target=target, headers=headers)
        answer: Response = self.server._app.handle(changed)  # noqa: SLF001  the hook's own question
        return answer

    def count(self, what: object) -> int:
        """Count, from 1."""
        self.counts[what] += 1
        return self.counts[what]


Hook = Callable[[World, Request, Response], Response]


def install(world: World, hook: Hook) -> None:
    """Give the hook the last word on every answer but those that it asked for itself."""

    def rewrite(request: Request, response: Response) -> Response:
        asked_again = request.header(_AGAIN[0]) is not None
        return response if asked_again else hook(world, request, response)

    world.server.rewrite = rewrite


def id_in(request: Request) -> str:
    """Return the id that is asked for, empty where none is."""
    found = request.path.removeprefix(asset_path(""))
    return "" if found == request.path else unquote(found, errors="surrogateescape")


def query_of(request: Request) -> dict[str, str]:
    """Return the parameters in the query, the last of those that stand there twice."""
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))


@frozen
class Edit:
    """A change of one text file: `old`, which stands there once, becomes `new`.

    Attributes:
        path: From the root of the project; a file that `new` creates has no `old`.
        new: None deletes the file.
    """

    path: str
    old: str
    new: str | None

    def apply(self, text: str) -> str:
        """Return the text with the change.

        Raises:
            ValueError: `old` does not stand there once.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.old!r} stands {text.count(self.old)} times in {self.path}")
        return text.replace(self.old, self.new or "")


GONE = object()
"""Stands for what an edit takes out."""


def changed(document: Any, changes: Mapping[str, object]) -> Any:  # noqa: ANN401  JSON
    """Return a copy of a document with changes.

    Args:
        document: As JSON has it.
        changes: For each place, whose parts are joined by dots, the new value, `GONE`, or a
            function of the value that stands there.

    Raises:
        LookupError: There is no such place.
    """
    document = copy.deepcopy(document)
    for place, new in changes.items():
        *parents, last = place.split(".")
        around = document
        for part in parents:
            around = around[int(part) if isinstance(around, list) else part]
        key: Any = int(last) if isinstance(around, list) else last
        if new is GONE:
            del around[key]
        else:
            around[key] = new(around[key]) if callable(new) else new
    return document


def _as_tuple(one_or_more: str | tuple[str, ...]) -> tuple[str, ...]:
    return (one_or_more,) if isinstance(one_or_more, str) else one_or_more


@frozen
class Fault:
    """One thing that is wrong, and the check that has to say so.

    Attributes:
        about: What is wrong, in one sentence.
        killers: Ids of the checks of which one has to fail; any other one does not count.
        says: What stands in a disagreement of that check, so that it failed for this reason.
        hook: How a server is wrong.
        edits: What is changed in a copy of the project.
        spec: What is changed in the copy's specification, as `changed` reads it.
        beyond: Why nothing can find it; empty where it has to be found.
        timeout: Seconds that an answer may take.
    """

    group: Group
    name: str
    about: str
    killers: tuple[str, ...] = field(converter=_as_tuple)
    says: str = ""
    hook: Hook | None = None
    edits: tuple[Edit, ...] = ()
    spec: Mapping[str, object] = field(factory=dict)
    beyond: str = ""
    timeout: float = 10.0

    @property
    def boundaries(self) -> tuple[Boundary, ...]:
        """The boundaries of its killers: if these fail, the whole check does."""
        return tuple(
            dict.fromkeys(Boundary.parse(killer.partition("/")[0]) for killer in self.killers)
        )


Populate = Callable[[MockServer], tuple[str, ...]]


@frozen
class Variant:
    """A server that is right though unusual.

    Attributes:
        populate: Which assets it has; None are those of the check's own mock server.
        codes: The exit codes that are right: 0, and 3 where there is nothing to judge.
    """

    name: str
    about: str
    hook: Hook | None = None
    populate: Populate | None = None
    codes: tuple[int, ...] = (0,)
