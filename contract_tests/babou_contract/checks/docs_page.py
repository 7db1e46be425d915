"""Boundary 1, continued: what the published page shows, held against the spec."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from babou_contract.checks.docs_spec import check
from babou_contract.checks.registry import NotExercisedError, Tally
from babou_contract.specification import places, published, spec
from babou_contract.specification.operations import nameless
from babou_contract.specification.schema import Misfit, fits, misfits


@check("Each published example is one that the spec allows.")
def published_examples_fit(_observations: object, tally: Tally) -> None:
    """Validate the page's bodies, and compare its request with the operation."""
    page = published.load()["page"]
    if not _has_operation(page):
        tally.case()
        _missing(tally, f"the spec has no {page['method']} {page['path']}", ("paths",))
        return
    answers = {"200": page["response"], **page["errors"]}
    for status, body in answers.items():
        tally.case()
        content = spec.responses().get(status, {}).get("content", {}).get("application/json")
        if content is None:
            _missing(tally, f"the spec has no answer {status}", places.operation("responses"))
            continue
        for misfit in _contradictions(content["schema"], body):
            tally.disagree(
                f"the published example of {status} is not allowed: {misfit.member}",
                expected=str(body),
                received=misfit.message,
                **places.at(*places.answer(status, "content")),
            )
        codes = [example.get("code") for example in spec.examples(spec.responses()[status])]
        if status != "200" and body["code"] not in codes:
            name = body["code"]
            _missing(tally, f"the spec lacks the code {name}", places.answer(status, "content"))
    _hold_request(page, tally)
    for url in published.load()["api"]["urls"]:
        tally.case()
        if not fits(spec.asset_schema()["properties"].get("url", {}), url):
            _missing(tally, f"the url {url} is not allowed", _member("url"))
    for content_type in published.load()["api"]["content_types"]:
        tally.case()
        if not fits(spec.asset_schema()["properties"].get("content_type", {}), content_type):
            _missing(tally, f"{content_type} is not allowed", _member("content_type"))


def _contradictions(schema: spec.Document, body: dict[str, Any]) -> Iterator[Misfit]:
    """Yield misfits, but for members that the page doesn't know as yet: it lags behind the spec."""
    for misfit in misfits(schema, body):
        if misfit.rule != "required" or misfit.path[-1] not in _new_members():
            yield misfit


def unpublished() -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what the spec has and the page doesn't show as yet, with its place."""
    for name in sorted(_new_members()):
        yield f"the member {name}", _member(name)
    for state in _states():
        if state not in published.load()["page"]["states"]:
            yield f"the state {state}", (*_member("state"), "enum", state)
    for status in spec.responses():
        if status.isdigit() and status not in published.load()["api"]["statuses"]:
            yield f"the status {status}", places.operation("responses", status)


def _new_members() -> set[str]:
    page = published.load()["page"]
    known = {*page["members"], *page["artefacts"]}
    if "application/json" not in spec.responses().get("200", {}).get("content", {}):
        return set()
    return {name for name in spec.asset_schema()["properties"] if name not in known}


def _states() -> list[object]:
    return spec.listed(spec.asset_schema().get("properties", {}).get("state", {}))


def _has_operation(page: dict[str, Any]) -> bool:
    """Say whether the spec has the page's operation, whatever its parameters are called."""
    try:
        operation = spec.asset_operation()
    except spec.NoOperationError:
        return False
    shown = page["method"].lower(), nameless(page["path"])
    return shown == (operation.method, nameless(operation.path))


