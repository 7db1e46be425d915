"""When to poll again: a pure function of numbers, tested with numbers in a list."""

import inspect
import math
import pickle
import textwrap
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import ID, asset, refusal, seen

from babou import Again, BabouError, Done, Failed, TimedOut
from babou._core.calls import outcome_of
from babou._core.polling import Options, PollPolicy
from babou._errors import (
    APIConnectionError,
    AssetFailedError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    WaitTimeoutError,
)

POLICY = PollPolicy()
STEADY = PollPolicy(jitter=0.0)


def middle() -> float:
    """Return the number that leaves a pause without jitter."""
    return 0.5


def step(outcome, policy=STEADY, **numbers):
    """Return what follows a poll, with numbers that don't matter filled in."""
    numbers = {"elapsed": 4.0, "timeout": 100.0, "random": middle} | numbers
    return policy.step(ID, outcome, **numbers)


def error(status: int, **headers: str) -> BabouError:
    """Return the error of a status."""
    return outcome_of(refusal(status, **headers), ID)


class TestDelay:
    """docs of PollPolicy: "`factor`·√elapsed seconds, within limits"."""

    @pytest.mark.parametrize(
        ("elapsed", "pause"),
        [(0, 1), (0.25, 1), (1, 1), (4, 1.4), (100, 7), (900, 21), (10**4, 30), (10**6, 30)],
    )
    def test_pause_grows_with_the_root_of_the_elapsed_time(self, elapsed, pause):
        """0.7·√elapsed, at least 1 s, at most 30 s."""
        assert POLICY.delay(elapsed, random=middle) == pytest.approx(pause)

    @given(elapsed=st.floats(0, 1e7), chance=st.floats(0, 1))
    def test_pause_varies_by_a_tenth(self, elapsed, chance):
        """±10 % jitter, so that many waits spread out."""
        plain = min(30.0, max(1.0, 0.7 * math.sqrt(elapsed)))
        drawn = POLICY.delay(elapsed, random=lambda: chance)
        assert drawn == pytest.approx(plain * (0.9 + 0.2 * chance))

    def test_jitter_draws_by_itself_when_given_no_randomness(self):
        """A caller who does not care need not say."""
        assert len({POLICY.delay(100.0) for _ in range(5)}) > 1

    def test_time_before_the_beginning_counts_as_none(self):
        """A clock of another machine may be a little behind."""
        assert STEADY.delay(-5.0) == 1.0

    def test_fixed_is_the_loop_of_the_docs(self):
        """docs: `setTimeout(r, 2000)`, `maxAttempts = 10`."""
        policy = PollPolicy.fixed(interval=2, max_attempts=10)
        assert policy == PollPolicy.fixed()
        assert [policy.delay(elapsed) for elapsed in (0, 1, 100, 10**6)] == [2.0] * 4
        assert policy.max_attempts == 10


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"factor": -1}, "factor must be a finite number from 0 up"),
        ({"factor": math.nan}, "factor must be"),
        ({"maximum": math.inf}, "maximum must be"),
        ({"maximum": pytest.param}, "maximum must be"),
        ({"maximum": 10**400}, "maximum must be"),
        ({"minimum": "1"}, "minimum must be"),
        ({"minimum": 0}, "minimum must be more than 0"),
        ({"minimum": 31}, "minimum must be more than 0 and at most maximum"),
        ({"jitter": 1}, "jitter must be below 1"),
        ({"max_attempts": 0}, "max_attempts must be 1 or more"),
        ({"max_attempts": 1.5}, "max_attempts must be a whole number"),
    ],
)
def test_policy_that_cannot_be_followed_is_refused(wrong, words):
    """A pause of nothing would be a flood; one without end, a wait that never looks again."""
    with pytest.raises(ConfigurationError, match=words):
        PollPolicy(**wrong)


def test_policy_is_a_frozen_value_that_can_be_pickled():
    """A task queue keeps it with the job."""
    assert pickle.loads(pickle.dumps(POLICY)) == POLICY  # noqa: S301 (our own)
    with pytest.raises(AttributeError):
        POLICY.factor = 1.0


class TestOptions:
    """What a client was told about time."""

    def test_none_leaves_an_option_as_it_is(self):
        """`with_options` changes what it is given."""
        options = Options(30.0, 2, POLICY)
        assert options.changed(None, None, None) == options
        assert options.changed(1.0, 0, STEADY) == Options(1.0, 0, STEADY)

    @pytest.mark.parametrize("wrong", [(0, 2), (30.0, -1), (math.inf, 2), (None, 2)])
    def test_options_that_cannot_be_followed_are_refused(self, wrong):
        """A client without end of patience is refused when it is made."""
        with pytest.raises(ConfigurationError):
            Options(*wrong, POLICY)


