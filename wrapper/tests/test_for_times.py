"""The best schedule for the times that earlier assets took: none is better, and none too sure."""

import itertools
import math
import random
import statistics
import subprocess
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from babou import ConfigurationError, PollPolicy
from babou._core.schedule import best_schedule, cheapest, model

DRAWN = random.Random(0)  # noqa: S311 (no secret)
NEAR_CONSTANT = [DRAWN.gauss(30, 1.5) for _ in range(200)]
LOGNORMAL = [DRAWN.lognormvariate(math.log(8), 1.2) for _ in range(200)]
BIMODAL = [5.0] * 30 + [40.0] * 30
NAMES = ["near-constant", "lognormal", "bimodal"]
samples = st.lists(st.floats(0, 1e6) | st.sampled_from([0.0, 5.0, 30.0]), min_size=2, max_size=60)


def cost(grid, waiting, places, price):
    """Return the mean lag, but for the mean time to ready, and the price of the mean polls."""
    return sum(waiting[a] * (price + grid[b] - grid[a]) for a, b in itertools.pairwise(places))


def can_be_had(grid, places):
    """Tell whether no pause but the first is longer than the time waited."""
    return all(a == 0 or grid[b] <= 2 * grid[a] for a, b in itertools.pairwise(places))


def found(policy):
    """Return the mean lag and the mean number of polls, where assets take about 30 s."""
    chance = random.Random(1)  # noqa: S311 (no secret)
    lags, polls = [], []
    for _ in range(500):
        ready, at, number = chance.gauss(30, 1.5), 0.0, 1
        while at < ready:
            at += policy.delay(at, random=chance.random)
            number += 1
        lags.append(at - ready)
        polls.append(number)
    return statistics.fmean(lags), statistics.fmean(polls)


