"""Many waits through the pages of the list, against a simulated server; no clock, no network."""

import heapq
import itertools
import math
import random
from collections import Counter
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import DOCUMENT, answer, refusal

from babou._core import batch as batches
from babou._core.batch import Batch
from babou._core.operations import Asset
from babou._core.outcomes import WaitFailure, WaitResult
from babou._core.polling import PollPolicy
from babou._errors import (
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    NotFoundError,
    WaitTimeoutError,
)

SILENCE = object()
WAITS = {"timeout": 600.0, "request_timeout": 30.0, "missing_ok_for": 0.0}


@define
class Server:
    """Assets that come to their end in time, alone and in a list.

    Attributes:
        ends: For each asset, when it ends, and how.
        order: The ids as the list has them.
        lag: Seconds by which what the list shows is late.
    """

    ends: dict[str, tuple[float, str]]
    order: list[str]
    lag: float = 0.0
    reply: object = None
    ignores: str = ""
    requests: Counter[str] = field(factory=Counter)

    def state(self, asset_id, now):
        """Return how an asset is."""
        end, how = self.ends[asset_id]
        return how if now >= end else "uploading" if now < end / 4 else "processing"

    def document(self, asset_id, now):
        """Return an asset as it is."""
        return DOCUMENT | {"id": asset_id, "state": self.state(asset_id, now)}

    def __call__(self, request, now):
        """Answer a request."""
        parts = urlsplit(request.url)
        if not parts.query:
            self.requests["asset"] += 1
            asset_id = unquote(parts.path.rpartition("/")[2])
            if asset_id not in self.ends:
                return refusal(404, "NOT_FOUND")
            return answer(200, self.document(asset_id, now))
        self.requests["page"] += 1
        if self.reply is not None:
            return self.reply() if callable(self.reply) else self.reply
        query = {name: text for name, (text,) in parse_qs(parts.query).items()}
        limit, offset, seen_at = int(query["limit"]), int(query["offset"]), now - self.lag
        found = self.order
        if self.ignores != "state":
            found = [each for each in found if self.state(each, seen_at) == query["state"]]
        first = 0 if self.ignores == "offset" else offset
        page = [self.document(each, seen_at) for each in found[first : first + limit]]
        where = {"limit": limit, "offset": offset, "total": len(found)}
        return answer(200, {"assets": page, "pagination": where})


def play(server, ids, *, by_pages=True, round_trip=0.01, seed=1, **options):
    """Run a batch against a server; return when and how each wait ended, and what was seen."""
    chance = random.Random(seed).random  # noqa: S311 (no secret)
    with pytest.MonkeyPatch.context() as patch:
        if not by_pages:
            patch.setattr(batches, "_FEWEST", math.inf)
        batch = Batch(ids, policy=PollPolicy(), began=0.0, random=chance, **WAITS | options)
    now, results, seen, order = 0.0, {}, [], itertools.count()
    under_way: list[tuple[float, int, object, float, object]] = []
    while batch:
        events = []
        while len(under_way) < 20 and (taken := batch.take(now)) is not None:
            if isinstance(taken, WaitResult):
                events.append(taken)
            else:
                reply, done = replied(server, taken[1], now, round_trip)
                heapq.heappush(under_way, (done, next(order), taken[0], now, reply))
        due = batch.next_due() if len(under_way) < 20 else None
        assert events or under_way or due is not None, "nothing will ever happen"
        if under_way and (due is None or under_way[0][0] <= due):
            done, _, poll, sent, reply = heapq.heappop(under_way)
            now = max(now, done)
            events += batch.settle(poll, reply, sent=sent, now=now)
        elif due is not None:
            now = max(now, due)
        ended = {event.asset_id: (now, event) for event in events if isinstance(event, WaitResult)}
        assert not ended.keys() & results.keys(), "a wait ended twice"
        results |= ended
        seen += [event for event in events if not isinstance(event, WaitResult)]
    return results, seen


def replied(server, step, now, round_trip):
    """Return what comes of a request, and when."""
    reply = server(step.request, now + round_trip / 2)
    if reply is SILENCE or now + round_trip > step.deadline:
        return APITimeoutError("late."), max(now, step.deadline)
    return reply, now + round_trip


def lognormal(count, *, median=8.0, sigma=1.2, seed=7):
    """Return assets that are ready after such times."""
    draw = random.Random(seed)  # noqa: S311 (no secret)
    times = [draw.lognormvariate(math.log(median), sigma) for _ in range(count)]
    return {f"ast_{number}": (time, "ready") for number, time in enumerate(times)}


