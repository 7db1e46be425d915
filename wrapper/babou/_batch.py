"""Wait for many assets at once: who is polled next, and when. Pure.

All waits share one back-off: where one poll is answered 429, none is sent until the server's pause
(or a back-off that grows with each 429 in a row) is over. Where that pause reaches past the end,
and where the key is refused, all waits end at once, as each would by itself.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from attrs import define, frozen

from babou._errors import AuthenticationError, BabouError, RateLimitError, WaitTimeoutError
from babou._flows import Reply, outcome_of
from babou._messages import Response, Step
from babou._operations import Asset, asset_request
from babou._polling import Again, Done
from babou._retry import asked_pause, backoff
from babou._wait_errors import wait_cancelled, wait_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from babou._polling import PollPolicy


@frozen
class WaitResult:
    """How the wait for one of many assets ended: with `asset`, ready, or with `error`."""

    asset_id: str
    asset: Asset | None = None
    error: BabouError | None = None


@define
class _Track:
    """One wait that has not ended."""

    polls: int = 0
    failures: int = 0
    round_trip: float = 0.0
    asset: Asset | None = None
    error: BabouError | None = None


class Batch:
    """The schedule of many waits. Times are on the runner's clock, in seconds.

    Args:
        asset_ids: Each is waited for once, however often it is named.
        policy: Sets the pauses of each wait.
        began: When the waits began.
        timeout: Seconds after which all of them end.
        request_timeout: Seconds that one poll may take.
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
        random: Callable[[], float],
    ) -> None:
        self._policy, self._random = policy, random
        self._began, self._timeout = began, timeout
        self._end_at = began + timeout
        self._request_timeout = request_timeout
        self._tracks = {asset_id: _Track() for asset_id in asset_ids}
        self._queue = [(began, order, asset_id) for order, asset_id in enumerate(self._tracks)]
        self._order = len(self._queue)
        self._not_before = began
        self._refusals = 0
        self._fatal: Response | None = None

    def __bool__(self) -> bool:
        return bool(self._tracks)

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
        track = self._tracks[asset_id]
        if self._fatal is not None:
            outcome = outcome_of(self._fatal, asset_id)  # the same answer, with this asset's name
            assert isinstance(outcome, BabouError)  # noqa: S101 (it was, for another asset)
            return self._end(WaitResult(asset_id, error=outcome))
        if max(now, self._not_before) > self._end_at:
            return self._end(WaitResult(asset_id, error=self._timed_out(asset_id, track, now)))
        track.polls += 1
        deadline = min(self._end_at, now + self._request_timeout)
        return asset_id, Step(asset_request(asset_id), 0.0, deadline, attempt=track.polls)

    def settle(
        self, asset_id: str, answer: Reply, *, sent: float, now: float
    ) -> tuple[Asset | None, WaitResult | None]:
        """Take in what came of a poll; return the asset if seen, the result if its wait ended."""
        track = self._tracks[asset_id]
        outcome = outcome_of(answer, asset_id)
        if isinstance(answer, Response):
            track.round_trip = now - sent
        if isinstance(outcome, Asset):
            track.asset, track.error, track.failures = outcome, None, 0
        else:
            track.error = outcome
            track.failures += 1
        self._share(outcome, sent, now)
        decision = self._policy.step(
            asset_id,
            outcome,
            elapsed=now - self._began,
            timeout=self._timeout,
            polls=track.polls,
            failures=max(1, track.failures),
            last_asset=track.asset,
            round_trip=track.round_trip,
            random=self._random,
        )
        seen = outcome if isinstance(outcome, Asset) else None
        if isinstance(decision, Again):
            self._order += 1
            due = min(now + decision.delay, self._end_at)  # sums of floats may overshoot
            heapq.heappush(self._queue, (due, self._order, asset_id))
            return seen, None
        if isinstance(decision, Done):
            return seen, self._end(WaitResult(asset_id, asset=decision.asset))
        if isinstance(outcome, AuthenticationError) and isinstance(answer, Response):
            self._fatal = answer
        return seen, self._end(WaitResult(asset_id, error=decision.error))

    def cancel(self, now: float) -> Iterator[WaitResult]:
        """End all waits that are left."""
        for asset_id, track in list(self._tracks.items()):
            error = wait_cancelled(
                asset_id, asset=track.asset, elapsed=now - self._began, polls=track.polls
            )
            yield self._end(WaitResult(asset_id, error=error))

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

    def _timed_out(self, asset_id: str, track: _Track, now: float) -> WaitTimeoutError:
        return wait_timeout(
            asset_id,
            asset=track.asset,
            elapsed=now - self._began,
            polls=track.polls,
            error=track.error,
            timeout=self._timeout,
        )

    def _end(self, result: WaitResult) -> WaitResult:
        del self._tracks[result.asset_id]
        return result
