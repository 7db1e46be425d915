"""Rules about any one answer: its status, media type, body and bytes."""

from collections.abc import Iterator

from babou_contract import jsontext, places, published, spec
from babou_contract.checks import NotExercisedError, NotJudgedError, Register, Tally
from babou_contract.model import Edge
from babou_contract.probes import Seen
from babou_contract.scene import OK, Scene, read
from babou_contract.schema import misfits
from babou_contract.session import PASSING, Answer

check = Register(Edge.spec_server)

_SHOWN = 300
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_RATE_LIMITED = 429


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


def judged(scene: Scene) -> Iterator[Seen]:
    """Yield the answers to GET that are the API's own, and their retries among them."""
    for seen in [*scene.gets(), *scene.limited]:
        if not is_of_somebody_else(seen):
            yield seen


def excerpt(answer: Answer) -> str:
    """Return the beginning of an answer for a person."""
    text = answer.exchange.text
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"{answer.status} {answer.exchange.header('content-type') or 'no Content-Type'}: {shown}"


@check("The server has each asset that it was said to have, whenever it is asked.")
def known_assets_are_found(scene: Scene, tally: Tally) -> None:
    """Hold each read of a known id against 200; one read that fails is one too many."""
    for seen in scene.of("known"):
        tally.case()
        if seen.answer.status not in {OK, None} and (seen.answer.status or 0) < _SERVER_ERROR:
            tally.disagree(
                f"the known asset {seen.ask.asset_id!r} was not answered with 200",
                expected="200 and the asset",
                received=excerpt(seen.answer),
                exchange=seen.answer.exchange,
                **places.at(*places.answer(OK)),
            )


@check("Each status that the server answers with is one that the spec documents.")
def statuses_are_documented(scene: Scene, tally: Tally) -> None:
    """Look for the status among the documented ones."""
    for seen in judged(scene):
        tally.case()
        status = seen.answer.status or 0
        if entry_of(status) is None:
            tally.disagree(
                f"the server answered {status}, which the spec does not document",
                expected=f"one of {', '.join(spec.responses())}",
                received=excerpt(seen.answer),
                exchange=seen.answer.exchange,
                **places.at(*places.operation("responses")),
            )


@check("Each answer has a media type that the spec documents for its status.")
def media_types_are_documented(scene: Scene, tally: Tally) -> None:
    """Compare media types without their parameters, which may be anything."""
    for seen in judged(scene):
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
                received=excerpt(seen.answer),
                exchange=seen.answer.exchange,
                **places.at(*places.answer(status, "content")),
            )


@check("Each body is strict JSON: UTF-8, no NaN, no name twice, nothing before or after it.")
def bodies_are_strict_json(scene: Scene, tally: Tally) -> None:
    """Parse each body that calls itself JSON as RFC 8259 has it."""
    for seen in [*scene.gets(), *scene.limited]:
        if not seen.answer.is_json or seen.answer.raw is None:
            continue
        tally.case()
        try:
            jsontext.strict(seen.answer.raw.body)
        except ValueError as error:
            tally.disagree(
                f"the body of an answer {seen.answer.status} is not JSON",
                expected="JSON (RFC 8259)",
                received=f"{error}: {excerpt(seen.answer)}",
                exchange=seen.answer.exchange,
                **places.at(*places.answer(seen.answer.status or 0, "content")),
            )


@check("Each body obeys the schema that the spec has for its status, formats included.")
def bodies_obey_the_schema(scene: Scene, tally: Tally) -> None:
    """Validate each JSON body of a documented status."""
    for seen in judged(scene):
        entry = entry_of(seen.answer.status or 0)
        content = spec.responses()[entry].get("content", {}) if entry else {}
        media = content.get(seen.answer.media_type)
        if media is None or seen.answer.raw is None:
            continue
        try:
            value = jsontext.strict(seen.answer.raw.body)
        except jsontext.DuplicateNameError:
            continue
        except ValueError:
            continue  # `bodies_are_strict_json` tells
        tally.case()
        name = media["schema"].get("$ref", "").rpartition("/")[2]
        for misfit in misfits(media["schema"], value):
            place = places.member(name, misfit.path)
            tally.disagree(
                f"{misfit.member} of an answer {seen.answer.status} is not what the schema allows",
                expected=misfit.message,
                received=_at(value, misfit.path),
                exchange=seen.answer.exchange,
                **places.at(*place),
            )


