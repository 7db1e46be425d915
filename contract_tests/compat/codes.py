"""Errors' codes: what callers of the release meet who compare with a code, or catch its class."""

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from compat.evidence import Seen, Side, is_refusal, seen
from compat.model import Who
from compat.party import Answer
from compat.specification import Parts, answers

Json = Any
_ERRORS = 400
_IN_RANGE = {"4XX": 451, "5XX": 503}


@frozen
class _Told:
    """What the released client makes of one documented error."""

    status: str
    code: str
    kinds: tuple[str, ...]
    example: str
    at: Parts


def codes(old: Side, new: Side) -> Iterator[Seen]:
    """Find the codes that callers of the release would wait for in vain, or in another class."""
    was, now = (list(_told(old, side)) for side in (old, new))
    kept = {(one.status, one.code) for one in now}
    known = {one.code for one in was}
    for one in was:
        if (one.status, one.code) in kept:
            continue
        moved = [other for other in now if other.code == one.code]
        if moved and not any(one.kinds[0] in other.kinds for other in moved):
            what = (
                f"{one.code} came as {one.kinds[0]}, and comes as {moved[0].kinds[0]} now, "
                "which `except` does not catch"
            )
            yield seen(_place(one, new), Who.INSTALLED, what, moved[0].example)
        heirs = [other for other in now if other.status == one.status and other.code not in known]
        if not moved and heirs:
            what = f"error.code was {one.code!r}, and is {heirs[0].code!r}"
            yield seen(_place(one, new), Who.INSTALLED, what, heirs[0].example)


def _place(one: _Told, new: Side) -> Parts:
    """Return the place of what is gone: the code's, or that of a status that is gone as well."""
    return one.at if one.status in new.operation.responses else one.at[:5]


def _told(old: Side, side: Side) -> Iterator[_Told]:
    at = ("paths", side.operation.path, side.operation.method, "responses")
    for status, media, content in answers(side.operation):
        number = int(status) if status.isdecimal() else _IN_RANGE.get(status.upper(), 0)
        if number < _ERRORS or "json" not in media:
            continue
        for name, example in content.get("examples", {}).items():
            body = json.dumps(example.get("value"))
            outcome, _ = old.meet(Answer(body.encode(), number, media))
            code = outcome["error"]["told"].get("code") if is_refusal(outcome) else None
            if code is not None:
                place = (*at, status, "content", media, "examples", name)
                kinds = tuple(outcome["error"]["kinds"])
                yield _Told(status, code, kinds, f"{number} {body}", place)
