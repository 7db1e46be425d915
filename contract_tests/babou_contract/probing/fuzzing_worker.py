"""Make requests with schemathesis, and hold their answers against the specification.

It is a program and not a function, because schemathesis takes seconds to import and to warm up: it
does so while the fixed questions are being asked, and begins when it gets a line of JSON. It sends
nothing: each request is a line of its output, each answer a line of its input.
"""

import base64
import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import hypothesis
import requests
import schemathesis
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

Job = dict[str, Any]

_ANYWHERE = "http://127.0.0.1"  # what is made is sent elsewhere, by the process that reads it
_LEFT_OUT = {"authorization", "content-length", "transfer-encoding", "connection"}
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_KNOWN_EVERY = 2  # of so many cases, one asks for what is known


def main() -> None:
    """Wait for the job, and do it; an error in one operation does not end the others."""
    line = sys.stdin.readline()
    if not line.strip():
        return
    job: Job = json.loads(line)
    config = SchemathesisConfig.from_dict(
        {
            "base-url": _ANYWHERE,
            "generation": {"with-security-parameters": False, "database": "none"},
        }
    )
    schema = schemathesis.openapi.from_dict(job["spec"], config=config)
    for operation in job["operations"]:
        for mode in _MODES:
            try:
                _fuzz(schema, operation, mode, job)
            except Exception as error:  # noqa: BLE001  whatever schemathesis could not make
                _say(error=f"{operation['id']}: {type(error).__name__}: {error}")
    _say(done=True)


def _fuzz(schema: Any, operation: Job, mode: GenerationMode, job: Job) -> None:  # noqa: ANN401
    made = schema[operation["path"]][operation["method"].upper()]
    count = iter(range(job["max_examples"]))

    @hypothesis.seed(job["seed"])
    @hypothesis.settings(
        max_examples=max(1, job["max_examples"] // len(_MODES)),
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=made.as_strategy(generation_mode=mode))
    def one(case: Case[Any]) -> None:
        number = next(count, 0)
        known = operation["known"]
        if known and number % _KNOWN_EVERY:
            case.path_parameters = {**known[number % len(known)]}
        _judge(case, operation["id"])

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # nothing of this mode can be made
        one()


def _judge(case: Case[Any], operation: str) -> None:
    request = requests.Request(**_request_of(case)).prepare()
    target = (request.url or "").removeprefix(_ANYWHERE)
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else body
    assert isinstance(content, bytes)  # noqa: S101  nothing is streamed
    headers = [[name, _text(value)] for name, value in request.headers.items()]
    kept = [[name, value] for name, value in headers if name.lower() not in _LEFT_OUT]
    encoded = base64.b64encode(content).decode()
    _say(send={"method": request.method, "target": target, "headers": kept, "body": encoded})
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    answer: Job = json.loads(line)
    if answer["status"] is None:
        return
    received: dict[str, list[str]] = {}
    for name, value in answer["headers"]:
        received.setdefault(name.lower(), []).append(value)
    response = Response(
        status_code=answer["status"],
        headers=received,
        content=base64.b64decode(answer["body"]),
        request=request,
        elapsed=answer["seconds"],
        verify=False,
    )
    failures = list(_failures(case, response))
    _say(cases=len(_CHECKS))
    for failure in failures:
        _say(
            failure=str(failure.title),
            message=str(failure.message),
            kind=type(failure).__name__,
            operation=operation,
        )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _request_of(case: Case[Any]) -> Job:
    told = case.as_transport_kwargs(base_url=_ANYWHERE)
    known = {"method", "url", "headers", "params", "cookies", "data", "json", "files"}
    return {name: value for name, value in told.items() if name in known}


def _failures(case: Case[Any], response: Response) -> Iterator[Failure]:
    try:
        case.validate_response(response, checks=_CHECKS)
    except FailureGroup as group:
        yield from group.exceptions
    except Failure as failure:
        yield failure


def _say(**line: Any) -> None:  # noqa: ANN401  whatever the line says
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
