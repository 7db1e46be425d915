"""What a whole run comes to: its exit code, and the sentence that says why."""

from collections.abc import Iterable

from babou_contract.model import (
    AGREED,
    DISAGREED,
    NOT_ASKED,
    NOT_JUDGED,
    CheckResult,
    Outcome,
    boundary_outcome,
)
from babou_contract.settings import Settings


def verdict_of(results: Iterable[CheckResult], settings: Settings) -> tuple[int, str]:
    """Return the exit code of a run with these results, and the verdict in words."""
    results = list(results)
    wrong = sum(result.outcome is Outcome.failed for result in results)
    if wrong:
        what = "1 check disagrees" if wrong == 1 else f"{wrong} checks disagree"
        return DISAGREED, f"{what}."
    for boundary in sorted(settings.only, key=lambda boundary: boundary.number):
        mine = [result for result in results if result.boundary is boundary]
        unclear = [result for result in mine if result.outcome is Outcome.not_judged]
        if unclear or boundary_outcome(mine) is not Outcome.passed:
            reasons = [r.reason for r in unclear or mine if r.reason]
            reasons.sort(key=NOT_ASKED.__eq__)  # what it follows from says more
            reason = next(iter(reasons), "nothing was checked")
            what = "1 check" if len(unclear) == 1 else f"{len(unclear)} checks"
            few = "" if len(unclear) in {0, len(mine)} else f"{what} of "
            return NOT_JUDGED, f"{few}{boundary.title} could not be judged: {reason.rstrip('.')}."
    waived = f"; waived, and not judged: {', '.join(settings.waived)}" if settings.waived else ""
    return AGREED, f"All agree{waived}."
