"""Rules about the key: whatever is not the key is refused, before anything is told."""

from collections.abc import Iterator
from urllib.parse import quote

from babou_contract.checks.judging import is_redirect
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing import keys
from babou_contract.probing.answers import PASSING
from babou_contract.probing.asks import IN_QUERY, KEY, READ, STRANGER, Seen, successes
from babou_contract.probing.failures import NotJudgedError
from babou_contract.probing.observations import Observations, read
from babou_contract.specification import places, published, spec

check = Register(Boundary.spec_server)

Pairs = Iterator[tuple[str, str]]

_UNAUTHORIZED = 401
_PART = 12  # a server may show the end of a key, for a person to know which one it was
_TELLING = 6  # so many characters of a value in a body are not there by chance


@check("Without a key nothing is answered but 401.")
def a_key_is_required(observations: Observations, tally: Tally) -> None:
    """Ask without Authorization, with an empty one, and with the scheme alone."""
    _refused(_with_keys(observations, "missing"), tally)
    for one in observations.operations:
        if one.needs_key and not keys.takes_one_key(one):
            observations.lack(
                f"{one.id} asks for other credentials than one key, and no others are sent: leave "
                f"it out, --waive {one.id}"
            )


@check("What is not of the form `Bearer sk-bab-…` is refused with 401 (D9).")
def the_form_of_the_key_is_checked(observations: Observations, tally: Tally) -> None:
    """Ask with other schemes and other prefixes."""
    _refused(_need_a_key(observations, _with_keys(observations, "form")), tally)


@check("A key of the right form that is not the key is refused with 401 (D6, D9).")
def wrong_keys_are_refused(observations: Observations, tally: Tally) -> None:
    """Ask with invented keys, and with the right one made longer, shorter and in other letters."""
    _refused(_need_a_key(observations, _with_keys(observations, "wrong")), tally)


@check("The key is checked before anything is looked up: who has no key learns of nothing.")
def the_key_is_checked_first(observations: Observations, tally: Tally) -> None:
    """Ask without the key for what does not exist, where what does is refused."""
    _need_keys(observations)
    let_in = {
        (seen.operation.id, seen.ask.key)
        for seen in observations.of(KEY)
        if seen.answer.status != _UNAUTHORIZED
    }
    asked = observations.answered(STRANGER)
    others = [seen for seen in asked if (seen.operation.id, seen.ask.key) not in let_in]
    tally.case(len(asked) - len(others))
    _refused(others, tally)


@check("No key is read from the query, where logs keep it: the specification has it elsewhere.")
def the_query_has_no_key(observations: Observations, tally: Tally) -> None:
    """Ask with keys in the query, without one and with the right one where it belongs."""
    refusals = {(seen.operation.id, _code(seen)) for seen in _with_keys(observations, "missing")}
    asked = observations.answered(IN_QUERY)
    if not asked and observations.stopped:
        raise NotJudgedError(observations.stopped)
    if not asked:
        raise NotExercisedError("no operation has its key elsewhere than in the query")
    sent = {value for seen in asked for _, value in seen.ask.call.more}
    if observations.settings.api_key not in sent:
        tally.note = "the server is elsewhere: the key itself was sent in no query"
    for seen in _need_a_key(observations, asked):
        if not (seen.ask.key or observations.reached(seen.operation)):
            continue  # the right key is refused without it as well
        tally.case()
        status = seen.answer.status
        is_usual = (seen.operation.id, _code(seen)) in refusals and seen.ask.key
        if status in successes(seen.operation) and seen.ask.key:
            told = "is let in"
        elif status == _UNAUTHORIZED and not is_usual:
            told = "is looked at"
        else:
            continue
        tally.disagree(
            f"{seen.ask.about} {told} by {seen.operation.id}",
            expected="the answer that there is without it",
            received=seen.answer.excerpt,
            exchange=seen.answer.exchange,
            **places.at(*places.of(seen.operation, "security")),
        )


def _code(seen: Seen) -> object:
    body = read(seen.answer)
    return body.get("code") if isinstance(body, dict) else None


@check("The code of a 401 is documented, and true of the key that was sent (D9).")
def the_code_of_a_refusal_is_true(observations: Observations, tally: Tally) -> None:
    """Compare codes: no invented key has expired, none of the right form has a wrong one."""
    documented = published.codes()[_UNAUTHORIZED]
    _need_keys(observations)
    for seen in observations.of(KEY, STRANGER):
        code = _code(seen)
        if seen.answer.status != _UNAUTHORIZED or not (seen.ask.key and isinstance(code, str)):
            continue  # the schema tells
        tally.case()
        true = documented - seen.ask.key.untrue
        if code not in true:
            tally.disagree(
                f"the refusal of {seen.ask.about} has a code that is not true of it",
                expected=f"one of {', '.join(sorted(true))}",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, _UNAUTHORIZED)),
            )


