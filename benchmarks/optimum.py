"""The best that any fixed schedule of polls can do where the distribution is known.

For a price of λ seconds of lag a request, the best schedule is found by dynamic programming over a
grid of times, from the last one backwards: after a poll at a, with S(t) the share still waiting,

    V(a) = min over b > a of  S(a)·(λ + b - a) + V(b)

where S(a)·(b - a) is the time that goes by until the next poll; less the mean time to ready, the
sum of it is the mean lag. Each λ gives one point of the curve of mean lag against mean requests;
random schedules can't be below its convex hull either.
"""

import functools
import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from attrs import frozen

from benchmarks.times import LONGEST, Times

Floats: TypeAlias = npt.NDArray[np.float64]
PRICES = tuple(float(price) for price in np.geomspace(0.001, 30.0, 46))
_FINE = 20_000


@frozen
class Point:
    """A best schedule: its mean lag in seconds, its mean number of requests, and its polls."""

    price: float
    lag: float
    requests: float
    polls: tuple[float, ...]


def curve(times: Times, *, grid: int, prices: Sequence[float] = PRICES) -> list[Point]:
    """Return the best schedules, from many requests to few."""
    at = _grid(times, grid)
    waiting = _waiting(times, at)
    return [_best(times, at, waiting, price) for price in prices]


def best_lag(points: Sequence[Point], requests: float) -> float:
    """Return the least mean lag at a mean number of requests; NaN beyond the curve's ends."""
    ordered = sorted(points, key=lambda point: point.requests)
    known = np.log([point.requests for point in ordered])
    lags = np.log([point.lag for point in ordered])
    return math.exp(np.interp(math.log(requests), known, lags, left=math.nan, right=math.nan))


def evaluate(times: Times, polls: Sequence[float]) -> tuple[float, float]:
    """Return the mean lag and the mean requests of polls at given times, the last at the end."""
    at = np.array(polls)
    waiting = _waiting(times, at[:-1])
    return float(np.diff(at) @ waiting) - _mean(times), float(1.0 + waiting.sum())


@functools.cache
def _mean(times: Times) -> float:
    """Return the mean time to ready: the integral of the share still waiting."""
    at = _grid(times, _FINE)
    return float(np.trapezoid(_waiting(times, at), at))


def _waiting(times: Times, at: Floats) -> Floats:
    return np.array([times.waiting(float(each)) for each in at])


def _grid(times: Times, number: int) -> Floats:
    """Return times from 0 to the longest: half by share of assets, half by root of time."""
    parts = (np.arange(number // 2) + 0.5) / (number // 2)
    quantiles = [times.quantile(float(part)) for part in parts]
    roots = np.linspace(0.0, LONGEST**0.5, number // 2) ** 2
    grid: Floats = np.unique(np.concatenate([[0.0], quantiles, roots, [LONGEST]]))
    return grid


def _best(times: Times, at: Floats, waiting: Floats, price: float) -> Point:
    last = len(at) - 1
    value = np.zeros(last + 1)
    follows = np.full(last + 1, last)
    for here in range(last - 1, -1, -1):
        total = waiting[here] * (price + at[here + 1 :] - at[here]) + value[here + 1 :]
        best = int(total.argmin())
        value[here] = total[best]
        follows[here] = here + 1 + best
    chosen = [0]
    while chosen[-1] != last:
        chosen.append(int(follows[chosen[-1]]))
    polls = tuple(float(each) for each in at[chosen])
    return Point(price, *evaluate(times, polls), polls)
