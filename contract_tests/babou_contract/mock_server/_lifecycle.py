"""How an asset moves from state to state: by being read, or by time."""

import math
from bisect import bisect_right
from itertools import accumulate
from typing import Literal

from attrs import field, frozen


@frozen
class Lifecycle:
    """States in their order; each but the last lasts its span, the last for ever."""

    states: tuple[str, ...]
    spans: tuple[float, ...] = ()
    unit: Literal["reads", "seconds"] = "reads"
    _ends: tuple[float, ...] = field(init=False, repr=False, eq=False)

    @_ends.default
    def _(self) -> tuple[float, ...]:
        return tuple(accumulate(self.spans))

    def state(self, *, reads: int, seconds: float) -> str:
        """Return the state after so many earlier reads, and so long after the first of them."""
        return self.states[bisect_right(self._ends, reads if self.unit == "reads" else seconds)]

    def before(self, state: str) -> str | None:
        """Return the state that comes before this one, None for the first."""
        index = self.states.index(state)
        return self.states[index - 1] if index else None


def by_reads(*states: str, reads: int = 1) -> Lifecycle:
    """Move on after `reads` answers in each state; the last state stays.

    Only reads that were answered with the asset count: one that met a fault's 429 does not.

    Raises:
        ValueError: There is no state, or `reads` is below 1.
    """
    if not states:
        raise ValueError("a lifecycle needs at least one state")
    if reads < 1:
        raise ValueError(f"reads must be at least 1, not {reads}")
    return Lifecycle(states, (float(reads),) * (len(states) - 1), "reads")


def by_time(*, then: str = "ready", **seconds: float) -> Lifecycle:
    """Stay so many seconds in each named state, counted from the first read; `then` stays.

    `by_time(uploading=1.5, processing=3, then="ready")`

    Raises:
        ValueError: A duration is negative or not a finite number.
    """
    for state, span in seconds.items():
        if not (math.isfinite(span) and span >= 0):
            raise ValueError(f"{state} cannot last {span} seconds")
    return Lifecycle((*seconds, then), tuple(seconds.values()), "seconds")
