"""Keep what is known of a wait between two polls. Pure; the same for one wait and for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, frozen

from babou._core.wait_errors import wait_cancelled, wait_timeout
from babou._errors import APITimeoutError, BabouError

if TYPE_CHECKING:
    from collections.abc import Callable

    from babou._core.operations import Asset
    from babou._core.polling import Again, Done, Failed, PollPolicy, TimedOut
    from babou._errors import WaitCancelledError, WaitTimeoutError

_ENOUGH = 1.0
"""Seconds in which a server can answer: a timeout after less says nothing about it."""

_MOMENT = 0.01
"""Seconds by which two clocks may differ."""


@frozen
class FailedPoll:
    """A poll that failed for a passing reason; the wait goes on, if there is time."""

    asset_id: str
    error: BabouError


def says_nothing(error: object, *, given: float, allowed: float, longest: float) -> bool:
    """Tell whether an error is but the timeout of a request that was cut short by the end.

    Args:
        error: What came of the request.
        given: Seconds that it had.
        allowed: Seconds that it would have had, had the end been further away.
        longest: Seconds that the slowest request before it took.
    """
    return isinstance(error, APITimeoutError) and given < min(allowed, max(_ENOUGH, longest))


def explain_timeout(outcome: object, asset_id: str, *, given: float, took: float) -> None:
    """Name the end of the wait as the reason of a timeout: no longer call would have helped."""
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
        error: The last error that says something, if the asset was not seen since.
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
        """Take in what a poll gave, and return what decides how to go on.

        That is the outcome itself; or what was known before, if the outcome says nothing.
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
