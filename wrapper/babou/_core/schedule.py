"""The best times to poll at, from the times that earlier assets took. Pure.

Each earlier time stands for similar times: a log-logistic kernel spreads its weight around it, so
that no schedule depends on the exact second at which some asset was ready. The next asset may be
like none of these, so a little weight is spread much more widely; the more times there are, the
smaller this weight is.

With S(t) the share of waits that are not over at t, and λ the seconds of lag that a poll is worth,
the best schedule is found from its end backwards, by dynamic programming over a grid of times:

    V(a) = min over b > a of  S(a)·(λ + b - a) + V(b)

A larger λ gives fewer polls; bisection finds the λ that takes as many polls as allowed.
"""

from __future__ import annotations

import math
from statistics import fmean, quantiles, stdev
from typing import TYPE_CHECKING

from attrs import frozen

from babou._core.config import MAX_SECONDS, check_number, check_times
from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FEWEST = 2.0
"""Requests: the first, at once, and one that finds the asset ready."""
_AT_ONCE = 0.05
"""Seconds; assets that are ready sooner count as ready then."""
_MOST_TIMES = 200
_COARSEST, _FINEST = 500, 2000
_WIDE = 0.5
"""The log-scale of times that are like no earlier one."""
_NARROWEST = 0.01
_TAIL = 4.0
"""A schedule goes on for this many scales beyond the longest time."""
_STRETCH = 2.0
"""The next poll comes before this many times the time waited."""
_TRIES = 24


@frozen
class Model:
    """How long assets take.

    Attributes:
        share: The share of assets that the first poll does not find ready.
        logs: Logarithms of the seconds that those took, in order.
        scale: Log-scale of the kernel around each.
        weight: The share of those that may be like no earlier one.
    """

    share: float
    logs: Sequence[float]
    scale: float
    weight: float

    def waiting(self, elapsed: float) -> float:
        """Return the share of assets that are not ready yet."""
        if elapsed <= 0:
            return self.share
        at = math.log(elapsed)
        near = fmean(_over(time, at, self.scale) for time in self.logs)
        wide = _over(self.middle, at, _WIDE)
        return self.share * ((1 - self.weight) * near + self.weight * wide)

    @property
    def middle(self) -> float:
        """Return the median of the logarithms."""
        return self.logs[len(self.logs) // 2]

    @property
    def end(self) -> float:
        """Return how many seconds into a wait its schedule ends."""
        return min(math.exp(self.logs[-1] + _TAIL * self.scale), MAX_SECONDS)

    def grid(self, number: int) -> list[float]:
        """Return times from 0 to the end: half by share of assets, half by root of time."""
        end = self.end
        logs = [self.logs[0] - 2 * _TAIL * self.scale, *self.logs, math.log(end)]
        half, last = number // 2, len(logs) - 1
        times = {0.0, *(end * (step / half) ** 2 for step in range(1, half)), end}
        for step in range(half):
            place, part = divmod(step * last / half, 1)
            low, high = logs[int(place)], logs[int(place) + 1]
            times.add(math.exp(low + part * (high - low)))
        first = min(times - {0.0})
        while end > first:  # so that no two are further apart than a pause may be long
            times.add(end)
            end /= _STRETCH
        return sorted(times)


def best_schedule(
    seconds: Iterable[float],
    requests: float | None,
    *,
    otherwise: Callable[[float], float],
) -> tuple[float, ...]:
    """Return the times of the schedule with the least mean lag, in seconds since the wait began.

    Args:
        seconds: The times that earlier assets took.
        requests: How many polls a wait may take on average, including the first, at once; None for
            as many as it takes with `otherwise`.
        otherwise: The pause after a poll so many seconds into a wait, without the schedule.

    Raises:
        ConfigurationError: There are fewer than two times or requests, or one of the times is no
            number of seconds.
    """
    times = check_times(seconds, "seconds")
    if len(times) < 2:  # noqa: PLR2004 (one time does not tell how they differ)
        raise ConfigurationError(f"seconds must be 2 times or more, not {len(times)}.")
    if requests is not None:
        check_number(requests, "requests", least=_FEWEST)
    if not any(times):
        return ()
    known = model(times)
    spent = _spent(known, otherwise) if requests is None else requests
    grid = known.grid(int(min(max(_COARSEST, 4 * spent), _FINEST)))
    waiting = [known.waiting(at) for at in grid]
    places = _within(grid, waiting, spent, price=math.exp(known.middle) / spent**2)
    return tuple(sorted({round(grid[place], 3) for place in places} - {0.0}))


def model(times: Sequence[float]) -> Model:
    """Return the model of the times that earlier assets took; at least one time is above 0."""
    waited = sorted(max(time, _AT_ONCE) for time in times if time > 0)
    number = len(waited)
    if number > _MOST_TIMES:
        waited = quantiles(waited, n=_MOST_TIMES + 1)
    logs = [math.log(time) for time in waited]
    low, high = logs[len(logs) // 4], logs[3 * len(logs) // 4]
    spread = stdev(logs) if number > 1 else 0.0
    spread = min(spread, (high - low) / 1.34) or spread
    # Silverman's rule of thumb for normal kernels; logistic ones of 0.55 the scale are as wide.
    scale = max(_NARROWEST, 0.55 * 1.06 * spread * number**-0.2)
    return Model(number / len(times), logs, scale, weight=1 / (number + 1))


def cheapest(grid: Sequence[float], waiting: Sequence[float], price: float) -> list[int]:
    """Return the schedule with the least sum of mean lag and price, as indexes of the grid."""
    last = len(grid) - 1
    value = [0.0] * (last + 1)
    follows = [last] * (last + 1)
    for here in range(last - 1, -1, -1):
        at, share, least = grid[here], waiting[here], math.inf
        # Schedules don't cross: after an earlier poll the next is no later than after a later one.
        # The first poll is an exception: the limit on the next pause (`_STRETCH`) is not for it.
        furthest = follows[here + 1] if here else last
        for there in range(here + 1, furthest + 1):
            if grid[there] > _STRETCH * at > 0:
                break
            cost = share * (price + grid[there] - at) + value[there]
            if cost < least:
                least, follows[here] = cost, there
        value[here] = least
    places = [0]
    while places[-1] != last:
        places.append(follows[places[-1]])
    return places


def _within(
    grid: Sequence[float], waiting: Sequence[float], requests: float, *, price: float
) -> list[int]:
    """Return the best schedule that takes no more requests on average; `price` is a first guess.

    The price of a poll is found by bisection, once the guess has moved on to two bounds.
    """
    low, high, best = 0.0, math.inf, [0, len(grid) - 1]
    for _ in range(_TRIES):
        places = cheapest(grid, waiting, price)
        if 1 + sum(waiting[place] for place in places[:-1]) > requests:
            low = price
        else:
            high, best = price, places
        bounded = 0 < low < high < math.inf
        price = math.sqrt(low * high) if bounded else price * (8 if low else 1 / 8)
    return best


def _spent(known: Model, pause: Callable[[float], float]) -> float:
    """Return the mean number of polls up to the end, with pauses that depend on the time."""
    at, number, end = 0.0, 1.0, known.end
    while at < end:
        gap = pause(at)
        step = max(gap, at / 100)  # late in a long wait, many polls at once
        number += known.waiting(at) * step / gap
        at += step
    return number


def _over(log: float, at: float, scale: float) -> float:
    """Return the share of a log-logistic distribution that lies beyond a time."""
    return (1.0 - math.tanh((at - log) / (2 * scale))) / 2
