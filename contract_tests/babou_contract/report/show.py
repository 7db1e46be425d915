"""What a person sees of a run: a line or a row for each check, then what disagrees."""

import os
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from babou_contract.model import (
    NOT_SEEN,
    CheckResult,
    CoverageState,
    Disagreement,
    Outcome,
    Report,
)
from babou_contract.report.plain import one_line, visible

_LONGEST = 2000  # characters of one line

_MARKS = {
    Outcome.passed: ("ok", "green"),
    Outcome.failed: ("DISAGREE", "bold red"),
    Outcome.not_exercised: ("not exercised", "dim"),
    Outcome.not_judged: ("not judged", "yellow"),
}


class Progress:
    """Tells each result as it comes: in a live table on a terminal, in lines elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False)
        self._lines = not self._console.is_terminal or os.environ.get("TERM") == "dumb"
        self._results: list[CheckResult] = []
        self._lock = threading.Lock()
        self._live = Live(self._table(), console=self._console, refresh_per_second=8)

    def __enter__(self) -> Self:
        if not self._lines:
            self._live.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if not self._lines:
            self._live.stop()

    def add(self, result: CheckResult) -> None:
        """Tell one more result."""
        with self._lock:
            self._results.append(result)
            if self._lines:
                self._console.file.write(line(result) + "\n")
                self._console.file.flush()
            else:
                self._live.update(self._table())

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("Boundary", no_wrap=True)
        table.add_column("Check", overflow="fold")
        for name in ("Cases", "Result", "Time"):
            table.add_column(name, justify="right", no_wrap=True)
        shown = None
        for result in sorted(self._results, key=lambda result: result.boundary.number):
            word, style = _MARKS[result.outcome]
            boundary = (
                ""
                if result.boundary is shown
                else f"{result.boundary.number} {result.boundary.title}"
            )
            shown = result.boundary
            check = Text(result.check.partition("/")[2])
            if result.reason:
                check.append(f"  {one_line(result.reason)}", style="dim")
            table.add_row(
                boundary,
                check,
                str(result.cases),
                Text(word, style=style),
                f"{result.seconds:.1f} s",
            )
        return table


def line(result: CheckResult) -> str:
    """Return a result in one line."""
    word = _MARKS[result.outcome][0]
    reason = f"  ({one_line(result.reason)})" if result.reason else ""
    cases = f"{result.cases} cases"
    return f"{word:13}  {result.check:48} {cases:>11} {result.seconds:6.1f} s{reason}"


def text(report: Report) -> str:
    """Return what follows the table: disagreements, coverage, findings, the verdict."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for result in report.results:
        for found in result.disagreements:
            yield from ("", f"{result.check}: {one_line(found.summary)}", *explained(found))
    if report.exchanges:
        yield from ("", f"Seen of the spec at {report.target}:")
        shown = ""
        for row in report.coverage:
            if row.operation != shown:
                yield f"  {row.operation}"
            shown = row.operation
            count = "1 answer" if row.answers == 1 else f"{row.answers} answers"
            answers = "" if row.state is CoverageState.not_exercised else count
            what = f"{row.status} {row.media_type}"
            yield f"    {what:22} {row.state.value:14} {row.reason or answers}".rstrip()
    if report.findings:
        yield from ("", "Which reading of the documentation the server follows:")
        for finding in report.findings:
            if finding.answer != NOT_SEEN:
                yield f"  {finding.id:4} {finding.question} {one_line(finding.answer)}"
        unseen = ", ".join(finding.id for finding in report.findings if finding.answer == NOT_SEEN)
        if unseen:
            yield f"  {NOT_SEEN}: {unseen}"
    yield from ("", f"Checks: {report.counts}.")
    yield f"{one_line(report.verdict, _LONGEST)} ({report.seconds:.1f} s, seed {report.seed})"


def explained(found: Disagreement) -> Iterator[str]:
    """Yield a disagreement in lines: what the spec says, what came, how to see it again.

    What a server chose stays on its line, and no character of it moves the cursor.
    """
    where = f"  (babou.yaml, line {found.spec_line})" if found.spec_line else ""
    yield f"  expected  {one_line(found.expected, _LONGEST)}{where}"
    yield f"  received  {one_line(found.received, _LONGEST)}"
    yield from (f"            {visible(more)}" for more in found.detail.splitlines())
    if found.curl:
        yield f"  request   {visible(found.curl)}"
    if found.seed is not None:
        yield f"  seed      {found.seed}"
