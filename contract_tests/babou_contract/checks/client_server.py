"""Boundary 4: what the client makes of the server's answers, seen by whoever uses the client."""

from collections.abc import Iterator
from typing import Any

import babou
from babou_contract.checks.client import Arguments, Driver, drivers
from babou_contract.checks.comparing import changes
from babou_contract.checks.decoders import schema_at
from babou_contract.checks.recorder import Asked, Stranger, strangers
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import successes
from babou_contract.probing.observations import Observations, read
from babou_contract.specification import places, spec
from babou_contract.specification.schema import fits

__all__ = ["check"]  # the next of this boundary's modules takes it from here

check = Register(Boundary.client_server)

_JSON = "application/json"


def asked_drivers(observations: Observations) -> list[Driver]:
    """Return the drivers of the operations that this run asks."""
    own = {operation.id for operation in observations.operations}
    return [driver for driver in drivers() if driver.operation_id in own]


@check("What each method gives equals the JSON of the answers, member by member.")
def results_equal_the_json(observations: Observations, tally: Tally) -> None:
    """Compare `to_dict` with the document, and each attribute with its member."""
    for driver in asked_drivers(observations):
        stranger = strangers(observations)
        for arguments in driver.known(observations):
            asked = stranger.asked(driver, arguments)
            if not any(stranger.hides_in(answer) for answer in asked.answers):
                _hold(observations, driver, arguments, asked, tally)


def _hold(
    observations: Observations, driver: Driver, arguments: Arguments, asked: Asked, tally: Tally
) -> None:
    wanted = successes(driver.operation)
    last = asked.answers[-1]
    if last.status not in wanted:
        observations.lack(
            f"{driver.operation_id} was called with {_short(arguments)}: {last.excerpt}"
        )
        return
    answers = [answer for answer in asked.answers if answer.status in wanted]
    documents = [read(answer) for answer in answers]
    lawful = all(fits(_schema(driver, a), d) for a, d in zip(answers, documents, strict=True))
    if not lawful or not driver.is_answer(documents, arguments):
        _refused(asked, tally)
        return
    tally.case()
    if isinstance(asked.made, babou.BabouError):
        tally.disagree(
            f"the client refused the answer to {driver.operation_id}, which obeys the schema",
            expected="what was answered",
            received=f"{type(asked.made).__name__}: {asked.made}",
            exchange=last.exchange,
            **places.at(*driver.operation.place, "responses", str(last.status)),
        )
        return
    parts = driver.parts(documents, arguments)
    if len(parts) != len(asked.made):
        tally.disagree(
            f"{driver.operation_id} does not give what the answers have",
            expected=f"{len(parts)} results",
            received=f"{len(asked.made)}",
            exchange=last.exchange,
        )
    for model, (number, path, part) in zip(asked.made, parts, strict=False):
        schema = schema_at(_schema(driver, answers[number]), path)
        _compare(driver, model, part, schema, answers[number], tally)


def _schema(driver: Driver, answer: Answer) -> spec.Document:
    content = driver.operation.answers.get((str(answer.status), _JSON))
    return content.schema if content else {}


def _compare(  # noqa: PLR0917  (what was made, of what, and who is told)
    driver: Driver,
    model: Any,  # noqa: ANN401  of any class
    part: Any,  # noqa: ANN401  any JSON value
    schema: spec.Document,
    answer: Answer,
    tally: Tally,
) -> None:
    tally.case()
    for summary, expected, received in changes(model, part, schema):
        tally.disagree(
            f"{summary} (of {driver.operation_id})",
            expected=expected,
            received=received,
            exchange=answer.exchange,
            **places.at(*driver.operation.place, "responses", str(answer.status)),
        )


def _refused(asked: Asked, tally: Tally) -> None:
    """Tell where the client took answers that the spec does not allow, or no server can give."""
    tally.case()
    if isinstance(asked.made, list):
        tally.disagree(
            "the client accepted an answer that the spec does not allow",
            expected="APIResponseValidationError",
            received=asked.answers[-1].excerpt,
            exchange=asked.answers[-1].exchange,
        )
    elif not isinstance(asked.made, (babou.APIResponseValidationError, babou.APIConnectionError)):
        tally.disagree(
            "an answer that the spec does not allow arrived as another error",
            expected="APIResponseValidationError",
            received=f"{type(asked.made).__name__}: {asked.made}",
            exchange=asked.answers[-1].exchange,
        )


@check("Arguments that can't be sent are refused before anything is sent (D1, D12, D18).")
def bad_arguments_are_not_sent(observations: Observations, tally: Tally) -> None:
    """Count what goes out for arguments that would reach another endpoint, or none."""
    stranger = strangers(observations)
    for driver, arguments, error in _bad(observations):
        tally.case()
        before = len(stranger.recorder.heard)
        received = _sent(stranger, driver, arguments, error)
        if len(stranger.recorder.heard) > before:
            received = "a request was sent"
        if received:
            tally.disagree(
                f"the client did not refuse {_short(arguments)} for {driver.operation_id}",
                expected=f"{error.__name__}, and no request",
                received=received,
                **places.at(*driver.operation.place, "parameters"),
            )


def _bad(observations: Observations) -> Iterator[tuple[Driver, Arguments, type[Exception]]]:
    for driver in asked_drivers(observations):
        for arguments, error in driver.refused():
            yield driver, arguments, error


def _sent(stranger: Stranger, driver: Driver, arguments: Arguments, wanted: type[Exception]) -> str:
    """Return what came of arguments that are to be refused; empty where they were."""
    try:
        for models in driver.answers(stranger.client, arguments):
            return f"a result: {models!r}"
    except wanted:
        return ""
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        return repr(error)
    return "nothing"


_SHOWN = 60


def _short(arguments: Arguments) -> str:
    text = repr(arguments)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
