"""Put faults into a mock server's answers to the operation that was invented, and judge each."""

import json
import sys

from attrs import evolve

import babou_contract
from babou_contract import run
from babou_contract.checks import spec_server
from babou_contract.mock_server import MockServer
from babou_contract.model import Boundary, Outcome
from babou_contract.probing import fuzzing
from babou_contract.settings import Settings
from babou_contract.specification import spec

assert babou_contract.__file__.startswith(sys.argv[1]), babou_contract.__file__
CREATED, UNAUTHORIZED = 201, 401
OPERATION = spec.operation("addLabel")
EXAMPLE = OPERATION.answers[str(CREATED), "application/json"].examples["red"]


def changed(path, value=...):
    """Return a fault: something else in the body at a place, or nothing."""

    def strike(_request, response):
        if response.status != CREATED:
            return response
        document = response.json()
        *around, last = path
        part = document
        for key in around:
            part = part[key]
        if value is ...:
            del part[last]
        else:
            part[last] = value
        return response.with_json(document)

    return strike


def success(change):
    """Return a fault: the whole answer of a success is another one."""
    return lambda _request, response: change(response) if response.status == CREATED else response


def refusal(applies, change):
    """Return a fault: what is refused with 401 is answered otherwise, for some requests."""

    def strike(request, response):
        refused = response.status == UNAUTHORIZED and applies(request)
        return change(response) if refused else response

    return strike


def is_without_key(request):
    """Say whether a request has no key."""
    return request.header("authorization") is None


def is_wrong_key(request):
    """Say whether a request has a key of the right form that is not the right one."""
    return (request.header("authorization") or "").startswith("Bearer sk-bab-")


FAULTS = {
    "": lambda _request, response: response,
    "a member is missing": changed(["text"]),
    "a member of a nested object is missing": changed(["place", "position"]),
    "a number in a list is a text": changed(["shades", 1, "share"], "0.25"),
    "a number in a list is too large": changed(["shades", 0, "share"], 1.5),
    "null where there is none": changed(["place", "folder"], None),
    "a time without its offset": changed(["created_at"], "2025-12-02T10:00:00"),
    "a list is an object": changed(["shades"], {}),
    "200 in place of 201": success(lambda response: evolve(response, status=200)),
    "the media type is another one": success(
        lambda response: response.with_header("Content-Type", "text/plain")
    ),
    "the JSON ends too early": success(lambda response: response.with_body(response.bytes()[:-2])),
    "no key is needed": refusal(
        is_without_key, lambda response: evolve(response, status=CREATED).with_json(EXAMPLE)
    ),
    "a wrong key is refused with 403": refusal(
        is_wrong_key, lambda response: evolve(response, status=403)
    ),
}


def judged(name):
    """Return exit code and findings of the checks about the server, schemathesis left out."""

    def rewrite(request, response):
        return FAULTS[name](request, response) if "/folders/" in request.path else response

    with MockServer(assets=False, rewrite=rewrite) as server:
        settings = Settings(
            base_url=server.base_url,
            api_key=server.api_key,
            only=frozenset({Boundary.spec_server}),
            assets=(server.add("ast_one00000000000001"),),
            allow_unsafe_methods=True,
            own_server=True,
        )
        report = run.run(settings)
    found = {
        result.check.partition("/")[2]: [
            f"{each.summary}: {each.received}" for each in result.disagreements
        ]
        for result in report.results
        if result.outcome is Outcome.failed
    }
    return {"exit_code": report.exit_code, "found": found, "verdict": report.verdict}


spec_server.CHECKS = tuple(check for check in spec_server.CHECKS if check.name != "schemathesis")
fuzzing.is_installed = lambda: False
sys.stdout.write(json.dumps({name: judged(name) for name in ("", *sys.argv[2:])}))
