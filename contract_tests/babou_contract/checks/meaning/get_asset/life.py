"""Rules about what may change from one read of an asset to the next."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.get_asset.reads import FINAL, comparable, is_final
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import Observations
from babou_contract.specification import places
from babou_contract.specification.assets import asset_schema

check = Register(Boundary.spec_server)

Document = dict[str, Any]
_LASTING = ("name", "content_type", "created_at")
_OF_READY = ("url", "size")
_ORDER = {"uploading": 0, "processing": 1, **dict.fromkeys(FINAL, 2)}


@check("The name, content_type and created_at of an asset never change.")
def identity_never_changes(observations: Observations, tally: Tally) -> None:
    """Compare each read with the first; what may be null can become known, and then stays."""
    for documents in _series(observations):
        first = dict(documents[0][0])
        for document, answer in documents[1:]:
            tally.case()
            for name in _LASTING:
                known, here = first.get(name), document.get(name)
                if known is None and name in first:
                    first[name] = here
                elif comparable(name, here) != comparable(name, known):
                    _tell(tally, name, known, here, answer)


@check("An asset that is ready or has failed stays so (D2).")
def final_states_stay(observations: Observations, tally: Tally) -> None:
    """Look at what follows a final state."""
    for documents in _series(observations):
        for (before, _), (after, answer) in pairwise(documents):
            if is_final(before):
                tally.case()
                if after.get("state") != before["state"]:
                    _tell(tally, "state", before["state"], after.get("state"), answer)


@check("States move forwards only: uploading, processing, then an end.")
def states_move_forwards(observations: Observations, tally: Tally) -> None:
    """Compare states that have an order; a state that the spec does not know has none."""
    for documents in _series(observations):
        known = [(d, a) for d, a in documents if str(d.get("state")) in _ORDER]
        for (before, _), (after, answer) in pairwise(known):
            if is_final(before):
                continue  # `final_states_stay` tells
            tally.case()
            if _ORDER[str(after["state"])] < _ORDER[str(before["state"])]:
                _tell(tally, "state", before["state"], after["state"], answer)


@check("An asset that is ready has its url and its size.")
def ready_has_url_and_size(observations: Observations, tally: Tally) -> None:
    """Look for null where the description of `ready` says that it is known."""
    for documents in _series(observations):
        for document, answer in documents:
            if document.get("state") != "ready":
                continue
            tally.case()
            hold_ready(document, answer, tally)
    if not tally.cases:
        raise NotExercisedError("no asset was seen to be ready")


@check("Reads of an asset that is ready or has failed agree with each other.")
def repeated_reads_agree(observations: Observations, tally: Tally) -> None:
    """Compare what the spec knows; null may become a value, once, and a presigned url may vary."""
    for documents in _series(observations):
        states = [d["state"] for d, _ in documents if is_final(d)]
        final = [(d, a) for d, a in documents if d["state"] in states[:1]]
        for name in asset_schema()["properties"]:
            values = [(d.get(name), a) for d, a in final]
            if name in {*_LASTING, "id", "state"} or not values:
                continue  # these have checks of their own
            tally.case(len(values))
            if name in _OF_READY and states[:1] == ["ready"]:
                values = [(v, a) for v, a in values if v is not None]
            for expected, received, answer in _odd_ones(name, values):
                _tell(tally, name, expected, received, answer)
    if not tally.cases:
        raise NotExercisedError("no asset was seen in a final state")


def hold_ready(document: Document, answer: Answer, tally: Tally) -> None:
    """Tell what a ready asset lacks."""
    for name in _OF_READY:
        if document.get(name) is None:
            tally.disagree(
                f"an asset that is ready has no {name}",
                expected=f"a {name}: it is known once the state is `ready`",
                received="null" if name in document else "nothing",
                exchange=answer.exchange,
                **places.at(*reads.asset("state", "enum")),
            )


def _odd_ones(name: str, values: list[tuple[Any, Answer]]) -> Iterator[tuple[Any, Any, Answer]]:
    """Yield the values that deviate: from null to a value is no deviation, back is one."""
    plain = [(comparable(name, value), value, answer) for value, answer in values]
    given = [key for key, _, _ in plain if key is not None]
    counted = Counter(map(repr, given))
    if name == "url" and len(counted) > max(2, len(given) // 2):
        return  # signed anew, in its path, on each read
    usual = counted.most_common(1)[0][0] if counted else "None"
    was_given = False
    for key, value, answer in plain:
        if (key is None and was_given) or (key is not None and repr(key) != usual):
            yield next((v for k, v, _ in plain if repr(k) == usual), None), value, answer
        was_given = was_given or key is not None


def _series(observations: Observations) -> list[list[tuple[Document, Answer]]]:
    reads.of(observations, READ)
    series = [reads.documents(observations, id) for id in reads.known(observations)]
    series = [documents for documents in series if len(documents) > 1]
    if not series:
        raise NotJudgedError("no asset was read twice: name one that the server has, --asset ID")
    return series


def _tell(tally: Tally, name: str, before: object, after: object, answer: Answer) -> None:
    tally.disagree(
        f"{name} changed from one read to another",
        expected=repr(before),
        received=repr(after),
        exchange=answer.exchange,
        **places.at(*reads.asset(name)),
    )
