"""Decide when to poll again. Pure: everything about time is an argument.

A wait is a sequence of polls, the first at once. After each, `PollPolicy.step` says what follows.
Its pause depends only on the time since the wait began, so another process can take up a wait if
it knows the asset's id and when the wait began.
"""

from __future__ import annotations

import math
import random as _random
from bisect import bisect_right
from typing import TYPE_CHECKING

from attrs import Factory, field, fields, frozen

from babou._core.config import check_count, check_number, check_schedule, check_seconds
from babou._core.outcomes import Again, Done, Failed, TimedOut, asset_failed, wait_timeout
from babou._core.retry import asked_pause, is_transient, pause
from babou._errors import BabouError, BudgetError, ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from babou._core.operations import Asset


def is_passing(error: BabouError, elapsed: float, missing_ok_for: float) -> bool:
    """Tell whether a wait goes on after an error, `elapsed` seconds after it began."""
    return (
        is_transient(error)
        or isinstance(error, BudgetError)
        or (isinstance(error, NotFoundError) and elapsed < missing_ok_for)
    )


_SLACK = 0.5
"""The last poll is sent up to so many seconds earlier than one round trip before the end."""


@frozen
class Options:
    """A client's options about time, in seconds."""

    timeout: float
    max_retries: int
    poll: PollPolicy

    def __attrs_post_init__(self) -> None:
        check_seconds(self.timeout, "timeout")
        check_count(self.max_retries, "max_retries")
        if not isinstance(self.poll, PollPolicy):
            raise ConfigurationError(
                f"poll must be a PollPolicy, such as PollPolicy(maximum=10), not be of type "
                f"{type(self.poll).__name__}."
            )

    def changed(
        self, timeout: float | None, max_retries: int | None, poll: PollPolicy | None
    ) -> Options:
        """Return other options; what is None stays the same."""
        return Options(
            self.timeout if timeout is None else timeout,
            self.max_retries if max_retries is None else max_retries,
            self.poll if poll is None else poll,
        )


def _shortest(policy: PollPolicy) -> float:
    return min(1.0, check_number(policy.maximum, "PollPolicy: maximum"))


