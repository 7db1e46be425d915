"""Whether each operation was seen to do what it is for: without that, nothing is known of it."""

from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.asks import successes
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import Observations
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation

check = Register(Boundary.spec_server)


@check("Each operation of the specification was seen to succeed, unless it is waived by name.")
def each_operation_is_exercised(observations: Observations, tally: Tally) -> None:
    """Look for a success of each operation, and say what those without one need."""
    observations.own_answers()
    lacking = []
    waived = observations.settings.waived
    tally.note = f"waived, and not judged: {', '.join(waived)}" if waived else ""
    for operation in spec.operations():
        if operation.id in waived:
            continue
        if has_succeeded(observations, operation):
            tally.case()
        else:
            lacking.append(_needs(observations, operation))
    if lacking:
        raise NotJudgedError("; ".join(lacking))


def has_succeeded(observations: Observations, operation: Operation) -> bool:
    """Say whether a success of an operation was seen."""
    wanted = successes(operation)
    return any(
        seen.operation is operation and seen.answer.status in wanted
        for seen in observations.seen
        if not (seen.ask.key or seen.ask.other_method)
    )


def _needs(observations: Observations, operation: Operation) -> str:
    id = operation.id
    if operation not in observations.operations:
        return (
            f"{id} was not asked, because {operation.method.upper()} may change something: allow "
            f"that with --allow-unsafe-methods, or leave it out with --waive {id}"
        )
    first = next((s.answer.excerpt for s in observations.seen if s.operation is operation), "")
    meaning = observations.meanings.get(id)
    names = [parameter.name for parameter in operation.parameters]
    needs = meaning.needs if meaning else ""
    if not needs and names:
        needs = f"give arguments that it succeeds with, --argument {id}.{names[0]}=VALUE"
    told = [f"no success of {id} was seen{f' ({first})' if first else ''}"]
    return ": ".join([*told, ", or ".join(filter(None, (needs, f"leave it out, --waive {id}")))])
