"""The schedule of many waits, played through with numbers in a list."""

import heapq
import itertools
import math
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ID, Turn, World, asset, chances, final, passing, refusal, seconds, seen

from babou._core.batch import Batch
from babou._core.calls import outcome_of
from babou._core.outcomes import WaitResult, WaitSuccess
from babou._core.polling import PollPolicy
from babou._core.retry import asked_pause
from babou._errors import (
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    WaitCancelledError,
    WaitTimeoutError,
)

STEADY = PollPolicy(jitter=0.0)


def make(
    asset_ids, *, timeout=100.0, policy=STEADY, began=0.0, missing_ok_for=0.0, random=lambda: 0.5
) -> Batch:
    """Return a batch with the options that don't matter filled in."""
    return Batch(
        asset_ids,
        policy=policy,
        began=began,
        timeout=timeout,
        request_timeout=30.0,
        missing_ok_for=missing_ok_for,
        random=random,
    )


def play(batch, scripts, *, at_once=20):
    """Run a batch as the runners do, in a time of its own.

    Returns:
        The polls as (sent, asset id, deadline), the results as (time, result), and the replies
        as (time, reply).
    """
    now, polls, results, answers = 0.0, [], [], []
    scripts = {asset_id: iter(turns) for asset_id, turns in scripts.items()}
    under_way: list[tuple[float, int, str, float, object]] = []
    while batch:
        while len(under_way) < at_once and (taken := batch.take(now)) is not None:
            if isinstance(taken, WaitResult):
                results.append((now, taken))
                continue
            asset_id, step = taken
            polls.append((now, asset_id, step.deadline))
            turn = next(scripts[asset_id], Turn(seen("processing", asset_id=asset_id)))
            reply, done = turn.reply, now + turn.round_trip
            if done > step.deadline:
                reply, done = (lambda: APITimeoutError("late.")), step.deadline
            reply = reply() if callable(reply) else reply
            heapq.heappush(under_way, (done, len(polls), asset_id, now, reply))
        due = batch.next_due() if len(under_way) < at_once else None
        if under_way and (due is None or under_way[0][0] <= due):
            done, _, asset_id, sent, reply = heapq.heappop(under_way)
            now = max(now, done)
            answers.append((now, reply))
            events = batch.settle(asset_id, reply, sent=sent, now=now)
            results += [(now, event) for event in events if isinstance(event, WaitResult)]
        elif due is not None:
            now = max(now, due)
    assert not under_way
    return polls, results, answers


def replies(asset_id, *states_or_replies):
    """Return a script: states of the asset, or whole replies."""
    return [
        Turn(seen(item, asset_id=asset_id) if isinstance(item, str) else item)
        for item in states_or_replies
    ]


def test_each_wait_goes_its_own_way():
    """One result for each id, as soon as its wait ends."""
    polls, results, _ = play(
        make(["a", "b", "c", "d"]),
        {
            "a": replies("a", "processing", "ready"),
            "b": replies("b", "ready"),
            "c": replies("c", "processing", "processing", "failed"),
            "d": replies("d", refusal(404)),
        },
    )
    assert [(at, result.asset_id) for at, result in results] == [
        (0.0, "b"),
        (0.0, "d"),
        (1.0, "a"),
        (2.0, "c"),
    ]
    found = {result.asset_id: result for _, result in results}
    assert found["a"] == WaitSuccess("a", asset("ready", asset_id="a"))
    assert isinstance(found["c"].error, AssetFailedError)
    assert isinstance(found["d"].error, NotFoundError)
    assert [(at, asset_id) for at, asset_id, _ in polls if asset_id == "a"] == [
        (0, "a"),
        (1.0, "a"),
    ]


def test_settled_poll_gives_the_asset_that_was_seen():
    """For `on_update`; or the passing error, for `on_error`."""
    batch = make(["a"])
    batch.take(0.0)
    [seen_asset] = batch.settle("a", seen("processing", asset_id="a"), sent=0.0, now=0.0)
    assert seen_asset == asset("processing", asset_id="a")
    batch.take(1.0)
    [failed] = batch.settle("a", refusal(500), sent=1.0, now=1.0)
    assert (failed.asset_id, type(failed.error)) == ("a", InternalServerError)


def test_missing_assets_are_waited_for_as_long_as_they_may_be_missing():
    """They are listed a moment after their upload."""
    script = {"a": replies("a", refusal(404), "ready"), "b": replies("b", *[refusal(404)] * 9)}
    polls, results, _ = play(make(["a", "b"], missing_ok_for=1.5), script)
    found = {result.asset_id: result for _, result in results}
    assert found["a"].asset.is_ready
    assert isinstance(found["b"].error, NotFoundError)
    assert [at for at, asset_id, _ in polls if asset_id == "b"] == [0.0, 1.0, 2.0]


