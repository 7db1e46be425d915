"""The conversations, played through with numbers in a list: no clock, no network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    ID,
    World,
    answer,
    asset,
    chances,
    passing,
    refusal,
    seconds,
    seen,
    unreachable,
)

from babou._core.calls import outcome_of
from babou._core.flows import get, watch
from babou._core.messages import Cancelled, Step
from babou._core.operations import Asset
from babou._core.outcomes import FailedPoll
from babou._core.polling import PollPolicy
from babou._core.retry import says_nothing
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    WaitCancelledError,
    WaitTimeoutError,
)

STEADY = PollPolicy(jitter=0.0)


def play_get(replies, *, timeout=30.0, max_retries=2, random=lambda: 0.5, round_trip=0.0):
    """Return the result, or the error, of a `get` and the steps that it took."""
    flow = get(ID, now=100.0, timeout=timeout, max_retries=max_retries, random=random)
    now, steps, replies = 100.0, [], iter(replies)
    try:
        step = next(flow)
        while True:
            steps.append(step)
            now += step.delay + round_trip
            reply = next(replies)
            step = flow.send((reply() if callable(reply) else reply, now))
    except StopIteration as stop:
        return stop.value, steps
    except Exception as error:  # noqa: BLE001 (looked at by the test)
        return error, steps


class TestGet:
    """docs of Client: "timeout: Seconds that one call may take in all"; D11."""

    def test_first_request_is_sent_at_once(self):
        """A success needs one request."""
        result, steps = play_get([seen("processing")])
        assert result == asset("processing")
        (step,) = steps
        assert (step.delay, step.deadline, step.attempt) == (0.0, 130.0, 1)
        assert step.request.url == f"/api/v1/assets/{ID}"

    @pytest.mark.parametrize(
        "reply", [refusal(s) for s in (408, 409, 429, 500, 503, 520)] + [unreachable]
    )
    def test_passing_trouble_is_tried_again(self, reply):
        """408, 409, 429, 5xx, 52x, connection errors, timeouts."""
        result, steps = play_get([reply, reply, seen("ready")])
        assert result == asset("ready")
        assert [step.delay for step in steps] == [0.0, 0.25, 0.5]
        assert [step.attempt for step in steps] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("status", "cls"),
        [
            (400, BadRequestError),
            (401, AuthenticationError),
            (403, PermissionDeniedError),
            (404, NotFoundError),
        ],
    )
    def test_lasting_trouble_is_raised_at_once(self, status, cls):
        """Not retried: 400, 401, 403, 404."""
        error, steps = play_get([refusal(status)])
        assert type(error) is cls
        assert len(steps) == 1

    def test_body_that_is_no_asset_is_raised_at_once(self):
        """A success that isn't one is no passing trouble."""
        error, steps = play_get([answer(200, b"<html>")])
        assert type(error) is APIResponseValidationError
        assert len(steps) == 1

    @pytest.mark.parametrize("max_retries", [0, 1, 2, 7])
    def test_attempts_are_one_more_than_retries(self, max_retries):
        """Total attempts = 1 + max_retries; the last error is raised as it is."""
        error, steps = play_get([refusal(500)] * 9, max_retries=max_retries, timeout=1000.0)
        assert type(error) is InternalServerError
        assert str(error) == str(outcome_of(refusal(500), ID))
        assert len(steps) == 1 + max_retries

    def test_pauses_double_up_to_eight_seconds(self):
        """0.5 s doubling to 8 s, of which the jitter takes half here."""
        _, steps = play_get([refusal(500)] * 8, max_retries=7, timeout=1000.0)
        assert [step.delay for step in steps] == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]

    def test_retry_after_is_waited_for(self):
        """As a lower bound of the pause."""
        _, steps = play_get([refusal(429, retry_after="3"), seen("ready")])
        assert steps[1].delay == 3.0

    @pytest.mark.parametrize("asked", ["30", "31", "86400"])
    def test_retry_after_past_the_deadline_fails_now_and_says_so(self, asked):
        """To sleep for a request that can't be sent is to waste the caller's time."""
        error, steps = play_get([refusal(429, retry_after=asked)])
        assert type(error) is RateLimitError
        assert len(steps) == 1
        assert f"asks to wait {asked} s, which reaches past the deadline of 30 s." in str(error)
        assert error.retry_after == float(asked)

    def test_back_off_past_the_deadline_fails_now_and_says_so(self):
        """The reason is ours then, and not put on the server."""
        error, steps = play_get([refusal(500, retry_after="0.1")], timeout=0.25)
        assert type(error) is InternalServerError
        assert len(steps) == 1
        assert "No time is left for another attempt within the deadline of 0.25 s." in str(error)

    def test_timeout_at_the_deadline_names_the_whole_time(self):
        """The transport knows only what was left; the caller set the whole."""
        late = APITimeoutError("no whole answer within 15 s.")
        error, _ = play_get([refusal(500), lambda: late], round_trip=15.0, random=lambda: 0.0)
        assert type(error) is APITimeoutError
        assert str(error) == (
            f"Asset '{ID}': no whole answer within 30 s, in 2 attempts. "
            "Raise timeout=, or check the network."
        )
        assert error.__cause__ is late

    @pytest.mark.parametrize(
        ("first", "began", "cls", "word"),
        [
            (refusal(503, retry_after="29.5"), 0.0, InternalServerError, "HTTP 503"),
            (unreachable, 29.25, APIConnectionError, "refused"),
        ],
    )
    @pytest.mark.parametrize("max_retries", [1, 2])
    def test_attempt_cut_short_by_the_deadline_does_not_hide_the_cause(
        self, first, began, cls, word, max_retries
    ):
        """A timeout after half a second of thirty says nothing about the server."""
        flow = get(ID, now=0.0, timeout=30.0, max_retries=max_retries, random=lambda: 0.5)
        next(flow)
        step = flow.send((first() if callable(first) else first, began))
        assert began + step.delay == 29.5
        with pytest.raises(cls) as caught:
            flow.send((APITimeoutError("no whole answer within 0.4 s."), 30.0))
        assert type(caught.value) is cls
        assert word in str(caught.value)
        assert "0.4" not in str(caught.value)
        assert str(caught.value).endswith("Another attempt had no time within the 30 s.")

    def test_single_attempt_is_counted_in_the_singular(self):
        """A message is written for a person."""
        error, _ = play_get([lambda: APITimeoutError("late.")], timeout=5.0, round_trip=5.0)
        assert "within 5 s, in 1 attempt. " in str(error)

    def test_connection_error_names_the_asset(self):
        """Each error's text names the asset."""
        error, _ = play_get([unreachable], max_retries=0)
        assert type(error) is APIConnectionError
        assert str(error) == f"Asset '{ID}': {unreachable()}"

    @given(
        replies=st.lists(passing, min_size=1, max_size=12),
        timeout=st.integers(1, 6400).map(lambda n: n / 64),
        max_retries=st.integers(0, 12),
        luck=chances,
        round_trip=seconds,
    )
    def test_all_steps_share_one_deadline_and_none_begins_past_it(
        self, replies, timeout, max_retries, luck, round_trip
    ):
        """One deadline over requests and pauses; no pause goes past it or is negative."""
        world = World(luck=luck)
        result, steps = play_get(
            [*replies, *[refusal(500)] * 13],
            timeout=timeout,
            max_retries=max_retries,
            random=world.random,
            round_trip=round_trip,
        )
        assert {step.deadline for step in steps} == {100.0 + timeout}
        assert 1 <= len(steps) <= 1 + max_retries
        now = 100.0
        for step in steps:
            assert step.delay >= 0
            now += step.delay
            assert now < step.deadline
            now += round_trip
        assert isinstance(result, Asset) or repr(ID) in str(result)


