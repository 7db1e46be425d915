"""Operations that the client has a method for: that method of both versions is driven."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from attrs import evolve, frozen

from babou_contract.specification.operations import Operation
from compat import asked, bodies, codes, corpus, refusals, sweep
from compat.evidence import Seen, Side
from compat.model import NotJudgedError, Who
from compat.party import Client
from compat.specification import Specification, Versions, answers
from compat.violations import operation_of

Json = Any
Step = Callable[[], Iterator[Seen]]
_ONCE = (
    bodies.require_sound,
    asked.require_followed,
    asked.requests,
    refusals.other_answers,
    codes.codes,
)


@frozen(eq=False)
class Driven:
    """A method that both clients have, each with the operation that it asks for."""

    old: Side
    new: Side


def driven(specs: Versions, clients: tuple[Client, Client]) -> Iterator[Driven]:
    """Yield the methods that both clients have."""
    known = [client.ask("calls").get("calls", ["get"]) for client in clients]
    for call in known[0]:
        if call in known[1]:
            old, new = (_asked_for(*one, call) for one in zip(specs, clients, strict=True))
            yield Driven(
                _side(specs[0], clients[0], call, old or _like(specs[0], new)),
                _side(specs[1], clients[1], call, new or _like(specs[1], old)),
            )


def _asked_for(spec: Specification, client: Client, call: str) -> Operation | None:
    sent = asked.first_request(client, call)
    return operation_of(spec, sent) if sent else None


def _like(spec: Specification, other: Operation | None) -> Operation:
    """Return what is most like the other version's operation, for a client that asks for none."""
    for one in spec.operations.values():
        if other and ((one.path, one.method) == (other.path, other.method) or one.id == other.id):
            return one
    if not spec.operations:
        raise NotJudgedError(f"{spec.name}:{spec.line(('paths',))}: it has no operation.")
    return next(iter(spec.operations.values()))


def _side(spec: Specification, client: Client, call: str, operation: Operation) -> Side:
    side = Side(spec, client, operation=operation, call=call)
    return with_status(side, next(iter(_successes(operation)), "200"))


def _successes(operation: Operation) -> list[str]:
    """Return the statuses of success whose answers are JSON."""
    found = (s for s, media, _ in answers(operation) if s.startswith("2") and "json" in media)
    return [status for status in dict.fromkeys(found) if status.isdecimal()]


def with_status(side: Side, status: str) -> Side:
    """Return a version of which the answer with another status is tried."""
    operation: Operation = side.operation
    media = next((m for s, m, _ in answers(operation) if s == status and "json" in m), "")
    return evolve(
        side,
        status=status,
        schema=corpus.json_schema(operation, status) or {},
        schema_at=(*operation.place, "responses", status, "content", media, "schema"),
    )


def steps(one: Driven) -> Iterator[Step]:
    """Yield the steps by which one method is judged, each on its own."""
    told: list[Seen] = []

    def kept(step: Callable[[Side, Side], Iterator[Seen]], old: Side, new: Side) -> Iterator[Seen]:
        for seen in step(old, new):
            told.append(seen)
            yield seen

    def known(found: Seen) -> bool:
        return any(
            found.place.label == seen.place.label and found.effect.who is seen.effect.who
            for seen in told
        )

    for step in _ONCE:
        yield partial(kept, step, one.old, one.new)
    for old, new in _tried(one):
        yield partial(kept, bodies.members, old, new)
        if _is_polled(old) and _is_polled(new):
            yield partial(kept, bodies.states, old, new)
        yield partial(sweep.documents, old, new, Who.INSTALLED, known)
        yield partial(sweep.documents, new, old, Who.RUNTIME, known)


def _tried(one: Driven) -> Iterator[tuple[Side, Side]]:
    """Yield both versions with each success of both, those of one schema once."""
    seen: list[Json] = []
    successes = [_successes(side.operation) for side in (one.old, one.new)]
    for status in successes[0]:
        if status not in successes[1]:
            continue
        pair = with_status(one.old, status), with_status(one.new, status)
        schemas = [side.schema for side in pair]
        if schemas not in seen:
            seen.append(schemas)
            yield pair
    if not seen:  # none is the same: what each client makes of its own, the other has to say
        yield one.old, one.new


def _is_polled(side: Side) -> bool:
    """Say whether a wait of the client asks for this operation."""
    operation = _asked_for(side.spec, side.client, "wait")
    return operation is not None and operation.place == side.operation.place
