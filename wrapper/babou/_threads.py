"""Threads for what can't be interrupted or goes on side by side, kept from one call to the next.

A call into a compiled library hears neither Ctrl-C nor a `cancel` event before it ends. In another
thread it may go on to its deadline, with nobody waiting. Starting a thread costs more than a call,
so they are kept for a while.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
Answers = SimpleQueue[tuple[BaseException | None, Any]]
"""What came of actions: an error to be raised again, or else a result."""

CANCEL_CHECK = 0.05
"""Seconds between two looks at a `cancel` event."""
_KEPT = 10.0  # seconds that a thread waits for its next action
_PATIENCE = 0.25  # seconds that the end of the interpreter waits for threads that are busy

_idle: list[_Kept] = []
_busy: set[_Kept] = set()


def _forget() -> None:
    _idle.clear()
    _busy.clear()


def _let_them_leave() -> None:
    """Wait a moment for what was abandoned, before the interpreter ends.

    Who comes back from a compiled library to an interpreter that is being torn down aborts the
    process. What is still waiting for a server then will hardly come back just in that moment.
    """
    end = time.monotonic() + _PATIENCE
    while _busy and time.monotonic() < end:
        time.sleep(0.005)


atexit.register(_let_them_leave)
with contextlib.suppress(AttributeError):  # where processes don't fork
    os.register_at_fork(after_in_child=_forget)  # a child process has none of the threads


def start(action: Callable[[], object], answers: Answers) -> None:
    """Have an action done in a thread; its answer is put into the queue."""
    try:
        thread = _idle.pop()
    except IndexError:
        thread = _Kept()
        thread.start()
    _busy.add(thread)
    thread.actions.put((action, answers))


def abandonable(action: Callable[[], _T], cancel: threading.Event | None) -> _T:
    """Return what an action returns; leave it to itself on Ctrl-C, or when `cancel` is set.

    Raises:
        ConnectionAbortedError: `cancel` was set.
    """
    here = threading.current_thread()
    if isinstance(here, _Kept) or (cancel is None and here is not threading.main_thread()):
        return action()  # nobody interrupts it
    answers: Answers = SimpleQueue()
    start(action, answers)
    while True:
        try:
            error, result = answers.get(timeout=None if cancel is None else CANCEL_CHECK)
        except Empty:
            if cancel is not None and cancel.is_set():
                raise ConnectionAbortedError("cancelled") from None
            continue
        if error is not None:
            raise error
        return cast("_T", result)


class _Kept(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="babou-call", daemon=True)
        self.actions: SimpleQueue[tuple[Callable[[], object], Answers]] = SimpleQueue()

    def run(self) -> None:
        while True:
            try:
                action, answers = self.actions.get(timeout=_KEPT)
            except Empty:
                try:
                    _idle.remove(self)
                except ValueError:  # it was just taken for an action
                    continue
                return
            error: BaseException | None = None
            result: object = None
            try:
                result = action()
            except BaseException as raised:  # noqa: BLE001 (raised again by who waits)
                error = raised
            _busy.discard(self)
            _idle.append(self)
            answers.put((error, result))
            del action, answers, error, result  # or they would be kept until the next action
