"""Wait for an asset: the state between two polls, and the flow of one wait. Pure.

`WaitState` is the same for one wait and for many (`batch`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from babou._core.calls import asset_call
from babou._core.messages import Cancelled, Response, Step
from babou._core.operations import Asset
from babou._core.outcomes import (
    Again,
    Done,
    Failed,
    FailedPoll,
    TimedOut,
    wait_cancelled,
    wait_timeout,
)
from babou._core.polling import is_passing
from babou._core.retry import says_nothing
from babou._errors import APITimeoutError, BabouError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.calls import Answer
    from babou._core.polling import PollPolicy
    from babou._errors import WaitCancelledError, WaitTimeoutError

_MOMENT = 0.01
"""Seconds by which two clocks may differ."""


def explain_timeout(outcome: object, asset_id: str, *, given: float, took: float) -> None:
    """Say in a timeout that the wait was at its end: a longer `timeout` would not have helped."""
    if isinstance(outcome, APITimeoutError) and _MOMENT <= given <= took + _MOMENT:
        left = f"within the {given:.3g} s that were left of the wait"
        outcome.args = (f"Asset {asset_id!r}: no whole answer {left}. Check the network.",)


@define
class WaitState:
    """One wait that has not ended.

    Attributes:
        timeout: Seconds that the whole wait may take.
        request_timeout: Seconds that one poll may take.
        missing_ok_for: Seconds since the beginning in which a 404 does not end the wait.
        failures: Polls that failed in a row.
        round_trip: Seconds that the last answer took.
        asset: The asset as last seen.
        error: The last error that says something, if the asset was not seen after it.
    """

    asset_id: str
    timeout: float
    request_timeout: float
    missing_ok_for: float
    polls: int = 0
    failures: int = 0
    round_trip: float = 0.0
    asset: Asset | None = None
    error: BabouError | None = None
    _longest: float = 0.0

    @property
    def is_under_way(self) -> bool:
        """Tell whether the asset was neither ready nor failed when it was last asked for."""
        return self.error is None and self.asset is not None and not self.asset.is_terminal

    def take_in(
        self, outcome: Asset | BabouError, *, answered: bool, given: float, took: float
    ) -> Asset | BabouError:
        """Record the outcome of a poll; return the outcome that decides how to go on.

        That is the same outcome, or what was known before if the new one says nothing.
        """
        known = self.error or self.asset
        if known is not None and says_nothing(
            outcome, given=given, allowed=self.request_timeout, longest=self._longest
        ):
            return known
        if given < self.request_timeout:
            explain_timeout(outcome, self.asset_id, given=given, took=took)
        self._longest = max(self._longest, took)
        if answered:
            self.round_trip = took
        if isinstance(outcome, BabouError):
            self.error = outcome
            self.failures += 1
        else:
            self.asset, self.error, self.failures = outcome, None, 0
        return outcome

    def decide(
        self,
        policy: PollPolicy,
        outcome: Asset | BabouError,
        *,
        elapsed: float,
        random: Callable[[], float],
    ) -> Done | Failed | Again | TimedOut:
        """Say what follows, `elapsed` seconds after the wait began."""
        return policy.step(
            self.asset_id,
            outcome,
            elapsed=elapsed,
            timeout=self.timeout,
            polls=self.polls,
            failures=max(1, self.failures),
            last_asset=self.asset,
            round_trip=self.round_trip,
            missing_ok_for=self.missing_ok_for,
            random=random,
        )

    def timed_out(self, elapsed: float) -> WaitTimeoutError:
        """Return the error of a wait that ends before another poll."""
        return wait_timeout(
            self.asset_id,
            asset=self.asset,
            elapsed=elapsed,
            polls=self.polls,
            error=self.error,
            timeout=self.timeout,
        )

    def cancelled(self, elapsed: float) -> WaitCancelledError:
        """Return the error of a wait that was told to stop."""
        return wait_cancelled(
            self.asset_id,
            asset=self.asset,
            elapsed=elapsed,
            polls=self.polls,
            error=self.error,
        )


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

    After each of these the flow receives None and the time at which the caller asks for the next.

    Raises:
        AssetFailedError: The asset failed, and `raise_failed` is set.
        WaitTimeoutError: `timeout` seconds after the wait began, `already_elapsed` of them before
            this call.
        BabouError: An error that another poll cannot cure.
    """
    call = asset_call(asset_id)
    began = now - already_elapsed
    delay = 0.0
    state = WaitState(asset_id, timeout, request_timeout, missing_ok_for)
    if already_elapsed >= timeout:
        raise state.timed_out(already_elapsed)
    while True:
        sent = now + delay
        given = min(began + timeout - sent, request_timeout)
        answer, now = yield Step(call.request, delay, sent + given, attempt=state.polls + 1)
        if isinstance(answer, Cancelled):
            raise state.cancelled(now - began)
        state.polls += 1
        outcome = state.take_in(
            came := call.outcome(answer),
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
                return  # ready, or failed without an error
