"""Rules about which asset is found: the one that was asked for, and nothing but that."""

from babou_contract import places
from babou_contract.checks import NotExercisedError, Register, Tally
from babou_contract.model import Edge
from babou_contract.probes import Seen
from babou_contract.rules_answers import excerpt
from babou_contract.scene import OK, Scene, document_in

check = Register(Edge.spec_server)

_BAD_REQUEST, _NOT_FOUND, _SERVER_ERROR = 400, 404, 500


@check("The asset that comes back is the one that was asked for (D16).")
def the_id_is_the_one_asked_for(scene: Scene, tally: Tally) -> None:
    """Compare the id of each asset with the id in the request."""
    for seen in scene.gets():
        document = document_in(seen.answer)
        if document is None:
            continue
        tally.case()
        if document.get("id") != seen.ask.asset_id and seen.ask.kind == "known":
            tally.disagree(
                "the answer is about another asset than the one that was asked for",
                expected=repr(seen.ask.asset_id),
                received=repr(document.get("id")),
                exchange=seen.answer.exchange,
                **places.at(*places.asset("id")),
            )


@check("An id that only looks like a known one is not found (D1).")
def near_misses_are_not_found(scene: Scene, tally: Tally) -> None:
    """Ask for ids that differ from a known one by little."""
    _not_found(scene.of("near"), tally)


@check("An id that nothing has is not found, or refused as the spec says, whatever its form (D1).")
def unknown_ids_are_not_found(scene: Scene, tally: Tally) -> None:
    """Ask for ids of all forms."""
    _not_found(scene.of("unknown"), tally)


def _not_found(asked: list[Seen], tally: Tally) -> None:
    for seen in asked:
        tally.case()
        status = seen.answer.status or 0
        refused = {_NOT_FOUND, _BAD_REQUEST}
        if status in refused or status >= _SERVER_ERROR:  # another check tells of failures
            continue
        if seen.ask.odd and status >= _BAD_REQUEST:
            continue  # by a proxy, which may refuse what it likes
        found = "was found" if status == OK else "was neither found nor refused"
        tally.disagree(
            f"an id that nothing has {found}: {seen.ask.about}",
            expected="404 NOT_FOUND, or 400 VALIDATION_ERROR",
            received=excerpt(seen.answer),
            exchange=seen.answer.exchange,
            **places.at(*places.answer(_NOT_FOUND)),
        )
    if not asked:
        raise NotExercisedError("no such id was asked for")
