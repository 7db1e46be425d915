"""A schedule of polls is kept to, from wherever a wait is taken up."""

import itertools
import math
import pickle

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import ID, asset, refusal

from babou import Again, ConfigurationError, PollPolicy, TimedOut
from babou._core.calls import outcome_of

SCHEDULE = (10.0, 12.0, 13.0, 20.0)
POLICY = PollPolicy(schedule=SCHEDULE)
STEADY = PollPolicy(schedule=SCHEDULE, jitter=0.0)
schedules = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=40, unique=True).map(sorted)
outcomes = st.sampled_from(
    [asset("processing"), *(outcome_of(refusal(status), ID) for status in (500, 429))]
)
OF_0_1_0 = (
    b"\x80\x04\x95\x83\x00\x00\x00\x00\x00\x00\x00\x8c\x0ebabou._polling\x94\x8c\nPollPolicy\x94\x93\x94)\x81"
    b"\x94}\x94(\x8c\x06factor\x94G?\xe6ffffff\x8c\x07minimum\x94G?\xe0\x00\x00\x00\x00\x00\x00\x8c\x07maximum"
    b"\x94G@>\x00\x00\x00\x00\x00\x00\x8c\x06jitter\x94G?\xb9\x99\x99\x99\x99\x99\x9a\x8c\x0cmax_attempts\x94Nub."
)
"""What `pickle.dumps(PollPolicy())` gave there."""


def polls_of(policy: PollPolicy, end: float, *, start: float = 0.0, chance=lambda: 0.5):
    """Return the times at which a wait polls, taken up at `start`, where polls take no time."""
    at = [start]
    while at[-1] < end:
        pause = policy.delay(at[-1], random=chance)
        assert pause > 0
        at.append(at[-1] + pause)
    return at


