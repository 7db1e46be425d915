"""The order of the steps of `evolve`, and how each is shown."""  # noqa: INP001  (a script's)

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import long_steps
import step_outcome
import steps
from attrs import evolve
from lint import ROOT
from rich.console import Console
from rich.text import Text
from step_outcome import Outcome

__all__ = ["ROOT", "STEPS", "carried_out"]

STEPS = ("lint", "generate", "exposed", "docs", "types", "contract", "compat", "version")

_WIDTH = max(map(len, STEPS))
_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}


def carried_out() -> bool:
    """Carry the steps out, each as soon as it can be, show them, and say whether all agree."""
    with ThreadPoolExecutor(2) as pool:
        try:
            return _carried_out(pool)
        except KeyboardInterrupt:
            long_steps.stop()  # or the pool would wait for them
            raise


def _carried_out(pool: ThreadPoolExecutor) -> bool:
    console = Console(highlight=False, soft_wrap=True)

    def said(name: str, step: Callable[[], Outcome]) -> bool:
        with console.status(name):
            came = _timed(name, step)
        _show(came, console)
        return bool(came.agrees)

    def left(*names: str) -> bool:
        for name in names:
            why = "not run: what is wrong above comes first"
            _show(Outcome(step=name, agrees=None, said=why), console)
        return False

    built = pool.submit(steps.built)  # beside the lint, and written only after it
    first = (
        ("lint", steps.lint_spec),
        ("generate", lambda: steps.generated(built.result)),
        ("exposed", steps.exposed),
    )
    for number, (name, step) in enumerate(first, 1):
        if not said(name, step):
            return left(*STEPS[number:])
    compared = pool.submit(_timed, "compat", long_steps.compat)
    # What is told in a moment comes first; the long check of a spec that is refused tells no more.
    agreed = [said("docs", steps.docs), said("types", long_steps.types)]
    agreed.append(said("contract", long_steps.contract) if all(agreed) else left("contract"))
    agreed.append(said("compat", compared.result))
    if not all(agreed):
        return left("version")
    return said("version", lambda: steps.version(compared.result().report))


def _timed(name: str, step: Callable[[], Outcome]) -> Outcome:
    began = time.monotonic()
    try:
        came = step()
    except Exception as error:  # noqa: BLE001  (whatever it is, the others tell what they found)
        came = step_outcome.broken(name, error)
    return evolve(came, seconds=came.seconds or time.monotonic() - began)


def _show(came: Outcome, console: Console) -> None:
    mark, style = _MARKS[came.agrees]
    took = f" ({came.seconds:.1f} s)" if came.seconds else ""
    line = Text(mark, style=style)
    line.append(f" {came.step:{_WIDTH}}  {came.said}{took}", style="default")
    console.print(line)
    for problem in (*came.problems, *came.notes):
        console.print(Text(f"    {problem}"))
    if came.remedy:
        console.print(Text(f"    → {came.remedy}", style="bold"))
