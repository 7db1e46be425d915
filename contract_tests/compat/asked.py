"""Requests: what each client sends, held against the other version's specification."""

import re
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from babou_contract.specification.operations import Operation
from babou_contract.specification.servers import urls
from compat import corpus, evidence
from compat.evidence import Seen, Side, seen
from compat.model import NotJudgedError, Who
from compat.party import KEY, Answer, Client, Sent
from compat.specification import Parts, Specification, fits
from compat.violations import not_heeded, otherwise_meant, violations

Json = Any
_WHO = {True: Who.INSTALLED, False: Who.RUNTIME}
_LONG = 40
_LATER = "until the server has the new spec"
_NOT_FOUND = Answer(b"{}", 404)


@frozen
class Order:
    """A call to be made by both clients.

    Attributes:
        arguments: What is asked for, by the names that the methods have for it.
        at: Where the new specification tells of the argument.
        by_old: Whether the old specification allows it.
        by_new: Whether the new one does.
        is_given: Whether servers give such values, so that a client which refuses them is no use.
    """

    arguments: dict[str, Json]
    at: Parts
    by_old: bool = True
    by_new: bool = True
    is_given: bool = False


def first_request(client: Client, call: str) -> Sent | None:
    """Return what a client sends for a plain call, or None where it sends nothing."""
    _, sent = client.meet(call, _NOT_FOUND)
    return sent[0] if sent else None


def require_followed(_: Side, new: Side) -> Iterator[Seen]:
    """Refuse to take a client for the new one that doesn't do what the new spec asks for."""
    sent = first_request(new.client, new.call)
    for parts, what in violations(new.spec, sent, new.operation) if sent else ():
        raise NotJudgedError(
            f"{new.spec.name}:{new.spec.line(parts)}: the new client does not follow: {what} "
            f"({sent.method} {sent.target}). Change the wrapper first."
            if sent
            else what
        )
    return iter(())


def requests(old: Side, new: Side) -> Iterator[Seen]:
    """Hold requests with arguments of all sorts against the specification of the other version."""
    for order in (*_ids(old, new), *_options(old, new), *_media_types(old, new)):
        if not (order.by_old or order.by_new):
            continue  # nobody promised anything
        was, old_sent = old.meet(_NOT_FOUND, **order.arguments)
        now, new_sent = new.meet(_NOT_FOUND, **order.arguments)
        example = _written(old.call, order.arguments)
        if order.is_given and not old_sent and order.by_new and not order.by_old:
            yield seen(order.at, Who.INSTALLED, evidence.raised(was), example)
        if old_sent and not new_sent and order.by_old and not evidence.is_crash(now):
            yield seen(order.at, Who.RUNTIME, evidence.raised(now), example)
        if old_sent and order.by_old:
            yield from _against(new.spec, old_sent[0], old.operation, installed=True)
        if new_sent and order.by_new and (order.by_old or order.is_given):
            yield from _against(old.spec, new_sent[0], new.operation, installed=False)


def _written(call: str, arguments: dict[str, Json]) -> str:
    """Write a call for a person."""
    [(name, value)] = arguments.items() or [("", "")]
    prefix = "" if name in {"id", ""} else f"{name}="
    if isinstance(value, str) and len(value) > _LONG:
        return f"{call}({prefix}{value[:_LONG] + '…'!r})  # {len(value)} characters"
    return f"{call}({prefix}{value!r})" if name else f"{call}()"


def _ids(old: Side, new: Side) -> Iterator[Order]:
    """Yield a call for each sort of id, where the operation is for one thing."""
    schemas = [
        next(({**p.schema, "examples": [*p.examples]} for p in side.operation.in_path), None)
        for side in (old, new)
    ]
    name = next((p.name for p in new.operation.in_path), "")
    at = (*new.operation.place, "parameters", name)
    if schemas == [None, None]:
        yield Order({}, new.operation.place)
        return
    for text in corpus.candidates(*(schema or {} for schema in schemas)):
        if isinstance(text, str) and text and text.isprintable():
            by_old, by_new = (fits(schema or {}, text) for schema in schemas)
            yield Order({"id": text}, at, by_old, by_new, is_given=True)


def _options(old: Side, new: Side) -> Iterator[Order]:
    """Yield a call for each value of each parameter in the query."""
    known = [
        {p.name: p for p in side.operation.parameters if p.place == "query"} for side in (old, new)
    ]
    for name in dict.fromkeys([*known[0], *known[1]]):
        given = [parameters.get(name) for parameters in known]
        at = (*new.operation.place, "parameters", name)
        schemas = [{**p.schema, "examples": [*p.examples]} for p in given if p]
        for value in corpus.candidates(*schemas):
            if isinstance(value, str | int | float) and value != "":
                allowed = (p is not None and fits(p.schema, value) for p in given)
                yield Order({_in_python(name): value}, at, *allowed)


def _in_python(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|-", "_", name).lower()


def _media_types(old: Side, new: Side) -> Iterator[Order]:
    """Yield a call for each media type that the body may have."""
    bodies = [side.operation.bodies for side in (old, new)]
    for media in dict.fromkeys([*bodies[0], *bodies[1]]):
        at = (*new.operation.place, "requestBody", "content", media)
        yield Order({"content_type": media}, at, media in bodies[0], media in bodies[1])


def _against(spec: Specification, sent: Sent, own: Operation, *, installed: bool) -> Iterator[Seen]:
    line = f"{sent.method} {sent.target}"
    for parts, what in violations(spec, sent, own):
        told = what if installed else f"{what}, {_LATER}"
        yield seen(parts, _WHO[installed], told, line)
    if installed:
        for parts, what in (*not_heeded(spec, sent, own), *otherwise_meant(spec, sent, own)):
            yield seen(parts, Who.INSTALLED, what, line)


def addresses(old: Side, new: Side) -> Iterator[Seen]:
    """Hold the address that a client asks by default against the other version's servers."""
    for side, other in ((old, new), (new, old)):
        told = side.client.ask("default_request", key=f"{KEY}0")
        servers = [*urls(other.spec.document)]
        url = told.get("url", "")
        if not url or not servers or any(url.startswith(server) for server in servers):
            continue
        own = [*urls(side.spec.document)]
        asked = next((server for server in own if url.startswith(server)), url)
        what = f"by default they ask {asked}, which is not among the servers"
        yield seen(("servers", asked), _WHO[side is old], what, url)