class TestStep:
    """docs of PollPolicy.step: "Say what follows a poll"."""

    def test_ready_ends_the_wait(self):
        """Whatever the time, a ready asset is a result."""
        assert step(asset("ready"), elapsed=1e6) == Done(asset("ready"))

    @pytest.mark.parametrize("state", ["error", "failed"])
    def test_both_spellings_of_failure_fail(self, state):
        """D2: the docs' own loop misses one of them."""
        decision = step(asset(state), polls=3)
        assert isinstance(decision, Failed)
        failure = decision.error
        assert isinstance(failure, AssetFailedError)
        assert (failure.asset, failure.elapsed, failure.polls) == (asset(state), 4.0, 3)
        assert f"Asset '{ID}' failed: its state is '{state}'" in str(failure)
        assert "Upload the file again" in str(failure)

    @pytest.mark.parametrize("state", ["uploading", "processing", "archived", ""])
    def test_any_other_state_is_polled_again(self, state):
        """D2: an unknown state is neither ready nor failed."""
        assert step(asset(state)) == Again(1.4)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 418])
    def test_error_that_polling_cannot_mend_ends_the_wait(self, status):
        """401 and 404 end it; the error is the poll's own."""
        refused = error(status)
        assert step(refused) == Failed(refused)

    @pytest.mark.parametrize("failures", [1, 2, 3, 4, 5, 9])
    def test_passing_error_is_polled_through_with_back_off(self, failures):
        """The longer of the policy's pause and the back-off."""
        back_off = min(8.0, 0.5 * 2 ** (failures - 1)) / 2
        assert step(error(500), failures=failures) == Again(max(1.4, back_off))
        assert step(APIConnectionError("x"), failures=failures) == Again(max(1.4, back_off))

    def test_retry_after_is_a_lower_bound(self):
        """A 429 that asks for more than the policy gets it."""
        assert step(error(429, retry_after="9")) == Again(9.0)
        assert step(error(429, retry_after="1")) == Again(1.4)

    def test_last_poll_is_exactly_at_the_end(self):
        """Where no time is lost on the way, the deadline itself is still polled."""
        assert step(asset("processing"), elapsed=99.0) == Again(1.0)
        assert step(error(500), elapsed=99.5) == Again(0.5)
        assert isinstance(step(asset("processing"), elapsed=100.0), TimedOut)

    @pytest.mark.parametrize(
        ("round_trip", "left"), [(0.0, 2.0), (0.25, 1.5), (0.5, 1.0), (1.0, 0.5), (1.25, 0.25)]
    )
    def test_last_poll_is_early_enough_for_its_answer(self, round_trip, left):
        """A round trip before the end, and as much again or half a second."""
        policy = PollPolicy.fixed(10, None)
        decision = step(asset("processing"), policy, elapsed=98.0, round_trip=round_trip)
        assert decision == Again(left)
        assert 98.0 + left + round_trip <= 100.0

    @pytest.mark.parametrize("round_trip", [1.5, 2.0, 50.0])
    def test_poll_whose_answer_would_come_too_late_is_not_sent(self, round_trip):
        """Better to say so now."""
        decision = step(asset("processing"), elapsed=98.0, round_trip=round_trip)
        assert isinstance(decision, TimedOut)

    def test_retry_after_past_the_end_ends_the_wait_now(self):
        """To sleep for an answer that can't come is to waste the caller's time."""
        refused = error(429, retry_after="11")
        decision = step(refused, elapsed=90.0, polls=7, last_asset=asset("processing"))
        assert isinstance(decision, TimedOut)
        timed_out = decision.error
        assert isinstance(timed_out, WaitTimeoutError)
        assert (timed_out.asset, timed_out.elapsed, timed_out.polls, timed_out.last_error) == (
            asset("processing"),
            90.0,
            7,
            refused,
        )
        assert "Retry after 11 s" in str(timed_out)

    def test_retry_after_up_to_the_end_is_waited_for(self):
        """The server's word goes before the margin for the last answer."""
        refused = error(429, retry_after="10")
        assert step(refused, elapsed=90.0, round_trip=1.0) == Again(10.0)

    def test_attempts_have_a_limit_where_the_policy_sets_one(self):
        """docs: "Asset not ready after maximum attempts"."""
        policy = PollPolicy.fixed(2, max_attempts=3)
        assert step(asset("processing"), policy, polls=2) == Again(2.0)
        decision = step(asset("processing"), policy, polls=3)
        assert isinstance(decision, TimedOut)
        assert "and 3 polls" in str(decision.error)
        assert step(asset("ready"), policy, polls=3) == Done(asset("ready"))

    @given(
        outcome=st.sampled_from([asset("processing"), error(500), error(429, retry_after="5")]),
        elapsed=st.floats(0, 200),
        timeout=st.floats(0.1, 100),
        round_trip=st.floats(0, 20),
        failures=st.integers(1, 20),
        chance=st.floats(0, 1),
    )
    def test_next_poll_is_never_past_the_end_nor_before_its_time(
        self, outcome, elapsed, timeout, round_trip, failures, chance
    ):
        """No pause is negative, none reaches past the deadline or falls short of Retry-After."""
        decision = POLICY.step(
            ID,
            outcome,
            elapsed=elapsed,
            timeout=timeout,
            failures=failures,
            round_trip=round_trip,
            random=lambda: chance,
        )
        if isinstance(decision, TimedOut):
            return
        assert isinstance(decision, Again)
        assert 0 < decision.delay <= (timeout - elapsed) * (1 + 1e-9)
        if isinstance(outcome, RateLimitError):
            assert decision.delay >= 5.0

    def test_same_numbers_give_the_same_decision(self):
        """Pure: nothing is remembered between calls."""
        outcomes = [asset("processing"), error(500), asset("processing")]
        assert [step(outcome) for outcome in outcomes] == [step(outcome) for outcome in outcomes]