def outcome(result):
    """Return how a wait ended, without the time."""
    return result.asset.state if result.asset else type(result.error)


def lag(results, server):
    """Return how late the assets were seen ready, on average."""
    late = [at - server.ends[asset_id][0] for asset_id, (at, _) in results.items()]
    return sum(late) / len(late)


def orders(ids):
    """Return the orders that a list may have."""
    mixed = list(ids)
    random.Random(3).shuffle(mixed)  # noqa: S311 (no secret)
    return {"newest first": list(reversed(ids)), "oldest first": list(ids), "mixed": mixed}


@pytest.mark.parametrize("order", ["newest first", "oldest first", "mixed"])
@pytest.mark.parametrize("count", [50, 2000])
def test_pages_take_a_fraction_of_the_requests_and_no_more_time(order, count):
    """At most 1.5 requests an asset, whatever the order of the list, at the same lag."""
    ends = lognormal(count)
    ids = list(ends)
    swept, each = (Server(ends, orders(ids)[order]) for _ in range(2))
    by_pages, _ = play(swept, ids)
    one_by_one, _ = play(each, ids, by_pages=False)
    assert {outcome(result) for _, result in by_pages.values()} == {"ready"}
    assert lag(by_pages, swept) <= lag(one_by_one, each) * (1.1 if count > 1000 else 1.5)
    requests = swept.requests.total()
    assert requests <= each.requests.total()
    assert requests <= (1.5 if count > 1000 else 3) * count


def test_few_are_polled_each_by_itself():
    """Pages would save nothing."""
    ends = lognormal(49)
    server = Server(ends, list(ends))
    play(server, list(ends))
    assert server.requests["page"] == 0


@pytest.mark.parametrize(
    "reply",
    [
        refusal(400, "VALIDATION_ERROR"),
        refusal(403),
        refusal(404),
        answer(200, b"<html>"),
        answer(200, {"assets": [{"id": "ast_1"}], "pagination": {}}),
        refusal(500),
        lambda: APITimeoutError("late."),
    ],
    ids=["400", "403", "404", "html", "D25", "500", "late"],
)
def test_a_list_that_cannot_be_had_is_done_without(reply):
    """D20, D25: then each id is polled, with the same results and about as many requests."""
    ends = lognormal(200)
    server, each = Server(ends, list(ends), reply=reply), Server(ends, list(ends))
    results, _ = play(server, list(ends))
    one_by_one, _ = play(each, list(ends), by_pages=False)
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    assert server.requests["page"] <= 4
    assert server.requests["asset"] <= each.requests["asset"] * 1.1
    assert lag(results, server) <= lag(one_by_one, each) * 1.1 + 0.1


@pytest.mark.parametrize("timeout", [12.0, 25.0, 600.0])
def test_a_list_that_never_answers_holds_up_no_wait(timeout):
    """After some seconds each id is polled, and before the end of the wait in any case."""
    ends = {f"ast_{number}": (3.0, "ready") for number in range(200)}
    server = Server(ends, list(ends), reply=SILENCE)
    results, _ = play(server, list(ends), timeout=timeout)
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    assert max(at for at, _ in results.values()) < min(timeout, 16.0)


@pytest.mark.parametrize("others", [500, 50_000])
def test_an_account_with_much_else_under_way_is_no_reason_for_many_pages(others):
    """Where pages would cost more than they save, the ids are polled."""
    ends = lognormal(60)
    strangers = {f"other_{number}": (1e9, "ready") for number in range(others)}
    server = Server(ends | strangers, [*strangers, *ends])
    results, _ = play(server, list(ends))
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    each = Server(ends, list(ends))
    play(each, list(ends), by_pages=False)
    assert server.requests.total() <= each.requests.total() + 2


@pytest.mark.parametrize("ignores", ["state", "offset"])
def test_a_list_that_ignores_what_was_asked_changes_no_result(ignores):
    """A page is a hint; what it does not show is asked for."""
    ends = lognormal(300)
    server = Server(ends, list(ends), ignores=ignores)
    results, _ = play(server, list(ends))
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    each = Server(ends, list(ends))
    play(each, list(ends), by_pages=False)
    assert server.requests.total() <= each.requests.total()


def test_a_list_that_is_a_copy_of_an_earlier_time_is_found_out():
    """A page that shows under way what had ended before is not believed any longer."""
    ends = lognormal(300, median=20.0, sigma=0.3)
    server, each = Server(ends, list(ends), lag=1e6), Server(ends, list(ends))
    results, _ = play(server, list(ends))
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    play(each, list(ends), by_pages=False)
    assert server.requests["asset"] <= each.requests["asset"]
    assert max(at - ends[each][0] for each, (at, _) in results.items()) < 30


