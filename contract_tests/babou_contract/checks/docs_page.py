"""Boundary 1, continued: what the published pages show of each operation, held against the spec."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from babou_contract.checks import docs_members
from babou_contract.checks.docs_members import Place, missing
from babou_contract.checks.docs_spec import check
from babou_contract.checks.registry import NotExercisedError, Tally
from babou_contract.specification import places, published, servers, spec
from babou_contract.specification.operations import Operation, nameless
from babou_contract.specification.schema import misfits

Facts = dict[str, Any]

_JSON = "application/json"


def known() -> Iterator[tuple[Facts, Operation | None]]:
    """Yield what is published of each operation, and the spec's, whatever its parameters' names."""
    own = {(one.method, nameless(one.path)): one for one in spec.operations()}
    for facts in published.load()["operations"]:
        yield facts, own.get((facts["method"].lower(), nameless(facts["path"])))


@check("Each published operation and example is one that the spec allows.")
def published_examples_fit(_observations: object, tally: Tally) -> None:
    """Validate the pages' bodies, and compare method, path, host, key and parameters."""
    for facts, operation in known():
        tally.case()
        if operation is None:
            missing(tally, f"the spec has no {facts['method']} {facts['path']}", ("paths",))
            continue
        _hold_request(facts, operation, tally)
        for status, answer in facts["answers"].items():
            if "example" in answer:
                tally.case()
                _hold_example(operation, status, answer, tally)


def _hold_example(operation: Operation, status: str, answer: Facts, tally: Tally) -> None:
    place, body = (*operation.place, "responses", status), answer["example"]
    content = operation.answers.get((status, _JSON))
    if content is None:
        missing(tally, f"the spec has no answer {status}", (*operation.place, "responses"))
        return
    new = docs_members.new(answer.get("schema"), content.schema)
    for misfit in misfits(content.schema, body):
        if misfit.rule == "required" and misfit.path[-1] in new:
            continue  # the page lags behind the spec
        tally.disagree(
            f"the published example of {status} is not allowed: {misfit.member}",
            expected=str(body),
            received=misfit.message,
            **places.at(*place, "content"),
        )
    codes = [example.get("code") for example in content.examples.values()]
    if not status.startswith("2") and body["code"] not in codes:
        missing(tally, f"the spec lacks the code {body['code']}", (*place, "content"))


def _hold_request(facts: Facts, operation: Operation, tally: Tally) -> None:
    server = published.load()["server"]
    if server not in servers.urls(spec.load()):
        missing(tally, f"the spec does not name the server {server}", ("servers",))
    shown = urlsplit(facts.get("curl", server + facts["path"])).path
    template = re.escape(nameless(facts["path"])).replace(r"\{\}", "[^/]+")
    if not re.fullmatch(template, shown):
        missing(tally, f"{shown} does not match the path", ("paths",))
    wanted = published.load()["header"]
    schemes = [scheme for asked in operation.security for scheme in asked.values()]
    if not any(
        scheme.get("type") == "http"
        and scheme.get("scheme", "").lower() == wanted["scheme"].lower()
        and scheme.get("bearerFormat", "").startswith(wanted["prefix"])
        for scheme in schemes
    ):
        text = f"no scheme takes `{wanted['scheme']} {wanted['prefix']}…`"
        missing(tally, text, (*operation.place, "security"))
    own = {parameter.name: parameter for parameter in operation.parameters}
    for name, parameter in facts["parameters"].items():
        tally.case()
        place = (*operation.place, "parameters", name)
        same = own.get(name)
        if same is None or (same.place, same.required) != (parameter["in"], parameter["required"]):
            missing(tally, f"{name} is another parameter", place)
            continue
        for text in _differences(parameter, spec.merged(same.schema)):
            missing(tally, f"the parameter {name} {text}", place)
    needed = {name for name, parameter in own.items() if parameter.required}
    for name in needed - facts["parameters"].keys():
        text = f"the page's request lacks {name}, which is required"
        missing(tally, text, (*operation.place, "parameters", name))


