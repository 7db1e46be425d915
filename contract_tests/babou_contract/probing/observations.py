"""The server as it was seen: the fixed questions are put once, and all checks look at them."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from attrs import define, evolve, field, frozen

from babou_contract.model import NOT_ASKED, CheckResult, Exchange, Outcome
from babou_contract.probing import asks, keys
from babou_contract.probing.answers import Answer, Credential
from babou_contract.probing.asks import Ask, Call, KeyProbe, Seen
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.fuzzing import Fuzzing
from babou_contract.probing.redaction import Redactor
from babou_contract.probing.session import Session
from babou_contract.settings import Settings
from babou_contract.specification import jsontext, spec
from babou_contract.specification.operations import Operation

OK = 200


def nothing(_observations: "Observations") -> Iterator[Ask]:
    """Ask nothing."""
    return iter(())


def no_arguments(_settings: Settings) -> Iterator[Mapping[str, Any]]:
    """Know no arguments."""
    return iter(())


@frozen
class Meaning:
    """The meaning of one operation.

    Attributes:
        operation: Its id.
        known: Arguments with which it has to succeed, made of what the run was told.
        needs: What to do where it knows none, in a sentence.
        probes: What is asked beside the generic probes.
        again: What is asked once more after a while, several times.
        checks: Its rules, each a `registry.Check`.
        questions: Which reading of which decision the server follows, each a `findings.Question`.
    """

    operation: str
    known: Callable[[Settings], Iterator[Mapping[str, Any]]] = no_arguments
    needs: str = ""
    probes: Callable[["Observations"], Iterator[Ask]] = nothing
    again: Callable[["Observations"], Iterator[Ask]] = nothing
    checks: tuple[Any, ...] = ()
    questions: tuple[Any, ...] = ()


@define(slots=False)
class Observations:
    """A server, what it was asked, and what it answered.

    Attributes:
        meanings: The modules of meaning, by the ids of their operations.
        limited: The 429s in between, which were waited out.
        unanswered: Why a question of a kind got no answer that says anything, the first of each.
        stopped: Why not everything was asked; empty where it was.
        down: Why nothing can be judged; empty where it can.
        fatal: The request after which the server accepted no connection any more.
        failed: The names of the checks that failed until now.
        fuzzing: The process of schemathesis, if it is wanted and installed.
        to_close: What is to be called once all is done.
        memo: What modules of meaning have made of the answers, by the ids of their operations.
    """

    settings: Settings
    session: Session
    meanings: Mapping[str, Meaning] = field(factory=dict)
    seen: list[Seen] = field(factory=list)
    limited: list[Seen] = field(factory=list)
    unanswered: dict[tuple[str, str], str] = field(factory=dict)
    stopped: str = ""
    down: str = ""
    fatal: Exchange | None = None
    failed: set[str] = field(factory=set)
    fuzzing: Fuzzing | None = None
    to_close: list[Callable[[], None]] = field(factory=list)
    memo: dict[str, Any] = field(factory=dict)
    _lacking: str = ""

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The operations that this run asks: those that it may send and that are not waived."""
        return tuple(
            operation
            for operation in spec.operations()
            if operation.is_safe or self.settings.allow_unsafe_methods
            if operation.id not in self.settings.waived
        )

    def operation(self, id: str) -> Operation | None:
        """Return an operation of those that this run asks, None where it is none of them."""
        return next((one for one in self.operations if one.id == id), None)

    @cached_property
    def calls(self) -> Mapping[str, list[Call]]:
        """The calls that have to succeed, by operation."""
        return {operation.id: self._calls(operation) for operation in self.operations}

    def _calls(self, operation: Operation) -> list[Call]:
        given = self.settings.arguments_of(operation.id)
        meaning = self.meanings.get(operation.id)
        known = given or (meaning.known(self.settings) if meaning else ())
        return list(asks.calls(operation, known, own=self.settings.own_server))

    @cached_property
    def _keys(self) -> tuple[KeyProbe, ...]:
        return keys.keys(self.settings.api_key, self.settings.seed)

    def right(self, operation: Operation) -> Credential:
        """Return the right key, as an operation wants it."""
        return keys.right(self.session.right, operation)

    def keys(self, operation: Operation) -> tuple[KeyProbe, ...]:
        """Return the credentials that an operation has to refuse."""
        return keys.wrong(self._keys, operation)

    @cached_property
    def redactor(self) -> Redactor:
        """What knows the key, in all spellings."""
        return Redactor(self.settings.api_key)

    def shown_as(self, header: str) -> str:
        """Return a header's value as a shell can send it: with a variable in the key's place."""
        known = [self.session.right, *(key.credential for key in self._keys)]
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

    def answered(self, *kinds: str, operation: str = "") -> list[Seen]:
        """Return what was answered to questions of some kinds, all without any; maybe nothing.

        What a question of the kind lacks is noted.
        """
        if self.down:
            raise NotJudgedError(self.down)
        for (asked, kind), reason in self.unanswered.items():
            if (not kinds or kind in kinds) and operation in {"", asked}:
                self.lack(reason)
        return [
            seen
            for seen in self.seen
            if seen.answer.raw and (not kinds or seen.ask.kind in kinds)
            if operation in {"", seen.operation.id}
        ]

    def of(self, *kinds: str, operation: str = "") -> list[Seen]:
        """Return what was answered to questions of some kinds.

        Raises:
            NotJudgedError: That is nothing.
        """
        found = self.answered(*kinds, operation=operation)
        if not found:
            raise NotJudgedError(self.stopped or NOT_ASKED)
        return found

    def own_answers(self) -> list[Seen]:
        """Return the answers to documented methods, and the 429s that were waited out."""
        limited = [seen for seen in self.limited if seen.ask.kind != asks.METHOD]
        return [*(s for s in self.of() if s.ask.kind != asks.METHOD), *limited]

    def statuses(self, kind: str) -> set[int]:
        """Return the statuses that came to a kind of question."""
        return {
            seen.answer.status
            for seen in self.seen
            if seen.ask.kind == kind and seen.answer.status is not None
        }

    def bodies(self, call: Call) -> list[bytes]:
        """Return the bodies of the successes of a call, in their order."""
        wanted = asks.successes(call.operation)
        return [
            seen.answer.raw.body
            for seen in self.seen
            if seen.ask.call == call and seen.ask.kind == asks.READ and seen.answer.raw
            if seen.answer.status in wanted
        ]

    def reached(self, operation: Operation) -> list[Call]:
        """Return the known calls of an operation that had a success."""
        return [call for call in self.calls.get(operation.id, ()) if self.bodies(call)]

    def steady(self, operation: Operation) -> list[Call]:
        """Return the known calls of an operation that were always answered the same."""
        return [call for call in self.reached(operation) if len(set(self.bodies(call))) == 1]


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
