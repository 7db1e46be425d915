"""Rules about any one answer: its status, media type, body and bytes."""

from collections.abc import Iterator
from itertools import product

from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import PASSING
from babou_contract.probing.failures import Failure
from babou_contract.probing.observations import OK, Observations, is_json, read
from babou_contract.probing.probes import Kind, Seen
from babou_contract.specification import jsontext, places, published, spec
from babou_contract.specification.schema import misfits

check = Register(Boundary.spec_server)

_SHOWN = 300
_REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 300, 400, 500
_UNAUTHORIZED, _RATE_LIMITED = 401, 429


def entry_of(status: int) -> str | None:
    """Return the name of the documented answer that a status belongs to."""
    known = spec.responses()
    for name in (str(status), f"{status // 100}XX", "default"):
        if name in known:
            return name
    return None


def is_of_somebody_else(seen: Seen) -> bool:
    """Say whether an answer is a page of something in front of the API, which may be there.

    A proxy refuses odd requests with what it likes; outages and rate limits are told by whoever
    notices first (D8).
    """
    status, answer = seen.answer.status or 0, seen.answer
    if answer.is_json:
        return False
    if status == _RATE_LIMITED or status > _SERVER_ERROR:
        return True
    return seen.ask.odd and _CLIENT_ERROR <= status < _SERVER_ERROR


# What a rule about meaning expects: whatever else comes is told by that rule, and by no other.
_EXPECTED: dict[Kind, set[int]] = {
    "known": {200},
    "near": {400, 404},
    "unknown": {400, 404},
    "key": {401},
    "stranger": {401},
}


def _is_told_by_meaning(seen: Seen) -> bool:
    """Say whether an answer is wrong by its status alone: its body is then of no interest."""
    status = seen.answer.status or 0
    if has_failed(seen):
        return True
    if status == _RATE_LIMITED or is_redirect(status) or status >= _SERVER_ERROR:
        return False
    if seen.ask.kind not in _EXPECTED:
        return False
    by_itself = seen.ask.kind != "known" or (status >= _CLIENT_ERROR and entry_of(status))
    return status not in _EXPECTED[seen.ask.kind] and bool(by_itself)


def is_redirect(status: int) -> bool:
    """Say whether a status leads elsewhere: it is not documented, and no rule says it again."""
    return _REDIRECT <= status < _CLIENT_ERROR


def judged(observations: Observations) -> Iterator[Seen]:
    """Yield the answers to GET that are the API's own, and no other rule's, retries included."""
    for seen in observations.gets():
        if not is_of_somebody_else(seen) and not _is_told_by_meaning(seen):
            yield seen


@check("The server has each asset that it was said to have, whenever it is asked.")
def known_assets_are_found(observations: Observations, tally: Tally) -> None:
    """Hold each read of a known id against 200; one read that fails is one too many."""
    for seen in observations.of("known"):
        tally.case()
        status = seen.answer.status or 0
        if status != OK and _CLIENT_ERROR <= status < _SERVER_ERROR and entry_of(status):
            tally.disagree(
                f"the known asset {seen.ask.asset_id!r} was not answered with 200",
                expected="200 and the asset",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer(OK)),
            )


@check("Each status that the server answers with is one that the spec documents.")
def statuses_are_documented(observations: Observations, tally: Tally) -> None:
    """Look for the status among the documented ones."""
    for seen in judged(observations):
        tally.case()
        status = seen.answer.status or 0
        if entry_of(status) is None:
            tally.disagree(
                f"the server answered {status}, which the spec does not document",
                expected=f"one of {', '.join(spec.responses())}",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.operation("responses")),
            )


