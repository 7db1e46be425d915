"""Polling policies, and what each makes of times drawn from a distribution.

A poll takes no time here, and the first is sent at once.
"""

import math
import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from babou import Again, Asset, PollPolicy
from benchmarks.nginx import ASSET
from benchmarks.times import LONGEST, Times

Polls = Callable[[Callable[[], float]], Iterator[float]]
"""Gives the seconds at which a wait polls; takes a source of random numbers from 0 up to 1."""

SAMPLES, EARLIER = 20, 200
_PROCESSING = Asset.from_dict({**ASSET, "state": "processing", "url": None})


def by_policy(policy: PollPolicy) -> Polls:
    """Return the polls of a wait with the package's own `PollPolicy.step`."""

    def polls(source: Callable[[], float]) -> Iterator[float]:
        elapsed, number = 0.0, 1
        yield elapsed
        while isinstance(
            decision := policy.step(
                _PROCESSING.id,
                _PROCESSING,
                elapsed=elapsed,
                timeout=2 * LONGEST,
                polls=number,
                random=source,
            ),
            Again,
        ):
            elapsed += decision.delay
            number += 1
            yield elapsed

    return polls


def by_gap(first: float, following: Callable[[float, float], float]) -> Polls:
    """Return polls whose next gap is a function of the last one and of the time elapsed."""

    def polls(_: Callable[[], float]) -> Iterator[float]:
        elapsed, gap = 0.0, first
        while elapsed < 2 * LONGEST:
            yield elapsed
            elapsed += gap
            gap = following(gap, elapsed)

    return polls


def by_any(choice: Sequence[Polls]) -> Polls:
    """Return the polls of one of several policies, drawn for each wait."""

    def polls(source: Callable[[], float]) -> Iterator[float]:
        return choice[int(source() * len(choice))](source)

    return polls


def by_times(times: Times, *, requests: float | None = None, samples: int = SAMPLES) -> Polls:
    """Return the polls of policies made from earlier times, each policy from others."""
    source = random.Random(1)  # noqa: S311 (a simulation, nothing secret)
    choice = []
    for _ in range(samples):
        earlier = [times.quantile(source.random()) for _ in range(EARLIER)]
        choice.append(by_policy(PollPolicy.for_times(earlier, requests)))
    return by_any(choice)


DOCS = "2 s × 10, the docs' loop"
OURS = "babou's default"
POLICIES: dict[str, Polls] = {
    DOCS: by_policy(PollPolicy.fixed()),
    "fixed 2 s": by_policy(PollPolicy.fixed(2.0, None)),
    "fixed 5 s": by_policy(PollPolicy.fixed(5.0, None)),
    "×1.5 from 0.5 s": by_gap(0.5, lambda gap, _: 1.5 * gap),
    "10 % of elapsed, ≥ 0.25 s": by_gap(0.25, lambda _, elapsed: max(0.25, elapsed / 10)),
    OURS: by_policy(PollPolicy()),
}
FITTED = f"babou's `for_times` of {EARLIER}"
FITTED_FEW = f"{FITTED}, 4 requests"


def all_for(times: Times) -> dict[str, Polls]:
    """Return the policies that know nothing, and those made from earlier times."""
    return POLICIES | {FITTED: by_times(times), FITTED_FEW: by_times(times, requests=4.0)}


@frozen
class Outcome:
    """What a policy made of many waits; lags in seconds, shares from 0 to 1.

    Attributes:
        missed: Share of assets that were never seen ready.
        lag: Mean time from ready to seen, of those that were; NaN where none was.
        lag_95: The lag that 5 % exceed.
        share: Mean of the lag as a share of the time to ready.
        share_95: The share that 5 % exceed.
        requests: Mean number of polls, those of the missed included.
    """

    missed: float
    lag: float
    lag_95: float
    share: float
    share_95: float
    requests: float


def simulate(polls: Polls, times: Times, *, number: int, seed: int = 0) -> Outcome:
    """Wait for so many assets; the same seed gives the same outcome."""
    source = random.Random(seed)  # noqa: S311 (a simulation, nothing secret)
    drawn = times.draw(number, source.random)
    waits = [_wait(polls(source.random), ready) for ready in drawn]
    seen = [(lag, lag / ready) for (lag, _), ready in zip(waits, drawn, strict=True) if lag >= 0]
    lags, shares = zip(*seen, strict=True) if seen else ((math.nan,) * 2, (math.nan,) * 2)
    return Outcome(
        missed=1 - len(seen) / number,
        lag=statistics.fmean(lags),
        lag_95=_percentile_95(lags),
        share=statistics.fmean(shares),
        share_95=_percentile_95(shares),
        requests=statistics.fmean(requests for _, requests in waits),
    )


def _wait(polls: Iterator[float], ready: float) -> tuple[float, int]:
    """Return the lag, or -1 where the polls end before the asset is ready, and the requests."""
    requests = 0
    for requests, poll in enumerate(polls, 1):
        if poll >= ready:
            return poll - ready, requests
    return -1.0, requests


def _percentile_95(figures: Iterable[float]) -> float:
    return statistics.quantiles(figures, n=20, method="inclusive")[-1]
