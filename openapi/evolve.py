"""After an edit of openapi/babou.yaml: do all that follows from it, and tell what came of it.

    python openapi/evolve.py      (or: nox -s evolve)

It lints the spec, generates the package, looks for each operation in exposed.yaml, and then, side
by side, type-checks, holds the mock server and the client against the spec, and compares with the
last release. Where all agree, it raises the version in pyproject.toml and adds to CHANGELOG.md what
is missing; a second time there is nothing left to do.

Exit codes: 0 done, 1 a step says no, 2 wrong usage, 130 interrupted.
"""  # noqa: INP001  (a script, in a folder that is no package)

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import steps
from attrs import evolve
from lint import ROOT
from rich.console import Console
from rich.text import Text
from steps import Outcome

import babou_contract

_WIDTH = len("contract")
_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}


def main() -> int:
    """Carry all steps out, and return the exit code."""
    parser = argparse.ArgumentParser("evolve", description="Do what follows from an edited spec.")
    parser.parse_args()
    if not Path(babou_contract.__file__).is_relative_to(ROOT):
        parser.error("the packages installed here are another checkout's; run: nox -s evolve")
    try:
        return 0 if _carried_out(Console(highlight=False, soft_wrap=True)) else 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. What is generated is whole; run it again to go on.\n")
        return 130


def _carried_out(console: Console) -> bool:
    """Carry the steps out, each as soon as it can be, and show them in their order."""

    def shown(outcome: Outcome) -> Outcome:
        _show(outcome, console)
        return outcome

    def left(*names: str) -> bool:
        for name in names:
            shown(Outcome(step=name, agrees=None, said="not run: what is wrong above comes first"))
        return False

    with ThreadPoolExecutor(3) as pool:
        built = pool.submit(steps.built)  # beside the lint, and written only after it
        if not shown(_timed("lint", steps.lint_spec)).agrees:
            return left("generate", "exposed", "types", "contract", "compat", "version")
        if not shown(_timed("generate", lambda: steps.generated(built.result))).agrees:
            return left("exposed", "types", "contract", "compat", "version")
        if not shown(_timed("exposed", steps.exposed)).agrees:
            return left("types", "contract", "compat", "version")
        three = (steps.types, steps.contract, steps.compat)
        later = [pool.submit(_timed, step.__name__, step) for step in three]
        with console.status("mypy, the mock server and the last release are at work"):
            outcomes = [future.result() for future in later]
    for outcome in outcomes:
        shown(outcome)
    if not all(outcome.agrees for outcome in outcomes):
        return left("version")
    return bool(shown(_timed("version", lambda: steps.version(outcomes[-1].report))).agrees)


def _timed(name: str, step: Callable[[], Outcome]) -> Outcome:
    began = time.monotonic()
    try:
        outcome = step()
    except Exception as error:  # noqa: BLE001  (whatever it is, the others tell what they found)
        outcome = steps.broken(name, error)
    return evolve(outcome, seconds=time.monotonic() - began)


def _show(outcome: Outcome, console: Console) -> None:
    mark, style = _MARKS[outcome.agrees]
    took = f" ({outcome.seconds:.1f} s)" if outcome.seconds else ""
    line = Text(mark, style=style)
    line.append(f" {outcome.step:{_WIDTH}}  {outcome.said}{took}", style="default")
    console.print(line)
    for problem in (*outcome.problems, *outcome.notes):
        console.print(Text(f"    {problem}"))
    if outcome.remedy:
        console.print(Text(f"    → {outcome.remedy}", style="bold"))


if __name__ == "__main__":
    sys.exit(main())
