"""The uploads that are made, and what is asked about them afterwards."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.list_assets import pages
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import Ask, Call, successes
from babou_contract.probing.observations import Observations, document_in, read
from babou_contract.probing.samples import BINARY
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation

ID = "uploadAsset"
UPLOAD, FETCHED, LISTED, TOO_LARGE = "upload", "uploaded", "in the list", "too large"
TYPE = "image/gif"
_UPLOADS = 2
_FETCHES = 3
_PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before what is not known, or lags (D26), is asked for
_MOST = 104_857_600  # bytes (D22)


def operation() -> Operation:
    """Return the operation."""
    return spec.operation(ID)


def probes(observations: Observations) -> Iterator[Ask]:
    """Upload a small image twice, read and list it, and announce a file that is too large."""
    base = evolve(observations.calls[ID][0], media_type=TYPE, content=BINARY)
    for _ in range(_UPLOADS):
        yield Ask(UPLOAD, base, "an upload of an image of a pixel", successes(operation()))
    for document, _ in made(observations):
        for _ in range(_FETCHES):
            yield from _fetched(observations, str(document["id"]))
    yield from _follow(observations)
    call = evolve(base, content=b"", known=False)
    about = "a file of more than 100 MB, announced and not sent"
    yield Ask(TOO_LARGE, call, about, announced=_MOST + 1, odd=True)


def _fetched(observations: Observations, asset_id: str) -> Iterator[Ask]:
    get = observations.operation(reads.ID)
    if get is not None:
        call = Call(get, {get.in_path[-1].name: asset_id}, subject=asset_id)
        yield Ask(FETCHED, call, f"read {asset_id!r}, which was uploaded", successes(get))


def _follow(observations: Observations) -> Iterator[Ask]:
    """Read the uploads until their size is known, and look at the list until they are there."""
    the_list = observations.operation(pages.ID)
    for seconds in _PAUSES:
        unknown = _of_unknown_size(observations)
        lacking = missing(observations) if the_list else []
        if observations.stopped or not (unknown or lacking):
            return
        observations.session.pause(seconds, "time limit")
        for asset_id in unknown:
            yield from _fetched(observations, asset_id)
        if the_list and lacking:
            call = Call(the_list, {"limit": pages.MOST})
            yield Ask(LISTED, call, "look for what was uploaded in the list", successes(the_list))


def _of_unknown_size(observations: Observations) -> list[str]:
    """Return the uploads that were read last without a size, and have not failed."""
    last = {
        seen.ask.subject: document
        for seen in observations.answered(FETCHED)
        if (document := document_in(seen.answer)) is not None
    }
    told = {id: (one.get("size"), reads.is_final(one)) for id, one in last.items()}
    return [id for id, known in told.items() if known == (None, False)]


def missing(observations: Observations) -> list[str]:
    """Return the uploads that no look at the whole list has shown; none where it has more pages."""
    looks = pages.pages(observations, LISTED)
    if any(look.total > len(look.assets) for look in looks):
        return []
    listed = {id for look in looks for id in look.ids}
    uploaded = [str(document["id"]) for document, _ in made(observations)]
    return [id for id in uploaded if id not in listed]


def made(observations: Observations) -> list[tuple[dict[str, Any], Answer]]:
    """Return the assets that uploads were answered with."""
    wanted = successes(operation())
    answered = observations.answered(UPLOAD, operation=ID)
    told = [(read(one.answer), one.answer) for one in answered if one.answer.status in wanted]
    return [(body, answer) for body, answer in told if isinstance(body, dict) and body.get("id")]