def test_poll_cut_short_by_the_end_does_not_hide_the_cause():
    """As in a single wait."""
    batch = make(["a"], timeout=5.0, policy=PollPolicy.fixed(5.0, None))
    batch.take(0.0)
    batch.settle("a", refusal(503), sent=0.0, now=0.1)
    batch.take(5.0)
    [result] = batch.settle("a", APITimeoutError("within 0 s."), sent=5.0, now=5.0)
    assert isinstance(result.error, WaitTimeoutError)
    assert result.error.last_error.status_code == 503


def test_id_named_twice_is_waited_for_once():
    """An identifier named twice is waited for once."""
    polls, results, _ = play(make(["a", "b", "a"]), {"a": replies("a", "ready"), "b": []})
    assert [asset_id for at, asset_id, _ in polls if at == 0.0] == ["a", "b"]
    assert sorted(result.asset_id for _, result in results) == ["a", "b"]


def test_no_ids_are_no_work():
    """An empty batch is over."""
    batch = make([])
    assert not batch
    assert (batch.next_due(), batch.take(0.0)) == (None, None)


def test_429_to_one_slows_all():
    """No poll of any asset is sent before the server's pause is over."""
    polls, _, _ = play(
        make(["a", "b", "c"]),
        {"a": replies("a", refusal(429, retry_after="7"), "ready"), "b": [], "c": []},
        at_once=3,
    )
    assert [asset_id for at, asset_id, _ in polls if at == 0.0] == ["a", "b", "c"]
    assert min(at for at, _, _ in polls if at > 0.0) == 7.0


def test_429_without_retry_after_slows_all_by_a_growing_back_off():
    """Each refusal in a row doubles the pause; an answer begins it anew."""
    script = [*[refusal(429)] * 4, "processing", refusal(429), "ready"]
    polls, _, _ = play(
        make(["a"], policy=PollPolicy.fixed(0.125, None)), {"a": replies("a", *script)}
    )
    times = [at for at, _, _ in polls]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps == [0.25, 0.5, 1.0, 2.0, 0.125, 0.25]


def test_polls_refused_together_count_as_one_refusal():
    """Twenty refusals at the same time are one sign of congestion, not twenty."""
    batch = make([f"a{n}" for n in range(20)], policy=PollPolicy.fixed(0.125, None))
    taken = [batch.take(0.0) for _ in range(20)]
    for asset_id, _ in taken:
        batch.settle(asset_id, refusal(429), sent=0.0, now=0.125)
    assert batch.next_due() <= 0.125 + 0.5


def test_back_off_leaves_time_for_a_last_poll():
    """Only the server's own word can end a wait early."""
    polls, results, _ = play(
        make(["a", "b"], timeout=0.2), {"a": replies("a", refusal(429)), "b": []}
    )
    assert len(polls) > 2
    assert all(isinstance(result.error, WaitTimeoutError) for _, result in results)


def test_retry_after_past_the_end_ends_all_waits_now():
    """As a single wait ends; what is under way may still bring a result."""
    polls, results, _ = play(
        make(["a", "b", "c"]),
        {
            "a": replies("a", refusal(429, retry_after="101")),
            "b": [Turn(seen("processing", asset_id="b"), 1.0)],
            "c": [Turn(seen("ready", asset_id="c"), 2.0)],
        },
    )
    assert len(polls) == 3
    assert {result.asset_id: at for at, result in results} == {"a": 0.0, "b": 1.0, "c": 2.0}
    found = {result.asset_id: result for _, result in results}
    assert isinstance(found["a"].error, WaitTimeoutError)
    assert isinstance(found["b"].error, WaitTimeoutError)
    assert found["b"].error.asset == asset("processing", asset_id="b")
    assert found["c"].asset.is_ready


def test_refused_key_ends_all_with_that_error_and_no_further_request():
    """A 401 would meet each of them."""
    polls, results, _ = play(
        make(["a", "b", "c", "d"]),
        {
            "a": replies("a", refusal(401)),
            "b": [Turn(refusal(500), 1.0)],
            "c": [Turn(seen("ready", asset_id="c"), 2.0)],
            "d": [],
        },
        at_once=3,
    )
    assert [asset_id for _, asset_id, _ in polls] == ["a", "b", "c"]
    found = {result.asset_id: result for _, result in results}
    for asset_id in ("a", "b", "d"):
        error = found[asset_id].error
        assert isinstance(error, AuthenticationError)
        assert str(error).startswith(f"Asset {asset_id!r}: HTTP 401")
    assert found["c"].asset.is_ready
    assert {result.asset_id: at for at, result in results} == {"a": 0, "d": 0, "b": 1, "c": 2}


