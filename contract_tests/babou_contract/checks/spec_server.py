"""Boundary 3: the rules about a server's answers, in the order in which they are told."""

from collections.abc import Iterator
from functools import partial

from attrs import evolve

from babou_contract.checks import (
    exercised,
    fuzzing,
    meaning,
    rules_answers,
    rules_key,
    rules_requests,
    rules_service,
)
from babou_contract.checks.registry import Check, NotExercisedError, Tally
from babou_contract.probing.observations import Meaning, Observations


def _of_meaning(known: Meaning) -> Iterator[Check]:
    """Yield the rules of a module of meaning, which hold where its operation is asked."""
    for check in known.checks:
        yield evolve(check, judge=partial(_where_asked, known.operation, check))


def _where_asked(id: str, check: Check, observations: Observations, tally: Tally) -> None:
    if all(operation.id != id for operation in observations.operations):
        raise NotExercisedError(f"{id} is not asked")
    check.judge(observations, tally)


CHECKS: tuple[Check, ...] = (
    *rules_requests.check,
    *rules_answers.check,
    *rules_service.check,
    *rules_key.check,
    *(check for known in meaning.found().values() for check in _of_meaning(known)),
    *fuzzing.check,
    *exercised.check,
)
