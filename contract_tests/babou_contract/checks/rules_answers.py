"""Rules about any one answer: its status, media type, body and bytes."""

from collections.abc import Iterator
from typing import Any

from babou_contract.checks.judging import judged
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.asks import Seen
from babou_contract.probing.observations import Observations, is_json, read
from babou_contract.specification import jsontext, places, published, spec
from babou_contract.specification.schema import fits, misfits

check = Register(Boundary.spec_server)

_SHOWN = 300
_CLIENT_ERROR, _UNAUTHORIZED = 400, 401


@check("Each status that the server answers with is one that the spec documents.")
def statuses_are_documented(observations: Observations, tally: Tally) -> None:
    """Look for the status among the documented ones of its operation."""
    for seen in judged(observations):
        tally.case()
        status = seen.answer.status or 0
        if seen.operation.status_of(status) is None:
            tally.disagree(
                f"the server answered {seen.operation.id} with {status}, "
                "which the spec does not document",
                expected=f"one of {', '.join(seen.operation.responses)}",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.of(seen.operation, "responses")),
            )


@check("Each answer has a media type that the spec documents for its status.")
def media_types_are_documented(observations: Observations, tally: Tally) -> None:
    """Compare media types without their parameters, which may be anything."""
    for seen in judged(observations):
        status = seen.answer.status or 0
        entry = seen.operation.status_of(status)
        documented = [m for s, m in seen.operation.answers if s == entry and m]
        empty = not documented and not (seen.answer.raw and seen.answer.raw.body)
        if entry is None or empty:
            continue
        tally.case()
        if seen.answer.media_type not in documented:
            tally.disagree(
                f"an answer {status} of {seen.operation.id} has a media type that the spec "
                "does not document for it",
                expected=" or ".join(documented) or "no body",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, status, "content")),
            )


@check("Each body is strict JSON: UTF-8, no NaN, no name twice, nothing before or after it.")
def bodies_are_strict_json(observations: Observations, tally: Tally) -> None:
    """Parse each body that calls itself JSON as RFC 8259 has it."""
    for seen in judged(observations):
        raw, status = seen.answer.raw, seen.answer.status or 0
        documented = seen.operation.status_of(status) is not None
        if not documented or not seen.answer.is_json or raw is None or raw.faults:
            continue
        tally.case()
        try:
            jsontext.strict(raw.body)
        except ValueError as error:
            tally.disagree(
                f"the body of an answer {status} of {seen.operation.id} is not JSON",
                expected="JSON (RFC 8259)",
                received=f"{error}: {seen.answer.excerpt}",
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, status, "content")),
            )


@check("Each body obeys the schema that the spec has for its status, formats included.")
def bodies_obey_the_schema(observations: Observations, tally: Tally) -> None:
    """Validate each JSON body of a documented status; of the items of a list, one tells for all."""
    told: set[tuple[object, ...]] = set()
    for seen, schema, value in _bodies(observations):
        tally.case()
        id, status = seen.operation.id, seen.answer.status or 0
        for misfit in misfits(schema, value):
            kind = (id, status, *(part for part in misfit.path if isinstance(part, str)))
            if kind in told:
                tally.hidden += 1
                continue
            told.add(kind)
            path = places.body_of(seen.operation, status, seen.answer.media_type, misfit.path)
            tally.disagree(
                f"{misfit.member} of an answer {status} of {id} is not what the schema allows",
                expected=misfit.message,
                received=_at(value, misfit.path) or f"nothing; it is {seen.answer.excerpt}",
                exchange=seen.answer.exchange,
                **places.at(*path),
            )


@check("Where the spec lists a member's values, the server sends no other (D2).")
def values_are_documented(observations: Observations, tally: Tally) -> None:
    """Look for values beside the list: a client has to bear them, and no server may send them."""
    for seen, schema, value in _bodies(observations):
        if not fits(schema, value):
            continue  # the schema tells
        for path, received, listed in _listed(schema, value):
            tally.case()
            if received is None or received in listed:
                continue
            status, media = seen.answer.status or 0, seen.answer.media_type
            tally.disagree(
                f"{path[-1]} is {received!r}, which is not documented: document it, "
                "or don't send it",
                expected=f"one of {', '.join(map(str, listed))}",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.body_of(seen.operation, status, media, path)),
            )


@check("The code of each error is one that is documented for its status, and for no other.")
def codes_fit_their_status(observations: Observations, tally: Tally) -> None:
    """Hold codes against the published tables; where they name none, only against misuse (D7)."""
    table = published.codes()
    for seen in judged(observations):
        status = seen.answer.status or 0
        value = read(seen.answer)
        code = value.get("code") if isinstance(value, dict) else None
        told_by_key = status == _UNAUTHORIZED and seen.ask.key is not None
        if seen.operation.status_of(status) is None:
            continue  # the status tells
        if status < _CLIENT_ERROR or not (code and isinstance(code, str)) or told_by_key:
            continue
        tally.case()
        known = table[status] | documented_codes(seen) if status in table else None
        elsewhere = {other for other, codes in table.items() if code in codes} - {status}
        if (known is not None and code not in known) or (known is None and elsewhere):
            tally.disagree(
                f"an error {status} of {seen.operation.id} has the code {code!r}",
                expected=f"one of {', '.join(sorted(known))}" if known else "a code of this status",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, status)),
            )


def documented_codes(seen: Seen) -> set[str]:
    """Return the codes in the examples of the documented answer."""
    entry = seen.operation.status_of(seen.answer.status or 0)
    return {
        str(value["code"])
        for (status, _), content in seen.operation.answers.items()
        if status == entry and status.isdecimal()
        for value in content.examples.values()
        if isinstance(value, dict) and "code" in value
    }


def _bodies(observations: Observations) -> Iterator[tuple[Seen, spec.Document, Any]]:
    """Yield the JSON bodies that have a schema, with it."""
    for seen in judged(observations):
        entry = seen.operation.status_of(seen.answer.status or 0)
        content = seen.operation.answers.get((entry or "", seen.answer.media_type))
        if content is not None and is_json(seen.answer):
            yield seen, content.schema, read(seen.answer)


def _listed(
    schema: spec.Document, value: object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], object, list[object]]]:
    """Yield the members, however deep, of which the spec lists the values."""
    whole = spec.merged(schema)
    if path and (listed := spec.listed(whole)):
        yield path, value, listed
    if isinstance(value, dict):
        for name, part in whole.get("properties", {}).items():
            if name in value:
                yield from _listed(part, value[name], (*path, name))
    if isinstance(value, list) and isinstance(whole.get("items"), dict):
        for number, item in enumerate(value):
            yield from _listed(whole["items"], item, (*path, number))


def _at(value: object, path: tuple[str | int, ...]) -> str:
    """Return what stands at a place; empty where nothing does."""
    for part in path:
        if isinstance(value, dict) and part not in value:
            return ""
        value = value[part]  # type: ignore[index]  # the path is one through this value
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
