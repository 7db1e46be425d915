"""Find the words for outcomes and failures."""

from attrs import frozen

from babou_contract.model import CoverageState, Disagreement, Outcome
from babou_contract.report.plain import shorten, visible

SPEC_FILE = "openapi/babou.yaml"

BADGES = {
    Outcome.passed: ("good", "✓", "agree"),
    Outcome.failed: ("bad", "✗", "disagree"),
    Outcome.not_judged: ("unsure", "?", "not judged"),
    Outcome.not_exercised: ("idle", "–", "not exercised"),  # noqa: RUF001  a dash, and meant as one
    CoverageState.verified: ("good", "✓", "verified"),
    CoverageState.violated: ("bad", "✗", "violated"),
    CoverageState.not_exercised: ("idle", "–", "not exercised"),  # noqa: RUF001
}


@frozen
class Badge:
    """An outcome as it is shown: a CSS class, a sign and a word, so that no colour is needed."""

    kind: str
    sign: str
    word: str


def badge(state: Outcome | CoverageState, *, of_check: bool = False) -> Badge:
    """Return how an outcome is shown; a boundary agrees or disagrees, a check passes or fails."""
    kind, sign, word = BADGES[state]
    return Badge(kind, sign, state.value if of_check else word)


def place(found: Disagreement) -> str:
    """Say where in the spec a disagreement has its ground; empty where it has none."""
    line = f"babou.yaml line {found.spec_line}" if found.spec_line else ""
    return ", ".join(filter(None, (line, found.spec_pointer)))


def facts(found: Disagreement, *, limit: int = 2000) -> list[tuple[str, str]]:
    """Return what there is to say about a disagreement, by name, safe to show."""
    known = (
        ("Expected", found.expected),
        ("Received", found.received),
        ("In the spec", place(found)),
        ("Request", found.curl or ""),
        ("Seed", "" if found.seed is None else str(found.seed)),
        ("Detail", found.detail),
    )
    return [(name, shorten(visible(text), limit)) for name, text in known if text]