def _differences(parameter: Facts, schema: spec.Document) -> Iterator[str]:
    for key in ("type", "default", "maximum"):
        if schema.get(key) != parameter.get(key):
            yield f"has another {key} than {parameter.get(key, 'none')}"
    for value in docs_members.values(parameter):
        if not docs_members.takes(schema, value):
            yield f"does not take {value}"


@check("Each published table fits: members with their types and null, statuses, codes, values.")
def published_tables_fit(_observations: object, tally: Tally) -> None:
    """Look in the spec for what the pages name (D4: error codes are not members)."""
    held: set[Place] = set()
    found = [(facts, operation) for facts, operation in known() if operation is not None]
    if not found:
        raise NotExercisedError("the spec lacks the operations that the tables are about")
    for facts, operation in found:
        _hold_body(facts, operation, tally)
        _hold_answers(facts, operation, tally)
        for (status, media_type), content in operation.answers.items():
            success = facts["answers"].get(status, {}).get("schema")
            name = success if status.startswith("2") else "error"
            if name is None or media_type != _JSON:
                continue
            where = (*operation.place, "responses", status, "content", media_type, "schema")
            docs_members.hold(name, content.schema, where, held, tally)


def _hold_body(facts: Facts, operation: Operation, tally: Tally) -> None:
    body = facts.get("body")
    if body is None:
        return
    place = (*operation.place, "requestBody")
    listed = published.load()["values"][body["types"]]
    for media_type in operation.bodies.keys() - set(listed):  # the list is a closed one (D24)
        text = f"the page lists no body of {media_type}"
        missing(tally, text, (*place, "content", media_type))
    for media_type in listed:
        tally.case()
        content = operation.bodies.get(media_type)
        if content is None:
            missing(tally, f"the spec takes no body of {media_type}", place)
            continue
        limit = spec.merged(content.schema).get("maxLength")
        allowed = {body["megabytes"] * size for size in (10**6, 2**20)}  # either reading (D22)
        if limit not in allowed:
            text = f"a body of {media_type} has another limit than {body['megabytes']} MB"
            missing(tally, text, (*place, "content", media_type))


def _hold_answers(facts: Facts, operation: Operation, tally: Tally) -> None:
    responses = (*operation.place, "responses")
    for status in [*facts["answers"], *published.load()["statuses"]]:
        tally.case()
        if status not in operation.responses:
            missing(tally, f"the spec lacks the status {status}", responses)
    everywhere = published.load()["codes"]
    for status, answer in operation.responses.items():
        own = facts["answers"].get(status, {}).get("codes", ())
        codes = dict.fromkeys([*own, *everywhere.get(status, ())])
        shown = {each.get("code") for each in spec.examples(answer)}
        tally.case(len(codes))
        for code in codes:
            if code not in shown:
                text = f"the spec lacks the code {code} of {status}"
                missing(tally, text, (*responses, status, "content"))


def unpublished() -> Iterator[tuple[str, Place]]:
    """Yield what the spec has and the pages don't show as yet, with its place."""
    shown = {operation.id: facts for facts, operation in known() if operation is not None}
    everywhere = published.load()["statuses"]
    told: set[str] = set()
    for operation in spec.operations():
        facts = shown.get(operation.id)
        if facts is None:
            yield f"the operation {operation.id}", operation.place
            continue
        for parameter in operation.parameters:
            if parameter.name not in facts["parameters"]:
                where = (*operation.place, "parameters", parameter.name)
                yield f"the parameter {parameter.name}", where
        for status in operation.responses:
            if status.isdigit() and status not in {*facts["answers"], *everywhere}:
                yield f"the status {status}", (*operation.place, "responses", status)
        for (status, _), content in operation.answers.items():
            name = facts["answers"].get(status, {}).get("schema")
            where = (*operation.place, "responses", status, "content", _JSON, "schema")
            for text, at in docs_members.unpublished(name, content.schema, where):
                if text not in told:
                    told.add(text)
                    yield text, at


CHECKS = tuple(check)
