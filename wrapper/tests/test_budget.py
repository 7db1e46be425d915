"""The budget of requests: slots in order, within the deadline, and a hold for everyone."""

import asyncio
import math
import os
import threading
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from strategies import ID, Turn, World, asset, refusal, seen

import babou
from babou import AsyncClient, BudgetError, Client, ConfigurationError, RateBudget
from babou._async_client import AsyncAssets
from babou._client import Assets
from babou._core.polling import Options, PollPolicy
from babou._http.budget import LONGEST_HOLD, hold_after

OPTIONS = Options(30.0, 2, PollPolicy(jitter=0.0))


class Own:
    """A budget that answers from a list, and writes down what it was asked."""

    def __init__(self, *slots, held=()):
        self.slots, self.holds, self.asked, self.threads = list(slots), list(held), [], set()

    def take(self, within=math.inf):
        self.threads.add(threading.get_ident())
        self.asked.append(within)
        slot = self.slots.pop(0) if self.slots else 0.0
        if isinstance(slot, Exception):
            raise slot
        return slot

    def hold(self, seconds):
        self.asked.append(f"hold {seconds:g}")

    def held(self):
        return self.holds.pop(0) if self.holds else 0.0


def call_sync(world, budget, method="get", **arguments):
    assets = Assets(evolve(world.runner(), budget=budget), OPTIONS)
    return getattr(assets, method)(ID, **arguments)


def call_async(world, budget, method="get", **arguments):
    assets = AsyncAssets(evolve(world.async_runner(), budget=budget), OPTIONS)
    return asyncio.run(getattr(assets, method)(ID, **arguments))


either = pytest.mark.parametrize("call", [call_sync, call_async])


class TestRateBudget:
    """docs of RateBudget: at least 1/per_second seconds between two requests."""

    @given(st.lists(st.integers(0, 40).map(lambda n: n / 8), max_size=40))
    def test_slots_are_one_interval_apart_in_the_order_of_the_asking(self, pauses):
        """Whoever asks when: no two slots are closer, and none is later than it has to be."""
        now = [0.0]
        budget = RateBudget(4, clock=lambda: now[0])
        slots = []
        for pause in pauses:
            now[0] += pause
            slots.append(now[0] + budget.take())
            earliest = slots[-2] + 0.25 if len(slots) > 1 else 0.0
            assert slots[-1] == max(now[0], earliest)
        assert all(after - before >= 0.25 for before, after in pairwise(slots))

    def test_a_slot_that_is_too_late_is_not_taken(self):
        """A call that fails at once costs the others nothing."""
        budget = RateBudget(1, clock=lambda: 0.0)
        assert [budget.take(1.5) for _ in range(4)] == [0.0, 1.0, 2.0, 2.0]
        assert budget.take() == 2.0

    def test_a_hold_moves_the_next_slots_and_the_longest_counts(self):
        """A shorter hold that comes later ends no longer one."""
        now = [0.0]
        budget = RateBudget(1, clock=lambda: now[0])
        assert budget.held() == 0.0
        budget.hold(10.0)
        budget.hold(3.0)
        assert (budget.held(), budget.take(), budget.take()) == (10.0, 10.0, 11.0)
        now[0] = 12.0
        assert (budget.held(), budget.take()) == (0.0, 0.0)

    def test_a_forked_process_waits_for_no_lock_of_its_parents(self, monkeypatch):
        """A process with another number, while the lock is held in the first."""
        budget = RateBudget(1, clock=lambda: 0.0)
        with budget._lock():
            monkeypatch.setattr(os, "getpid", lambda: -1)
            assert [budget.take(), budget.take()] == [0.0, 1.0]

    def test_threads_get_different_slots(self):
        """No slot is given to two."""
        budget = RateBudget(1000, clock=lambda: 0.0)
        slots = []
        threads = [
            threading.Thread(target=lambda: slots.extend(budget.take() for _ in range(500)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({round(slot * 1000) for slot in slots}) == 2000

    @pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan, "20", True, None, 1e-300])
    def test_a_rate_that_is_none_is_refused(self, rate):
        """The message says what it has to be."""
        with pytest.raises(ConfigurationError, match="per_second must be a positive"):
            RateBudget(rate)

    @pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, "1"])
    def test_a_hold_that_is_no_time_is_refused(self, seconds):
        """A hold for ever would stop everyone."""
        with pytest.raises(ConfigurationError, match="seconds must be"):
            RateBudget(1).hold(seconds)


