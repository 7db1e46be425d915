"""Schemathesis as one check: fuzzing of every operation, after the fixed questions."""

from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.fuzzing import Said
from babou_contract.probing.observations import Observations
from babou_contract.specification import places, spec

check = Register(Boundary.spec_server)

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_ABOUT_CONTENT = {"JsonSchemaError", "UndefinedContentType", "MissingContentType", "MalformedJson"}
_TOLD_BY = {  # the checks that tell the same, and better
    "JsonSchemaError": {"bodies-obey-the-schema", "unknown-ids-are-not-found"},
    "UndefinedContentType": {"media-types-are-documented"},
    "MissingContentType": {"media-types-are-documented"},
    "MalformedJson": {"bodies-are-strict-json", "framing-is-true"},
    "ContentDeserializationError": {"bodies-are-strict-json", "framing-is-true"},
    "UndefinedStatusCode": {
        "statuses-are-documented",
        "known-calls-succeed",
        "unknown-ids-are-not-found",
        "near-misses-are-not-found",
    },
    "ServerError": {"no-request-makes-the-server-fail"},
}


@check("Requests that schemathesis makes out of the spec are answered as the spec says.")
def schemathesis(observations: Observations, tally: Tally) -> None:
    """Try lawful and unlawful requests of each operation, known arguments among them."""
    observations.own_answers()
    wanted = [o for o in observations.operations if observations.reached(o)]
    if observations.stopped or not wanted:
        raise NotJudgedError(observations.stopped or "no operation was seen to succeed")
    if observations.fuzzing is None:
        made = observations.settings.max_examples
        raise NotJudgedError(
            "schemathesis is not installed" if made else "nothing was made by chance"
        )
    calls = {operation.id: observations.reached(operation) for operation in wanted}
    for said, answer in observations.fuzzing.run(wanted, calls):
        tally.case(said.get("cases", 0))
        if _TOLD_BY.get(said.get("kind", ""), set()) & observations.failed:
            tally.hidden += 1
        elif "failure" in said and answer is not None and not _is_a_page(answer):
            _tell(said, answer, observations, tally)
        elif "error" in said:
            observations.lack(f"schemathesis: {said['error']}")


def _is_a_page(answer: Answer) -> bool:
    """Say whether something in front of the API refused a request, which here may be any."""
    status = answer.status or 0
    return not answer.is_json and status >= _CLIENT_ERROR and status != _SERVER_ERROR


def _tell(said: Said, answer: Answer, observations: Observations, tally: Tally) -> None:
    operation = spec.operation(said["operation"])
    lines = said["message"].strip().splitlines() or [said["failure"]]
    part = ["content"] if said["kind"] in _ABOUT_CONTENT else []
    tally.disagree(
        f"schemathesis: {said['failure']}: {lines[0]}",
        expected="an answer as the spec has it",
        received=lines[0],
        detail="\n".join(lines[1:]),
        exchange=answer.exchange,
        seed=observations.settings.seed,
        **places.at(*places.answer_of(operation, answer.status or 0, *part)),
    )
