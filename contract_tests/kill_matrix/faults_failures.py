"""Servers that fail on certain requests, while they answer others."""

# ruff: noqa: PLR2004  (the numbers are what this is about)

from functools import partial

from babou_contract.mock_server import Request, Response
from kill_matrix.checks import FAILS
from kill_matrix.hooks import after, asks, both, found, instead, nth, refused, where
from kill_matrix.model import Fault, Group, Hook, World
from kill_matrix.probes import is_number, is_uuid

fault = partial(Fault, Group.statuses)

_CRASH = instead(500, {"error": "Internal server error", "code": "INTERNAL_ERROR"})


def _crashes_on(name: str, about: str, **more: object) -> Fault:
    wanted = more.pop("wanted")
    hook = where(both(asks(wanted), lambda *args: not refused(*args)), _CRASH)  # type: ignore[arg-type]
    return fault(name, about, FAILS, hook=hook, **more)  # type: ignore[arg-type]


def _ended_by(text: str) -> Hook:
    """Answer nothing more, once such a request came."""

    def hook(world: World, request: Request, response: Response) -> Response:
        ended = world.memory.setdefault("ended", [])
        if text in request.target:
            ended.append(request)
        return response.with_wire(start="close") if ended else response

    return hook


# fmt: off
FAULTS = (
    fault("known-crashes-one-in-six", "one read in six is 500", FAILS, "getAsset",
        where(both(found, nth(6)), _CRASH)),
    fault("known-crashes-after-twenty", "from the 21st read of an asset on, it is 500", FAILS,
        "getAsset", where(both(found, after(20)), _CRASH)),
    fault("every-asset-crashes", "every known asset is 500, while other answers are right", FAILS,
        "getAsset", where(found, _CRASH)),
    fault("odd-id-ends-all-answers", "after a byte that no UTF-8 has nothing is answered any more",
        FAILS, "a byte that no UTF-8 has", _ended_by("%FF")),
    _crashes_on("uuid-crashes", "an unknown UUID is 500", wanted=is_uuid, says="UUID"),
    _crashes_on("long-id-crashes", "an id of more than 64 characters is 500",
        wanted=lambda id: len(id) > 64, says="characters"),
    _crashes_on("quote-crashes", "a quote in an id is 500", wanted=lambda id: "'" in id,
        says="quote"),
    _crashes_on("other-alphabet-crashes", "an id that is not ASCII is 500",
        wanted=lambda id: not id.isascii(), says="alphabet"),
    _crashes_on("zero-byte-crashes", "a zero byte in an id reaches the database: 500",
        wanted=lambda id: "\x00" in id, says="zero byte"),
    _crashes_on("number-crashes", "a number that overflows is 500",
        wanted=lambda id: is_number(id) and len(id) > 18, says="overflows"),
    _crashes_on("percent-crashes", "a percent sign in an id is 500", wanted=lambda id: "%" in id,
        says="percent"),
    _crashes_on("emoji-crashes", "a character of four bytes is 500",
        wanted=lambda id: any(ord(c) > 65535 for c in id), says="emoji"),
    fault("known-silent", "one read in forty is never answered", FAILS, "getAsset",
        where(both(found, nth(40)), lambda _w, _q, answer: answer.with_wire(start="stall")),
        timeout=0.7),
)
# fmt: on