class TestForTimes:
    """docs of PollPolicy.for_times: "the least mean lag for assets that take about so long"."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (([],), "seconds must be 2 times or more, not 0"),
            (([1.0],), "seconds must be 2 times or more, not 1"),
            (([1.0, -1.0],), "seconds: each of them must be a finite number from 0 up"),
            (([1.0, math.nan],), "seconds: each"),
            (([1.0, "2"],), "seconds: each"),
            ((3.0,), "seconds must be numbers"),
            (([1.0, 2.0], 1.9), "requests must be a finite number from 2 up"),
            (([1.0, 2.0], math.nan), "requests must be"),
            (([1.0, 2.0], "5"), "requests must be"),
        ],
    )
    def test_what_tells_nothing_is_refused(self, arguments, words):
        """With the word of what to mend."""
        with pytest.raises(ConfigurationError, match=words):
            PollPolicy.for_times(*arguments)

    @settings(max_examples=25)
    @given(sample=samples, requests=st.none() | st.floats(2, 60))
    def test_schedule_of_any_times_goes_up_without_long_pauses(self, sample, requests):
        """Beyond the longest of them; no pause but the first is longer than the time waited."""
        schedule = PollPolicy.for_times(sample, requests).schedule
        assert bool(schedule) == any(sample)
        assert max(schedule, default=0.0) >= max(sample) * (1 - 1e-9)
        for before, after in itertools.pairwise(schedule):
            assert before < after <= 2 * before + 0.002  # they are rounded to milliseconds

    @settings(max_examples=25)
    @given(sample=samples, requests=st.floats(2, 60))
    def test_no_more_requests_are_spent_than_were_granted(self, sample, requests):
        """In the mean, over the times that are expected."""
        assume(max(sample) > 1)
        known = model(sample)
        schedule = PollPolicy.for_times(sample, requests).schedule
        spent = 1 + sum(known.waiting(time) for time in (0.0, *schedule[:-1]))
        assert spent <= requests * 1.02

    @pytest.mark.parametrize("price", [0.02, 0.2, 2.0])
    @pytest.mark.parametrize("times", [NEAR_CONSTANT, LOGNORMAL, BIMODAL], ids=NAMES)
    def test_no_other_schedule_of_that_cost_is_better(self, times, price):
        """Neither one at random, nor the best with its polls moved a little or one left out."""
        known = model(times)
        grid = known.grid(120)
        waiting = [known.waiting(time) for time in grid]
        last, chance = len(grid) - 1, random.Random(0)  # noqa: S311 (no secret)
        best = cheapest(grid, waiting, price)
        least = cost(grid, waiting, best, price)
        tried = 0
        for _ in range(150):
            moved = {place + chance.randint(-2, 2) for place in best[1:-1]}
            thinned = set(best) - {chance.choice(best)}
            filled = {*best, chance.randrange(1, last)}
            anywhere = set(chance.sample(range(1, last), min(len(best), last - 1)))
            for inner in (moved, thinned, filled, anywhere):
                other = [0, *sorted(place for place in inner if 0 < place < last), last]
                if can_be_had(grid, other):
                    tried += 1
                    assert cost(grid, waiting, other, price) >= least - 1e-9
        assert tried > 100

    @pytest.mark.parametrize("price", [0.01, 0.1, 0.3, 1.0, 3.0, 20.0])
    def test_it_is_the_best_of_all_on_a_small_grid(self, price):
        """Each of its 512 subsets is tried."""
        known = model([2.0, 3.0, 7.0, 9.0, 9.5])
        grid = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.5, 9.0, 10.0, 11.0, 13.0]
        waiting = [known.waiting(time) for time in grid]
        inner = range(1, len(grid) - 1)
        subsets = itertools.chain.from_iterable(
            itertools.combinations(inner, size) for size in range(len(inner) + 1)
        )
        schedules = [[0, *subset, len(grid) - 1] for subset in subsets]
        least = min(
            cost(grid, waiting, places, price) for places in schedules if can_be_had(grid, places)
        )
        best = cheapest(grid, waiting, price)
        assert cost(grid, waiting, best, price) == pytest.approx(least)

    def test_near_constant_times_are_found_much_sooner_for_as_many_requests(self):
        """What the default can't do: it polls all the way, not knowing when to."""
        lag, requests = found(PollPolicy.for_times(NEAR_CONSTANT))
        lag_by_default, requests_by_default = found(PollPolicy())
        assert requests < 1.05 * requests_by_default  # these are other assets
        assert lag < lag_by_default / 8

    def test_fewer_requests_cost_lag(self):
        """`requests` is what may be spent; the lag follows."""
        number = {n: len(PollPolicy.for_times(NEAR_CONSTANT, n).schedule) for n in (2, 3, 5, 9)}
        assert number[2] == 1
        assert number[2] < number[3] < number[5] < number[9]

    def test_few_times_are_trusted_less_than_many(self):
        """The next asset may be like none of three; 200 that agree are another matter."""
        few = PollPolicy.for_times([29.0, 30.0, 31.0]).schedule
        many = PollPolicy.for_times(NEAR_CONSTANT).schedule
        assert few[0] < 12.0
        assert many[0] > 15.0

    def test_order_and_number_of_the_times_do_not_matter(self):
        """A hundred times as many of the same are reduced to quantiles, to the same end."""
        assert PollPolicy.for_times(NEAR_CONSTANT[::-1]) == PollPolicy.for_times(NEAR_CONSTANT)
        many = [time + chance / 1000 for time in NEAR_CONSTANT for chance in range(100)]
        assert len(model(many).logs) == 200
        one, other = (PollPolicy.for_times(each, 4).schedule for each in (NEAR_CONSTANT, many))
        assert one[:4] == pytest.approx(other[:4], rel=0.02)

    def test_assets_that_are_ready_at_once_take_no_part(self):
        """The first poll finds them, and they spend nothing more."""
        with_ready = PollPolicy.for_times([*NEAR_CONSTANT, *[0.0] * 200], 3.0)
        assert with_ready.schedule == PollPolicy.for_times(NEAR_CONSTANT, 5.0).schedule

    def test_very_long_times_do_not_take_very_long_to_plan(self):
        """The default's polls, of which there would be millions, are not counted one by one."""
        calls = []
        best_schedule([1e-9, 1e9], None, otherwise=lambda at: calls.append(at) or 1.0)
        assert len(calls) < 5000


def test_import_of_the_package_and_of_a_client_does_without_it():
    """Whoever has no times to offer does not wait for what makes schedules of them."""
    code = "import sys, babou; babou.Client, babou.PollPolicy(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "babou._core.polling" in done.stdout.split()
    assert "babou._core.schedule" not in done.stdout.split()