@either
class TestRunners:
    """docs of Client: "a slot of it is taken before each request to the API"."""

    def test_each_request_waits_for_its_slot(self, call):
        """Retries and polls take slots as well; the deadline is what they are asked within."""
        world = World([Turn(refusal(503)), Turn(seen("ready"))])
        budget = Own(0.0, 2.0)
        assert call(world, budget) == asset("ready")
        assert world.sleeps == [0.25, 2.0]
        assert budget.asked == [30.0, 29.75]
        assert [sent for sent, _ in world.polls] == [1000.0, 1002.25]
        assert [timeout for _, timeout in world.polls] == [30.0, 27.75]

    def test_a_slot_after_the_deadline_fails_the_call_now(self, call):
        """Nothing is sent, nothing is slept, nothing is tried again."""
        world = World()
        with pytest.raises(BudgetError, match=r"in 31 s, and the call has 30 s left") as caught:
            call(world, Own(31.0))
        assert caught.value.retry_after == 31.0
        assert (world.requests, world.sleeps) == ([], [])

    @pytest.mark.parametrize("slot", [math.inf, math.nan])
    def test_a_slot_that_never_comes_fails_the_call_now(self, call, slot):
        """A budget of the caller's own may say so."""
        with pytest.raises(BudgetError):
            call(World(), Own(slot))

    def test_a_wait_goes_on_after_a_slot_that_was_too_late_for_its_poll(self, call):
        """The next poll is when the budget said that there would be a slot."""
        world = World([Turn(seen("ready"))])
        assert call(world, Own(40.0), "wait", timeout=600) == asset("ready")
        assert world.sleeps == [40.0]

    def test_a_wait_ends_now_where_the_slot_comes_after_its_end(self, call):
        """The error says why."""
        world = World([Turn(seen("processing"))])
        with pytest.raises(babou.WaitTimeoutError, match="the budget's next slot is in 700 s"):
            call(world, Own(0.0, 700.0), "wait", timeout=600)
        assert world.now == 1001.0

    def test_an_error_of_the_budget_is_the_calls(self, call):
        """A shared budget that can't be asked: nothing is sent."""
        with pytest.raises(BudgetError, match=f"Asset '{ID}': away"):
            call(World(), Own(BudgetError("away")))

    def test_who_slept_into_a_hold_takes_another_slot(self, call):
        """A 429 of another holds those as well who had their slots already."""
        world = World([Turn(seen("ready"))])
        budget = Own(1.0, 7.0, 0.0, held=[5.0, 0.0])
        assert call(world, budget) == asset("ready")
        assert world.sleeps == [1.0, 7.0]
        assert budget.asked == [30.0, 29.0]

    def test_a_429_holds_the_budget(self, call):
        """For as long as it says."""
        world = World([Turn(refusal(429, retry_after="7")), Turn(seen("ready"))])
        budget = Own()
        call(world, budget)
        assert budget.asked == [30.0, "hold 7", 23.0]

    def test_other_answers_hold_nothing(self, call):
        """A 503 is about the server, not about this key."""
        world = World([Turn(refusal(503, retry_after="7")), Turn(seen("ready"))])
        budget = Own()
        call(world, budget)
        assert budget.asked == [30.0, 23.0]


@pytest.mark.parametrize(
    ("headers", "seconds"), [({}, 0.5), ({"retry_after": "7"}, 7.0), ({"retry_after": "0"}, 0.0)]
)
def test_a_429_says_how_long_or_counts_as_the_shortest_back_off(headers, seconds):
    """The API's documentation names no header."""
    assert hold_after(refusal(429, **headers)) == seconds


def test_no_429_holds_everyone_for_more_than_an_hour():
    """A wrong Retry-After must not stop a fleet."""
    assert hold_after(refusal(429, retry_after="999999999")) == LONGEST_HOLD == 3600


def test_a_cancelled_wait_takes_no_further_slot():
    """`cancel` ends the pause before a slot as well."""

    class Impatient(Own):
        def take(self, within=math.inf):
            cancel.set()
            return super().take(within)

    cancel = threading.Event()
    world, budget = World(), Impatient(9.0, held=[1.0])
    with pytest.raises(babou.WaitCancelledError):
        call_sync(world, budget, "wait", timeout=60, cancel=cancel)
    assert (len(budget.asked), world.requests) == (1, [])


def test_the_event_loop_asks_a_budget_that_may_block_in_a_thread():
    """Redis, or a database of the caller's; `RateBudget` is asked at once."""
    own = Own()
    call_async(World([Turn(seen("ready"))]), own)
    assert threading.get_ident() not in own.threads
    asked = []

    class Told(RateBudget):
        def take(self, within=math.inf):
            asked.append(threading.get_ident())
            return super().take(within)

    call_async(World([Turn(seen("ready"))]), Told(1))
    assert asked == [threading.get_ident()]


@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_budget_that_is_none_is_refused_by_the_client(client):
    """The message shows one."""
    with pytest.raises(ConfigurationError, match=r"RateBudget\(per_second=20\).*type int"):
        client("sk-bab-x", budget=20)


def test_views_of_a_client_share_its_budget():
    """`with_options` is the same client."""
    client = Client("sk-bab-x", budget=RateBudget(1))
    assert client.with_options(timeout=1)._runner.budget is client._runner.budget
