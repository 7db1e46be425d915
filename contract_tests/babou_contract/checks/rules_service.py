"""Rules about the server as a whole: its bytes, its failures, other methods than GET."""

from babou_contract.checks.judging import has_failed
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.asks import KEY, METHOD, READ, Seen, successes
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import Observations
from babou_contract.specification import places
from babou_contract.specification.operations import Operation

check = Register(Boundary.spec_server)

_SERVER_ERROR = 500


@check("Content-Length and Content-Encoding tell the truth, and nothing follows the body.")
def framing_is_true(observations: Observations, tally: Tally) -> None:
    """Tell what the connection saw beside the answer."""
    for seen in observations.of():
        tally.case()
        for fault in seen.answer.raw.faults if seen.answer.raw else ():
            tally.disagree(
                "the bytes on the wire are not what the headers announce",
                expected="a body of the announced length and encoding, and nothing after it",
                received=fault,
                exchange=seen.answer.exchange,
            )


@check("No request, known or odd, makes the server fail while it answers others.")
def no_request_makes_the_server_fail(observations: Observations, tally: Tally) -> None:
    """Take 500 and silence for failures; what a proxy says for a moment was asked again."""
    observations.own_answers()
    if observations.fatal is not None:
        tally.disagree(
            f"the server answers nothing more since it was asked for {observations.fatal.purpose}",
            expected="an answer below 500, and more answers after it",
            received=observations.fatal.error or f"an answer {observations.fatal.status}",
            exchange=observations.fatal,
            detail="If it was stopped by somebody just then, run the check again.",
        )
    asked = [seen for seen in observations.seen if seen.ask.kind != METHOD]
    while observations.stopped and asked and asked[-1].answer.is_outage:
        asked.pop()  # from here on it failed on everything
    others = [has_failed(seen) for seen in asked if seen.ask.kind != READ]
    if sum(others) > len(others) / 2:
        raise NotJudgedError("the server failed on most requests: it seems to be down")
    for seen in asked:
        tally.case()
        told_by_key = seen.ask.key is not None and seen.answer.status is not None
        if has_failed(seen) and not told_by_key:
            tally.disagree(
                f"the server failed on {seen.ask.about}",
                expected="an answer below 500",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, _SERVER_ERROR)),
            )


@check("HEAD is answered like GET, without a body, or not at all; OPTIONS may be.")
def other_safe_methods_are_harmless(observations: Observations, tally: Tally) -> None:
    """Look for a HEAD that tells more than GET would, or another length."""
    if not any(operation.method == "get" for operation in observations.operations):
        raise NotExercisedError("no operation is a GET")
    observations.of(METHOD)
    for operation in observations.operations:
        _hold_heads(operation, observations, tally)


def _hold_heads(operation: Operation, observations: Observations, tally: Tally) -> None:
    asked = observations.answered(METHOD, operation=operation.id)
    heads = {seen.ask.about: seen for seen in asked if seen.ask.method == "HEAD"}
    absent = heads.get("HEAD of what does not exist")
    tells = _answered(heads.get("HEAD")) and not _answered(absent)
    open_to_get = any(
        _answered(seen)
        for seen in observations.answered(KEY, operation=operation.id)
        if seen.ask.key and seen.ask.key.name == "missing"
    )
    for seen in heads.values():
        tally.case()
        if tells and seen.ask.key is not None and _answered(seen) and not open_to_get:
            tally.disagree(
                "HEAD tells without a key what is there",
                expected="401, as GET answers",
                received=str(seen.answer.status),
                exchange=seen.answer.exchange,
                **places.at(*places.of(operation, "security")),
            )
        elif seen.ask.key is None and _answered(seen):
            _hold_length(seen, observations, tally)


def _hold_length(head: Seen, observations: Observations, tally: Tally) -> None:
    """Compare Content-Length with that of GET, where that was always the same (RFC 9110, 9.3.2)."""
    came = head.answer.exchange
    encoding = came.header("content-encoding")
    lengths = {
        seen.answer.exchange.header("content-length")
        for seen in observations.answered(READ, operation=head.operation.id)
        if seen.ask.call == head.ask.call and _answered(seen)
        if seen.answer.exchange.header("content-encoding") == encoding
    }
    length = came.header("content-length")
    is_steady = len(lengths) == 1 or length == "0"
    if is_steady and None not in {length, *lengths} and lengths and length not in lengths:
        tally.disagree(
            "HEAD has another Content-Length than GET",
            expected=" or ".join(sorted(map(str, lengths))),
            received=str(length),
            exchange=came,
        )


def _answered(seen: Seen | None) -> bool:
    return seen is not None and seen.answer.status in successes(seen.operation)
