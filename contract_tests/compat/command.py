"""The command: `python -m compat`.

Exit codes: 0 fine, 1 the version is too low or the CHANGELOG incomplete, 2 wrong usage, 3 it could
not be judged, 130 interrupted.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from compat import show
from compat.compare import compare
from compat.model import NotJudgedError
from compat.released import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, tell, and return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        report = compare(asked.root.resolve())
    except NotJudgedError as error:
        show.failure(str(error), sys.stderr)
        return 3
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Nothing was written.\n")
        return 130
    show.terminal(report, sys.stdout)
    for path, written in ((asked.json, show.as_json), (asked.markdown, show.as_markdown)):
        if path is not None:
            path.write_text(written(report), encoding="utf-8")
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "compat", description="Does the installed client survive the new server, and vice versa?"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it for a comment")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="another checkout")
    return parser
