"""Threads that do what can't be interrupted, so that who waits for it can leave.

A call into a compiled library hears neither Ctrl-C nor a `cancel` event before it ends. In another
thread it may go on to its deadline, with nobody waiting. The threads are kept for the next call,
because starting one costs more than a call.
"""

from __future__ import annotations

import contextlib
import os
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_Answers = SimpleQueue[tuple[BaseException | None, Any]]
_Jobs = SimpleQueue["tuple[Callable[[], Any], _Answers]"]

_CANCEL_CHECK = 0.05  # seconds
_KEPT = 10.0  # seconds that a thread waits for its next job

_idle: list[_Jobs] = []
with contextlib.suppress(AttributeError):  # where processes don't fork
    os.register_at_fork(after_in_child=_idle.clear)  # a child process has none of the threads


def abandonable(action: Callable[[], _T], cancel: threading.Event | None) -> _T:
    """Return what an action returns; leave it to itself on Ctrl-C, or when `cancel` is set.

    Raises:
        ConnectionAbortedError: `cancel` was set.
    """
    if cancel is None and threading.current_thread() is not threading.main_thread():
        return action()  # nobody interrupts it
    answers: _Answers = SimpleQueue()
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_work, args=(jobs,), name="babou-call", daemon=True).start()
    jobs.put((action, answers))
    while True:
        try:
            error, result = answers.get(timeout=None if cancel is None else _CANCEL_CHECK)
        except Empty:
            if cancel is not None and cancel.is_set():
                raise ConnectionAbortedError("cancelled") from None
            continue
        if error is not None:
            raise error
        return cast("_T", result)


def _work(jobs: _Jobs) -> None:
    while True:
        try:
            action, answers = jobs.get(timeout=_KEPT)
        except Empty:
            try:
                _idle.remove(jobs)
            except ValueError:  # it was just taken for a job
                continue
            return
        error, result = None, None
        try:
            result = action()
        except BaseException as raised:  # noqa: BLE001 (raised again by who waits)
            error = raised
        _idle.append(jobs)
        answers.put((error, result))
        del action, answers, error, result  # or this thread would keep them until its next job