def play_watch(replies, *, timeout=100.0, already_elapsed=0.0, raise_failed=True, **options):
    """Return the end of a `watch`, the assets seen, and when the polls were sent."""
    options = {
        "policy": STEADY,
        "request_timeout": 30.0,
        "missing_ok_for": 0.0,
        "random": lambda: 0.5,
    } | options
    round_trip = options.pop("round_trip", 0.0)
    busy = options.pop("busy", 0.0)
    failures = options.pop("failures", [])
    flow = watch(
        ID,
        now=100.0,
        timeout=timeout,
        already_elapsed=already_elapsed,
        raise_failed=raise_failed,
        **options,
    )
    now, polls, assets, replies = 100.0, [], [], iter(replies)
    try:
        event = next(flow)
        while True:
            if isinstance(event, Step):
                now += event.delay
                polls.append((now - 100.0, event.deadline - 100.0))
                reply = next(replies, seen("processing"))
                now += round_trip
                event = flow.send((reply() if callable(reply) else reply, now))
            else:
                (failures if isinstance(event, FailedPoll) else assets).append(event)
                now += busy
                event = flow.send((None, now))
    except StopIteration:
        return None, assets, polls
    except Exception as error:  # noqa: BLE001 (looked at by the test)
        return error, assets, polls


def times(polls):
    """Return when polls were sent."""
    return [round(at, 6) for at, _ in polls]