def test_assets_that_are_all_ready_are_asked_for_once():
    """The first of them tell that the rest is hardly under way."""
    ends = {f"ast_{number}": (0.0, "ready") for number in range(100)}
    server = Server(ends, list(ends))
    play(server, list(ends))
    assert server.requests == {"asset": 100}


def test_each_look_is_told():
    """`on_update` is called with each asset that a page shows, as after a poll."""
    ends = lognormal(100)
    _, seen = play(Server(ends, list(ends)), list(ends))
    assert {event.id for event in seen} == set(ends)
    assert len(seen) > 300
    assert all(isinstance(event, Asset) for event in seen)


def test_a_sweep_that_is_under_way_at_the_end_ends_too():
    """Pages that come too late change nothing, and those not asked for are not asked for."""
    ids = [f"ast_{number}" for number in range(3000)]
    server = Server(dict.fromkeys(ids, (1000000000.0, "ready")), ids)
    batch = Batch(ids, policy=PollPolicy(), began=0.0, random=lambda: 0.5, **WAITS)
    polls = [batch.take(0.0) for _ in range(20)]
    for poll, step in polls:
        batch.settle(poll, server(step.request, 0.0), sent=0.0, now=0.0)
    (page, step), further = batch.take(0.0), batch.take(0.0)
    assert server.requests["page"] == 0
    batch.settle(page, server(step.request, 0.0), sent=0.0, now=0.1)
    ended = {}
    while batch.next_due() is not None and (result := batch.take(601.0)):
        ended[result.asset_id] = result
    assert set(ended) == set(ids)
    assert {outcome(result) for result in ended.values()} == {WaitTimeoutError}
    assert batch.settle(further[0], server(further[1].request, 0.0), sent=0.0, now=601.0) == []


def test_a_refused_key_ends_all():
    """Whether a page or an asset meets it first."""
    server = Server({}, [])
    refused = refusal(401, "UNAUTHORIZED")
    results, _ = play(lambda *_: refused, [f"ast_{number}" for number in range(100)])
    assert server.requests.total() == 0
    assert {type(result.error) for _, result in results.values()} == {AuthenticationError}


def test_a_429_to_a_page_holds_all():
    """The server's pause is kept by pages and polls."""
    ends = lognormal(100, median=30.0)
    server, asked = Server(ends, list(ends)), []
    refusals = iter([refusal(429, retry_after="5")])

    def limited(request, now):
        asked.append(now)
        if "?" in request.url and (refused := next(refusals, None)):
            return refused
        return server(request, now)

    results, _ = play(limited, list(ends))
    assert {outcome(result) for _, result in results.values()} == {"ready"}
    gaps = [after - before for before, after in itertools.pairwise(sorted(asked))]
    assert max(gaps) >= 4.9


@settings(max_examples=60)
@given(data=st.data())
def test_callers_see_no_difference(data):
    """The same results, whatever the assets, the account, the list and the server do."""
    count = data.draw(st.integers(50, 130))
    chance = random.Random(data.draw(st.integers(0, 1000)))  # noqa: S311 (no secret)
    hows = ["ready"] * 8 + ["error", "failed"]
    ids = [f"ast_{number}" for number in range(count)]
    never = data.draw(st.floats(0, 0.3))
    ends = {
        each: (
            1e9 if chance.random() < never else chance.choice([0.0, chance.uniform(0, 60)]),
            chance.choice(hows),
        )
        for each in ids
        if chance.random() < 0.95
    }
    strangers = {f"other_{n}": (1e9, "ready") for n in range(data.draw(st.integers(0, 300)))}
    order = [*ends, *strangers]
    chance.shuffle(order)
    server = Server(
        ends | strangers,
        order,
        ignores=data.draw(st.sampled_from(["", "", "state", "offset"])),
        lag=data.draw(st.sampled_from([0.0, 0.0, 1.0, 1e6])),
        reply=data.draw(st.sampled_from([None, None, None, refusal(400), refusal(503)])),
    )
    results, _ = play(server, ids, timeout=90.0, seed=data.draw(st.integers(0, 99)))
    assert set(results) == set(ids)
    for each, (at, result) in results.items():
        end, how = ends.get(each, (0.0, ""))
        if not how:
            assert outcome(result) is NotFoundError
        elif end > 90.0:
            assert outcome(result) is WaitTimeoutError
            assert 89.0 <= at <= 90.2
        else:
            assert outcome(result) == "ready" if how == "ready" else AssetFailedError
            assert end <= at <= end + 20.0
        assert isinstance(result, WaitFailure) or result.asset.is_ready
