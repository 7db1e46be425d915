"""How long a synchronous call may wait, and what is done where nothing can be interrupted.

Looking up a name takes no timeout, and a client that the caller brings has its own. They run in a
thread, which is abandoned when the time is up.
"""

from __future__ import annotations

import contextvars
import functools
import threading
import time
from concurrent.futures import Future, InvalidStateError, wait
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define

from babou._http.transport import CallCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
CANCEL_CHECK = 0.05
"""Seconds between two looks at a `cancel` event."""


@define
class Limit:
    """Until when a call may wait, by time.monotonic()."""

    end: float
    cancel: threading.Event | None = None

    def pause(self) -> float:
        """Return how long to wait before asking again.

        Raises:
            TimeoutError: The time is up.
            CallCancelledError: The caller's event was set.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        if self.cancel is None:
            return min(left, threading.TIMEOUT_MAX)
        if self.cancel.is_set():
            raise CallCancelledError("cancelled")
        return min(left, CANCEL_CHECK)

    def wait_for(self, turns: threading.Semaphore) -> None:
        """Wait for a turn, within the time."""
        while not turns.acquire(timeout=self.pause()):
            pass


def in_thread(
    action: Callable[[], _T],
    limit: Limit,
    *,
    too_late: Callable[[_T | None], Any] = lambda _result: None,
) -> _T:
    """Return what an action returns, or leave it to itself when its time is up.

    Args:
        action: Runs with the caller's context variables.
        limit: Ends the wait.
        too_late: Called when an abandoned action ends, with its result, or None if it raised.

    Raises:
        TimeoutError: The time was up.
        CallCancelledError: The limit's `cancel` was set.
    """
    future: Future[_T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        result = None
        try:
            result = context.run(action)
            tell = functools.partial(future.set_result, result)
        except BaseException as error:  # noqa: BLE001 (raised again by the waiting thread)
            tell = functools.partial(future.set_exception, error)
        try:
            tell()
        except InvalidStateError:  # nobody waits any longer
            too_late(result)

    threading.Thread(target=work, name="babou-call", daemon=True).start()
    try:
        while not future.done():
            wait([future], limit.pause())
        return future.result()
    except BaseException:
        if not future.cancel() and future.exception() is None:  # it ended just now
            too_late(future.result())
        raise