def test_waits_end_together_when_the_time_is_up():
    """The last poll is exactly at the end, where no time is lost on the way."""
    polls, results, _ = play(
        make(["a", "b"], timeout=5.0), {"a": [], "b": replies("b", refusal(500))}
    )
    assert polls[-1][0] == 5.0
    assert {at for at, _ in results} == {5.0}
    assert all(isinstance(result.error, WaitTimeoutError) for _, result in results)


def test_wait_whose_turn_never_came_times_out_with_what_was_seen():
    """More waits than connections: the error still tells the last asset and the last trouble."""
    batch = make(["a", "b"], timeout=5.0)
    batch.take(0.0)
    batch.settle("a", refusal(500), sent=0.0, now=1.0)
    batch.take(0.0)
    batch.settle("b", seen("processing", asset_id="b"), sent=0.0, now=1.0)
    first, second = batch.take(6.0), batch.take(6.0)
    assert (first.asset_id, first.error.polls, first.error.elapsed) == ("a", 1, 6.0)
    assert first.error.last_error.status_code == 500
    assert second.error.asset == asset("processing", asset_id="b")
    assert not batch


def test_resumed_waits_count_from_their_beginning():
    """Times are on the runner's clock, and the beginning may lie in the past."""
    batch = make(["a"], timeout=100.0, began=-81.0, policy=STEADY)
    _, step = batch.take(0.0)
    assert step.deadline == 19.0
    batch.settle("a", seen("processing", asset_id="a"), sent=0.0, now=0.0)
    assert batch.next_due() == pytest.approx(0.7 * 9)


def test_cancelled_batch_gives_each_wait_its_error():
    """No result is lost."""
    batch = make(["a", "b"])
    batch.take(0.0)
    batch.settle("a", seen("processing", asset_id="a"), sent=0.0, now=0.0)
    results = list(batch.cancel(3.0))
    assert [(result.asset_id, result.error.polls) for result in results] == [("a", 1), ("b", 0)]
    assert all(isinstance(result.error, WaitCancelledError) for result in results)
    assert not batch


def test_memory_of_a_waiting_asset_is_small():
    """What is kept is what was last seen of it, and a few numbers: 30 MB for 10,000."""
    asset_ids = [f"ast_{n:020}" for n in range(2_000)]
    tracemalloc.start()
    try:
        batch = make(asset_ids)
        while taken := batch.take(0.0):
            poll, step = taken
            assert step.attempt == 1
            body = seen("processing", asset_id=poll) if isinstance(poll, str) else refusal(400)
            batch.settle(poll, body, sent=0.0, now=0.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(batch._waits) == 2_000
    assert peak < 6_000_000  # a fifth of them, because tracing is slow


class TestAnyBatch:
    """docs of wait_many: "They share … one back-off: a 429 to one slows all"."""

    @given(
        data=st.lists(st.lists(st.tuples(passing, seconds), max_size=5), min_size=1, max_size=6),
        last=st.lists(final, min_size=6, max_size=6),
        timeout=st.integers(1, 64 * 60).map(lambda n: n / 64),
        at_once=st.integers(1, 7),
        luck=chances,
    )
    def test_promises_hold_for_any_script(self, data, last, timeout, at_once, luck):
        """One result each, nothing past the end, nothing in a pause, nothing after a 401."""
        asset_ids = [f"ast_{n}" for n in range(len(data))]
        turns = {
            asset_id: [
                Turn(_for(asset_id, reply), round_trip)
                for reply, round_trip in [*data[n], (last[n], 0.25)]
            ]
            for n, asset_id in enumerate(asset_ids)
        }
        batch = make([*asset_ids, *asset_ids], timeout=timeout, random=World(luck=luck).random)
        polls, results, answers = play(batch, turns, at_once=at_once)
        assert sorted(result.asset_id for _, result in results) == asset_ids
        assert all((result.asset is None) != (result.error is None) for _, result in results)
        assert all(at <= timeout and deadline <= timeout for at, _, deadline in polls)
        assert all(at <= timeout for at, _ in results)
        for at, reply in answers:
            pause = _pause(reply)
            assert not [sent for sent, _, _ in polls if at < sent < at + pause]


def _for(asset_id, reply):
    """Return a reply with another asset's id in it."""
    if callable(reply):
        return reply
    body = reply.body.replace(ID.encode(), asset_id.encode(), 1)
    return type(reply)(reply.status, reply.headers, body)


def _pause(reply):
    """Return the seconds after a reply in which nothing may be sent."""
    status = getattr(reply, "status", None)
    if status == 401:
        return math.inf
    return asked_pause(outcome_of(reply, ID)) if status == 429 else 0.0
