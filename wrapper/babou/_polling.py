"""Decide when to poll again. Pure: everything about time is an argument.

A wait is a sequence of polls, the first at once. After each, `PollPolicy.step` says what follows.
Its pause is a function of the time since the wait began and nothing else, so a wait can be taken up
by another process that knows only the asset's id and when the wait began.
"""

from __future__ import annotations

import math
import random as _random
from typing import TYPE_CHECKING

from attrs import frozen

from babou._config import MAX_SECONDS, check_count, check_seconds
from babou._errors import (
    AssetFailedError,
    BabouError,
    ConfigurationError,
    WaitCancelledError,
    WaitTimeoutError,
)
from babou._retry import asked_pause, is_transient, pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from babou._operations import Asset


_SLACK = 0.5
"""Seconds, at most, by which the last poll is sent earlier than a round trip before the end."""


@frozen
class Options:
    """What a client was told about time; all in seconds."""

    timeout: float
    max_retries: int
    poll: PollPolicy

    def __attrs_post_init__(self) -> None:
        check_seconds(self.timeout, "timeout")
        check_count(self.max_retries, "max_retries")

    def changed(
        self, timeout: float | None, max_retries: int | None, poll: PollPolicy | None
    ) -> Options:
        """Return other options: what is None stays as it is."""
        return Options(
            self.timeout if timeout is None else timeout,
            self.max_retries if max_retries is None else max_retries,
            self.poll if poll is None else poll,
        )


@frozen
class Done:
    """The asset is ready."""

    asset: Asset


@frozen
class Failed:
    """The wait ends with an error: the asset failed, or polling again is no use."""

    error: BabouError


@frozen
class Again:
    """Poll again after `delay` seconds."""

    delay: float


@frozen
class TimedOut:
    """The wait ends because its time is up, or would be before the next poll is allowed."""

    error: WaitTimeoutError


@frozen(kw_only=True)
class PollPolicy:
    """How long to pause between polls: `factor`·√elapsed seconds, within limits.

    Growing with the square root keeps both the lag behind the asset and the number of requests
    near the best possible, whether assets take seconds or hours (docs: benchmarks).

    Attributes:
        factor: Seconds of pause per root of an elapsed second.
        minimum: Shortest pause in seconds.
        maximum: Longest pause in seconds.
        jitter: Share by which a pause varies at random, so that many waits spread out.
        max_attempts: Polls after which the wait is given up, or None for no limit.
    """

    factor: float = 0.7
    minimum: float = 0.5
    maximum: float = 30.0
    jitter: float = 0.1
    max_attempts: int | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("factor", "minimum", "maximum", "jitter"):
            value = getattr(self, name)
            if not (isinstance(value, (int, float)) and 0 <= value <= MAX_SECONDS):
                raise ConfigurationError(
                    f"PollPolicy: {name} must be a finite number from 0 up, not {value!r}."
                )
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

    def delay(self, elapsed: float, *, random: Callable[[], float] = _random.random) -> float:
        """Return the pause in seconds after a poll `elapsed` seconds into the wait."""
        planned = self.factor * math.sqrt(max(0.0, elapsed))
        within = min(self.maximum, max(self.minimum, planned))
        return within * (1.0 + self.jitter * (2.0 * random() - 1.0))

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
        random: Callable[[], float] = _random.random,
    ) -> Done | Failed | Again | TimedOut:
        """Say what follows a poll: a pure function, around which any scheduler can build its wait.

        A task queue, for one, keeps `job` (when the wait began, and two counters) and runs this
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
            outcome: What the poll gave: the asset, or the error that was raised.
            elapsed: Seconds since the wait began.
            timeout: Seconds that the whole wait may take.
            polls: Polls made so far, this one included.
            failures: Transient errors in a row, this one included; not looked at after an asset.
            last_asset: The asset as last seen, for the error of a wait that times out.
            round_trip: Seconds that a poll takes; the last one is sent early enough for its
                answer to arrive in time.
            random: Gives numbers from 0 up to 1.

        Returns:
            `Done`, `Failed` and `TimedOut` end the wait. `Again` says when the next poll is due.
        """
        error = outcome if isinstance(outcome, BabouError) else None
        if error is not None and not is_transient(error):
            return Failed(error)
        asset = last_asset
        if not isinstance(outcome, BabouError):
            asset = outcome
            if asset.is_ready:
                return Done(asset)
            if asset.is_failed:
                return Failed(_asset_failed(asset_id, asset, elapsed, polls))
        wanted = self.delay(elapsed, random=random)
        if error is not None:
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


def _asset_failed(asset_id: str, asset: Asset, elapsed: float, polls: int) -> AssetFailedError:
    return AssetFailedError(
        f"Asset {asset_id!r} failed: its state is {str(asset.state)!r} and will not change. "
        "Upload the file again.",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
    )


def wait_timeout(
    asset_id: str,
    *,
    asset: Asset | None,
    elapsed: float,
    polls: int,
    error: BabouError | None,
    timeout: float,
) -> WaitTimeoutError:
    """Return the error of a wait whose time is up."""
    seen = f"is still {str(asset.state)!r}" if asset is not None else "was not seen"
    trouble = f" The last poll met: {error}" if error is not None else ""
    return WaitTimeoutError(
        f"Asset {asset_id!r} {seen} after {elapsed:.1f} of {timeout:g} s and "
        f"{polls} poll{'' if polls == 1 else 's'}; it may yet "
        f"become ready: wait again, or longer.{trouble}",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
        last_error=error,
    )


def wait_cancelled(
    asset_id: str, *, asset: Asset | None, elapsed: float, polls: int
) -> WaitCancelledError:
    """Return the error of a wait that was told to stop."""
    return WaitCancelledError(
        f"The wait for asset {asset_id!r} was cancelled after {elapsed:.1f} s and {polls} polls.",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
    )