@check("Each answer has a media type that the spec documents for its status.")
def media_types_are_documented(observations: Observations, tally: Tally) -> None:
    """Compare media types without their parameters, which may be anything."""
    for seen in judged(observations):
        status = seen.answer.status or 0
        entry = entry_of(status)
        if entry is None:
            continue
        tally.case()
        documented = spec.responses()[entry].get("content", {})
        if seen.answer.media_type not in documented:
            tally.disagree(
                f"an answer {status} has a media type that the spec does not document for it",
                expected=" or ".join(documented),
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer(status, "content")),
            )


@check("Each body is strict JSON: UTF-8, no NaN, no name twice, nothing before or after it.")
def bodies_are_strict_json(observations: Observations, tally: Tally) -> None:
    """Parse each body that calls itself JSON as RFC 8259 has it."""
    for seen in judged(observations):
        raw = seen.answer.raw
        documented = entry_of(seen.answer.status or 0) is not None
        if not documented or not seen.answer.is_json or raw is None or raw.faults:
            continue
        tally.case()
        try:
            jsontext.strict(raw.body)
        except ValueError as error:
            tally.disagree(
                f"the body of an answer {seen.answer.status} is not JSON",
                expected="JSON (RFC 8259)",
                received=f"{error}: {seen.answer.excerpt}",
                exchange=seen.answer.exchange,
                **places.at(*places.answer(seen.answer.status or 0, "content")),
            )


@check("Each body obeys the schema that the spec has for its status, formats included.")
def bodies_obey_the_schema(observations: Observations, tally: Tally) -> None:
    """Validate each JSON body of a documented status."""
    for seen in judged(observations):
        entry = entry_of(seen.answer.status or 0)
        content = spec.responses()[entry].get("content", {}) if entry else {}
        media = content.get(seen.answer.media_type)
        if media is None or not is_json(seen.answer):
            continue
        value = read(seen.answer)
        tally.case()
        for misfit in misfits(media["schema"], value):
            place = places.body(seen.answer.status or 0, seen.answer.media_type, misfit.path)
            tally.disagree(
                f"{misfit.member} of an answer {seen.answer.status} is not what the schema allows",
                expected=misfit.message,
                received=_at(value, misfit.path) or f"nothing; it is {seen.answer.excerpt}",
                exchange=seen.answer.exchange,
                **places.at(*place),
            )


@check("Where the spec lists a member's values, the server sends no other (D2).")
def values_are_documented(observations: Observations, tally: Tally) -> None:
    """Look for values beside the list: a client has to bear them, and no server may send them."""
    listed = spec.listed_values()
    observations.of("known")
    read = [pair for asset_id in observations.assets for pair in observations.documents(asset_id)]
    for (document, answer), (name, values) in product(read, listed.items()):
        value = document.get(name)
        tally.case()
        if value not in values and value is not None:
            tally.disagree(
                f"{name} is {value!r}, which is not documented: document it, or don't send it",
                expected=f"one of {', '.join(map(str, values))}",
                received=answer.excerpt,
                exchange=answer.exchange,
                **places.at(*places.asset(name)),
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
        if status < _CLIENT_ERROR or not (code and isinstance(code, str)) or told_by_key:
            continue
        tally.case()
        elsewhere = {other for other, codes in table.items() if code in codes} - {status}
        known = table.get(status)
        if (known is not None and code not in known) or (known is None and elsewhere):
            tally.disagree(
                f"an error {status} has the code {code!r}",
                expected=f"one of {', '.join(sorted(known))}" if known else "a code of this status",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer(status)),
            )


def has_failed(seen: Seen) -> bool:
    """Say whether the server failed; what a proxy says for a moment is no failure of its own."""
    status = seen.answer.status
    if status is None:
        return not seen.ask.odd and seen.answer.failure in {Failure.lost, Failure.slow}
    return status >= _SERVER_ERROR and status not in PASSING


def _at(value: object, path: tuple[str | int, ...]) -> str:
    """Return what stands at a place; empty where nothing does."""
    for part in path:
        if isinstance(value, dict) and part not in value:
            return ""
        value = value[part]  # type: ignore[index]  # the path is one through this value
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