@check("The code of each error is one that is documented for its status, and for no other.")
def codes_fit_their_status(scene: Scene, tally: Tally) -> None:
    """Hold codes against the published tables; where they name none, only against misuse (D7)."""
    table = published.codes()
    for seen in judged(scene):
        status = seen.answer.status or 0
        value = read(seen.answer)
        if status < _CLIENT_ERROR or not isinstance(value, dict) or "code" not in value:
            continue
        tally.case()
        code = value["code"]
        elsewhere = {other for other, codes in table.items() if code in codes} - {status}
        known = table.get(status)
        if (known is not None and code not in known) or (known is None and elsewhere):
            tally.disagree(
                f"an error {status} has the code {code!r}",
                expected=f"one of {', '.join(sorted(known))}" if known else "a code of this status",
                received=excerpt(seen.answer),
                exchange=seen.answer.exchange,
                **places.at(*places.answer(status)),
            )


@check("Content-Length and Content-Encoding tell the truth, and nothing follows the body.")
def framing_is_true(scene: Scene, tally: Tally) -> None:
    """Tell what the connection saw beside the answer."""
    for seen in scene.of("known", "near", "unknown", "key", "method"):
        tally.case()
        for fault in seen.answer.raw.faults if seen.answer.raw else ():
            tally.disagree(
                "the bytes on the wire are not what the headers announce",
                expected="a body of the announced length and encoding, and nothing after it",
                received=fault,
                exchange=seen.answer.exchange,
            )


@check("No id, known or odd, makes the server fail while it answers others.")
def no_id_makes_the_server_fail(scene: Scene, tally: Tally) -> None:
    """Take 500 and silence for failures; what a proxy says for a moment was asked again."""
    scene.of("known", "near", "unknown", "key")
    asked = [seen for seen in scene.seen if seen.ask.kind != "method"]
    failed = [seen for seen in asked if _has_failed(seen)]
    if len(failed) > len(asked) / 2:
        raise NotJudgedError("the server failed on most requests: it seems to be down")
    away = [seen for seen in asked if seen.answer.status in PASSING and not seen.ask.odd]
    for seen in asked:
        tally.case()
        if _has_failed(seen) and seen not in away:
            tally.disagree(
                f"the server failed on {seen.ask.about}",
                expected="an answer below 500",
                received=seen.answer.exchange.error or excerpt(seen.answer),
                exchange=seen.answer.exchange,
                **places.at(*places.answer(_SERVER_ERROR)),
            )
    if away:
        raise NotJudgedError(f"a proxy answered {away[0].answer.status}, three times in a row")


@check("HEAD is answered like GET, without a body, or not at all; OPTIONS may be.")
def other_safe_methods_are_harmless(scene: Scene, tally: Tally) -> None:
    """Look for a HEAD that tells more than GET would."""
    heads = {seen.ask.about: seen for seen in scene.of("method") if seen.ask.method == "HEAD"}
    if not heads:
        raise NotExercisedError(scene.stopped)
    tells = _answered(heads.get("HEAD")) and not _answered(heads.get("HEAD of an unknown id"))
    for seen in heads.values():
        tally.case()
        if tells and seen.ask.key is not None and _answered(seen):
            tally.disagree(
                "HEAD tells without a key that an asset is there",
                expected="401, as GET answers",
                received=str(seen.answer.status),
                exchange=seen.answer.exchange,
                **places.at(*places.operation("security")),
            )


def _answered(seen: Seen | None) -> bool:
    return seen is not None and seen.answer.status == OK


def _has_failed(seen: Seen) -> bool:
    status = seen.answer.status
    if seen.ask.odd and status in PASSING:
        return False  # a firewall's way to refuse
    return (status is None and not seen.ask.odd) or (status or 0) >= _SERVER_ERROR


def _at(value: object, path: tuple[str | int, ...]) -> str:
    for part in path:
        if isinstance(value, dict) and part not in value:
            return "nothing"
        value = value[part]  # type: ignore[index]  # the path is one through this value
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
