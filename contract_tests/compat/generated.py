"""Operations that the client has no method for: what the generated code of each version sends.

What it reads is judged by the schemas alone: the generated models take a wrong type without a word.
"""

from collections.abc import Iterator
from typing import Any

from babou_contract.specification.operations import Operation
from compat import evidence
from compat.evidence import Seen, seen
from compat.model import NotJudgedError, Who
from compat.party import Answer, Client
from compat.specification import Specification
from compat.unexposed import LATER, Pair
from compat.violations import not_heeded, otherwise_meant, violations

Json = Any
_NOT_FOUND = Answer(b"{}", 404)


def requests(pair: Pair, clients: tuple[Client, Client]) -> Iterator[Seen]:
    """Hold the requests that both versions generate against the other one's specification."""
    old, new = pair.specs
    for parts, what, line in _sent(clients[0], pair.old, own=old, other=new, is_old=True):
        yield seen(parts, Who.INSTALLED, f"by the generated code: {what}", line)
    for parts, what, line in _sent(clients[1], pair.new, own=new, other=old, is_old=False):
        yield seen(parts, Who.RUNTIME, f"by the generated code: {what}, {LATER}", line)


def _sent(
    client: Client,
    operation: Operation,
    *,
    own: Specification,
    other: Specification,
    is_old: bool,
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield where requests are not what the other specification asks for: place, what, request."""
    nothing = True
    for given in _arguments(operation):
        outcome, all_sent = client.meet(
            "generated", _NOT_FOUND, operation=operation.id, given=given
        )
        for sent in all_sent:  # none for a body that it can't be given, such as a file
            nothing = False
            known = list(violations(own, sent, operation))  # of the generator, in both versions
            found = [one for one in violations(other, sent, operation) if one not in known]
            if is_old:
                found += not_heeded(other, sent, operation)
                found += otherwise_meant(other, sent, operation)
            yield from ((*one, f"{sent.method} {sent.target}") for one in found)
    if nothing and not operation.bodies:
        line = f"{own.name}:{own.line(operation.place)}"
        said = evidence.raised(outcome)
        raise NotJudgedError(
            f"{line}: the generated code of the {client.name} client sends nothing for "
            f"{operation.id} ({said}). Run: nox -s evolve"
        )


def _arguments(operation: Operation) -> Iterator[dict[str, Json]]:
    """Yield the arguments that are needed, and those with each of the others."""
    examples = {p.name: p.examples[0] for p in operation.parameters if p.examples}
    needed = {p.name: examples.get(p.name, "x") for p in operation.parameters if p.required}
    contents = (content for media, content in operation.bodies.items() if "json" in media)
    bodies = [example for content in contents for example in content.examples.values()]
    if operation.body_required and bodies:
        needed["body"] = bodies[0]
    yield needed
    yield from ({**needed, name: value} for name, value in examples.items() if name not in needed)
    yield from ({**needed, "body": body} for body in bodies)
