"""Rules about what an upload makes."""

from collections.abc import Iterator
from typing import Any

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.get_asset.life import hold_ready
from babou_contract.checks.meaning.list_assets import pages
from babou_contract.checks.meaning.upload_asset import uploads
from babou_contract.checks.meaning.upload_asset.uploads import (
    FETCHED,
    LISTED,
    TOO_LARGE,
    TYPE,
    made,
)
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import successes
from babou_contract.probing.observations import Observations, document_in
from babou_contract.probing.samples import BINARY
from babou_contract.specification import places

check = Register(Boundary.spec_server)

_LASTING = ("id", "name", "content_type", "created_at")
_ORDER = {"uploading": 0, "processing": 1, **dict.fromkeys(reads.FINAL, 2)}
_TOO_LARGE, _SERVER_ERROR = 413, 500


@check("What was uploaded can be read, and is what the upload was answered with.")
def an_upload_can_be_read(observations: Observations, tally: Tally) -> None:
    """Read each upload a few times, and compare what never changes; states move forwards."""
    uploaded = {str(document["id"]): (document, answer) for document, answer in made(observations)}
    for seen in observations.answered(FETCHED):
        tally.case()
        document, _ = uploaded[seen.ask.subject]
        found = document_in(seen.answer)
        if found is None:
            if (seen.answer.status or _SERVER_ERROR) < _SERVER_ERROR:
                what = "what was uploaded cannot be read"
                _tell(tally, seen.answer, what, document["id"], seen.answer.excerpt)
            continue
        for name in _LASTING:
            before, after = (reads.comparable(name, one.get(name)) for one in (document, found))
            if before is not None and before != after:
                what = f"{name} of an upload changed"
                _tell(tally, seen.answer, what, document.get(name), found.get(name))
        first, now = (_ORDER.get(str(one.get("state")), 0) for one in (document, found))
        if now < first:
            what = "the state of an upload moved backwards"
            _tell(tally, seen.answer, what, document.get("state"), found.get("state"))


@check("What was uploaded is in the list, if not at once (D26).")
def an_upload_is_listed(observations: Observations, tally: Tally) -> None:
    """Look for each upload in several looks at the list, where all of it fits in a page."""
    looks = pages.pages(observations, LISTED)
    if not looks or any(look.total > len(look.assets) for look in looks):
        raise NotExercisedError("the list has more than a page, or was not seen")
    tally.case(len(made(observations)))
    for id in uploads.missing(observations):
        what = "what was uploaded is not listed"
        _tell(tally, looks[-1].answer, what, id, looks[-1].answer.excerpt)


@check("An upload keeps its type and its size.")
def an_upload_keeps_type_and_size(observations: Observations, tally: Tally) -> None:
    """Compare the type with the one that was sent, and the size where it is known."""
    for document, answer in _seen(observations):
        tally.case()
        told = reads.plain(document.get("content_type"))
        if document.get("content_type") is not None and told != TYPE:
            _tell(tally, answer, "an upload has another type than was sent", TYPE, told)
        if isinstance(document.get("size"), int) and document["size"] != len(BINARY):
            what = "an upload has another size than was sent"
            _tell(tally, answer, what, len(BINARY), document.get("size"))


@check("An upload that is ready has its url and its size.")
def a_ready_upload_has_url_and_size(observations: Observations, tally: Tally) -> None:
    """Look for null where the description of `ready` says that it is known."""
    for document, answer in _seen(observations):
        if document.get("state") == "ready":
            tally.case()
            hold_ready(document, answer, tally)
    if not tally.cases:
        raise NotExercisedError("no upload was seen to be ready")


@check("Each upload makes another asset.")
def each_upload_is_another_asset(observations: Observations, tally: Tally) -> None:
    """Compare the ids of uploads of the same bytes."""
    known: set[str] = set()
    for document, answer in made(observations):
        tally.case()
        if str(document["id"]) in known:
            _tell(tally, answer, "two uploads made one asset", "another id", document["id"])
        known.add(str(document["id"]))


@check("A file that is too large is refused with 413 (D22).")
def too_large_is_refused(observations: Observations, tally: Tally) -> None:
    """Announce its length without sending it; who asks for the bytes first is left alone."""
    for seen in observations.answered(TOO_LARGE):
        status = seen.answer.status or 0
        if status < 200 or status >= _SERVER_ERROR:  # noqa: PLR2004  it wants the body
            continue
        tally.case()
        if status in successes(uploads.operation()):
            what = "a file of more than 100 MB was taken before it was there"
            _tell(tally, seen.answer, what, "413 FILE_TOO_LARGE", seen.answer.excerpt)
        elif status != _TOO_LARGE and seen.answer.is_json:
            what = "a file of more than 100 MB was refused with another status"
            _tell(tally, seen.answer, what, "413 FILE_TOO_LARGE", seen.answer.excerpt)
    if not tally.cases:
        raise NotExercisedError("the server does not refuse a file by its announced length")


def _seen(observations: Observations) -> Iterator[tuple[dict[str, Any], Answer]]:
    """Yield each upload as its answer, and as reading it, says that it is."""
    yield from made(observations)
    for seen in observations.answered(FETCHED):
        if (document := document_in(seen.answer)) is not None:
            yield document, seen.answer


def _tell(tally: Tally, answer: Answer, summary: str, expected: object, received: object) -> None:
    tally.disagree(
        summary,
        expected=str(expected),
        received=str(received),
        exchange=answer.exchange,
        **places.at(*places.success_of(uploads.operation())),
    )
