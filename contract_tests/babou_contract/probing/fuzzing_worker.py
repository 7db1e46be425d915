"""Run schemathesis in a process of its own: told what to do by a line of JSON, answering in lines.

It is a program and not a function, because schemathesis takes seconds to import and to warm up:
it does so while the fixed questions are being asked, and begins when it gets a second line.
Every request goes through `_Guard`, whatever schemathesis has in mind.
"""

import base64
import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests
import schemathesis
from requests.adapters import HTTPAdapter
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

Job = dict[str, Any]

_SAFE = {"GET", "HEAD", "OPTIONS"}
_AGAIN = {429, 502, 503, 504}
_MOST_LOST = 3  # requests without an answer, after which no more are sent
_NEVER_APPLY = (  # each needs more than one operation, or is asked better by the fixed questions
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
    "missing_required_header",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
)


def main() -> None:
    """Read the job, make ready, wait for the word, run."""
    job: Job = json.loads(sys.stdin.readline())
    HTTPAdapter.send = _Guard(job, HTTPAdapter.send).send  # type: ignore[method-assign]
    schema = schemathesis.openapi.from_dict(job["spec"], config=_config(job))
    if not sys.stdin.readline().strip():
        return
    job["began"] = time.monotonic()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _say(cases=sum(len(checks) for checks in event.recorder.checks.values()))
            for failure, case_id in _failures(event.recorder):
                _say(**_told(failure, event.recorder, case_id))
        elif isinstance(event, events.NonFatalError):
            _say(error=str(event.info.message or event.info.title))
        elif isinstance(event, events.FatalError):
            _say(error=str(event.exception))
    _say(done=True)


def _config(job: Job) -> SchemathesisConfig:
    unexpected: Job = {} if job["allow_unsafe_methods"] else {"unexpected-methods": []}
    off = {name: {"enabled": False} for name in _NEVER_APPLY}
    if job["allow_unsafe_methods"]:
        del off["unsupported_method"], off["allow_header_conformance"]
    accepted = [200, 400, 401, 404, 429, "5xx"]
    return SchemathesisConfig.from_dict(
        {
            "seed": job["seed"],
            "base-url": job["base_url"],
            "headers": {"Authorization": f"Bearer {job['api_key']}"},
            "workers": 1,
            "max-redirects": 0,
            "request-timeout": job["timeout"],
            "continue-on-failure": True,
            "dictionaries": {"known": {"values": job["assets"]}},
            "parameters": {"path.assetId": {"dictionary": "known", "probability": 0.4}},
            "generation": {
                "max-examples": job["max_examples"],
                "with-security-parameters": False,
                "database": "none",
                "no-shrink": True,
            },
            "checks": {"positive_data_acceptance": {"expected-statuses": accepted}, **off},
            "phases": {
                "examples": {"enabled": True},
                "coverage": {"enabled": True, **unexpected},
                "fuzzing": {"enabled": True},
                "stateful": {"enabled": False},
            },
        }
    )


class _Guard:
    """Lets through what a run may send, at the rate it may, and tells of it."""

    def __init__(self, job: Job, send: Any) -> None:  # noqa: ANN401  requests' own method
        self._job, self._send, self._next, self._lost = job, send, 0.0, 0
        self._origin = urlsplit(job["base_url"])[:2]

    @property
    def send(self) -> Any:  # noqa: ANN401  takes the place of requests' own method
        guard = self

        def send(
            adapter: HTTPAdapter,
            request: requests.PreparedRequest,
            **options: Any,  # noqa: ANN401
        ) -> requests.Response:
            if urlsplit(request.url or "")[:2] != guard._origin:
                raise requests.ConnectionError("another host than the one that is checked")
            if request.method not in _SAFE and not guard._job["allow_unsafe_methods"]:
                raise requests.ConnectionError(f"{request.method} is not sent")
            for pause in (0.25, 0.5, 1.0, 2.0, 4.0, None):
                guard._turn()
                options["timeout"] = min(guard._job["timeout"], guard._left())
                response = guard._told(adapter, request, options)
                if response.status_code not in _AGAIN:
                    break
                asked = _retry_after(response, pause)
                if pause is None or asked > guard._left():
                    _stop(f"the server answered {response.status_code}, again and again")
                time.sleep(asked)
            return response

        return send

    def _turn(self) -> None:
        if self._left() <= 0:
            _stop("time limit")
        if rate := self._job["rate_limit"]:
            now = time.monotonic()
            time.sleep(max(0.0, self._next - now))
            self._next = max(now, self._next) + 1 / rate

    def _left(self) -> float:
        now = time.monotonic()
        return float(self._job["seconds"] - (now - self._job.get("began", now)))

    def _told(
        self, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> requests.Response:
        started = time.monotonic() - self._job.get("began", time.monotonic())
        try:
            response: requests.Response = self._send(adapter, request, **options)
        except requests.RequestException as error:
            said = _words(error)
            _say(exchange=_exchange(request, None, started, said))
            self._lost += 1
            if self._lost >= _MOST_LOST:
                _stop(f"{said}, to {self._lost} requests of schemathesis")
            raise
        _ = response.content
        _say(exchange=_exchange(request, response, started, None))
        return response


def _words(error: requests.RequestException) -> str:
    """Say why no answer came, without the names of a library."""
    if isinstance(error, requests.Timeout):
        return "no whole answer in time"
    refused = "refused" in str(error)
    return "the connection was refused" if refused else "the connection was closed or reset"


def _stop(why: str) -> NoReturn:
    """End: the server is better left alone, or there is no time left."""
    _say(stopped=why)
    os._exit(0)  # also where this is not the main thread


def _retry_after(response: requests.Response, otherwise: float | None) -> float:
    otherwise = otherwise or 0.0
    try:
        return min(60.0, float(response.headers.get("Retry-After", otherwise)))
    except ValueError:
        return otherwise


def _exchange(
    request: requests.PreparedRequest,
    response: requests.Response | None,
    started: float,
    error: str | None,
) -> Job:
    now = time.monotonic()
    return {
        "method": request.method,
        "url": request.url,
        "headers": [[name, _text(value)] for name, value in request.headers.items()],
        "status": response.status_code if response is not None else None,
        "received": list(response.headers.items()) if response is not None else [],
        "body": base64.b64encode(response.content if response is not None else b"").decode(),
        "error": error,
        "started": started,
        "seconds": response.elapsed.total_seconds() if response is not None else 0.0,
        "now": now,
    }


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _failures(recorder: ScenarioRecorder) -> Iterator[tuple[Failure, str]]:
    for case_id, checks in recorder.checks.items():
        for node in checks:
            if node.failure_info is not None:
                yield node.failure_info.failure, case_id


def _told(failure: Failure, recorder: ScenarioRecorder, case_id: str) -> Job:
    node = recorder.interactions.get(case_id)
    request = node.request if node else None
    response = node.response if node else None
    return {
        "failure": str(failure.title),
        "message": str(failure.message),
        "kind": type(failure).__name__,
        "method": request.method if request else "GET",
        "url": request.uri if request else "",
        "status": response.status_code if response else None,
    }


def _say(**line: Any) -> None:  # noqa: ANN401  whatever the line says
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