@check("A refusal tells nothing of what is there.")
def a_refusal_tells_nothing(observations: Observations, tally: Tally) -> None:
    """Look for the values of a success in the bodies and headers of refusals."""
    _need_keys(observations)
    for seen in observations.of(KEY):
        told = _first_success(observations, seen)
        status = seen.answer.status
        if told is None or seen.answer.raw is None or status in successes(seen.operation):
            continue
        tally.case()
        text = seen.answer.raw.text.decode("utf-8", "replace")
        leaked = [name for name, value in told.items() if value in text]
        if leaked:
            tally.disagree(
                f"the answer to {seen.ask.about} tells {leaked[0]}, which only a key should",
                expected="401 and an error, nothing else",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.of(seen.operation, "security")),
            )


def _first_success(observations: Observations, seen: Seen) -> dict[str, str] | None:
    """Return the telling values of what the same call was answered with, by their names."""
    for other in observations.answered(READ, operation=seen.operation.id):
        if other.ask.call == seen.ask.call and other.answer.status in successes(seen.operation):
            schema = spec.merged(_schema_of(other))
            return dict(_telling(schema, read(other.answer), seen.ask.call.target))
    return None


def _schema_of(seen: Seen) -> spec.Document:
    entry = seen.operation.status_of(seen.answer.status or 0) or ""
    content = seen.operation.answers.get((entry, seen.answer.media_type))
    return content.schema if content else {}


def _telling(schema: spec.Document, value: object, target: str, name: str = "") -> Pairs:
    """Yield the texts and numbers in a value that no other text has by chance."""
    whole = spec.merged(schema)
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _telling(whole.get("properties", {}).get(key, {}), part, target, str(key))
        return
    if isinstance(value, list):
        for item in value:
            yield from _telling(whole.get("items", {}), item, target, name)
        return
    text = str(value)
    is_usual = value in spec.listed(whole)
    if len(text) < _TELLING or is_usual or text.startswith("application/"):
        return
    if quote(text, safe="") not in target and not text.endswith(target):
        yield name, text


@check("No answer repeats the key that was sent, in its body or its headers.")
def the_key_is_not_repeated(observations: Observations, tally: Tally) -> None:
    """Look for the key, longer parts of it, and the invented keys."""
    for seen in observations.of():
        if seen.answer.raw is None or seen.ask.kind == IN_QUERY:
            continue  # a server may repeat a query, in which it knows of no key
        tally.case()
        text = seen.answer.raw.text
        sent = seen.ask.key.sent if seen.ask.key else ""
        whole = len(sent) > _TELLING and sent not in {"Bearer", "wrong", "sk-bab-", "sk-bab-x"}
        if observations.redactor.repeats(text, _PART) or (whole and sent.encode() in text):
            tally.disagree(
                "the answer repeats the key",
                expected="an answer without it",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.of(seen.operation, "security")),
            )


def _with_keys(observations: Observations, name: str) -> list[Seen]:
    _need_keys(observations)
    found = [seen for seen in observations.of(KEY) if seen.ask.key and seen.ask.key.name == name]
    if not found:
        raise NotJudgedError(observations.stopped or "nothing was seen to try keys on")
    return found


def _need_keys(observations: Observations) -> None:
    if not any(operation.needs_key for operation in observations.operations):
        raise NotExercisedError("no operation asks for a key")


def _need_a_key(observations: Observations, asked: list[Seen]) -> list[Seen]:
    """Return what was asked of the operations that ask for a key at all."""
    open_to_all = {
        seen.operation.id
        for seen in _with_keys(observations, "missing")
        if seen.answer.status in successes(seen.operation)
    }
    kept = [seen for seen in asked if seen.operation.id not in open_to_all]
    if not kept:
        raise NotJudgedError("no key is needed at all: `a-key-is-required` tells")
    return kept


def _refused(asked: list[Seen], tally: Tally) -> None:
    for seen in asked:
        tally.case()
        status = seen.answer.status or _UNAUTHORIZED
        if status != _UNAUTHORIZED and status not in PASSING and not is_redirect(status):
            tally.disagree(
                f"{seen.ask.about} was not refused with 401 by {seen.operation.id}",
                expected="401 and a documented code",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer_of(seen.operation, _UNAUTHORIZED)),
            )