class TestWatch:
    """docs of wait: "Poll until the asset is ready"."""

    def test_first_poll_is_at_once_and_ready_ends_it(self):
        """An asset that is ready costs one request."""
        assert play_watch([seen("ready")]) == (None, [asset("ready")], [(0.0, 30.0)])

    def test_docs_loop_makes_its_ten_polls(self):
        """PollPolicy.fixed(interval=2, max_attempts=10): 10 polls at 0, 2, … 18."""
        policy = PollPolicy.fixed(interval=2, max_attempts=10)
        error, assets, polls = play_watch([], policy=policy)
        assert times(polls) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0]
        assert isinstance(error, WaitTimeoutError)
        assert (error.polls, error.elapsed, len(assets)) == (10, 18.0, 10)

    def test_pauses_grow_with_the_root_of_the_elapsed_time(self):
        """1, 1, 1, 0.7·√3 …."""
        _, _, polls = play_watch([seen("processing")] * 4 + [seen("ready")])
        assert times(polls) == [0.0, 1.0, 2.0, 3.0, round(3.0 + 0.7 * 3.0**0.5, 6)]

    @pytest.mark.parametrize("state", ["error", "failed"])
    def test_failed_asset_is_raised_by_a_wait_and_yielded_by_a_watch(self, state):
        """Either spelling."""
        error, _, polls = play_watch([seen("processing"), seen(state)])
        assert isinstance(error, AssetFailedError)
        assert (error.asset, error.polls, len(polls)) == (asset(state), 2, 2)
        error, assets, _ = play_watch([seen("processing"), seen(state)], raise_failed=False)
        assert (error, assets[-1]) == (None, asset(state))

    @pytest.mark.parametrize("raise_failed", [True, False])
    @pytest.mark.parametrize(("status", "cls"), [(401, AuthenticationError), (404, NotFoundError)])
    def test_error_for_good_ends_it(self, status, cls, raise_failed):
        """401 and 404 end it, in a watch too."""
        error, _, polls = play_watch(
            [seen("processing"), refusal(status)], raise_failed=raise_failed
        )
        assert type(error) is cls
        assert len(polls) == 2

    def test_passing_errors_are_polled_through_with_growing_pauses(self):
        """Each in a row doubles the back-off; a success begins it anew."""
        replies = [*[refusal(500)] * 5, seen("processing"), unreachable, seen("ready")]
        error, assets, polls = play_watch(replies, policy=PollPolicy.fixed(0.25, None))
        assert error is None
        assert len(assets) == 2
        gaps = [round(b - a, 6) for a, b in zip(times(polls), times(polls)[1:], strict=False)]
        assert gaps == [0.25, 0.5, 1.0, 2.0, 4.0, 0.25, 0.25]

    def test_last_poll_is_exactly_at_the_end(self):
        """With round trips of zero the deadline itself is polled."""
        error, _, polls = play_watch([], timeout=10.0)
        assert isinstance(error, WaitTimeoutError)
        assert polls[-1] == (10.0, 10.0)
        assert error.elapsed == 10.0

    @pytest.mark.parametrize("round_trip", [0.125, 0.5, 1.0, 3.0])
    def test_last_poll_is_early_enough_to_end_in_time(self, round_trip):
        """With round trips that take time, the answer still comes before the deadline."""
        error, _, polls = play_watch([], timeout=20.0, round_trip=round_trip)
        assert isinstance(error, WaitTimeoutError)
        assert 20.0 - 2.5 * round_trip - 0.5 <= times(polls)[-1] <= 20.0 - round_trip
        assert error.elapsed <= 20.0

    def test_error_does_not_make_the_server_look_fast(self):
        """The time of a poll is known from the last answer, when the last poll met none."""
        replies = [seen("processing"), *[unreachable] * 99]
        _, _, polls = play_watch(replies, timeout=20.0, round_trip=1.0)
        assert times(polls)[-1] <= 18.5

    def test_each_poll_is_bounded_by_the_call_timeout_and_the_end(self):
        """A wait has a time of its own, of which each poll takes at most the client's timeout."""
        _, _, polls = play_watch([], timeout=10.0, request_timeout=3.0)
        assert [deadline for _, deadline in polls] == [min(10.0, at + 3.0) for at, _ in polls]

    def test_wait_is_taken_up_where_another_left_it(self):
        """Pauses are a function of the elapsed time alone, so a wait resumes."""
        _, _, whole = play_watch([], timeout=60.0)
        middle = len(whole) // 2
        began = whole[middle][0]
        _, _, resumed = play_watch([], timeout=60.0, already_elapsed=began)
        assert times([(at + began, 0) for at, _ in resumed]) == pytest.approx(times(whole[middle:]))
        assert resumed[-1][1] + began == pytest.approx(60.0)

    @pytest.mark.parametrize("already_elapsed", [60.0, 61.0])
    def test_wait_whose_time_was_up_before_sends_nothing(self, already_elapsed):
        """It ends as it would have ended in the first process."""
        error, _, polls = play_watch([], timeout=60.0, already_elapsed=already_elapsed)
        assert isinstance(error, WaitTimeoutError)
        assert (polls, error.polls, error.elapsed) == ([], 0, already_elapsed)

    def test_time_that_the_caller_takes_counts(self):
        """A slow `on_update` does not push the polls apart by its own time and the pause's."""
        error, _, polls = play_watch([], timeout=10.0, busy=4.0)
        assert times(polls)[1] == pytest.approx(4.0 + 1.4)
        assert isinstance(error, WaitTimeoutError)

    def test_retry_after_past_the_end_ends_the_wait_now(self):
        """And the error carries the last asset and the refusal."""
        error, _, polls = play_watch([seen("processing"), refusal(429, retry_after="3600")])
        assert isinstance(error, WaitTimeoutError)
        assert (len(polls), error.asset) == (2, asset("processing"))
        assert isinstance(error.last_error, RateLimitError)

    @pytest.mark.parametrize(
        ("reply", "cls", "word"),
        [
            (refusal(503), InternalServerError, "HTTP 503"),
            (unreachable, APIConnectionError, "refused"),
        ],
    )
    def test_poll_cut_short_by_the_end_does_not_hide_the_cause(self, reply, cls, word):
        """The last error that says something is told: not the timeout of the time that was left."""
        sliver = APITimeoutError("no whole answer within 0 s. Raise timeout=.")
        replies = [reply, reply, lambda: sliver]
        policy = PollPolicy.fixed(5.0, None)
        failures = []
        error, _, polls = play_watch(replies, timeout=10.0, policy=policy, failures=failures)
        assert len(polls) == 3
        assert isinstance(error, WaitTimeoutError)
        assert type(error.last_error) is cls
        assert word in str(error)
        assert "within 0 s" not in str(error)
        assert len(failures) == 2

    def test_poll_cut_short_after_the_asset_was_seen_is_no_error(self):
        """The asset is still what is known."""
        replies = [seen("processing"), lambda: APITimeoutError("no whole answer within 0 s.")]
        error, _, polls = play_watch(replies, timeout=2.0, policy=PollPolicy.fixed(2.0, None))
        assert len(polls) == 2
        assert (error.last_error, error.asset) == (None, asset("processing"))

    @pytest.mark.parametrize(
        ("given", "longest", "nothing"),
        [
            (0.0, 0.0, True),
            (0.9, 0.0, True),
            (1.0, 0.0, False),
            (19.0, 0.1, False),
            (3.0, 4.0, True),
            (4.0, 4.0, False),
            (30.0, 40.0, False),
        ],
    )
    def test_timeout_says_something_of_a_server_that_could_have_answered(
        self, given, longest, nothing
    ):
        """In a second, in as long as it took before, or in the whole time of a call."""
        told = {"given": given, "allowed": 30.0, "longest": longest}
        assert says_nothing(APITimeoutError("late."), **told) is nothing
        assert not says_nothing(unreachable(), **told)

    def test_call_with_a_short_timeout_of_its_own_is_not_cut_short(self):
        """Its time is what the caller meant."""
        assert not says_nothing(APITimeoutError("late."), given=0.5, allowed=0.5, longest=0.0)

    def test_only_poll_tells_what_it_met_however_little_time_it_had(self):
        """Nothing else is known then."""
        replies = [lambda: APITimeoutError("no whole answer within 0.5 s.")]
        error, _, _ = play_watch(replies, timeout=0.5, round_trip=0.5)
        told = "no whole answer within the 0.5 s that were left of the wait. Check the network."
        assert str(error).endswith(told)
        assert type(error.last_error) is APITimeoutError

    @pytest.mark.parametrize("timeout", [0.1, 0.3, 0.7])
    def test_timeout_of_the_call_is_told_as_it_is(self, timeout):
        """A longer one may help; each of them counts, however short it is."""
        late = [lambda: APITimeoutError("no whole answer. Raise timeout=.")] * 9
        failures = []
        options = {"request_timeout": timeout, "round_trip": timeout, "failures": failures}
        error, _, polls = play_watch(late, policy=PollPolicy.fixed(1.3, 9), **options)
        assert str(error).endswith("no whole answer. Raise timeout=.")
        assert len(failures) == len(polls) == 9

    def test_passing_errors_are_yielded(self):
        """For `on_error`; what ends the wait is raised instead."""
        failures = []
        replies = [unreachable, seen("processing"), refusal(429), refusal(401)]
        play_watch(replies, failures=failures)
        assert [type(each.error) for each in failures] == [APIConnectionError, RateLimitError]
        assert {each.asset_id for each in failures} == {ID}

    def test_missing_asset_is_waited_for_as_long_as_it_may_be_missing(self):
        """It is listed a moment after its upload; polled in the policy's rhythm."""
        replies = [refusal(404, "NOT_FOUND")] * 3 + [seen("processing"), seen("ready")]
        failures = []
        error, assets, polls = play_watch(replies, missing_ok_for=10.0, failures=failures)
        assert error is None
        assert times(polls)[:4] == [0.0, 1.0, 2.0, 3.0]
        assert (len(assets), len(failures)) == (2, 3)

    @pytest.mark.parametrize(("missing_ok_for", "polls"), [(0.0, 1), (0.5, 2), (2.0, 3)])
    def test_missing_asset_ends_the_wait_after_that(self, missing_ok_for, polls):
        """From the beginning of the wait on, and not at all by default."""
        error, _, sent = play_watch(
            [refusal(404, "NOT_FOUND")] * 9,
            policy=PollPolicy.fixed(1.0, None),
            missing_ok_for=missing_ok_for,
        )
        assert type(error) is NotFoundError
        assert len(sent) == polls

    def test_missing_asset_of_a_resumed_wait_counts_from_its_beginning(self):
        """Which is that of the first process."""
        error, _, polls = play_watch(
            [refusal(404, "NOT_FOUND")], missing_ok_for=10.0, already_elapsed=10.0
        )
        assert type(error) is NotFoundError
        assert len(polls) == 1

    def test_missing_asset_is_the_last_error_of_a_wait_that_ends_before(self):
        """The wait's own time still counts."""
        replies = [refusal(404, "NOT_FOUND")] * 9
        error, _, _ = play_watch(replies, timeout=3.0, missing_ok_for=60.0)
        assert isinstance(error, WaitTimeoutError)
        assert type(error.last_error) is NotFoundError
        assert "was not seen" in str(error)

    def test_cancelled_wait_tells_what_was_seen(self):
        """A poll that was never sent is not counted."""
        error, _, _ = play_watch([seen("processing"), Cancelled()])
        assert isinstance(error, WaitCancelledError)
        assert (error.asset, error.polls, error.elapsed) == (asset("processing"), 1, 1.0)