def _hold_request(page: dict[str, Any], tally: Tally) -> None:
    """Compare method, path, host and key of the page's curl line with the spec."""
    document = spec.load()
    tally.case()
    template = re.escape(nameless(page["path"])).replace(r"\{\}", "[^/]+")
    url = urlsplit(page["curl"]["url"])
    server = f"{url.scheme}://{url.netloc}"
    if server not in {server["url"] for server in document.get("servers", ())}:
        _missing(tally, f"the spec does not name the server {server}", ("servers",))
    if not re.fullmatch(template, url.path):
        _missing(tally, f"{url.path} does not match the path", ("paths",))
    schemes = [scheme for asked in spec.asset_operation().security for scheme in asked.values()]
    wanted = page["header"]
    if not any(
        scheme.get("type") == "http"
        and scheme.get("scheme", "").lower() == wanted["scheme"].lower()
        and scheme.get("bearerFormat", "").startswith(wanted["prefix"])
        for scheme in schemes
    ):
        text = f"no scheme takes `{wanted['scheme']} {wanted['prefix']}…`"
        _missing(tally, text, places.operation("security"))
    known = {p.name: p for p in spec.asset_operation().parameters}
    for name, parameter in page["parameters"].items():
        wanted = (parameter["in"], parameter["required"], parameter["type"])
        same = known.get(name)
        kind = spec.merged(same.schema).get("type") if same else None
        if same is None or (same.place, same.required, kind) != wanted:
            _missing(tally, f"{name} is another parameter", places.operation("parameters"))


@check("Each published table fits: members with their types and null, statuses, codes, states.")
def published_tables_fit(_observations: object, tally: Tally) -> None:
    """Look in the spec for what the page names (D4: error codes are not members)."""
    page, api = published.load()["page"], published.load()["api"]
    if not _has_operation(page):
        raise NotExercisedError("the spec lacks the operation that the tables are about")
    schema = spec.asset_schema()
    for name, member in page["members"].items():
        tally.case()
        known = schema["properties"].get(name)
        if known is None or name not in schema["required"]:
            _missing(tally, f"the member {name} is missing, or not required", places.asset())
            continue
        _hold_member(name, member, known, tally)
    for name in page["artefacts"]:
        tally.case()
        if name in schema["properties"]:
            _missing(tally, f"{name} is an artefact of the page, and no member (D4)", _member(name))
    _hold_states(page["states"], tally)
    for status in api["statuses"]:
        tally.case()
        if status not in spec.responses():
            _missing(tally, f"the spec lacks the status {status}", places.operation("responses"))
    _hold_codes(tally)
    _hold_error_members(api["error_members"], tally)


def _hold_states(published_states: list[str], tally: Tally) -> None:
    states = _states()
    for state in sorted(set(published_states) - set(states)):
        _missing(tally, f"the spec lacks the state {state} (D2)", places.states())
    tally.case(len(states))


def _hold_codes(tally: Tally) -> None:
    for status, codes in published.codes().items():
        answer = spec.responses().get(str(status), {})
        shown = {example.get("code") for example in spec.examples(answer)}
        tally.case(len(codes))
        for code in sorted(codes - shown):
            text = f"the spec lacks the code {code} of {status}"
            _missing(tally, text, places.answer(status, "content"))


def _hold_member(name: str, member: dict[str, Any], known: spec.Document, tally: Tally) -> None:
    kinds: dict[str, list[object]] = {"string": ["x/y", "2025-12-02T10:00:00Z"], "number": [1]}
    samples = kinds[member["type"]]
    if not any(fits(known, sample) for sample in samples):
        _missing(tally, f"{name} should be a {member['type']}", _member(name))
    others: list[object] = [True, [], {}, "1" if member["type"] == "number" else 1]
    if any(fits(known, other) for other in others):
        _missing(tally, f"{name} may be more than a {member['type']}", _member(name))
    if fits(known, None) is not member["nullable"]:
        null = "can be null" if member["nullable"] else "is never null"
        _missing(tally, f"{name} {null}, says the page", _member(name))
    if member.get("format") not in {None, spec.merged(known).get("format")}:
        _missing(tally, f"{name} has another format than {member.get('format')}", _member(name))


def _hold_error_members(members: dict[str, bool], tally: Tally) -> None:
    error = spec.error_schema()
    for name, required in members.items():
        tally.case()
        where = places.body(*spec.error(), ())
        known = error.get("properties", {}).get(name, {})
        if not fits(known, "text") or fits(known, 1):
            _missing(tally, f"the member {name} of errors is missing or no string", where)
        if (name in error.get("required", ())) is not required:
            _missing(tally, f"the member {name} of errors is required, or not, otherwise", where)


def _member(name: str) -> tuple[object, ...]:
    return places.asset(name)


def _missing(tally: Tally, text: str, place: tuple[object, ...]) -> None:
    tally.disagree(
        text, expected="what the published page shows", received="not that", **places.at(*place)
    )


CHECKS = tuple(check)
