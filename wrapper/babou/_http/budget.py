"""Share out the requests that an API key may send, before each is sent.

A client asks its budget for a slot, sleeps until then and sends. Slots are handed out in order, one
interval apart (the generic cell rate algorithm, without bursts). A client is told when its turn is,
and does not ask again. So a hundred waiting tasks cost a hundred questions, not a hundred per slot.
"""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from babou._core.config import check_number, check_rate
from babou._core.messages import Response
from babou._core.retry import FIRST_PAUSE, retry_after
from babou._errors import BudgetError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_HOLD = 3600.0
"""A 429 holds everyone for at most so many seconds: a wrong Retry-After must not stop all."""

_TOO_MANY_REQUESTS = 429


@runtime_checkable
class Budget(Protocol):
    """Shares out the requests of one client, or of many: `RateBudget`, `RedisBudget`, or yours.

    A client calls it from any of its threads. An `AsyncClient` calls it in a thread, so it may
    block; a `RateBudget` never does, and is called at once.
    """

    def take(self, within: float = math.inf) -> float:
        """Take the next slot, and return the seconds until then, 0 for now.

        A slot that is more than `within` seconds away is not taken; the seconds are returned too.

        Raises:
            BudgetError: The budget has no slot.
        """

    def hold(self, seconds: float) -> None:
        """Give no slot in the next `seconds`, to anyone: the server answered 429."""

    def held(self) -> float:
        """Return the seconds for which no request may be sent, 0 for none.

        A client asks this after it has slept until its slot. If it is held, it takes another slot.
        """


class RateBudget:
    """A number of requests a second for all the threads and tasks of this process.

    Share one among the clients that use the same API key. The first request is sent at once; each
    of the others at least 1/`per_second` seconds after the one before it.

    Args:
        per_second: Requests a second; less than 1 is allowed.

    Raises:
        ConfigurationError: `per_second` is not a positive, finite number.
    """

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1.0 / check_rate(per_second, "per_second")
        self._clock = clock
        self._locks = dict[int, threading.Lock]()
        self._next = self._held_until = -math.inf

    def take(self, within: float = math.inf) -> float:
        """Take the next slot unless it is more than `within` seconds away; return the seconds."""
        with self._lock():
            now = self._clock()
            slot = max(now, self._next)
            if slot - now <= within:
                self._next = slot + self._interval
            return slot - now

    def hold(self, seconds: float) -> None:
        """Give no slot in the next `seconds`, to anyone."""
        seconds = check_number(seconds, "seconds")
        with self._lock():
            self._held_until = max(self._held_until, self._clock() + seconds)
            self._next = max(self._next, self._held_until)

    def held(self) -> float:
        """Return the seconds for which no request may be sent, 0 for none."""
        return max(0.0, self._held_until - self._clock())

    def _lock(self) -> threading.Lock:
        """Return this process's lock: after a fork, the parent's may be held by a thread of it."""
        return self._locks.setdefault(os.getpid(), threading.Lock())


def check_budget(budget: object) -> Budget | None:
    """Return a client's budget, or raise `ConfigurationError`."""
    if budget is None or (isinstance(budget, Budget) and not isinstance(budget, type)):
        return budget
    raise ConfigurationError(
        "budget must have the methods take, hold and held, as RateBudget(per_second=20) has them, "
        f"not be of type {type(budget).__name__}."
    )


def hold_after(outcome: object) -> float:
    """Return the seconds for which an answer holds everyone, 0 for none.

    A 429 that doesn't say how long holds for the shortest back-off.
    """
    if not isinstance(outcome, Response) or outcome.status != _TOO_MANY_REQUESTS:
        return 0.0
    asked = retry_after(outcome.headers, outcome.received_at)
    return min(LONGEST_HOLD, FIRST_PAUSE if asked is None else asked)


def too_late(seconds: float, within: float) -> BudgetError:
    """Return the error for a slot after the deadline."""
    return BudgetError(
        f"Nothing was sent: the budget's next slot is in {seconds:.3g} s, and the call has "
        f"{max(0.0, within):.3g} s left. Raise timeout=, the budget's rate if the API allows "
        "more, or send less.",
        retry_after=seconds,
    )
