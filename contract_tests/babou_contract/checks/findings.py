"""Which reading of each open question this server follows: information, never a failure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from attrs import frozen

from babou_contract.model import NOT_SEEN, Finding
from babou_contract.probing.asks import KEY
from babou_contract.probing.observations import OK, Observations, read

Told = tuple[str, str] | None
Asked = Callable[[Observations], Told]


@frozen
class Question:
    """A decision, what it leaves open, and the function that finds the answer and its evidence."""

    id: str
    text: str
    ask: Asked


def question(known: list[Question]) -> Callable[[str, str], Callable[[Asked], Asked]]:
    """Return a decorator that adds a question about a decision to a list."""

    def of(id: str, text: str) -> Callable[[Asked], Asked]:
        def register(ask: Asked) -> Asked:
            known.append(Question(id, text, ask))
            return ask

        return register

    return of


QUESTIONS: list[Question] = []
_ask = question(QUESTIONS)


def findings(observations: Observations) -> Iterator[Finding]:
    """Yield what the answers say about each decision, where they say anything."""
    of_meaning = (meaning.questions for meaning in observations.meanings.values())
    for one in sorted(chain(QUESTIONS, *of_meaning), key=lambda one: int(one.id.strip("D"))):
        try:
            told = one.ask(observations)
        except (TypeError, ValueError, LookupError):  # of odd documents
            told = None
        answer, evidence = told or (NOT_SEEN, "")
        yield Finding(id=one.id, question=one.text, answer=answer, evidence=evidence)


def listed(values: Iterable[object]) -> str:
    """Return different values in one line."""
    return ", ".join(sorted({str(value) for value in values}))


def _told_to(observations: Observations, about: str) -> Told:
    """Return status and code of what was answered to a key."""
    for seen in observations.answered(KEY):
        if seen.ask.about == about:
            body = read(seen.answer)
            code = body.get("code") if isinstance(body, dict) else None
            return f"{seen.answer.status} {code or ''}".strip(), f"asked for {about}"
    return None


@_ask("D6", "What does a wrong key get for what is there?")
def _wrong_key(observations: Observations) -> Told:
    return _told_to(observations, "another key of the same form")


@_ask("D8", "Does something stand before the server?")
def _proxy(observations: Observations) -> Told:
    exchanges = observations.session.exchanges
    names = ("server", "via", "cf-ray", "x-amz-cf-id", "x-served-by")
    told = {f"{n}: {v}" for e in exchanges for n in names if (v := e.header(n))}
    return (listed(sorted(told)[:5]) or "nothing says so", "") if exchanges else None


@_ask("D9", "Which codes do the refusals of a missing, a malformed and a wrong key have?")
def _codes(observations: Observations) -> Told:
    asked = ("no key", "a word for a key", "another key of the same form")
    told = [answer[0] for about in asked if (answer := _told_to(observations, about))]
    return (", ".join(told), ", ".join(asked)) if told else None


@_ask("D10", "Does the server redirect?")
def _redirects(observations: Observations) -> Told:
    redirects = [e for e in observations.session.exchanges if 300 <= (e.status or 0) < 400]  # noqa: PLR2004
    if not observations.session.exchanges:
        return None
    return (f"{redirects[0].status}", redirects[0].url) if redirects else ("never", "")


@_ask("D11", "Which headers does a 429 have?")
def _rate_limit(observations: Observations) -> Told:
    limited = [e for e in observations.session.exchanges if e.status == 429]  # noqa: PLR2004
    names = {
        n for e in limited for n, _ in e.received if "rate" in n.lower() or "retry" in n.lower()
    }
    return (listed(names) or "none of use", f"{len(limited)} answers") if limited else None


@_ask("D13", "How large is an answer?")
def _sizes(observations: Observations) -> Told:
    sizes = [
        len(exchange.body) for exchange in observations.session.exchanges if exchange.status == OK
    ]
    return (f"at most {max(sizes)} bytes", f"in {len(sizes)} answers") if sizes else None
