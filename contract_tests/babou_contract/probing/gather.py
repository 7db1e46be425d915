"""Put the fixed questions to a server, and stop where more of them would tell nothing."""

from collections.abc import Iterator
from itertools import chain

from attrs import define, field

from babou_contract.model import Exchange
from babou_contract.probing import probes
from babou_contract.probing.answers import PASSING, Answer
from babou_contract.probing.failures import Failure
from babou_contract.probing.observations import Observations, is_final
from babou_contract.probing.probes import Ask, Seen
from babou_contract.probing.session import StoppedError, target_of

_BAD_REQUEST, _UNAUTHORIZED, _NOT_FOUND, _SERVER_ERROR = 400, 401, 404, 500
# Each fourteen or so keys are tried twice: together they outnumber `probes.READS`, so a check of
# the key that is skipped one time in six is found too.
_KEY_ROUNDS = 2
_KEYED_ASSETS = 1
_MOST_ALIKE = 3
_ON_EACH_ASSET = ("no key", "another key of the same form")
_MOST_SILENT = 3  # ids on which the server was silent, after which it is asked nothing more
_MOST_OUTAGES = 3  # questions in a row that nobody answered, or a proxy in the server's place
_WATCHED = (0.5, 1.0, 1.5, 2.0, 2.5)  # seconds; then assets on their way are read once more
_MOST_WATCHED = 5  # assets


