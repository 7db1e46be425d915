"""What a run says about a fault or a variant: the three rules."""

from collections.abc import Iterator
from enum import Enum

from attrs import frozen

from kill_matrix.judge import Seen
from kill_matrix.model import Fault, Variant


class Fate(Enum):
    """What became of a fault or a variant."""

    killed = "killed"
    by_accident = "killed, but not by the check that is named for it"
    survived = "survived"
    crashed = "the check itself fell over"
    beyond = "can't be found"
    found_after_all = "said to be beyond finding, and found"
    passed = "passed"
    accused = "accused falsely"


GOOD = frozenset({Fate.killed, Fate.beyond, Fate.passed})
_LINE = 300


@frozen
class Verdict:
    """The fate of one case, and why."""

    name: str
    fate: Fate
    by: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0
    alone: bool | None = None

    @property
    def is_good(self) -> bool:
        """Whether it is what it should be."""
        return self.fate in GOOD


def verdict(case: Fault | Variant, seen: Seen, *, alone: bool | None = None) -> Verdict:
    """Hold what was seen against what should have been."""
    fate = _fate_of(case, seen) if isinstance(case, Fault) else _fate_of_variant(case, seen)
    why = "" if fate in GOOD else "\n".join(_reasons(seen))
    return Verdict(case.name, fate, tuple(sorted(seen.failed)), why, seen.seconds, alone)


def _fate_of(fault: Fault, seen: Seen) -> Fate:
    if seen.crash:
        return Fate.crashed
    if fault.beyond:
        return Fate.found_after_all if seen.exit_code == 1 else Fate.beyond
    if seen.exit_code != 1:
        return Fate.survived
    own = any(
        fault.says in seen.failed[killer] for killer in fault.killers if killer in seen.failed
    )
    return Fate.killed if own else Fate.by_accident


def _fate_of_variant(variant: Variant, seen: Seen) -> Fate:
    if seen.crash:
        return Fate.crashed
    return Fate.passed if seen.exit_code in variant.codes else Fate.accused


def _reasons(seen: Seen) -> Iterator[str]:
    if seen.crash:
        yield from seen.crash.strip().splitlines()[-6:]
        return
    yield f"exit code {seen.exit_code}"
    for check, text in seen.failed.items():
        yield from (f"{check}: {line[:_LINE]}" for line in text.splitlines()[:2])
    if seen.exit_code != 1:
        yield from (f"{check}: {reason[:_LINE]}" for check, reason in seen.reasons.items())
