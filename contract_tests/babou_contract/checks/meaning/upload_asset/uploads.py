"""The uploads that are made, and what is asked about them afterwards."""

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from babou_contract.checks.meaning.get_asset import reads
from babou_contract.checks.meaning.list_assets import pages
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import BINARY, Ask, Call, successes
from babou_contract.probing.observations import Observations, read
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation

ID = "uploadAsset"
UPLOAD, FETCHED, LISTED, TOO_LARGE = "upload", "uploaded", "in the list", "too large"
TYPE = "image/gif"
_UPLOADS = 2
_FETCHES = 3
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
        yield from _about(str(document["id"]))
    call = evolve(base, content=b"", known=False)
    about = "a file of more than 100 MB, announced and not sent"
    yield Ask(TOO_LARGE, call, about, announced=_MOST + 1, odd=True)


def _about(asset_id: str) -> Iterator[Ask]:
    known = {one.id: one for one in spec.operations()}
    if reads.ID in known:
        get = known[reads.ID]
        call = Call(get, {get.in_path[-1].name: asset_id}, subject=asset_id)
        for _ in range(_FETCHES):
            yield Ask(FETCHED, call, f"read {asset_id!r}, which was uploaded", successes(get))
    if pages.ID in known:
        call = Call(known[pages.ID], {"limit": 100}, subject=asset_id)
        yield Ask(LISTED, call, f"look for {asset_id!r} in the list", successes(known[pages.ID]))


def made(observations: Observations) -> list[tuple[dict[str, Any], Answer]]:
    """Return the assets that uploads were answered with."""
    wanted = successes(operation())
    answered = observations.answered(UPLOAD, operation=ID)
    told = [(read(one.answer), one.answer) for one in answered if one.answer.status in wanted]
    return [(body, answer) for body, answer in told if isinstance(body, dict) and body.get("id")]
