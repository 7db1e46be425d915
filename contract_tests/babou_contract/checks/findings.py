"""Which reading of each open question this server follows: information, never a failure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from babou_contract.model import NOT_SEEN, Finding
from babou_contract.probing.observations import OK, Observations, document_in, read
from babou_contract.probing.probes import UUID, Seen
from babou_contract.specification import spec

Told = tuple[str, str] | None
_QUESTIONS: list[tuple[str, str, Callable[[Observations], Told]]] = []
_NOT_FOUND = 404


def findings(observations: Observations) -> Iterator[Finding]:
    """Yield what the answers say about each decision, where they say anything."""
    for id, question, ask in _QUESTIONS:
        told = ask(observations)
        answer, evidence = told or (NOT_SEEN, "")
        yield Finding(id=id, question=question, answer=answer, evidence=evidence)


def _question(
    id: str, text: str
) -> Callable[[Callable[[Observations], Told]], Callable[[Observations], Told]]:
    def register(ask: Callable[[Observations], Told]) -> Callable[[Observations], Told]:
        _QUESTIONS.append((id, text, ask))
        return ask

    return register


def _documents(observations: Observations) -> list[dict[str, Any]]:
    return [document for seen in observations.of("known") if (document := document_in(seen.answer))]


def _values(observations: Observations, name: str) -> list[Any]:
    return [
        document[name] for document in _documents(observations) if document.get(name) is not None
    ]


def _listed(values: Iterable[object]) -> str:
    return ", ".join(sorted({str(value) for value in values}))


def _asked(observations: Observations, about: str) -> Seen | None:
    found = [seen for seen in observations.seen if seen.ask.about == about and seen.answer.raw]
    return found[0] if found else None


def _answer(seen: Seen | None) -> Told:
    if seen is None:
        return None
    body = read(seen.answer)
    code = body.get("code") if isinstance(body, dict) else None
    return f"{seen.answer.status} {code or ''}".strip(), f"asked for {seen.ask.about}"


@_question("D1", "Are ids UUIDs, or of the form ast_…? Is any text looked up?")
def _ids(observations: Observations) -> Told:
    ids = _values(observations, "id")
    forms = {"UUID" if UUID.fullmatch(str(i)) else f"{str(i).partition('_')[0]}_…" for i in ids}
    uuid = _answer(_asked(observations, "a UUID"))
    return (f"{_listed(forms)}; a UUID that nothing has: {uuid[0]}", _listed(ids)) if uuid else None


@_question("D2", "Is failure spelled error or failed? Are there other states?")
def _states(observations: Observations) -> Told:
    states = _values(observations, "state")
    return (f"seen: {_listed(states)}", f"in {len(states)} answers") if states else None


@_question("D3", "Is url an s3, an https or a presigned URL?")
def _urls(observations: Observations) -> Told:
    urls = [urlsplit(str(url)) for url in _values(observations, "url")]
    kinds = {f"{url.scheme}{', presigned' if url.query else ''}" for url in urls}
    return (_listed(kinds), f"in {len(urls)} answers") if urls else None


@_question("D4", "Does an asset have the ten documented members, no fewer?")
def _members(observations: Observations) -> Told:
    documents = _documents(observations)
    required = set(spec.asset_schema()["required"])
    missing = {name for document in documents for name in required - document.keys()}
    if not documents:
        return None
    return (f"without {_listed(missing)}" if missing else "all of them, always"), ""


@_question("D5", "Are size, width and height whole, and has duration a fraction?")
def _numbers(observations: Observations) -> Told:
    whole = [value for name in ("size", "width", "height") for value in _values(observations, name)]
    spelled = {"with a fraction of zero" if isinstance(v, float) else "as integers" for v in whole}
    seconds = _values(observations, "duration")
    parts = [f"whole numbers {_listed(spelled)}"] if whole else []
    parts += [f"durations {_listed(seconds)}"] if seconds else []
    return ("; ".join(parts), "") if parts else None


@_question("D6", "What does a wrong key get for an asset that is there?")
def _wrong_key(observations: Observations) -> Told:
    return _answer(_asked(observations, "another key of the same form"))


@_question("D7", "Is a malformed id refused with 400, or just not found?")
def _bad_id(observations: Observations) -> Told:
    asked = [s for s in observations.seen if s.ask.kind == "unknown" and s.answer.raw]
    statuses = _listed(f"{s.answer.status}" for s in asked)
    refused = next((s for s in asked if s.answer.status not in {OK, _NOT_FOUND}), None)
    return (f"seen: {statuses}", refused.ask.about if refused else "") if asked else None


@_question("D8", "Does something stand before the server?")
def _proxy(observations: Observations) -> Told:
    exchanges = observations.session.exchanges
    names = ("server", "via", "cf-ray", "x-amz-cf-id", "x-served-by")
    told = {f"{n}: {v}" for e in exchanges for n in names if (v := e.header(n))}
    return (_listed(sorted(told)[:5]) or "nothing says so", "") if exchanges else None


@_question("D9", "Which codes do the refusals of a missing, a malformed and a wrong key have?")
def _codes(observations: Observations) -> Told:
    asked = ("no key", "a word for a key", "another key of the same form")
    told = [answer[0] for about in asked if (answer := _answer(_asked(observations, about)))]
    return (", ".join(told), ", ".join(asked)) if told else None


@_question("D10", "Does the server redirect?")
def _redirects(observations: Observations) -> Told:
    redirects = [e for e in observations.session.exchanges if 300 <= (e.status or 0) < 400]  # noqa: PLR2004
    if not observations.session.exchanges:
        return None
    return (f"{redirects[0].status}", redirects[0].url) if redirects else ("never", "")


@_question("D11", "Which headers does a 429 have?")
def _rate_limit(observations: Observations) -> Told:
    limited = [e for e in observations.session.exchanges if e.status == 429]  # noqa: PLR2004
    names = {
        n for e in limited for n, _ in e.received if "rate" in n.lower() or "retry" in n.lower()
    }
    return (_listed(names) or "none of use", f"{len(limited)} answers") if limited else None


@_question("D12", "Are ids of 256 and 257 characters looked up?")
def _lengths(observations: Observations) -> Told:
    longest = spec.max_id_length()
    most = _answer(_asked(observations, f"{longest} characters, the most that an id can have"))
    over = _answer(_asked(observations, "one character more than an id can have"))
    return (f"{longest}: {most[0]}; {longest + 1}: {over[0]}", "") if most and over else None


@_question("D13", "How large is an answer?")
def _sizes(observations: Observations) -> Told:
    sizes = [
        len(exchange.body) for exchange in observations.session.exchanges if exchange.status == OK
    ]
    return (f"at most {max(sizes)} bytes", f"in {len(sizes)} answers") if sizes else None


@_question("D14", "Do all times have an offset?")
def _times(observations: Observations) -> Told:
    times = _values(observations, "created_at")
    return (f"such as {times[0]}", f"in {len(times)} answers") if times else None


@_question("D15", "Are there members and MIME types that the documentation does not list?")
def _more(observations: Observations) -> Told:
    documents = _documents(observations)
    known = set(spec.asset_schema()["properties"])
    more = {name for document in documents for name in document.keys() - known}
    types = _listed(_values(observations, "content_type"))
    return (f"members: {_listed(more) or 'none'}; types: {types}", "") if documents else None


@_question("D16", "Are ids matched exactly, or in any case of letters?")
def _case(observations: Observations) -> Told:
    asked = [s for s in observations.seen if s.ask.kind == "near" and "in capitals" in s.ask.about]
    return _answer(asked[0]) if asked else None
