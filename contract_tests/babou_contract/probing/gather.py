"""Put the fixed questions to a server, and stop where more of them would tell nothing."""

from collections.abc import Iterator
from itertools import chain

from attrs import define, field

from babou_contract.model import Exchange
from babou_contract.probing import asks, generic
from babou_contract.probing.answers import PASSING, Answer
from babou_contract.probing.asks import READ, Ask, Call, Seen
from babou_contract.probing.failures import Failure, StoppedError
from babou_contract.probing.observations import Observations
from babou_contract.specification.operations import Operation

_BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND, _SERVER_ERROR = 400, 401, 404, 500
_MOST_SILENT = 3  # targets on which the server was silent, after which it is asked nothing more
_MOST_OUTAGES = 3  # questions in a row that nobody answered, or a proxy in the server's place
_WATCHED = (0.5, 1.0, 1.5, 2.0, 2.5)  # seconds; then what is on its way is asked for once more


@define
class Gathering:
    """Asks, remembers, and minds what goes wrong."""

    observations: Observations
    _looked: bool = False
    _looked_at: set[str] = field(factory=set)
    _silent: set[tuple[str, str]] = field(factory=set)
    _outages: list[Ask] = field(factory=list)
    _watched: int = 0

    def look(self, *, at_all: bool) -> None:
        """See whether the server is there at all, with each known call, once.

        Args:
            at_all: Look at all operations; or else until one is seen to succeed, since the others
                are looked at with their questions.
        """
        observations = self.observations
        try:
            for operation in observations.operations:
                if not at_all and any(map(observations.reached, observations.operations)):
                    break
                for call in self._first_calls(operation):
                    self._put(asks.read(call))
                    if len(observations.seen) == _MOST_OUTAGES and not observations.statuses(READ):
                        break
            observations.down = self._verdict()
        except StoppedError as error:
            observations.stopped = str(error)
            self._leave_out(self._plan())
            succeeded = any(map(observations.reached, observations.operations))
            observations.down = "" if succeeded else observations.stopped
        self._looked = True

    def ask_all(self) -> None:
        """Put all fixed questions; note what is left out where the server is better left alone."""
        plan, now = chain(self._plan(), self._watch_on()), []
        try:
            for ask in plan:
                now = [ask]
                self._watch()
                if (ask.method, ask.call.target) not in self._silent:
                    self._put(ask)
        except StoppedError as error:
            self.observations.stopped = str(error)
            self._leave_out(chain(self._outages, now, plan))

    def _plan(self) -> Iterator[Ask]:
        observations = self.observations
        for operation in observations.operations:
            yield from map(asks.read, self._first_calls(operation))
            yield from generic.probes(observations, operation)
            if meaning := observations.meanings.get(operation.id):
                yield from meaning.probes(observations)

    def _first_calls(self, operation: Operation) -> tuple[Call, ...]:
        """Return the known calls of an operation; none where they were made already."""
        if operation.id in self._looked_at:
            return ()
        self._looked_at.add(operation.id)
        return tuple(self.observations.calls[operation.id])

    def _leave_out(self, plan: Iterator[Ask]) -> None:
        for ask in plan:
            self._note(ask, self.observations.stopped)

    def _note(self, ask: Ask, reason: str) -> None:
        self.observations.unanswered.setdefault((ask.operation.id, ask.kind), reason)

    def _put(self, ask: Ask) -> Answer:
        observations = self.observations
        answer = observations.session.request(
            ask.method,
            ask.call.target,
            ask.about,
            credential=ask.key.credential if ask.key else observations.right(ask.operation),
            headers=(*ask.call.headers, *ask.headers),
            content=b"" if ask.announced or ask.other_method else ask.call.content,
            announced=ask.announced,
            on_rate_limit=lambda refusal: observations.limited.append(Seen(ask, refusal)),
        )
        observations.seen.append(Seen(ask, answer))
        self._mind(ask, answer)
        return answer

    def _mind(self, ask: Ask, answer: Answer) -> None:
        """Note what was not answered, and stop where nothing will be."""
        if ask.announced:
            return
        if answer.failure in {Failure.refused, Failure.unusable}:
            self.observations.fatal = self._guilty(answer.exchange)
            raise StoppedError(f"the server could not be reached: {answer.exchange.error}")
        if answer.failure is Failure.slow and not ask.other_method:
            self._silent.add((ask.method, ask.call.target))
        self._outages = [*self._outages, ask] if answer.is_outage and not ask.is_optional else []
        if self._outages and answer.raw is not None:
            self._note(ask, f"{ask.about}: {answer.excerpt}")
        if self._looked and len(self._outages) >= _MOST_OUTAGES:
            self.observations.fatal = self._odd_one()
            raise StoppedError(f"the server is down: {answer.excerpt}")
        if self._looked and len(self._silent) >= _MOST_SILENT:
            raise StoppedError(f"{len(self._silent)} requests got {answer.exchange.error}")

    def _guilty(self, refused: Exchange) -> Exchange | None:
        """Return the last request that could be sent, if no other one like it was survived."""
        sent = [one for one in self.observations.session.exchanges if one.error != refused.error]
        last = sent.pop() if sent else None
        alike = [e for e in sent if last and (e.url, e.headers) == (last.url, last.headers)]
        return None if any(e.status for e in alike) else last

    def _odd_one(self) -> Exchange | None:
        """Return the odd request since which nothing was answered."""
        seen = list(self.observations.seen)
        first = None
        while seen and seen[-1].answer.raw is None:
            first = seen.pop()
        return first.answer.exchange if first and first.ask.odd else None

    def _verdict(self) -> str:
        """Say why nothing can be judged; empty where it can."""
        observations = self.observations
        statuses = observations.statuses(READ)
        if not observations.operations:
            return "no operation may be asked: each is waived, or needs --allow-unsafe-methods"
        if min(statuses, default=_SERVER_ERROR) < _BAD_REQUEST:
            return ""  # a success, or what is neither that nor an error: the rules tell
        if (not statuses or _BAD_REQUEST in statuses) and observations.session.speaks_tls():
            return "the port speaks TLS: name the server with https://"
        if self._fails_on_what_is_there():
            return ""
        return _why_nothing(observations.seen[0].answer, statuses)

    def _fails_on_what_is_there(self) -> bool:
        """Say whether the server fails on known calls, while it refuses others as it should."""
        failed = [seen.answer for seen in self.observations.seen]
        if not any((a.status or _SERVER_ERROR) >= _SERVER_ERROR for a in failed):
            return False
        if all(a.status in PASSING for a in failed):
            return False
        return any(map(self._refuses_others, self.observations.operations))

    def _refuses_others(self, operation: Operation) -> bool:
        observations = self.observations
        base = observations.calls[operation.id][0]
        absent = generic.absent_call(base, observations.settings.seed)
        if not operation.needs_key or absent is None:
            return False
        unknown = self._put(Ask(asks.MADE_UP, absent, "what does not exist", odd=True))
        keyless = self._put(Ask(asks.KEY, base, "no key", key=observations.keys(operation)[0]))
        refused = unknown.status in {_BAD_REQUEST, _NOT_FOUND}
        return refused and keyless.status == _UNAUTHORIZED

    def _watch(self) -> None:
        """Ask again for what is on its way, where it is time for that."""
        while self._watched < len(_WATCHED) and self._wait_for_watch() <= 0:
            self._watched += 1
            for ask in self._again():
                self._put(ask)

    def _watch_on(self) -> Iterator[Ask]:
        """Wait for what is left of the times to watch, and ask each time."""
        while self._watched < len(_WATCHED) and self._again() and not self.observations.stopped:
            self.observations.session.pause(max(0.0, self._wait_for_watch()), "time limit")
            self._watched += 1
            yield from self._again()

    def _wait_for_watch(self) -> float:
        return _WATCHED[self._watched] - self.observations.session.elapsed()

    def _again(self) -> list[Ask]:
        """Return what the modules of meaning ask for once more."""
        observations = self.observations
        found = [
            ask
            for operation in observations.operations
            if operation.id in observations.meanings
            for ask in observations.meanings[operation.id].again(observations)
        ]
        return [ask for ask in found if (ask.method, ask.call.target) not in self._silent]


def _why_nothing(first: Answer, statuses: set[int]) -> str:
    """Say what it means that no known call was answered."""
    if not statuses:
        slow = first.failure is Failure.slow
        return f"the server {'did not answer' if slow else 'could not be reached'}: {first.excerpt}"
    asks_for = (first.exchange.header("www-authenticate") or "").strip()
    if statuses == {_UNAUTHORIZED} and asks_for.lower().startswith("basic"):
        return f"a gateway asks for a user's name and password (401, WWW-Authenticate: {asks_for})"
    if statuses == {_UNAUTHORIZED}:
        return f"the key was refused for every request: {first.excerpt}"
    down = min(statuses) >= _SERVER_ERROR
    if down:
        return f"the server is down: it answered {first.excerpt}"
    return (
        f"nothing that was asked for was ever seen: it answered {first.excerpt}. Check --base-url, "
        "and what you named as being there"
    )
