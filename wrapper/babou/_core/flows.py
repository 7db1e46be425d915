"""The conversations with the API, each written once for sync and async. Pure.

A flow is a generator. It yields `Step`s (a pause, a request, a deadline) and is sent back what came
of each, with the runner's time. Flows read no clock, draw no randomness of their own and know no
HTTP library; the runners drive them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from babou._core.calls import Call, Reply, asset_call, outcome_of
from babou._core.messages import Cancelled, Response, Step
from babou._core.operations import Asset, asset_request
from babou._core.polling import Again, Failed, TimedOut, is_passing
from babou._core.retry import asked_pause, is_transient, pause
from babou._core.wait_state import FailedPoll, WaitState, says_nothing
from babou._errors import APITimeoutError, BabouError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.polling import PollPolicy

Answer = tuple[Reply | Cancelled | None, float]
"""What a flow is sent back, with the runner's time."""

_T = TypeVar("_T")


def get(
    asset_id: str, *, now: float, timeout: float, max_retries: int, random: Callable[[], float]
) -> Generator[Step, Answer, Asset]:
    """Fetch an asset: see `ask`."""
    asset, _ = yield from ask(
        asset_call(asset_id), now=now, timeout=timeout, max_retries=max_retries, random=random
    )
    return asset


def ask(
    call: Call[_T],
    *,
    now: float,
    timeout: float,
    max_retries: int,
    random: Callable[[], float],
    may_repeat: Callable[[BabouError], bool] = is_transient,
) -> Generator[Step, Answer, tuple[_T, float]]:
    """Make a call, trying again what can be tried again, all within `timeout` seconds.

    Returns:
        The result, and the time at which it came.

    Raises:
        BabouError: As `call.outcome` says; the last one, where several attempts failed.
    """
    deadline = now + timeout
    step = Step(call.request, delay=0.0, deadline=deadline)
    before: BabouError | None = None
    longest = 0.0
    while True:
        sent = now + step.delay
        answer, now = yield step
        outcome = call.outcome(answer)
        if not isinstance(outcome, BabouError):
            return outcome, now
        if not may_repeat(outcome):
            raise outcome
        if before is not None and says_nothing(
            outcome, given=deadline - sent, allowed=timeout, longest=longest
        ):
            raise explained(before, f"Another attempt had no time within the {timeout:g} s")
        if step.attempt > max_retries:
            raise outcome
        delay = pause(outcome, step.attempt, random)
        if now + delay >= deadline:
            raise _out_of_time(outcome, call, timeout, step.attempt, left=deadline - now)
        before, longest = outcome, max(longest, now - sent)
        step = evolve(step, delay=delay, attempt=step.attempt + 1)


def _out_of_time(
    error: BabouError, call: Call[_T], timeout: float, attempts: int, *, left: float
) -> BabouError:
    """Return an error with the words why no further attempt was made."""
    asked = asked_pause(error)
    reason = (
        f"The server asks to wait {asked:g} s, which reaches past the deadline of {timeout:g} s"
        if asked >= left
        else f"No time is left for another attempt within the deadline of {timeout:g} s"
    )
    if isinstance(error, APITimeoutError):
        timed_out = APITimeoutError(
            f"{call.subject}: no whole answer within {timeout:g} s, in "
            f"{attempts} attempt{'' if attempts == 1 else 's'}. "
            "Raise timeout=, or check the network."
        )
        timed_out.__cause__ = error
        return timed_out
    return explained(error, reason)


def explained(error: BabouError, reason: str) -> BabouError:
    """Return an error with a further sentence."""
    error.args = (f"{error} {reason}.",)
    return error


def watch(
    asset_id: str,
    *,
    policy: PollPolicy,
    now: float,
    already_elapsed: float,
    timeout: float,
    request_timeout: float,
    missing_ok_for: float,
    raise_failed: bool,
    random: Callable[[], float],
) -> Generator[Step | Asset | FailedPoll, Answer, None]:
    """Poll until the asset is terminal; yield it each time it was seen, and each passing error.

    Where one of these is yielded, None is sent back, with the time at which the caller is done
    with it.

    Raises:
        AssetFailedError: The asset failed, and `raise_failed` is set.
        WaitTimeoutError: `timeout` seconds after the wait began, `already_elapsed` of them before
            this call.
        BabouError: An error that polling again cannot mend.
    """
    request = asset_request(asset_id)
    began = now - already_elapsed
    delay = 0.0
    state = WaitState(asset_id, timeout, request_timeout, missing_ok_for)
    if already_elapsed >= timeout:
        raise state.timed_out(already_elapsed)
    while True:
        sent = now + delay
        given = min(began + timeout - sent, request_timeout)
        answer, now = yield Step(request, delay, sent + given, attempt=state.polls + 1)
        if isinstance(answer, Cancelled):
            raise state.cancelled(now - began)
        state.polls += 1
        outcome = state.take_in(
            came := outcome_of(answer, asset_id),
            answered=isinstance(answer, Response),
            given=given,
            took=max(0.0, now - sent),
        )
        if isinstance(came, Asset):
            _, now = yield came
        elif outcome is came and is_passing(came, now - began, missing_ok_for):
            _, now = yield FailedPoll(asset_id, came)
        match state.decide(policy, outcome, elapsed=now - began, random=random):
            case Again(next_delay):
                delay = next_delay
            case Failed(error) if raise_failed or not isinstance(outcome, Asset):
                raise error
            case TimedOut(error):
                raise error
            case _:
                return  # ready; or failed, where that is not raised