class Queue:
    """A task queue, with its clock and an API that answers from a list."""

    def __init__(self, replies: list[object]) -> None:
        self.replies = iter(replies)
        self.time, self.at = 50.0, []
        self.job = SimpleNamespace(asset_id=ID, began=50.0, polls=0, failures=0)
        self.waiting = [(0.0, self.job)]
        self.assets = self

    def get(self, asset_id: str):
        """Answer as a client does."""
        self.at.append(self.time - 50.0)
        outcome = outcome_of(next(self.replies), asset_id)
        if isinstance(outcome, BabouError):
            raise outcome
        return outcome

    def put(self, job: SimpleNamespace, delay: float) -> None:
        """Have the job run later."""
        self.waiting.append((delay, job))

    def work(self):
        """Run jobs with the example in `step`'s docstring until one of them gives a result."""
        example = inspect.getdoc(PollPolicy.step).partition("def turn")[2].partition("Args:")[0]
        names = {
            "client": self,
            "queue": self,
            "now": lambda: self.time,
            "policy": STEADY,
            **{cls.__name__: cls for cls in (BabouError, Again, Done, Failed, TimedOut)},
        }
        exec(textwrap.dedent(f"    def turn{example}"), names)  # noqa: S102 (our own docstring)
        while self.waiting:
            delay, job = self.waiting.pop()
            self.time += delay
            if (result := names["turn"](job)) is not None:
                return result
        return None


class TestExampleForTaskQueues:
    """docs of PollPolicy.step: the example, taken from the docstring and run as it stands."""

    def test_example_waits_until_ready(self):
        """Processing, a broken server, processing, ready."""
        queue = Queue([seen("processing"), refusal(500), seen("processing"), seen("ready")])
        assert queue.work() == asset("ready")
        assert queue.at == [0.0, 1.0, 2.0, 3.0]
        assert (queue.job.polls, queue.job.failures) == (4, 0)

    def test_example_raises_what_ends_a_wait(self):
        """A failed asset, an error for good, and the end of time."""
        with pytest.raises(AssetFailedError):
            Queue([seen("processing"), seen("failed")]).work()
        with pytest.raises(NotFoundError):
            Queue([refusal(500), refusal(404)]).work()
        with pytest.raises(WaitTimeoutError, match="of 600 s"):
            Queue([seen("processing")] * 1000).work()

    def test_example_counts_failures_in_a_row(self):
        """The back-off grows with them, which a job has to remember."""
        queue = Queue([refusal(500)] * 6 + [seen("ready")])
        assert isinstance(outcome_of(refusal(500), ID), InternalServerError)
        assert queue.work().is_ready
        assert queue.job.polls == 7
