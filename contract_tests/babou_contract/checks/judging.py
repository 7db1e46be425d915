"""Which answers a rule looks at: the API's own, and those that no other rule tells of."""

from collections.abc import Iterator

from attrs import evolve

from babou_contract.checks.registry import Check, NotExercisedError, Tally
from babou_contract.probing.answers import PASSING
from babou_contract.probing.asks import IN_QUERY, Seen
from babou_contract.probing.failures import Failure
from babou_contract.probing.observations import Observations

_SUCCESS, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR, _RATE_LIMITED = 200, 300, 400, 500, 429


def is_of_somebody_else(seen: Seen) -> bool:
    """Say whether an answer is a page of something in front of the API, which may be there.

    A proxy refuses odd requests with what it likes, or leads elsewhere; outages and rate limits are
    told by whoever notices first (D8).
    """
    status, answer = seen.answer.status or 0, seen.answer
    if seen.ask.kind == IN_QUERY and _is_error(status) and not seen.operation.status_of(status):
        return True  # a firewall's, which forbids keys there, be it in JSON
    if answer.is_json:
        return False
    if status == _RATE_LIMITED or status > _SERVER_ERROR:
        return True
    return seen.ask.odd and _REDIRECT <= status < _SERVER_ERROR


def _is_told_by_its_rule(seen: Seen) -> bool:
    """Say whether an answer is wrong by its status alone: its body is then of no interest."""
    status, expects = seen.answer.status or 0, seen.ask.expects
    if has_failed(seen):
        return True
    if status == _RATE_LIMITED or is_redirect(status) or status >= _SERVER_ERROR:
        return False
    if not expects or status in expects:
        return False
    is_documented = seen.operation.status_of(status) is not None
    lawful = seen.ask.call.known and seen.ask.key is None
    return not lawful or (status >= _CLIENT_ERROR and is_documented)


def is_redirect(status: int) -> bool:
    """Say whether a status leads elsewhere: it is not documented, and no rule says it again."""
    return _REDIRECT <= status < _CLIENT_ERROR


def judged(observations: Observations) -> Iterator[Seen]:
    """Yield the answers that are the API's own, and no other rule's, retries included."""
    for seen in observations.own_answers():
        asks_for_body = (seen.answer.status or _SUCCESS) < _SUCCESS  # 100 is no answer as yet
        if not (asks_for_body or is_of_somebody_else(seen) or _is_told_by_its_rule(seen)):
            yield seen


def refused(observations: Observations, *kinds: str, operation: str = "") -> Iterator[Seen]:
    """Yield the answers to lawful requests that were refused with a documented error.

    Of an operation that never succeeded it is not known whether the requests are right.
    """
    for seen in observations.answered(*kinds, operation=operation):
        if not seen.ask.call.known or seen.ask.key or not seen.ask.expects:
            continue
        expected = seen.answer.status in seen.ask.expects
        if not expected and is_refusal(seen) and observations.reached(seen.operation):
            yield seen


def is_refusal(seen: Seen) -> bool:
    """Say whether an answer is a documented error of who asked, and no limit of the rate."""
    status = seen.answer.status or 0
    return _is_error(status) and seen.operation.status_of(status) is not None


def _is_error(status: int) -> bool:
    """Say whether a status tells an error of who asked, and no limit of the rate."""
    return _CLIENT_ERROR <= status < _SERVER_ERROR and status != _RATE_LIMITED


def where_asked(id: str, check: Check) -> Check:
    """Return a rule of one operation, which holds where that is asked."""

    def judge(observations: Observations, tally: Tally) -> None:
        if all(operation.id != id for operation in observations.operations):
            raise NotExercisedError(f"{id} is not asked")
        check.judge(observations, tally)

    return evolve(check, judge=judge)


def has_failed(seen: Seen) -> bool:
    """Say whether the server failed; what a proxy says for a moment is no failure of its own."""
    status = seen.answer.status
    if status is None:
        silent = seen.answer.failure in {Failure.lost, Failure.slow}
        return not seen.ask.is_optional and silent
    return status >= _SERVER_ERROR and status not in PASSING
