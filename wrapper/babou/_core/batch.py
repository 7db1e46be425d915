"""Wait for many assets at once: who is polled next, and when. Pure.

All waits share one back-off: where one poll is answered 429, none is sent until the server's pause
(or a back-off that grows with each 429 in a row) is over. Where that pause reaches past the end,
and where the key is refused, all waits end at once, as each would by itself.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from babou._core.calls import Reply, outcome_of
from babou._core.messages import Response, Step
from babou._core.operations import Asset, asset_request
from babou._core.polling import Again, Done, is_passing
from babou._core.retry import asked_pause, backoff
from babou._core.wait_state import FailedPoll, WaitState
from babou._errors import AuthenticationError, BabouError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from babou._core.polling import PollPolicy


@frozen
class WaitSuccess:
    """The wait for one of many assets ended well: `asset` is ready, `error` is None."""

    asset_id: str
    asset: Asset
    error: None = None


@frozen
class WaitFailure:
    """The wait for one of many assets ended without a ready one: `error` is the reason."""

    asset_id: str
    error: BabouError
    asset: None = None


WaitResult = WaitSuccess | WaitFailure
"""How the wait for one of many assets ended."""

_Result = TypeVar("_Result", WaitSuccess, WaitFailure)


class Batch:
    """The schedule of many waits. Times are on the runner's clock, in seconds.

    Args:
        asset_ids: Each is waited for once, however often it is named.
        policy: Sets the pauses of each wait.
        began: When the waits began.
        timeout: Seconds after which all of them end.
        request_timeout: Seconds that one poll may take.
        missing_ok_for: Seconds since the beginning in which a 404 does not end a wait.
        random: Gives numbers from 0 up to 1.
    """

    def __init__(
        self,
        asset_ids: Iterable[str],
        *,
        policy: PollPolicy,
        began: float,
        timeout: float,
        request_timeout: float,
        missing_ok_for: float,
        random: Callable[[], float],
    ) -> None:
        self._policy, self._random = policy, random
        self._began, self._end_at = began, began + timeout
        self._request_timeout, self._missing_ok_for = request_timeout, missing_ok_for
        self._waits = {
            asset_id: WaitState(asset_id, timeout, request_timeout, missing_ok_for)
            for asset_id in asset_ids
        }
        self._queue = [(began, order, asset_id) for order, asset_id in enumerate(self._waits)]
        self._order = len(self._queue)
        self._not_before = began
        self._refusals = 0
        self._fatal: Response | None = None

    def __bool__(self) -> bool:
        return bool(self._waits)

    def next_due(self) -> float | None:
        """Return when `take` has something to give, or None where all polls are under way."""
        if not self._queue:
            return None
        if self._fatal is not None or self._not_before > self._end_at:
            return self._began
        return max(self._queue[0][0], self._not_before)

    def take(self, now: float) -> tuple[str, Step] | WaitResult | None:
        """Return the next poll that is due, or a wait that has just ended, or None."""
        due = self.next_due()
        if due is None or due > now:
            return None
        _, _, asset_id = heapq.heappop(self._queue)
        wait = self._waits[asset_id]
        if self._fatal is not None:
            outcome = outcome_of(self._fatal, asset_id)  # the same answer, with this asset's name
            assert isinstance(outcome, BabouError)  # noqa: S101 (it was, for another asset)
            return self._end(WaitFailure(asset_id, outcome))
        if max(now, self._not_before) > self._end_at:
            return self._end(WaitFailure(asset_id, wait.timed_out(now - self._began)))
        wait.polls += 1
        deadline = min(self._end_at, now + self._request_timeout)
        return asset_id, Step(asset_request(asset_id), 0.0, deadline, attempt=wait.polls)

    def settle(
        self, asset_id: str, answer: Reply, *, sent: float, now: float
    ) -> tuple[Asset | FailedPoll | None, WaitResult | None]:
        """Take in what came of a poll.

        Returns:
            The asset if it was seen, or the failure if it is a passing one; the result if its wait
            ended.
        """
        wait, elapsed = self._waits[asset_id], now - self._began
        outcome = wait.take_in(
            came := outcome_of(answer, asset_id),
            answered=isinstance(answer, Response),
            given=min(self._end_at - sent, self._request_timeout),
            took=now - sent,
        )
        self._share(came, sent, now)
        seen: Asset | FailedPoll | None = None
        if isinstance(came, Asset):
            seen = came
        elif outcome is came and is_passing(came, elapsed, self._missing_ok_for):
            seen = FailedPoll(asset_id, came)
        decision = wait.decide(self._policy, outcome, elapsed=elapsed, random=self._random)
        if isinstance(decision, Again):
            self._order += 1
            due = min(now + decision.delay, self._end_at)  # sums of floats may overshoot
            heapq.heappush(self._queue, (due, self._order, asset_id))
            return seen, None
        if isinstance(decision, Done):
            return seen, self._end(WaitSuccess(asset_id, decision.asset))
        if isinstance(came, AuthenticationError) and isinstance(answer, Response):
            self._fatal = answer
        return seen, self._end(WaitFailure(asset_id, decision.error))

    def cancel(self, now: float) -> Iterator[WaitResult]:
        """End all waits that are left."""
        for asset_id, wait in list(self._waits.items()):
            yield self._end(WaitFailure(asset_id, wait.cancelled(now - self._began)))

    def _share(self, outcome: Asset | BabouError, sent: float, now: float) -> None:
        if isinstance(outcome, Asset):
            self._refusals = 0
        if not isinstance(outcome, RateLimitError):
            return
        wait = asked_pause(outcome)
        # Of many polls that were under way together and are all refused, the first counts alone.
        if sent >= self._not_before:
            self._refusals += 1
            # Half of what is left, at most, so that a poll can follow the pause.
            own = backoff(self._refusals, self._random)
            wait = max(wait, min(own, (self._end_at - now) / 2))
        self._not_before = max(self._not_before, now + wait)

    def _end(self, result: _Result) -> _Result:
        del self._waits[result.asset_id]
        return result
