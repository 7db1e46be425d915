"""The server as it was seen: the fixed questions are put once, and all checks look at them."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from babou_contract.checks.registry import NotJudgedError
from babou_contract.model import CheckResult, Exchange, Outcome
from babou_contract.probing import probes
from babou_contract.probing.answers import Answer
from babou_contract.probing.probes import KeyProbe, Kind, Seen
from babou_contract.probing.redaction import Redactor
from babou_contract.probing.session import Session
from babou_contract.settings import Settings
from babou_contract.specification import jsontext, spec
from babou_contract.specification.schema import fits

if TYPE_CHECKING:
    from babou_contract.checks.fuzzing import Fuzzing

OK = 200


@define(slots=False)
class Observations:
    """A server, what it was asked, and what it answered.

    Attributes:
        limited: The 429s in between, which were waited out.
        unanswered: Why a question of a kind got no answer that says anything, the first of each.
        stopped: Why not everything was asked; empty where it was.
        down: Why nothing can be judged; empty where it can.
        fatal: The request after which the server accepted no connection any more.
        failed: The names of the checks that failed until now.
        fuzzing: The process of schemathesis, if it is wanted and installed.
        to_close: What is to be called once all is done.
    """

    settings: Settings
    session: Session
    assets: tuple[str, ...]
    seen: list[Seen] = field(factory=list)
    limited: list[Seen] = field(factory=list)
    unanswered: dict[Kind, str] = field(factory=dict)
    stopped: str = ""
    down: str = ""
    fatal: Exchange | None = None
    failed: set[str] = field(factory=set)
    fuzzing: "Fuzzing | None" = None
    to_close: list[Callable[[], None]] = field(factory=list)
    _lacking: str = ""
    _documents: dict[str, list[tuple[dict[str, Any], Answer]]] = field(factory=dict)

    def add(self, seen: Seen) -> None:
        """Remember what came of a question."""
        self.seen.append(seen)
        document = document_in(seen.answer) if seen.ask.kind == "known" else None
        if not document or document.get("id") != seen.ask.asset_id:
            return
        if fits(spec.asset_schema(), document):
            self._documents.setdefault(seen.ask.asset_id, []).append((document, seen.answer))

    @cached_property
    def keys(self) -> tuple[KeyProbe, ...]:
        """The credentials that have to be refused."""
        return probes.keys(self.settings.api_key, self.settings.seed)

    @cached_property
    def redactor(self) -> Redactor:
        """What knows the key, in all spellings."""
        return Redactor(self.settings.api_key)

    def shown_as(self, header: str) -> str:
        """Return a header's value as a shell can send it: with a variable in the key's place."""
        known = [self.session.right, *(key.credential for key in self.keys)]
        return next((one.shown or "" for one in known if one.value == header), header)

    def close(self) -> None:
        """Let go of all connections and processes."""
        for close in [*self.to_close, self.session.close]:
            close()
        if self.fuzzing is not None:
            self.fuzzing.close()

    def lack(self, reason: str) -> None:
        """Note that the check that is under way could not see something that it has to."""
        self._lacking = self._lacking or reason

    def completed(self, result: CheckResult) -> CheckResult:
        """Return the result of the check that was under way: not judged where something lacked."""
        lacking, self._lacking = self._lacking, ""
        if result.outcome is Outcome.failed:
            self.failed.add(result.check.partition("/")[2])
        if lacking and result.outcome in {Outcome.passed, Outcome.not_exercised}:
            return evolve(result, outcome=Outcome.not_judged, reason=lacking)
        return result

    def of(self, *kinds: Kind) -> list[Seen]:
        """Return what was answered to these kinds of questions; raise where that is nothing."""
        if self.down:
            raise NotJudgedError(self.down)
        for kind in kinds:
            self.lack(self.unanswered.get(kind, ""))
        found = [seen for seen in self.seen if seen.ask.kind in kinds and seen.answer.raw]
        if not found:
            raise NotJudgedError(self.stopped or "nothing of the kind could be asked")
        return found

    def gets(self) -> list[Seen]:
        """Return all answers to GET, and the 429s that were waited out."""
        limited = [seen for seen in self.limited if seen.ask.method == "GET"]
        return [*self.of("known", "near", "unknown", "key", "stranger"), *limited]

    def statuses(self, kind: Kind) -> set[int]:
        """Return the statuses that came to a kind of question."""
        return {
            seen.answer.status
            for seen in self.seen
            if seen.ask.kind == kind and seen.answer.status is not None
        }

    def documents(self, asset_id: str) -> list[tuple[dict[str, Any], Answer]]:
        """Return the lawful documents that came for a known id, in their order."""
        return self._documents.get(asset_id, [])

    def shown(self) -> tuple[str, ...]:
        """Return the known ids that were answered with 200."""
        return tuple(
            asset_id
            for asset_id in self.assets
            if any(seen.ask.asset_id == asset_id and seen.answer.status == OK for seen in self.seen)
        )

    def settled(self) -> tuple[str, ...]:
        """Return the known ids whose state was final whenever they were seen."""
        return tuple(
            asset_id
            for asset_id in self.shown()
            if all(is_final(document) for document, _ in self.documents(asset_id))
        )


def is_final(document: dict[str, Any]) -> bool:
    """Say whether an asset's state will never change again (D2)."""
    return document.get("state") in FINAL


FINAL = ("ready", "error", "failed")


_NOTHING = object()


def read(answer: Answer, *, otherwise: object = None) -> Any:  # noqa: ANN401  any JSON value
    """Return the JSON value in a body; `otherwise` where it is no JSON, or not as it was sent."""
    if answer.raw is None or answer.raw.faults:
        return otherwise
    try:
        return jsontext.strict(answer.raw.body)
    except ValueError:
        return otherwise


def is_json(answer: Answer) -> bool:
    """Say whether the body is JSON, and as it was sent."""
    return read(answer, otherwise=_NOTHING) is not _NOTHING


def document_in(answer: Answer) -> dict[str, Any] | None:
    """Return the object in the body of a 200, None where there is none."""
    value = read(answer) if answer.status == OK else None
    return value if isinstance(value, dict) else None
