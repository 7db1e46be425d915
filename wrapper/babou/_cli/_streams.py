"""The standard streams, also where they are closed, full, or a pipe that nobody reads.

Results that can't be written are an error of the command (`_app`). Messages that can't be are left
out, and change nothing: no exit code, no result. This needs neither click nor rich.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO, cast


class Messages:
    """A text stream whose `write` and `flush` never fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what can be passed on."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def prepare() -> None:
    """Put streams in the place of those that whoever started this process had closed."""
    # In the order of their numbers: each takes the lowest number that is free, which is its own.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:  # one that can't be written to, so that this is found as for any other
        unwritable = os.open(os.devnull, os.O_RDONLY)
        sys.stdout = open(unwritable, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = cast("TextIO", Messages(sys.stderr))


def let_go_of_stdout() -> None:
    """Let what is still unwritten go nowhere; Python's last flush would complain about it."""
    with contextlib.suppress(OSError, ValueError):
        stdout = sys.stdout.fileno()
        with open(os.devnull, "wb") as null:  # noqa: PTH123 (no path of a file)
            os.dup2(null.fileno(), stdout)
