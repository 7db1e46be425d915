"""The conversations with the API, each written once for sync and async. Pure.

A flow is a generator. It yields `Step`s (a pause, a request, a deadline) and is sent back what came
of each, with the runner's time. Flows read no clock, draw no randomness of their own and know no
HTTP library; the runners drive them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from babou._core.messages import Cancelled, Response, Step
from babou._core.operations import Asset, asset_request, decode_asset, decode_error
from babou._core.polling import Again, Failed, TimedOut, is_passing
from babou._core.retry import asked_pause, is_transient, pause, status_error
from babou._core.wait_state import FailedPoll, WaitState, says_nothing
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    BudgetError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.polling import PollPolicy

Reply = Response | APIConnectionError | APIResponseValidationError | BudgetError
"""What comes of one request."""

Answer = tuple[Reply | Cancelled | None, float]
"""What a flow is sent back, with the runner's time."""

_SUCCESS = 200


def outcome_of(reply: Reply | Cancelled | None, asset_id: str) -> Asset | BabouError:
    """Return what a reply means: the asset, or the error to raise."""
    if isinstance(reply, BabouError):
        reply.args = (f"Asset {asset_id!r}: {reply}",)
        return reply
    assert isinstance(reply, Response), reply  # noqa: S101 (runners answer each step)
    if reply.status != _SUCCESS:
        return status_error(reply, decode_error(reply.body), asset_id=asset_id)
    try:
        return decode_asset(reply.body, asset_id=asset_id)
    except APIResponseValidationError as error:
        return error


def get(
    asset_id: str, *, now: float, timeout: float, max_retries: int, random: Callable[[], float]
) -> Generator[Step, Answer, Asset]:
    """Fetch an asset, trying again what can be tried again, all within `timeout` seconds.

    Raises:
        BabouError: As `outcome_of` says; the last one, where several attempts failed.
    """
    deadline = now + timeout
    step = Step(asset_request(asset_id), delay=0.0, deadline=deadline)
    before: BabouError | None = None
    longest = 0.0
    while True:
        sent = now + step.delay
        answer, now = yield step
        outcome = outcome_of(answer, asset_id)
        if isinstance(outcome, Asset):
            return outcome
        if not is_transient(outcome):
            raise outcome
        if before is not None and says_nothing(
            outcome, given=deadline - sent, allowed=timeout, longest=longest
        ):
            raise _explained(before, f"Another attempt had no time within the {timeout:g} s")
        if step.attempt > max_retries:
            raise outcome
        delay = pause(outcome, step.attempt, random)
        if now + delay >= deadline:
            raise _out_of_time(outcome, asset_id, timeout, step.attempt, left=deadline - now)
        before, longest = outcome, max(longest, now - sent)
        step = evolve(step, delay=delay, attempt=step.attempt + 1)


def _out_of_time(
    error: BabouError, asset_id: str, timeout: float, attempts: int, *, left: float
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
            f"Asset {asset_id!r}: no whole answer within {timeout:g} s, in "
            f"{attempts} attempt{'' if attempts == 1 else 's'}. "
            "Raise timeout=, or check the network."
        )
        timed_out.__cause__ = error
        return timed_out
    return _explained(error, reason)


def _explained(error: BabouError, reason: str) -> BabouError:
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