@define
class Gathering:
    """Asks, remembers, and minds what goes wrong."""

    observations: Observations
    _looked: bool = False
    _silent: set[str] = field(factory=set)
    _outages: list[Ask] = field(factory=list)
    _watched: int = 0

    def look(self) -> None:
        """See whether the server is there at all, with a read of each known id."""
        observations = self.observations
        try:
            for asset_id in observations.assets:
                self._put(Ask("known", asset_id, f"read {asset_id!r}"))
                if len(observations.seen) == _MOST_OUTAGES and not observations.statuses("known"):
                    break
            observations.down = self._verdict()
        except StoppedError as error:
            observations.stopped = str(error)
            observations.down = "" if observations.shown() else observations.stopped
            self._leave_out(self._plan())
        self._looked = True

    def ask_all(self) -> None:
        """Put all fixed questions; note what is left out where the server is better left alone."""
        plan, now = chain(self._plan(), self._watch_on()), []
        try:
            for ask in plan:
                now = [ask]
                self._watch()
                if ask.asset_id not in self._silent:
                    self._put(ask)
        except StoppedError as error:
            self.observations.stopped = str(error)
            self._leave_out(chain(self._outages, now, plan))

    def _leave_out(self, plan: Iterator[Ask]) -> None:
        for ask in plan:
            self.observations.unanswered.setdefault(ask.kind, self.observations.stopped)

    def _put(self, ask: Ask) -> Answer:
        observations = self.observations
        answer = observations.session.request(
            ask.method,
            target_of(ask.asset_id),
            ask.about,
            credential=ask.key.credential if ask.key else None,
            headers=ask.headers,
            on_rate_limit=lambda refusal: observations.limited.append(Seen(ask, refusal)),
        )
        observations.add(Seen(ask, answer))
        self._mind(ask, answer)
        return answer

    def _mind(self, ask: Ask, answer: Answer) -> None:
        """Note what was not answered, and stop where nothing will be."""
        if answer.failure in {Failure.refused, Failure.unusable}:
            self.observations.fatal = self._guilty(answer.exchange)
            raise StoppedError(f"the server could not be reached: {answer.exchange.error}")
        if answer.failure is Failure.slow and ask.method == "GET":
            self._silent.add(ask.asset_id)
        self._outages = [*self._outages, ask] if answer.is_outage and not ask.is_optional else []
        if self._outages and answer.raw is not None:
            self.observations.unanswered.setdefault(ask.kind, f"{ask.about}: {answer.excerpt}")
        if self._looked and len(self._outages) >= _MOST_OUTAGES:
            self.observations.fatal = self._odd_one()
            raise StoppedError(f"the server is down: {answer.excerpt}")
        if self._looked and len(self._silent) >= _MOST_SILENT:
            raise StoppedError(f"{len(self._silent)} ids got {answer.exchange.error}")

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
        statuses = observations.statuses("known")
        if not observations.assets:
            return "no known asset was named: give at least one with --asset"
        if min(statuses, default=_SERVER_ERROR) < _BAD_REQUEST:
            return ""  # the asset, or what is neither that nor an error: the rules tell
        if (not statuses or _BAD_REQUEST in statuses) and observations.session.speaks_tls():
            return "the port speaks TLS: name the server with https://"
        return (
            ""
            if self._fails_on_assets_only()
            else _why_nothing(observations.seen[0].answer, statuses)
        )

    def _fails_on_assets_only(self) -> bool:
        """Say whether the server fails on known ids, while it refuses others as it should."""
        failed = [seen.answer for seen in self.observations.seen]
        if not any((a.status or _SERVER_ERROR) >= _SERVER_ERROR for a in failed):
            return False
        if all(a.status in PASSING for a in failed):
            return False
        unknown = self._put(Ask("unknown", "ast_none", "a short id"))
        keyless = self._put(
            Ask("key", self.observations.assets[0], "no key", key=self.observations.keys[0])
        )
        refused = unknown.status in {_BAD_REQUEST, _NOT_FOUND}
        return refused and keyless.status == _UNAUTHORIZED

    def _plan(self) -> Iterator[Ask]:
        observations = self.observations
        yield from probes.known(observations.assets, observations.settings.seed)
        shown = observations.shown()
        keyed = (
            observations.settled()[:_KEYED_ASSETS] or (shown or observations.assets)[:_KEYED_ASSETS]
        )
        for _ in range(_KEY_ROUNDS):
            for asset_id in keyed:
                for key in observations.keys:
                    yield Ask("key", asset_id, key.about, key=key)
                yield Ask("known", asset_id, f"read {asset_id!r} again")
        few = [key for key in observations.keys if key.about in _ON_EACH_ASSET]
        others = [asset_id for asset_id in shown if asset_id not in keyed]
        yield from (Ask("key", other, key.about, key=key) for other in others for key in few)
        for asset_id in shown[:2]:
            yield from (ask for ask in probes.near_misses(asset_id) if ask.asset_id not in shown)
        yield from probes.unknown(observations.assets)
        yield from probes.like_known(shown[:_MOST_ALIKE], observations.settings.seed)
        yield from probes.strangers(keyed, observations.keys, observations.settings.seed)
        for asset_id in keyed:
            about = f"read {asset_id!r} without compression"
            yield Ask("known", asset_id, about, headers=(("Accept-Encoding", "identity"),))
            yield Ask("method", asset_id, "HEAD", method="HEAD")
            yield Ask(
                "method", asset_id, "HEAD without a key", method="HEAD", key=observations.keys[0]
            )
            yield Ask("method", asset_id, "OPTIONS", method="OPTIONS")
        yield Ask("method", "ast_none", "HEAD of an unknown id", method="HEAD")
        for asset_id in keyed:
            yield Ask("known", asset_id, f"read {asset_id!r} again")

    def _watch(self) -> None:
        """Read the assets that are on their way, where it is time for that."""
        while self._watched < len(_WATCHED) and self._wait_for_watch() <= 0:
            self._watched += 1
            for asset_id in self._moving():
                self._put(Ask("known", asset_id, f"read {asset_id!r} a little later"))

    def _watch_on(self) -> Iterator[Ask]:
        """Wait for what is left of the times to watch, and give each its reads."""
        while self._watched < len(_WATCHED) and self._moving() and not self.observations.stopped:
            self.observations.session.pause(max(0.0, self._wait_for_watch()), "time limit")
            self._watched += 1
            for asset_id in self._moving():
                yield Ask("known", asset_id, f"read {asset_id!r} a little later")

    def _wait_for_watch(self) -> float:
        return _WATCHED[self._watched] - self.observations.session.elapsed()

    def _moving(self) -> tuple[str, ...]:
        """Return the assets that were not in a final state when they were seen last."""
        observations = self.observations
        last = {
            id: documents[-1][0]
            for id in observations.shown()
            if (documents := observations.documents(id))
        }
        moving = [id for id, document in last.items() if not is_final(document)]
        return tuple(id for id in moving if id not in self._silent)[:_MOST_WATCHED]


def _why_nothing(first: Answer, statuses: set[int]) -> str:
    """Say what it means that no known asset was answered."""
    if not statuses:
        return f"the server could not be reached: {first.excerpt}"
    asks = (first.exchange.header("www-authenticate") or "").strip()
    if statuses == {_UNAUTHORIZED} and asks.lower().startswith("basic"):
        return f"a gateway asks for a user's name and password (401, WWW-Authenticate: {asks})"
    if statuses == {_UNAUTHORIZED}:
        return f"the key was refused for every asset: {first.excerpt}"
    down = min(statuses) >= _SERVER_ERROR
    what = "the server is down" if down else "no known asset was ever seen"
    return f"{what}: it answered {first.excerpt}"
