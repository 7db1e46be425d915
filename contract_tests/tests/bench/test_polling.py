"""The simulation of polling agrees with what can be worked out by hand, and the optimum is one."""

import itertools
import math
import random

import numpy as np
import pytest

from babou import PollPolicy
from benchmarks import optimum, policies
from benchmarks.times import LONGEST, TIMES, Times, log_logistic, lognormal, near_constant

LOGNORMAL = TIMES[0]
EXPONENTIAL = Times(
    "memoryless", lambda t: 1 - math.exp(-t / 20), lambda part: -20 * math.log(1 - part)
)


@pytest.mark.parametrize("times", TIMES, ids=lambda times: times.name)
def test_a_distribution_and_its_inverse_agree(times):
    """The quantile of a share is the time after which that share is ready."""
    for part in (0.01, 0.3, 0.5, 0.9, 0.999):
        assert times.waiting(times.quantile(part)) == pytest.approx(1 - part)


@pytest.mark.parametrize("times", TIMES, ids=lambda times: times.name)
def test_a_distribution_begins_at_none_and_ends_at_all(times):
    """Nothing is ready before the wait, everything is by the cut."""
    assert times.waiting(0.0) == pytest.approx(1.0)
    assert times.waiting(LONGEST) == 0.0


@pytest.mark.parametrize(
    ("times", "median"),
    [(lognormal(8, 1.2), 8), (near_constant(30, 0.05), 30), (log_logistic(8, 1.5), 8)],
    ids=["lognormal", "near-constant", "log-logistic"],
)
def test_half_of_what_is_drawn_is_below_the_median(times, median):
    """Draws are spread over the distribution evenly."""
    drawn = times.draw(1000, random.Random(0).random)  # noqa: S311 (a simulation)
    assert sum(each < median for each in drawn) == pytest.approx(500, abs=2)


def test_our_polls_are_those_of_the_package():
    """The simulation takes the pauses from `PollPolicy.step` and has none of its own."""
    policy = PollPolicy(factor=1.0, minimum=2.0, maximum=4.0, jitter=0.0)
    polls = policies.by_policy(policy)(random.random)
    assert list(itertools.islice(polls, 5)) == pytest.approx([0.0, 2.0, 4.0, 6.0, 6 + math.sqrt(6)])


def test_the_loop_of_the_docs_ends_after_ten_polls():
    """Ten polls, two seconds apart: what takes longer than 18 s is never seen ready."""
    polls = policies.POLICIES[policies.DOCS]
    assert list(polls(random.random)) == [2.0 * number for number in range(10)]
    found = policies.simulate(polls, LOGNORMAL, number=2000)
    assert found.missed == pytest.approx(LOGNORMAL.waiting(18.0), abs=0.002)


def test_who_never_sees_anything_has_no_lag():
    """No number is made up where no asset was seen ready."""
    found = policies.simulate(policies.by_gap(LONGEST, lambda *_: 1e9), LOGNORMAL, number=50)
    assert found.missed == 0.0
    late = policies.simulate(policies.POLICIES[policies.DOCS], near_constant(300, 0.01), number=50)
    assert late.missed == 1.0
    assert math.isnan(late.lag)


def test_each_wait_draws_one_of_several_policies():
    """The mean over them is that over the waits."""
    two = [policies.by_gap(gap, lambda gap, _: gap) for gap in (2.0, 3.0)]
    numbers = iter([0.0, 0.99])
    polls = [policies.by_any(two)(lambda: next(numbers)) for _ in two]
    assert [list(itertools.islice(each, 2)) for each in polls] == [[0.0, 2.0], [0.0, 3.0]]


@pytest.mark.parametrize("times", TIMES, ids=lambda times: times.name)
def test_policies_made_from_earlier_times_are_near_the_optimum_for_others(times):
    """Within 1.25, for whatever they were made of, at the default's cost and at little."""
    points = optimum.curve(times, grid=800, prices=optimum.PRICES[::3])
    for requests in (None, 4.0):
        polls = policies.by_times(times, requests=requests, samples=5)
        found = policies.simulate(polls, times, number=2000)
        assert found.missed == 0
        assert 0.97 < found.lag / optimum.best_lag(points, found.requests) < 1.25


@pytest.mark.parametrize("times", [TIMES[0], TIMES[2]], ids=lambda times: times.name)
def test_the_default_is_near_the_optimum_for_what_it_is_made_for(times):
    """Within 1.25, where times vary widely."""
    points = optimum.curve(times, grid=800, prices=optimum.PRICES[::3])
    found = policies.simulate(policies.POLICIES[policies.OURS], times, number=5000)
    assert found.lag / optimum.best_lag(points, found.requests) < 1.25


def test_the_same_seed_gives_the_same_outcome():
    """A simulation can be repeated."""
    ours = policies.POLICIES[policies.OURS]
    first, second = (policies.simulate(ours, LOGNORMAL, number=200) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("times", [*TIMES, EXPONENTIAL], ids=lambda times: times.name)
def test_simulation_and_integral_agree(times):
    """Two ways to the same mean lag and the same mean number of requests."""
    polls = [0.0, *(3.0 * number for number in range(1, 1201))]
    lag, requests = optimum.evaluate(times, polls)
    found = policies.simulate(policies.by_gap(3.0, lambda gap, _: gap), times, number=4000)
    assert found.lag == pytest.approx(lag, rel=0.02)
    assert found.requests == pytest.approx(requests, rel=0.02)


@pytest.mark.parametrize("price", [0.3, 3.0, 20.0])
def test_no_schedule_on_the_grid_is_better_than_the_optimum(price):
    """Every subset of a small grid is tried."""
    [best] = optimum.curve(LOGNORMAL, grid=8, prices=[price])
    start, *inner, end = (float(each) for each in optimum._grid(LOGNORMAL, 8))
    subsets = itertools.chain.from_iterable(
        itertools.combinations(inner, size) for size in range(len(inner) + 1)
    )
    costs = (optimum.evaluate(LOGNORMAL, [start, *polls, end]) for polls in subsets)
    least = min(lag + price * requests for lag, requests in costs)
    assert best.lag + price * best.requests == pytest.approx(least)


def test_where_the_past_says_nothing_the_best_polls_are_evenly_spaced():
    """Known from theory: memoryless times want a fixed interval."""
    [point] = optimum.curve(EXPONENTIAL, grid=1600, prices=[0.5])
    gaps = np.diff([poll for poll in point.polls if poll < 40])
    assert gaps.max() / gaps.min() < 1.15


@pytest.mark.parametrize("times", TIMES, ids=lambda times: times.name)
def test_no_policy_beats_the_optimum(times):
    """Whatever sees all assets ready has at least the least lag for its requests."""
    points = optimum.curve(times, grid=800, prices=optimum.PRICES[::3])
    for name, polls in policies.POLICIES.items():
        found = policies.simulate(polls, times, number=1000)
        if not found.missed:
            assert found.lag > 0.97 * optimum.best_lag(points, found.requests), name


def test_beyond_the_curve_nothing_is_claimed():
    """The least lag is not known where the curve ends."""
    points = [optimum.Point(1.0, 4.0, 3.0, ()), optimum.Point(2.0, 8.0, 2.0, ())]
    assert optimum.best_lag(points, 3.0) == pytest.approx(4.0)
    assert math.isnan(optimum.best_lag(points, 3.1))