class TestDelay:
    """docs of PollPolicy: "Seconds into the wait at which to poll"."""

    def test_polls_are_at_the_times_of_the_schedule_and_then_the_rule_goes_on(self):
        """At once, by the schedule, and 0.7·√elapsed after its last."""
        after = 20 + 0.7 * math.sqrt(20)
        assert polls_of(STEADY, 21.0) == pytest.approx([0.0, *SCHEDULE, after])

    @pytest.mark.parametrize(
        ("elapsed", "following"),
        [(0, 10), (8.9, 10), (9.1, 12), (10, 12), (11.4, 12), (11.6, 13), (12.4, 13), (12.6, 20)],
    )
    def test_poll_shortly_before_its_time_stands_for_it(self, elapsed, following):
        """Half the distance to the nearest other; a queue may be early, and jitter is."""
        assert elapsed + STEADY.delay(elapsed) == pytest.approx(following)

    @pytest.mark.parametrize(
        ("elapsed", "early", "late"),
        [(0, 9.9, 10.1), (10, 11.95, 12.05), (12, 12.95, 13.05), (13, 20 - 0.157, 20 + 0.157)],
    )
    def test_jitter_is_a_share_of_the_distance_to_the_nearest(self, elapsed, early, late):
        """Not of a long first pause, which it would spoil."""
        assert elapsed + POLICY.delay(elapsed, random=lambda: 0.0) == pytest.approx(early, abs=1e-3)
        assert elapsed + POLICY.delay(elapsed, random=lambda: 1.0) == pytest.approx(late, abs=1e-3)

    @given(
        schedule=schedules, jitter=st.floats(0, 0.99), chances=st.lists(st.floats(0, 1), min_size=1)
    )
    def test_each_time_is_polled_once_whatever_the_jitter(self, schedule, jitter, chances):
        """None is skipped for having been moved, and none polled twice."""
        assume(all(b - a > 1e-6 for a, b in itertools.pairwise(schedule)))
        policy = PollPolicy(schedule=schedule, jitter=jitter)
        chance = itertools.cycle(chances)
        at = polls_of(policy, schedule[-1] + 1, chance=lambda: next(chance))[1:]
        for number, (before, time, after) in enumerate(
            zip([0.0, *schedule], schedule, [*schedule[1:], math.inf], strict=False)
        ):
            assert abs(at[number] - time) <= min(time - before, after - time) / 2 + 1e-9

    @given(schedule=schedules, start=st.floats(0, 2e4))
    def test_wait_that_is_taken_up_elsewhere_polls_at_the_same_times(self, schedule, start):
        """Whenever that is: at once, and from there on as the first process would have."""
        policy = PollPolicy(schedule=schedule, jitter=0.0)
        _, *taken_up = polls_of(policy, schedule[-1], start=start)
        by_schedule = [time for time in taken_up if time <= schedule[-1] * (1 + 1e-9)]  # rounded
        left = [time for time in schedule if time > start]
        assert by_schedule == pytest.approx(left[len(left) - len(by_schedule) :])
        assert len(left) - len(by_schedule) <= 1  # what the poll at once stands for

    @given(
        schedule=schedules,
        outcome=outcomes,
        elapsed=st.floats(0, 2e4),
        timeout=st.floats(0.1, 1e4),
        chance=st.floats(0, 1),
    )
    def test_no_poll_is_past_the_end(self, schedule, outcome, elapsed, timeout, chance):
        """A schedule keeps what every wait keeps: the last poll is at the deadline."""
        policy = PollPolicy(schedule=schedule)
        decision = policy.step(ID, outcome, elapsed=elapsed, timeout=timeout, random=lambda: chance)
        if elapsed >= timeout:
            assert isinstance(decision, TimedOut)
        else:
            assert isinstance(decision, Again)
            assert 0 < decision.delay <= timeout - elapsed

    def test_retry_after_and_back_off_are_kept(self):
        """A time of the schedule that lies in between is passed over."""
        refused = outcome_of(refusal(429, retry_after="2.5"), ID)
        assert STEADY.step(ID, refused, elapsed=10.0, timeout=99.0) == Again(2.5)
        assert STEADY.step(ID, refused, elapsed=13.0, timeout=99.0) == Again(7.0)
        broken = outcome_of(refusal(500), ID)
        backed_off = STEADY.step(
            ID, broken, elapsed=10.0, timeout=99.0, failures=9, random=lambda: 0.5
        )
        assert backed_off == Again(4.0)


class TestValue:
    """A policy with a schedule is a policy like any other."""

    def test_schedule_is_part_of_the_value(self):
        """Frozen, comparable, hashable, and the same after JSON."""
        assert PollPolicy(schedule=list(SCHEDULE), jitter=0.0) == STEADY
        assert hash(PollPolicy(schedule=list(SCHEDULE))) == hash(POLICY)
        assert PollPolicy() != POLICY
        assert pickle.loads(pickle.dumps(POLICY)) == POLICY  # noqa: S301 (our own)
        assert attrs.evolve(POLICY, jitter=0.0) == STEADY

    def test_policy_that_release_0_1_0_has_pickled_is_read(self):
        """It lies in a queue while the worker is updated; it goes on as it was meant."""
        assert pickle.loads(OF_0_1_0) == PollPolicy(minimum=0.5)  # noqa: S301 (our own)

    @pytest.mark.parametrize("maximum", [0.2, 1.0, 30.0])
    def test_minimum_gives_way_to_a_maximum_that_is_set(self, maximum):
        """Whoever wants short pauses need not say so twice."""
        assert PollPolicy(maximum=maximum).minimum == min(1.0, maximum)

    @pytest.mark.parametrize(
        "wrong", [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [-1.0], [math.nan], [math.inf], ["1"], 5.0]
    )
    def test_schedule_that_cannot_be_followed_is_refused(self, wrong):
        """Times go up, from more than 0."""
        with pytest.raises(ConfigurationError, match="schedule"):
            PollPolicy(schedule=wrong)
