"""How long assets take to become ready: three distributions to hold polling policies against.

Each is cut off after an hour: the longest that anybody waits here.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

from attrs import frozen

LONGEST = 3600.0
_NORMAL = NormalDist()


@frozen
class Times:
    """A distribution of the seconds until an asset is ready.

    Attributes:
        name: What to call it.
        share: The share of assets that are ready after so many seconds, without the cut.
        after: Its inverse.
    """

    name: str
    share: Callable[[float], float]
    after: Callable[[float], float]

    def waiting(self, elapsed: float) -> float:
        """Return the share of assets that are not ready yet."""
        return max(0.0, 1.0 - self.share(elapsed) / self.share(LONGEST))

    def quantile(self, part: float) -> float:
        """Return the seconds after which this part of the assets is ready."""
        return self.after(part * self.share(LONGEST))

    def draw(self, number: int, random: Callable[[], float]) -> list[float]:
        """Draw times, one from each of so many equally probable strata."""
        return [self.quantile((stratum + random()) / number) for stratum in range(number)]


def lognormal(median: float, sigma: float) -> Times:
    """Return times whose logarithm is normal: many short ones, a tail of long ones."""
    return Times(
        f"lognormal, median {median:g} s, sigma {sigma:g}",
        lambda t: _NORMAL.cdf(math.log(t / median) / sigma) if t > 0 else 0.0,
        lambda part: median * math.exp(sigma * _NORMAL.inv_cdf(part)),
    )


def near_constant(mean: float, spread: float) -> Times:
    """Return times that are nearly the same for all assets: normal, with this relative spread."""
    normal = NormalDist(mean, mean * spread)
    return Times(f"near-constant, {mean:g} s ± {spread:.0%}", normal.cdf, normal.inv_cdf)


def log_logistic(median: float, shape: float) -> Times:
    """Return times with a tail like a Pareto's: of infinite variance, were it not for the cut."""
    return Times(
        f"heavy-tailed (log-logistic), median {median:g} s, shape {shape:g}",
        lambda t: 1.0 / (1.0 + (t / median) ** -shape) if t > 0 else 0.0,
        lambda part: median * (part / (1.0 - part)) ** (1.0 / shape),
    )


NEAR_CONSTANT = near_constant(30.0, 0.05)
TIMES = (lognormal(8.0, 1.2), NEAR_CONSTANT, log_logistic(8.0, 1.5))
