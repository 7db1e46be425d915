"""The command line, `babou`; it needs the extra `cli` (click and rich).

| module | what is in it |
|---|---|
| `_app` | the group of commands: errors become messages and exit codes, other packages' commands |
| `_commands`, `_wait`, `_download`, `_upload` | the commands themselves |
| `_settings` | the arguments and options that they share, and the client made of them |
| `_progress` | what a person sees meanwhile: lines, a live display, a bar |
| `_streams` | standard streams that are closed, full, or not read |
| `_output` | what is printed: text that is safe on a terminal, and JSON |
| `_exits` | the exit codes |
"""

from __future__ import annotations

import gc
import importlib.util
import signal
import sys
from typing import NoReturn

from babou._cli._streams import prepare


def main() -> NoReturn:
    """Run the command line with the process's arguments, and exit."""
    prepare()
    if not all(map(importlib.util.find_spec, ("click", "rich"))):
        sys.exit(_without_extra())
    # What is loaded stays: to look through it for garbage, meanwhile and at the end, took a sixth
    # of a command's time.
    gc.set_threshold(50_000)
    try:
        from babou._cli._app import cli  # noqa: PLC0415 (click may be missing)
        from babou._cli._exits import Exit  # noqa: PLC0415

        # So that the cursor is shown again, and what a download has stored is kept.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(Exit.TERMINATED))
        cli.main()
    except KeyboardInterrupt:  # before or after the commands, which have their own words for it
        sys.exit(130)
    finally:
        gc.freeze()


def _without_extra() -> int:
    sys.stderr.write("babou: the command line needs its extra: pip install 'babou[cli]'\n")
    return 2
