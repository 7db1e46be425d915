"""What a contract check found, as plain values: no I/O, and nothing of how it was found.

A `Report` has

- results: one `CheckResult` for each check, in the order of the boundaries; each has disagreements:
  what the spec says, what came, and the `Exchange` that shows it
- coverage: for each operation, status and media type of the spec, whether it was seen, and right
- findings: which reading of each decision the server follows (information, no verdict)
- exchanges: everything that was sent, in the order in which it was
"""

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Any, Literal

from attrs import field, frozen

Json = dict[str, Any]

AGREED = 0
DISAGREED = 1
NOT_JUDGED = 3

NOT_ASKED = "nothing of the kind could be asked"  # since something else was not seen
NOT_SEEN = "not seen"  # the answer of a finding about which nothing came


class Boundary(Enum):
    """A pair of parties that have to agree: its number, its name for `--only`, its title."""

    docs_spec = (1, "Docs and spec")
    spec_generated = (2, "Spec and generated code")
    spec_server = (3, "Spec and server")
    client_server = (4, "Client and server")

    @property
    def number(self) -> int:
        """The boundary's number, from 1."""
        return self.value[0]

    @property
    def title(self) -> str:
        """The boundary's name for a person."""
        return self.value[1]

    @property
    def slug(self) -> str:
        """The boundary's name in the ids of its checks: `spec-server`."""
        return self.name.replace("_", "-")

    @property
    def needs_server(self) -> bool:
        """Whether the boundary can only be judged by asking a server."""
        return self in {Boundary.spec_server, Boundary.client_server}

    @classmethod
    def parse(cls, text: str) -> "Boundary":
        """Return the boundary that a number or a name means.

        Raises:
            ValueError: There is none.
        """
        wanted = text.strip().lower().replace("-", "_")
        for boundary in cls:
            if wanted in {str(boundary.number), boundary.name}:
                return boundary
        known = ", ".join(f"{boundary.number} or {boundary.slug}" for boundary in cls)
        raise ValueError(f"no boundary {text!r}; there are {known}")


class Outcome(Enum):
    """How a check ended."""

    passed = "passed"
    failed = "failed"
    not_exercised = "not exercised"
    not_judged = "not judged"


class CoverageState(Enum):
    """What is known of a status and media type of the spec."""

    verified = "verified"
    violated = "violated"
    not_exercised = "not exercised"


@frozen
class Exchange:
    """A request and what came of it; the key stands as `$BABOU_API_KEY` wherever it was.

    Attributes:
        headers: Those of the request.
        sent: The body of the request.
        status: None where no answer came; `error` then says why.
        received: The answer's headers, in their order.
        body: The answer's body, decoded from its Content-Encoding.
        started: Seconds since the run began.
        seconds: Until the whole answer was there.
        purpose: What it was sent for.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    status: int | None = None
    received: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str | None = None
    started: float = 0.0
    seconds: float = 0.0
    purpose: str = ""
    sent: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header of the answer, in any case of letters."""
        wanted = name.lower()
        return next((value for key, value in self.received if key.lower() == wanted), None)

    @property
    def media_type(self) -> str:
        """The answer's media type without its parameters, in lower case; empty without one."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text, whatever its bytes."""
        return self.body.decode("utf-8", "replace")


@frozen(kw_only=True)
class Disagreement:
    """One thing that two parties say differently.

    Attributes:
        summary: One sentence.
        expected: What the spec (or the page, or the decision) says.
        received: What came instead.
        spec_pointer: Where in the spec, as a JSON pointer; None where it isn't the spec that says.
        spec_line: The line of that place in `babou.yaml`, from 1.
        exchange: The request that shows it, with its answer.
        curl: The smallest request that shows it, for a shell.
        seed: What repeats it, where chance had a part.
        detail: More lines, such as a diff.
    """

    summary: str
    expected: str
    received: str
    spec_pointer: str | None = None
    spec_line: int | None = None
    exchange: Exchange | None = None
    curl: str | None = None
    seed: int | None = None
    detail: str = ""


@frozen(kw_only=True)
class CheckResult:
    """How one check ended.

    Attributes:
        check: Its stable id, `spec-server/key-is-required`.
        promise: One sentence: what holds if it passes.
        reason: Why it did not run, or could not judge.
        cases: How many things were compared.
    """

    boundary: Boundary
    check: str
    promise: str
    outcome: Outcome
    reason: str = ""
    cases: int = 0
    seconds: float = 0.0
    disagreements: tuple[Disagreement, ...] = ()


@frozen(kw_only=True)
class Coverage:
    """A status and media type of an operation, and whether the server was seen to keep to it.

    `media_type` is empty for a status that has no body.
    """

    operation: str
    status: str
    media_type: str
    state: CoverageState
    answers: int = 0
    reason: str = ""


@frozen(kw_only=True)
class Finding:
    """Which reading of a decision the server follows; `evidence` says what was seen."""

    id: str
    question: str
    answer: str
    evidence: str = ""


@frozen(kw_only=True)
class Report:
    """A whole run.

    Attributes:
        target: The base URL that was asked, or what was judged where no server was.
        started_at: When the run began, RFC 3339.
        versions: Of babou, the spec, schemathesis and Python, by name.
        verdict: One sentence.
        exit_code: 0 all agree, 1 a disagreement, 3 it could not be judged.
    """

    target: str
    mode: Literal["mock", "live"]
    started_at: str
    seconds: float
    seed: int
    versions: dict[str, str] = field(factory=dict)
    results: tuple[CheckResult, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    verdict: str = ""
    exit_code: int = AGREED

    @property
    def counts(self) -> str:
        """How many checks ended in each way, in words."""
        ended = Counter(result.outcome for result in self.results)
        return ", ".join(f"{ended[outcome]} {outcome.value}" for outcome in Outcome)

    @property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """All disagreements, in the order of the checks."""
        return tuple(found for result in self.results for found in result.disagreements)

    def of_boundary(self, boundary: Boundary) -> tuple[CheckResult, ...]:
        """Return the results of one boundary."""
        return tuple(result for result in self.results if result.boundary is boundary)


def boundary_outcome(results: Iterable[CheckResult]) -> Outcome:
    """Say how a boundary ended: the worst of its checks, not exercised only where all were not."""
    outcomes = {result.outcome for result in results}
    for worst in (Outcome.failed, Outcome.not_judged, Outcome.passed):
        if worst in outcomes:
            return worst
    return Outcome.not_exercised
