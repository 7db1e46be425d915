"""Which reading of each open question about assets a server follows."""

from typing import Any
from urllib.parse import urlsplit

from babou_contract.checks.findings import Question, Told, listed, question
from babou_contract.checks.meaning.get_asset import probes, reads
from babou_contract.checks.meaning.get_asset.reads import NEAR, UNKNOWN
from babou_contract.probing.asks import READ, Seen
from babou_contract.probing.observations import OK, Observations, document_in, read
from babou_contract.specification.assets import asset_schema, max_id_length

QUESTIONS: list[Question] = []
_ask = question(QUESTIONS)
_NOT_FOUND = 404


def _documents(observations: Observations) -> list[dict[str, Any]]:
    answered = observations.answered(READ, operation=reads.ID)
    return [document for seen in answered if (document := document_in(seen.answer))]


def _values(observations: Observations, name: str) -> list[Any]:
    told = [document.get(name) for document in _documents(observations)]
    return [value for value in told if value is not None]


def _asked(observations: Observations, about: str) -> Seen | None:
    found = observations.answered(operation=reads.ID)
    return next((seen for seen in found if seen.ask.about == about), None)


def _answer(seen: Seen | None) -> Told:
    if seen is None:
        return None
    body = read(seen.answer)
    code = body.get("code") if isinstance(body, dict) else None
    return f"{seen.answer.status} {code or ''}".strip(), f"asked for {seen.ask.about}"


@_ask("D1", "Are ids UUIDs, or of the form ast_…? Is any text looked up?")
def _ids(observations: Observations) -> Told:
    ids = _values(observations, "id")
    forms = {
        "UUID" if probes.UUID.fullmatch(str(i)) else f"{str(i).partition('_')[0]}_…" for i in ids
    }
    uuid = _answer(_asked(observations, "a UUID"))
    return (f"{listed(forms)}; a UUID that nothing has: {uuid[0]}", listed(ids)) if uuid else None


@_ask("D2", "Is failure spelled error or failed? Are there other states?")
def _states(observations: Observations) -> Told:
    states = _values(observations, "state")
    return (f"seen: {listed(states)}", f"in {len(states)} answers") if states else None


@_ask("D3", "Is url an s3, an https or a presigned URL?")
def _urls(observations: Observations) -> Told:
    urls = [urlsplit(str(url)) for url in _values(observations, "url")]
    kinds = {f"{url.scheme}{', presigned' if url.query else ''}" for url in urls}
    return (listed(kinds), f"in {len(urls)} answers") if urls else None


@_ask("D4", "Does an asset have the ten documented members, no fewer?")
def _members(observations: Observations) -> Told:
    documents = _documents(observations)
    required = set(asset_schema()["required"])
    missing = {name for document in documents for name in required - document.keys()}
    if not documents:
        return None
    return (f"without {listed(missing)}" if missing else "all of them, always"), ""


@_ask("D5", "Are size, width and height whole, and has duration a fraction?")
def _numbers(observations: Observations) -> Told:
    whole = [value for name in ("size", "width", "height") for value in _values(observations, name)]
    spelled = {"with a fraction of zero" if isinstance(v, float) else "as integers" for v in whole}
    seconds = _values(observations, "duration")
    parts = [f"whole numbers {listed(spelled)}"] if whole else []
    parts += [f"durations {listed(seconds)}"] if seconds else []
    return ("; ".join(parts), "") if parts else None


@_ask("D7", "Is a malformed id refused with 400, or just not found?")
def _bad_id(observations: Observations) -> Told:
    asked = observations.answered(UNKNOWN, operation=reads.ID)
    statuses = listed(f"{s.answer.status}" for s in asked)
    refused = next((s for s in asked if s.answer.status not in {OK, _NOT_FOUND}), None)
    return (f"seen: {statuses}", refused.ask.about if refused else "") if asked else None


@_ask("D12", "Are ids of 256 and 257 characters looked up?")
def _lengths(observations: Observations) -> Told:
    longest = max_id_length()
    most = _answer(_asked(observations, f"{longest} characters, the most that an id can have"))
    over = _answer(_asked(observations, "one character more than an id can have"))
    return (f"{longest}: {most[0]}; {longest + 1}: {over[0]}", "") if most and over else None


@_ask("D14", "Do all times have an offset?")
def _times(observations: Observations) -> Told:
    times = _values(observations, "created_at")
    return (f"such as {times[0]}", f"in {len(times)} answers") if times else None


@_ask("D15", "Are there members and MIME types that the documentation does not list?")
def _more(observations: Observations) -> Told:
    documents = _documents(observations)
    known = set(asset_schema()["properties"])
    more = {name for document in documents for name in document.keys() - known}
    types = listed(_values(observations, "content_type"))
    return (f"members: {listed(more) or 'none'}; types: {types}", "") if documents else None


@_ask("D16", "Are ids matched exactly, or in any case of letters?")
def _case(observations: Observations) -> Told:
    asked = observations.answered(NEAR, operation=reads.ID)
    return _answer(next((seen for seen in asked if "in capitals" in seen.ask.about), None))
