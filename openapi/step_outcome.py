"""What came of a step of `evolve`."""  # noqa: INP001  (beside the scripts that use it)

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import locate
from attrs import frozen
from lint import Problem

Json = Any

_CUT = 160


@frozen(kw_only=True)
class Outcome:
    """What came of a step, in one line, and what there is to see.

    Attributes:
        agrees: None: it did not run.
        notes: What is worth knowing though nothing is wrong.
        remedy: What to do about the problems.
        report: What `compat` found, for the step that follows from it.
    """

    step: str
    agrees: bool | None
    said: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    remedy: str = ""
    seconds: float = 0.0
    report: Json = None


def broken(step: str, error: Exception) -> Outcome:
    """Return what came of a step that met with something it was not made for."""
    if isinstance(error, OSError) and error.filename:  # such as of a checkout that is read-only
        told = f"{error.filename} can't be read or written ({error.strerror})"
        return Outcome(step=step, agrees=False, said=told)
    *_, last = traceback.extract_tb(error.__traceback__)
    what = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    problem = Problem(locate.line(what), f"this is not foreseen: {what}")
    return Outcome(step=step, agrees=False, said="could not go on", problems=(problem,))


def counted(problems: Sequence[Problem]) -> str:
    """Write how many problems there are."""
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def short(text: str) -> str:
    """Return a text that fits into a sentence."""
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"


def disagreement(check: str, line: int | None, summary: str, *told: str) -> Problem:
    """Return what a check found, with what it expected and what it received."""
    expected, received = map(short, told)
    text = f"{summary} (expected {expected}; received {received}; {check})"
    return Problem(line or locate.line(summary, told[1]), text)
