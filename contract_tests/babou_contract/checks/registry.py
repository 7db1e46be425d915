"""What a check is, and how it is carried out."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from attrs import define, evolve, field, frozen

from babou_contract.model import Boundary, CheckResult, Disagreement, Exchange, Outcome
from babou_contract.probing.curl import curl
from babou_contract.probing.failures import NotJudgedError
from babou_contract.specification.patterns import PatternError
from babou_contract.specification.references import MissingError

_MOST_SHOWN = 5  # of one kind; a server that is wrong always is wrong in the same way


class NotExercisedError(Exception):
    """There was nothing that the check could have looked at, and nothing says that there has to be.

    Such as an asset in a final state, or the files of a source checkout.
    """


@define
class Tally:
    """Counts what a check compared, and collects what disagreed."""

    cases: int = 0
    found: list[Disagreement] = field(factory=list)
    seed: int | None = None
    hidden: int = 0
    broke: Exception | None = None
    note: str = ""

    def case(self, count: int = 1) -> None:
        """Count something that was compared."""
        self.cases += count

    def disagree(
        self,
        summary: str,
        *,
        expected: str,
        received: str,
        exchange: Exchange | None = None,
        **more: Any,  # noqa: ANN401
    ) -> None:
        """Add a disagreement; of one summary only the first few are kept."""
        if sum(known.summary == summary for known in self.found) or len(self.found) >= _MOST_SHOWN:
            self.hidden += 1
            return
        if exchange is not None:
            more.setdefault("curl", curl(exchange))
        self.found.append(
            Disagreement(
                summary=summary, expected=expected, received=received, exchange=exchange, **more
            )
        )


@frozen
class Check:
    """A promise and the function that looks whether it holds.

    `judge` counts its cases, adds its disagreements, and raises `NotExercisedError` or
    `NotJudgedError` where there is nothing to say.
    """

    boundary: Boundary
    name: str
    promise: str
    judge: Callable[[Any, Tally], None]

    @property
    def id(self) -> str:
        """The check's stable id, `spec-server/key-is-required`."""
        return f"{self.boundary.slug}/{self.name}"


class Register:
    """The checks of one boundary, in the order in which they are written down."""

    def __init__(self, boundary: Boundary) -> None:
        self.boundary = boundary
        self.checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __call__(
        self, promise: str
    ) -> Callable[[Callable[[Any, Tally], None]], Callable[[Any, Tally], None]]:
        """Register a function, under its own name, as the check of a promise."""

        def register(judge: Callable[[Any, Tally], None]) -> Callable[[Any, Tally], None]:
            name = judge.__name__.strip("_").replace("_", "-")
            self.checks.append(Check(self.boundary, name, promise, judge))
            return judge

        return register


def perform(check: Check, observations: Any, *, seed: int | None = None) -> CheckResult:  # noqa: ANN401
    """Carry a check out."""
    tally, began = Tally(seed=seed), time.monotonic()
    outcome, reason = Outcome.passed, ""
    try:
        check.judge(observations, tally)
    except NotExercisedError as error:
        outcome, reason = Outcome.not_exercised, str(error)
    except (NotJudgedError, MissingError, PatternError) as error:
        outcome, reason = Outcome.not_judged, str(error)
    except Exception as error:  # noqa: BLE001  an answer that no rule was written for
        outcome, reason = Outcome.not_judged, f"the check itself broke: {type(error).__name__}"
        tally.broke = error
    if tally.found:
        outcome = Outcome.failed
    elif outcome is Outcome.passed and not tally.cases:
        outcome, reason = Outcome.not_exercised, "there was nothing to compare"
    result = CheckResult(
        boundary=check.boundary,
        check=check.id,
        promise=check.promise,
        outcome=outcome,
        reason=reason,
        cases=tally.cases,
        seconds=time.monotonic() - began,
        disagreements=tuple(tally.found),
    )
    if not tally.hidden:
        return evolve(result, reason=result.reason or tally.note)
    told = "more of the same kind are not shown" if tally.found else "are told by other checks"
    return evolve(result, reason=f"{tally.hidden} {told}")


def not_reached(check: Check, reason: str) -> CheckResult:
    """Return the result of a check that could not be carried out."""
    return CheckResult(
        boundary=check.boundary,
        check=check.id,
        promise=check.promise,
        outcome=Outcome.not_judged,
        reason=reason,
    )
