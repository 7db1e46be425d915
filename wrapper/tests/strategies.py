"""All of hypothesis' strategies, and the stand-ins for server, clock and chance, in one place."""

import itertools
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from attrs import define, field, frozen
from hypothesis import strategies as st

from babou._core.config import Secret
from babou._core.messages import Request, Response
from babou._core.operations import Asset, decode_asset
from babou._errors import APIConnectionError, APITimeoutError
from babou._http.async_runner import AsyncRunner
from babou._http.runner import Head, Runner
from babou_contract.specification.assets import asset_examples, asset_schema
from babou_contract.specification.schema import fits
from babou_contract.specification.strategies import values

ID = "ast_abc123xyz456789012"
KEY = "sk-bab-invented-and-secret"
BASE_URL = "https://api.example"
DOCUMENT: dict[str, Any] = asset_examples()["image"]
ERROR = {"error": "Asset not found", "code": "NOT_FOUND"}


# ---------------- values and answers


def asset(state: str = "ready", *, asset_id: str = ID, **members: Any) -> Asset:
    """Return an asset in a state."""
    document = DOCUMENT | {"id": asset_id, "state": state} | members
    return decode_asset(json.dumps(document).encode(), asset_id=asset_id)


def answer(status: int = 200, body: object = None, **headers: str) -> Response:
    """Return an answer; a body that is no bytes is sent as JSON, headers by names with `_`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json"} | names, raw)


def seen(state: str, *, asset_id: str = ID) -> Response:
    """Return the answer with an asset in a state."""
    return answer(body=DOCUMENT | {"id": asset_id, "state": state})


def refusal(status: int, code: str = "CODE", **headers: str) -> Response:
    """Return an error as the API documents it."""
    return answer(status, {"error": "No", "code": code}, **headers)


def unreachable() -> APIConnectionError:
    """Return the error of a broken connection."""
    return APIConnectionError("no whole answer from https://api.example: refused.")


# ---------------- the stand-ins


@frozen
class Turn:
    """What a poll meets: an answer, or an error to raise, after so many seconds."""

    reply: Response | Callable[[], APIConnectionError]
    round_trip: float = 0.0

    @property
    def is_final(self) -> bool:
        """Tell whether a wait must send nothing after it."""
        if not isinstance(self.reply, Response):
            return False
        if self.reply.status != 200:
            return self.reply.status in {400, 401, 403, 404}
        return not re.search(rb'"state": "(processing|uploading|archived)"', self.reply.body)


@define
class World:
    """A clock that only sleeping and sending move, and a server that reads from a script.

    Where the script is over, the asset stays in `processing`.
    """

    script: Iterable[Turn] = ()
    now: float = 1000.0
    luck: Iterable[float] = (0.5,)
    polls: list[tuple[float, float]] = field(factory=list)
    """When each request was sent, and the time it was given."""
    requests: list[Request] = field(factory=list)
    sleeps: list[float] = field(factory=list)
    _over: bool = field(init=False, default=False)
    _turns: Any = field(init=False)
    _chances: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._turns = iter(self.script)
        self._chances = itertools.cycle(self.luck)

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def random(self) -> float:
        """Return the next number of the list."""
        return next(self._chances)

    def sleep(self, seconds: float) -> None:
        """Move the clock on."""
        assert seconds >= 0, "a pause was negative"
        self.sleeps.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Move the clock on."""
        self.sleep(seconds)

    def send(self, request: Request, *, timeout: float, cancel: object = None) -> Response:
        """Answer as the script says, or time out as a real transport does."""
        assert cancel is None
        assert not self._over, "a request was sent after a final answer"
        self.requests.append(request)
        self.polls.append((self.now, timeout))
        turn = next(self._turns, Turn(seen("processing")))
        if turn.round_trip > timeout + 1e-9:
            self.now += max(0.0, timeout)
            raise APITimeoutError(f"no whole answer within {timeout:.3g} s.")
        self.now += turn.round_trip
        self._over = turn.is_final
        if isinstance(turn.reply, Response):
            return turn.reply
        raise turn.reply()

    async def asend(self, request: Request, *, timeout: float) -> Response:
        """Do the same for an asynchronous runner."""
        return self.send(request, timeout=timeout)

    def runner(self) -> Runner:
        """Return a synchronous runner in this world."""
        return Runner(
            _Engine(self.send),
            Secret(KEY),
            Head(BASE_URL, "tests"),
            clock=self.clock,
            wall=self.clock,
            sleep=self.sleep,
            random=self.random,
        )

    def async_runner(self) -> AsyncRunner:
        """Return an asynchronous runner in this world."""
        return AsyncRunner(
            _Engine(self.asend),
            Secret(KEY),
            Head(BASE_URL, "tests"),
            clock=self.clock,
            wall=self.clock,
            sleep=self.asleep,
            random=self.random,
        )


@frozen
class _Engine:
    send: Callable[..., Any]


# ---------------- documents, from the spec's own schema

ascii_digits = st.characters(min_codepoint=48, max_codepoint=57)
whole = st.integers(0, 10**15) | st.integers(0, 2**40).map(float)
texts = st.text(max_size=20)
visible = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="/"), min_size=1)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
offsets = st.sampled_from(["Z", "z", "+00:00", "-00:00", "+23:59", "-23:59", "+05:45", "-03:30"])


