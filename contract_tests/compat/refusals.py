"""Every other answer: each documented status, code and header, in both directions."""

import json
from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from compat import corpus, evidence
from compat.evidence import Seen, Side, seen
from compat.model import Who
from compat.party import Answer
from compat.specification import GONE, Parts, answers, fits, with_value

Json = Any
_RANGES = {"1XX": (), "2XX": (202, 206), "3XX": (302,), "4XX": (402, 451), "5XX": (503, 520)}
_ERRORS = 400


@frozen
class Case:
    """An answer that a specification documents, and where."""

    at: Parts
    answer: Answer
    about: str


def other_answers(old: Side, new: Side) -> Iterator[Seen]:
    """Give both clients every documented answer but the success that `bodies` tries."""
    for side in (old, new):
        for one in _cases(side):
            case = _at_its_member(one, new if side is old else old, new)
            was, _ = old.meet(case.answer)
            now, _ = new.meet(case.answer)
            yield from _judged(old, side, case, was, now)


def _judged(old: Side, side: Side, case: Case, was: Json, now: Json) -> Iterator[Seen]:
    if evidence.is_crash(now):
        return  # a new client that breaks is told of once
    if side is old:
        yield from _upgraded(case, was, now)
    elif not _documented(old, case.answer):
        yield from _installed(case, was, now)


def _installed(case: Case, was: Json, now: Json) -> Iterator[Seen]:
    """Yield what the installed client makes of an answer that its spec did not know."""
    no_error = case.answer.status < _ERRORS and evidence.is_refusal(was)
    if no_error or evidence.is_crash(was):
        yield seen(case.at, Who.INSTALLED, evidence.raised(was), case.about)
    elif evidence.is_refusal(was) and evidence.is_refusal(now):
        for name, knows, sees in evidence.told_changes(now, was):
            what = f"error.{name} is {sees!r}; the new client has {knows!r}"
            yield seen(case.at, Who.INSTALLED, what, case.about)


def _upgraded(case: Case, was: Json, now: Json) -> Iterator[Seen]:
    """Yield what callers of the release have from the new client for an answer they know."""
    if not evidence.is_refusal(now):
        return
    if not evidence.is_refusal(was):
        yield seen(case.at, Who.RUNTIME, evidence.raised(now), case.about)
        return
    before, after = was["error"]["kinds"], now["error"]["kinds"]
    if before[0] not in after:
        what = f"{before[0]} was raised, and is {after[0]} now, which `except` does not catch"
        yield seen(case.at, Who.RUNTIME, what, case.about)
        return
    for name, value, told in evidence.told_changes(was, now):
        what = f"error.{name} was {value!r}, and is {told!r}"
        yield seen(case.at, Who.RUNTIME, what, case.about)


def _documented(side: Side, answer: Answer) -> bool:
    """Say whether a side's specification allows an answer."""
    status = _status(side, answer)
    if status is None:
        return False
    content = side.operation.responses[status].get("content", {})
    try:
        body = json.loads(answer.body)
    except ValueError:
        return answer.media in content or not content
    return answer.media in content and fits(content[answer.media].get("schema", {}), body)


def _status(side: Side, answer: Answer) -> str | None:
    """Return how a side's specification writes the status of an answer, if it knows it."""
    names = (str(answer.status), f"{answer.status // 100}XX")
    return next((name for name in names if name in side.operation.responses), None)


def _at_its_member(case: Case, other: Side, new: Side) -> Case:
    """Return a case at the member that the other specification does not allow, if it is one's."""
    status = _status(other, case.answer)
    content = other.operation.responses[status].get("content", {}) if status else {}
    if case.answer.media not in content or "json" not in case.answer.media:
        return case
    body = json.loads(case.answer.body)
    path = corpus.refused_member(content[case.answer.media].get("schema", {}), body)
    if path is None or _status(new, case.answer) is None:
        return case
    answers_at = ("paths", new.operation.path, new.operation.method, "responses")
    at = (*answers_at, str(_status(new, case.answer)), "content", case.answer.media, "schema")
    return evolve(case, at=corpus.where(new.spec, at, path))


def _cases(side: Side) -> Iterator[Case]:
    tried: list[Json] = []
    at = ("paths", side.operation.path, side.operation.method, "responses")
    for status, media, content in answers(side.operation):
        numbers = (int(status),) if status.isdecimal() else _RANGES.get(status.upper(), ())
        place = (*at, status)
        for number in numbers:
            if "json" not in media:
                body = b"<answer/>" if media else b""
                yield Case(place, Answer(body, number, media), f"{number} {media}".strip())
                continue
            if status == side.status:
                continue  # bodies.py
            yield from _bodies(place, number, media, content, side)
            schema = content.get("schema", {})
            if schema not in tried and number >= _ERRORS:
                tried.append(schema)
                yield from _features(side, place, number, media, content)


def _bodies(place: Parts, number: int, media: str, content: Json, side: Side) -> Iterator[Case]:
    for name, example in content.get("examples", {}).items():
        at = (*place, "content", media, "examples", name)
        body = example.get("value")
        for headers in ({}, *_headers(side, place[-1])):
            about = f"{number} {json.dumps(body)} {headers or ''}".strip()
            yield Case(at, Answer(json.dumps(body).encode(), number, media, headers), about)
    if not content.get("examples"):
        made = corpus.allowed_value(content.get("schema", {}))
        body = content.get("example", made)
        about = f"{number} {json.dumps(body)}"
        yield Case(place, Answer(json.dumps(body).encode(), number, media), about)


def _headers(side: Side, status: str) -> Iterator[dict[str, str]]:
    for name, header in side.operation.responses[status].get("headers", {}).items():
        schema = header.get("schema", {})
        given = [header["example"]] if "example" in header else []
        for value in (*given, *(v for v in corpus.candidates(schema) if fits(schema, v)))[:4]:
            if str(value).isascii() and str(value).isprintable():
                yield {name: str(value)}


def _features(side: Side, place: Parts, number: int, media: str, content: Json) -> Iterator[Case]:
    schema = content.get("schema", {})
    base = next((e["value"] for e in content.get("examples", {}).values()), None)
    base = base if base is not None else corpus.allowed_value(schema)
    schema_at = (*place, "content", media, "schema")
    for path in corpus.paths(schema):
        for value in (GONE, *corpus.candidates(corpus.part_at(schema, path) or {})):
            if corpus.allows(schema, path, value):
                body = with_value(base, path, value)
                at = corpus.where(side.spec, schema_at, path, value)
                about = f"{number} with {evidence.shown(path, value)}"
                yield Case(at, Answer(json.dumps(body).encode(), number, media), about)