@frozen(kw_only=True)
class PollPolicy:
    """How long to pause between polls: `factor`·√elapsed seconds, within limits.

    A pause that grows with the square root keeps both the lag behind the asset and the number of
    requests near the best possible, whether assets take seconds or hours (docs: benchmarks). If you
    know how long earlier assets took, `for_times` does better.

    Attributes:
        factor: Seconds of pause per root of an elapsed second.
        maximum: Longest pause in seconds.
        minimum: Shortest pause in seconds; by default 1, or `maximum` if that is shorter.
        jitter: Share by which a pause varies at random, so that many waits spread out.
        max_attempts: Polls after which the wait gives up, or None for no limit.
        schedule: Seconds into the wait at which to poll, before the rule above takes over.
    """

    factor: float = 0.7
    maximum: float = 30.0
    minimum: float = field(default=Factory(_shortest, takes_self=True))
    jitter: float = 0.1
    max_attempts: int | None = None
    schedule: tuple[float, ...] = field(default=(), converter=check_schedule)

    def __attrs_post_init__(self) -> None:
        for name in ("factor", "minimum", "maximum", "jitter"):
            check_number(getattr(self, name), f"PollPolicy: {name}")
        if not 0 < self.minimum <= self.maximum:
            raise ConfigurationError(
                "PollPolicy: minimum must be more than 0 and at most maximum, "
                f"not {self.minimum!r} and {self.maximum!r}."
            )
        if self.jitter >= 1:
            raise ConfigurationError(f"PollPolicy: jitter must be below 1, not {self.jitter!r}.")
        if self.max_attempts is not None and check_count(self.max_attempts, "max_attempts") == 0:
            raise ConfigurationError("PollPolicy: max_attempts must be 1 or more, or None.")

    @classmethod
    def fixed(cls, interval: float = 2.0, max_attempts: int | None = 10) -> PollPolicy:
        """Return the loop of the API's own documentation: every 2 seconds, 10 times."""
        return cls(
            factor=0.0, minimum=interval, maximum=interval, jitter=0.0, max_attempts=max_attempts
        )

    @classmethod
    def for_times(cls, seconds: Iterable[float], requests: float | None = None) -> PollPolicy:
        """Return the policy with the least mean lag for assets that take about as long as these.

        The default knows nothing about the assets, so it has to poll all the time. If you know how
        long earlier assets took, the same number of polls can come when the next ones are likely
        to be ready. For assets that take 30 s ± 5 %, this policy is 0.1 s late, where the default
        is 1.9 s late; with a quarter of the requests it is 0.5 s late (docs: performance).

        It polls by a `schedule`, up to the longest of these times and somewhat further. Except for
        the first, no pause in it is longer than the time already waited.

        Args:
            seconds: How long earlier assets took to become ready, 2 or more of them. The less they
                differ, the more there is to gain; 20 times help, 200 help a lot.
            requests: Polls that a wait may take on average, 2 or more; by default as many as the
                default policy takes with assets like these.
        """
        from babou._core.schedule import best_schedule  # noqa: PLC0415 (few callers need it)

        policy = cls()
        return cls(schedule=best_schedule(seconds, requests, otherwise=policy._pause))

    def delay(self, elapsed: float, *, random: Callable[[], float] = _random.random) -> float:
        """Return the pause in seconds after a poll `elapsed` seconds into the wait."""
        elapsed = max(0.0, elapsed)
        shift = self.jitter * (2.0 * random() - 1.0)
        place = bisect_right(self.schedule, elapsed)
        # A poll may have been moved forward by the jitter: then this scheduled one is done.
        if place < len(self.schedule) and elapsed >= self.schedule[place] - self._leeway(place):
            place += 1
        if place == len(self.schedule):
            return self._pause(elapsed) * (1.0 + shift)
        return self.schedule[place] + shift * self._leeway(place) - elapsed

    def _pause(self, elapsed: float) -> float:
        """Return the pause by the rule, without schedule and jitter."""
        return min(self.maximum, max(self.minimum, self.factor * math.sqrt(elapsed)))

    def _leeway(self, place: int) -> float:
        """Return how far a scheduled poll may be moved: half way to its nearest neighbour."""
        at = self.schedule[place]
        before = self.schedule[place - 1] if place else 0.0
        last = place == len(self.schedule) - 1
        after = at + self._pause(at) if last else self.schedule[place + 1]
        return min(at - before, after - at) / 2

    def __getstate__(self) -> dict[str, object]:
        return {each.name: getattr(self, each.name) for each in fields(PollPolicy)}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        state = {"schedule": (), **state}  # a pickle of release 0.1.0 has no schedule
        for each in fields(PollPolicy):
            object.__setattr__(self, each.name, state[each.name])

    def step(
        self,
        asset_id: str,
        outcome: Asset | BabouError,
        *,
        elapsed: float,
        timeout: float,
        polls: int = 1,
        failures: int = 1,
        last_asset: Asset | None = None,
        round_trip: float = 0.0,
        missing_ok_for: float = 0.0,
        random: Callable[[], float] = _random.random,
    ) -> Done | Failed | Again | TimedOut:
        """Decide what follows a poll. Any scheduler can build its wait on this pure function.

        For example, a task queue stores `job` (when the wait began, and two counters) and runs this
        each time the job is due; `policy` and `client` (with `max_retries=0`) are the worker's:

            def turn(job):
                job.polls += 1
                try:
                    outcome = client.assets.get(job.asset_id)
                except BabouError as error:
                    outcome = error
                job.failures = job.failures + 1 if isinstance(outcome, BabouError) else 0
                decision = policy.step(
                    job.asset_id,
                    outcome,
                    elapsed=now() - job.began,
                    timeout=600,
                    polls=job.polls,
                    failures=job.failures,
                )
                match decision:
                    case Again(delay):
                        queue.put(job, delay)
                    case Done(asset):
                        return asset
                    case Failed(error) | TimedOut(error):
                        raise error

        Args:
            asset_id: What is waited for.
            outcome: The result of the poll: the asset, or the error that was raised.
            elapsed: Seconds since the wait began.
            timeout: Seconds that the whole wait may take.
            polls: Polls made so far, including this one.
            failures: Transient errors in a row, including this one; ignored after an asset.
            last_asset: The asset as last seen, for the error of a wait that times out.
            round_trip: Seconds that a poll takes; the last one is sent early enough for its
                answer to arrive in time.
            missing_ok_for: Seconds since the beginning in which a 404 does not end the wait.
            random: Gives numbers from 0 up to 1.

        Returns:
            `Done`, `Failed` and `TimedOut` end the wait. `Again` says when the next poll is due.
        """
        error = outcome if isinstance(outcome, BabouError) else None
        if error is not None and not is_passing(error, elapsed, missing_ok_for):
            return Failed(error)
        asset = last_asset
        if not isinstance(outcome, BabouError):
            asset = outcome
            if asset.is_ready:
                return Done(asset)
            if asset.is_failed:
                return Failed(asset_failed(asset_id, asset=asset, elapsed=elapsed, polls=polls))
        wanted = self.delay(elapsed, random=random)
        if error is not None and is_transient(error):
            wanted = max(wanted, pause(error, failures, random))
        left = timeout - elapsed - round_trip - min(round_trip, _SLACK)
        must = asked_pause(error) if error is not None else 0.0
        exhausted = self.max_attempts is not None and polls >= self.max_attempts
        if exhausted or left <= 0 or must > timeout - elapsed:
            timed_out = wait_timeout(
                asset_id, asset=asset, elapsed=elapsed, polls=polls, error=error, timeout=timeout
            )
            return TimedOut(timed_out)
        return Again(max(must, min(wanted, left)))
