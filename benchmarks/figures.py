"""Medians, their spread, and ratios of interleaved rounds. Pure."""

import random
import statistics
from collections.abc import Sequence

from attrs import frozen


@frozen
class Summary:
    """A median, the quartiles around it, and of how many figures."""

    median: float
    low: float
    high: float
    n: int


def summary(figures: Sequence[float]) -> Summary:
    """Return the median and the quartiles."""
    if len(figures) == 1:
        return Summary(figures[0], figures[0], figures[0], 1)
    low, middle, high = statistics.quantiles(figures, n=4, method="inclusive")
    return Summary(middle, low, high, len(figures))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Summary:
    """Return the ratio of two medians, with a bootstrap interval of 95 %.

    Figures of one round belong together and are drawn together, so that what slowed the machine
    down for a while slows both.
    """
    pairs = list(zip(ours, theirs, strict=True))
    draw = random.Random(0)  # noqa: S311 (nothing secret; the same table from the same figures)
    drawn = sorted(_of_medians(draw.choices(pairs, k=len(pairs))) for _ in range(1000))
    return Summary(_of_medians(pairs), drawn[25], drawn[974], len(pairs))


def _of_medians(pairs: Sequence[tuple[float, float]]) -> float:
    ours, theirs = zip(*pairs, strict=True)
    ratio: float = statistics.median(ours) / statistics.median(theirs)
    return ratio
