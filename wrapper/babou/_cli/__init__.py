"""The command line, `babou`; it needs the extra `cli` (click and rich).

| module | what is in it |
|---|---|
| `_app` | the group, how its errors are told, other packages' commands; and the short commands |
| `_long` | the long commands: `wait`, `upload` and `download` |
| `_settings` | the arguments and options that they share, and the client made of them |
| `_progress` | what a person sees during a command: lines, a live display, a bar |
| `_output` | what is printed: text that is safe on a terminal, and JSON; the exit codes |

The standard streams may be closed, full, or a pipe that nobody reads. If results can't be written,
the command ends with an error (`_app`). If messages can't be written, they are left out, and exit
code and results stay the same. This module needs neither click nor rich.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import signal
import sys
from typing import NoReturn, TextIO, cast


def main() -> NoReturn:
    """Run the command line with the process's arguments, and exit."""
    _replace_closed_streams()
    if not all(map(importlib.util.find_spec, ("click", "rich"))):
        sys.exit(_without_extra())
    # Modules are never garbage, but the collector looked through them, meanwhile and at the end:
    # that took a sixth of a command's time.
    gc.set_threshold(50_000)
    try:
        from babou._cli._app import cli  # noqa: PLC0415 (click may be missing)
        from babou._cli._output import Exit  # noqa: PLC0415

        # SystemExit runs the cleanup: the cursor is shown again, a download's part is kept.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.TERMINATED))
        cli.main()
    except KeyboardInterrupt:  # before or after a command; commands have messages for it
        sys.exit(130)
    finally:
        gc.freeze()


def _without_extra() -> int:
    sys.stderr.write("babou: the command line needs its extra: pip install 'babou[cli]'\n")
    return 2


class Messages:
    """A text stream whose `write` and `flush` never fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, if possible."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def _replace_closed_streams() -> None:
    """Replace the standard streams that were closed when this process started."""
    # In the order of their numbers: each takes the lowest number that is free, which is its own.
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stdout is None:  # the new one can't be written to, so results meet the usual error
        unwritable = os.open(os.devnull, os.O_RDONLY)
        sys.stdout = open(unwritable, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = cast("TextIO", Messages(sys.stderr))
