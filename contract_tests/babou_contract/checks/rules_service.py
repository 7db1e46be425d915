"""Rules about the server as a whole: its bytes, its failures, other methods than GET."""

from babou_contract.checks.registry import NotJudgedError, Register, Tally
from babou_contract.checks.rules_answers import has_failed
from babou_contract.model import Boundary
from babou_contract.probing.observations import OK, Observations
from babou_contract.probing.probes import Seen
from babou_contract.specification import places

check = Register(Boundary.spec_server)

_SERVER_ERROR = 500


@check("Content-Length and Content-Encoding tell the truth, and nothing follows the body.")
def framing_is_true(observations: Observations, tally: Tally) -> None:
    """Tell what the connection saw beside the answer."""
    for seen in observations.of("known", "near", "unknown", "key", "stranger", "method"):
        tally.case()
        for fault in seen.answer.raw.faults if seen.answer.raw else ():
            tally.disagree(
                "the bytes on the wire are not what the headers announce",
                expected="a body of the announced length and encoding, and nothing after it",
                received=fault,
                exchange=seen.answer.exchange,
            )


@check("No id, known or odd, makes the server fail while it answers others.")
def no_id_makes_the_server_fail(observations: Observations, tally: Tally) -> None:
    """Take 500 and silence for failures; what a proxy says for a moment was asked again."""
    observations.of("known", "near", "unknown", "key", "stranger")
    if observations.fatal is not None:
        tally.disagree(
            f"the server answers nothing more since it was asked for {observations.fatal.purpose}",
            expected="an answer below 500, and more answers after it",
            received=observations.fatal.error or f"an answer {observations.fatal.status}",
            exchange=observations.fatal,
            detail="If it was stopped by somebody just then, run the check again.",
        )
    asked = [seen for seen in observations.seen if seen.ask.kind != "method"]
    while observations.stopped and asked and asked[-1].answer.is_outage:
        asked.pop()  # from here on it failed on everything
    others = [has_failed(seen) for seen in asked if seen.ask.kind != "known"]
    if sum(others) > len(others) / 2:
        raise NotJudgedError("the server failed on most requests: it seems to be down")
    for seen in asked:
        tally.case()
        told_by_key = seen.ask.key is not None and seen.answer.status is not None
        if has_failed(seen) and not told_by_key:
            known = seen.ask.kind == "known"
            what = f"read {seen.ask.asset_id!r}" if known else seen.ask.about
            tally.disagree(
                f"the server failed on {what}",
                expected="an answer below 500",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer(_SERVER_ERROR)),
            )


@check("HEAD is answered like GET, without a body, or not at all; OPTIONS may be.")
def other_safe_methods_are_harmless(observations: Observations, tally: Tally) -> None:
    """Look for a HEAD that tells more than GET would, or another length."""
    heads = {
        seen.ask.about: seen for seen in observations.of("method") if seen.ask.method == "HEAD"
    }
    tells = _answered(heads.get("HEAD")) and not _answered(heads.get("HEAD of an unknown id"))
    open_to_get = any(
        _answered(seen) for seen in observations.of("key") if seen.ask.about == "no key"
    )
    for seen in heads.values():
        tally.case()
        if tells and seen.ask.key is not None and _answered(seen) and not open_to_get:
            tally.disagree(
                "HEAD tells without a key that an asset is there",
                expected="401, as GET answers",
                received=str(seen.answer.status),
                exchange=seen.answer.exchange,
                **places.at(*places.operation("security")),
            )
        elif seen.ask.key is None and _answered(seen):
            _hold_length(seen, observations, tally)


def _hold_length(head: Seen, observations: Observations, tally: Tally) -> None:
    """Compare Content-Length with that of GET, where that was always the same (RFC 9110, 9.3.2)."""
    came = head.answer.exchange
    encoding = came.header("content-encoding")
    lengths = {
        seen.answer.exchange.header("content-length")
        for seen in observations.of("known")
        if seen.ask.asset_id == head.ask.asset_id and seen.answer.status == OK
        if seen.answer.exchange.header("content-encoding") == encoding
    }
    length = came.header("content-length")
    if len(lengths) == 1 and None not in {length, *lengths} and length not in lengths:
        tally.disagree(
            "HEAD has another Content-Length than GET",
            expected=str(*lengths),
            received=str(length),
            exchange=came,
        )


def _answered(seen: Seen | None) -> bool:
    return seen is not None and seen.answer.status == OK
