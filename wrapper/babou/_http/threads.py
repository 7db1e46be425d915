"""Run what knows no deadline in a thread of its own, and abandon that when the time is up.

So are looking up a name, which takes no timeout, and a client that the caller brings.
"""

from __future__ import annotations

import contextvars
import threading
import time
from concurrent.futures import Future, InvalidStateError, wait
from typing import TYPE_CHECKING, Any, TypeVar

from babou._http.transport import CallCancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
CANCEL_CHECK = 0.05
"""Seconds between two looks at a `cancel` event."""


def in_thread(
    action: Callable[[], _T],
    timeout: float,
    cancel: threading.Event | None = None,
    *,
    too_late: Callable[[_T | None], Any] = lambda _result: None,
) -> _T:
    """Return what an action returns, or leave it to itself when its time is up.

    Args:
        action: Runs with the caller's context variables.
        timeout: Seconds.
        cancel: Ends the wait as well.
        too_late: Called in the thread when an abandoned action ends, with its result, or None if
            it raised.

    Raises:
        TimeoutError: The time was up.
        CallCancelledError: `cancel` was set.
    """
    future: Future[_T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        result = None
        try:
            result = context.run(action)
            future.set_result(result)
        except InvalidStateError:
            too_late(result)
        except BaseException as error:  # noqa: BLE001 (raised again by the waiting thread)
            try:
                future.set_exception(error)
            except InvalidStateError:
                too_late(None)

    threading.Thread(target=work, name="babou-call", daemon=True).start()
    end = time.monotonic() + timeout
    try:
        while True:
            if cancel is not None and cancel.is_set():
                raise CallCancelledError("cancelled")
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError  # noqa: TRY301 (both are dealt with below)
            pause = min(left, threading.TIMEOUT_MAX)
            if wait([future], pause if cancel is None else min(pause, CANCEL_CHECK)).done:
                return future.result()
    except BaseException:
        if future.cancel() or future.exception() is not None:
            raise
        too_late(future.result())  # it ended just now
        raise
