"""Rules about which asset is found: the one that was asked for, and nothing but that."""

from babou_contract.checks.judging import is_redirect
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.get_asset.reads import ABSENT, LIKE_KNOWN, NEAR, UNKNOWN
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import RATE_LIMITED
from babou_contract.probing.asks import READ, Seen
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import places

check = Register(Boundary.spec_server)

_BAD_REQUEST, _NOT_FOUND, _SERVER_ERROR = 400, 404, 500
_NAMES = {_NOT_FOUND: "404 NOT_FOUND", _BAD_REQUEST: "400 VALIDATION_ERROR"}


@check("The asset that comes back is the one that was asked for (D16).")
def the_id_is_the_one_asked_for(observations: Observations, tally: Tally) -> None:
    """Compare the id of each asset with the id in the request."""
    for seen in reads.of(observations, READ):
        found = (document_in(seen.answer) or {}).get("id")
        if not isinstance(found, str):
            continue  # the schema tells
        tally.case()
        if found != seen.ask.subject:
            tally.disagree(
                "the answer is about another asset than the one that was asked for",
                expected=repr(seen.ask.subject),
                received=repr(found),
                exchange=seen.answer.exchange,
                **places.at(*reads.asset("id")),
            )


@check("An id that only looks like a known one is not found (D1).")
def near_misses_are_not_found(observations: Observations, tally: Tally) -> None:
    """Ask for ids that differ from a known one by little; other wrong ones tell of themselves."""
    absent = [seen for seen in reads.of(observations, UNKNOWN) if ABSENT in seen.ask.marks]
    usual = {seen.answer.status for seen in absent} - {OK}
    if all(seen.answer.status == OK for seen in absent if not seen.ask.odd):
        usual.add(OK)
    asked = reads.of(observations, NEAR)
    others = [seen for seen in asked if seen.answer.status not in usual]
    tally.case(len(asked) - len(others))
    _not_found(others, tally)


@check("An id that nothing has is not found, or refused as the spec says, whatever its form (D1).")
def unknown_ids_are_not_found(observations: Observations, tally: Tally) -> None:
    """Ask for ids of all forms."""
    _not_found(reads.of(observations, UNKNOWN), tally)


def _not_found(asked: list[Seen], tally: Tally) -> None:
    for seen in asked:
        tally.case()
        status = seen.answer.status or 0
        refused = {_NOT_FOUND} if LIKE_KNOWN in seen.ask.marks else {_NOT_FOUND, _BAD_REQUEST}
        if status in refused or status == RATE_LIMITED or status >= _SERVER_ERROR:
            continue  # another check tells of failures
        if is_redirect(status):
            continue
        if seen.ask.odd and status >= _BAD_REQUEST and not seen.answer.is_json:
            continue  # by a proxy, which may refuse what it likes
        if _is_an_asset(seen):
            continue
        found = "was found" if status == OK else "was neither found nor refused"
        if LIKE_KNOWN in seen.ask.marks and status == _BAD_REQUEST:
            found = "was refused as malformed"
        tally.disagree(
            f"an id that nothing has {found}: {seen.ask.about}",
            expected=" or ".join(_NAMES[wanted] for wanted in sorted(refused, reverse=True)),
            received=seen.answer.excerpt,
            exchange=seen.answer.exchange,
            **places.at(*places.answer_of(seen.operation, _NOT_FOUND)),
        )


def _is_an_asset(seen: Seen) -> bool:
    """Say whether there may be an asset with the very id that was made up.

    Ids have neighbours that are there as well: an answer about one of them proves nothing wrong,
    unless the id is one that cannot be there by chance.
    """
    document = document_in(seen.answer)
    made_up = ABSENT in seen.ask.marks
    return not made_up and document is not None and document.get("id") == seen.ask.subject