@st.composite
def times(draw: st.DrawFn) -> str:
    """Draw an RFC 3339 time of this millennium, in any of its spellings."""
    day = draw(st.dates(date(2000, 1, 1), date(2999, 12, 30)))
    letter = draw(st.sampled_from("Tt"))
    fraction = draw(st.just("") | st.text(ascii_digits, min_size=1, max_size=12).map(".{}".format))
    if draw(st.integers(0, 9)) == 0:
        clock, offset = draw(
            st.sampled_from([("23:59:60", "Z"), ("15:59:60", "-08:00"), ("01:29:60", "+01:30")])
        )
    else:
        clock, offset = draw(st.times()).strftime("%H:%M:%S"), draw(offsets)
    return f"{day.isoformat()}{letter}{clock}{fraction}{offset}"


ids = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=256
).filter(lambda text: text not in {".", ".."})
"""Each identifier that may be sent."""

states = st.sampled_from(["uploading", "processing", "ready", "error", "failed"])
members: dict[str, st.SearchStrategy[Any]] = {
    "id": ids,
    "name": texts,
    "url": st.none() | st.text(min_size=1, max_size=20),
    "content_type": st.builds("{}/{}".format, visible, visible),
    "size": st.none() | whole,
    "state": states | texts,
    "duration": st.none() | st.floats(0, 1e300) | st.integers(0, 10**15),
    "width": st.none() | whole,
    "height": st.none() | whole,
    "created_at": times(),
}
_added = {  # to the specification, since this was written
    name: schema for name, schema in asset_schema()["properties"].items() if name not in members
}
members |= {name: values(schema) for name, schema in _added.items()}
_required = {name: members[name] for name in asset_schema()["required"]}
_optional = {name: made for name, made in members.items() if name not in _required}
documents = st.builds(
    lambda known, unknown: unknown | known,
    st.fixed_dictionaries(_required, optional=_optional),
    st.dictionaries(texts.map("x-{}".format), json_values, max_size=3),
)
"""Each body that the schema allows."""

_no_text = st.none() | st.booleans() | st.integers() | st.lists(st.none(), max_size=1) | st.just({})
_no_count = (
    st.booleans()
    | texts
    | st.integers(max_value=-1)
    | st.sampled_from(["12", "", [], {}, [1], -0.5])
)
_no_time = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=25)
    | st.sampled_from(
        [
            "2025-12-02T10:00:00",
            "2025-12-02 10:00:00Z",
            "2025-12-02",
            "2025-02-30T10:00:00Z",
            "2025-13-02T10:00:00Z",
            "2025-12-02T25:00:00Z",
            "2025-12-02T24:00:00Z",
            "2025-12-02T10:60:00Z",
            "2025-12-02T10:00:61Z",
            "2025-12-02T10:00:60Z",
            "2025-12-02T23:59:60+01:00",
            "2025-12-02T10:00:00+25:00",
            "2025-12-02T10:00:00+24:00",
            "2025-12-02T10:00:00+01:60",
            "2025-12-02T10:00:00.Z",
            "2025-12-02T10:00:00,5Z",
            "2025-12-02T10:00:00Z\n",
            "0000-12-02T10:00:00Z",
            "0001-01-01T23:59:60+23:59",
            "1999-12-02T10:00:00Z",
            "3000-12-02T10:00:00Z",
            "٢٠٢٥-12-02T10:00:00Z",
            "20251202T100000Z",
        ]
    )
)
forbidden: dict[str, st.SearchStrategy[Any]] = {
    "id": _no_text | st.just(""),
    "name": _no_text,
    "url": _no_text.filter(lambda value: value is not None) | st.just(""),
    "content_type": _no_text | st.sampled_from(["", "png", "/png", "image/", "image /png", " a/b"]),
    "size": _no_count | st.just(12.5),
    "state": _no_text,
    "duration": _no_count,
    "width": _no_count | st.just(0.5),
    "height": _no_count | st.just(0.5),
    "created_at": _no_time,
}
"""For each member, values that the schema forbids."""

for _name, _schema in _added.items():
    _wrong = [value for value in (None, True, 7.5, "word", [], {}) if not fits(_schema, value)]
    forbidden[_name] = st.sampled_from(_wrong)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Draw a body with one member that the schema forbids, or without one; and its name."""
    document = dict(draw(documents))
    name = draw(st.sampled_from(sorted(members)))
    if name in _required and draw(st.integers(0, 4)) == 0:
        del document[name]
    else:
        document[name] = draw(forbidden[name])
    return document, name


# ---------------- scripts, for time itself

# Multiples of 1/64 add up without rounding, so that equal times are equal.
seconds = st.integers(0, 64 * 4).map(lambda ticks: ticks / 64)
waiting = ["processing", "uploading", "archived"]
passing = st.sampled_from(
    [
        *(seen(state) for state in waiting),
        refusal(429),
        refusal(429, retry_after="2"),
        refusal(429, retry_after="90"),
        refusal(429, retry_after_ms="1500"),
        refusal(429, retry_after="soon"),
        refusal(500),
        refusal(409),
        answer(520, b"<html>Web server is returning an unknown error</html>"),
        unreachable,
        lambda: APITimeoutError("no whole answer."),
    ]
)
final = st.sampled_from(
    [
        *(seen(state) for state in ("ready", "error", "failed")),
        refusal(404, "NOT_FOUND"),
        refusal(401, "UNAUTHORIZED"),
        answer(200, b"<html>"),
        answer(200, b""),
        answer(200, DOCUMENT | {"size": "12"}),
    ]
)
scripts = st.builds(
    lambda before, last: [*before, *last],
    st.lists(st.builds(Turn, passing, seconds | st.just(0.0)), max_size=12),
    st.lists(st.builds(Turn, final, seconds | st.just(0.0)), max_size=1),
)
chances = st.lists(st.integers(0, 63).map(lambda n: n / 64), min_size=1, max_size=7)
