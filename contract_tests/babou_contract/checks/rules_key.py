"""Rules about the key: whatever is not the key is refused, before anything is told."""

from babou_contract.checks.registry import NotJudgedError, Register, Tally
from babou_contract.checks.rules_answers import is_redirect
from babou_contract.model import Boundary
from babou_contract.probing.answers import PASSING
from babou_contract.probing.observations import OK, Observations, read
from babou_contract.probing.probes import Seen
from babou_contract.specification import places, published

check = Register(Boundary.spec_server)

_UNAUTHORIZED = 401
_PART = 12  # a server may show the end of a key, for a person to know which one it was
_TELLING = 6  # so many characters of a value in a body are not there by chance


@check("Without a key nothing is answered but 401.")
def a_key_is_required(observations: Observations, tally: Tally) -> None:
    """Ask without Authorization, with an empty one, and with the scheme alone."""
    _refused(_with_keys(observations, "missing"), tally)


@check("What is not of the form `Bearer sk-bab-…` is refused with 401 (D9).")
def the_form_of_the_key_is_checked(observations: Observations, tally: Tally) -> None:
    """Ask with other schemes and other prefixes."""
    _need_a_key(observations)
    _refused(_with_keys(observations, "form"), tally)


@check("A key of the right form that is not the key is refused with 401 (D6, D9).")
def wrong_keys_are_refused(observations: Observations, tally: Tally) -> None:
    """Ask with invented keys, and with the right one made longer, shorter and in other letters."""
    _need_a_key(observations)
    _refused(_with_keys(observations, "wrong"), tally)


@check("The key is checked before the id: who has no key learns of no asset that it exists.")
def the_key_is_checked_before_the_id(observations: Observations, tally: Tally) -> None:
    """Ask without the key for an id that nothing has, where a known one is refused."""
    let_in = {
        seen.ask.key for seen in observations.of("key") if seen.answer.status != _UNAUTHORIZED
    }
    asked = observations.of("stranger")
    others = [seen for seen in asked if seen.ask.key not in let_in]
    tally.case(len(asked) - len(others))
    _refused(others, tally)


@check("The code of a 401 is documented, and true of the key that was sent (D9).")
def the_code_of_a_refusal_is_true(observations: Observations, tally: Tally) -> None:
    """Compare codes: no invented key has expired, none of the right form has a wrong one."""
    documented = published.codes()[_UNAUTHORIZED]
    for seen in observations.of("key", "stranger"):
        body = read(seen.answer)
        code = body.get("code") if isinstance(body, dict) else None
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
                **places.at(*places.answer(_UNAUTHORIZED)),
            )


@check("A refusal tells nothing about the asset.")
def a_refusal_tells_nothing(observations: Observations, tally: Tally) -> None:
    """Look for the asset's values in the bodies and headers of refusals."""
    for seen in observations.of("key"):
        told = [doc for doc, _ in observations.documents(seen.ask.asset_id)][:1]
        if not told or seen.answer.raw is None or seen.answer.status == OK:
            continue
        tally.case()
        text = seen.answer.raw.text.decode("utf-8", "replace")
        values = {
            name: value
            for name, value in told[0].items()
            if name in {"name", "url", "created_at", "size", "content_type"}
            if len(str(value)) >= _TELLING and not str(value).startswith("application/")
        }
        leaked = [name for name, value in values.items() if str(value) in text]
        if leaked:
            tally.disagree(
                f"the answer to {seen.ask.about} tells the asset's {leaked[0]}",
                expected="401 and an error, nothing else",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.operation("security")),
            )


@check("No answer repeats the key that was sent, in its body or its headers.")
def the_key_is_not_repeated(observations: Observations, tally: Tally) -> None:
    """Look for the key, longer parts of it, and the invented keys."""
    for seen in observations.of("known", "near", "unknown", "key", "stranger", "method"):
        if seen.answer.raw is None:
            continue
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
                **places.at(*places.operation("security")),
            )


def _with_keys(observations: Observations, name: str) -> list[Seen]:
    found = [seen for seen in observations.of("key") if seen.ask.key and seen.ask.key.name == name]
    if not found:
        raise NotJudgedError(observations.stopped or "no asset was seen to try keys on")
    return found


def _need_a_key(observations: Observations) -> None:
    if all(seen.answer.status == OK for seen in _with_keys(observations, "missing")):
        raise NotJudgedError("no key is needed at all: `a-key-is-required` tells")


def _refused(asked: list[Seen], tally: Tally) -> None:
    for seen in asked:
        tally.case()
        status = seen.answer.status or _UNAUTHORIZED
        if status != _UNAUTHORIZED and status not in PASSING and not is_redirect(status):
            tally.disagree(
                f"{seen.ask.about} was not refused with 401",
                expected="401 and a documented code",
                received=seen.answer.excerpt,
                exchange=seen.answer.exchange,
                **places.at(*places.answer(_UNAUTHORIZED)),
            )
