"""The server as it was seen: the fixed questions are put once, and all checks look at them."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import define, field

from babou_contract import jsontext, probes
from babou_contract.checks import NotExercisedError, NotJudgedError
from babou_contract.probes import Ask, KeyProbe, Kind, Seen
from babou_contract.redaction import Redactor
from babou_contract.session import Answer, OutOfTimeError, Session, target_of
from babou_contract.settings import Settings

if TYPE_CHECKING:
    from babou_contract.breadth import Breadth

OK = 200
_UNAUTHORIZED = 401
_FIRST_ERROR, _FIRST_SERVER_ERROR = 400, 500
# Each fourteen or so keys are tried twice: together they outnumber `probes.READS`, so a check of
# the key that is skipped one time in six is found too.
_KEY_ROUNDS = 2
_KEYED_ASSETS = 1
_ON_EACH_ASSET = ("no key", "another key of the same form")


@define(slots=False)
class Scene:
    """A server, what it was asked, and what it answered.

    Attributes:
        limited: The 429s in between, which were waited out.
        stopped: Why not everything was asked; empty where it was.
        down: Why nothing can be judged; empty where it can.
        breadth: The process of schemathesis, if it is wanted and installed.
        to_close: What is to be called once all is done.
    """

    settings: Settings
    session: Session
    assets: tuple[str, ...]
    seen: list[Seen] = field(factory=list)
    limited: list[Seen] = field(factory=list)
    stopped: str = ""
    down: str = ""
    breadth: "Breadth | None" = None
    to_close: list[Callable[[], None]] = field(factory=list)

    @cached_property
    def keys(self) -> tuple[KeyProbe, ...]:
        """The credentials that have to be refused."""
        return probes.keys(self.settings.api_key, self.settings.seed)

    @cached_property
    def redactor(self) -> Redactor:
        """What knows the key, in all spellings."""
        return Redactor(self.settings.api_key)

    def shown_as(self, header: str) -> str:
        """Return a header's value as a shell can send it: with a variable in the key's place."""
        known = [self.session.right, *(key.credential for key in self.keys)]
        return next((one.shown or "" for one in known if one.value == header), header)

    def close(self) -> None:
        """Let go of all connections and processes."""
        for close in [*self.to_close, self.session.close]:
            close()
        if self.breadth is not None:
            self.breadth.close()

    def look(self) -> None:
        """See whether the server is there at all, with one read of each known id."""
        try:
            for asset_id in self.assets:
                answer = self.put(Ask("known", asset_id, f"read {asset_id!r}"))
                if answer.raw is None and not self.statuses("known"):
                    break
        except OutOfTimeError as error:
            self.stopped = str(error)
        self.down = self._verdict_of_first_look()

    def _verdict_of_first_look(self) -> str:
        statuses = self.statuses("known")
        if not self.assets:
            return "no known asset was named: give at least one with --asset"
        if not statuses:
            error = next((seen.answer.exchange.error for seen in self.seen), self.stopped)
            return f"the server could not be reached: {error}"
        if min(statuses) < _FIRST_ERROR:
            return ""  # the asset, or what is neither that nor an error: the rules tell
        if statuses == {_UNAUTHORIZED}:
            return "the key was refused for every asset (401)"
        down = min(statuses) >= _FIRST_SERVER_ERROR
        what = "the server is down" if down else "no known asset was ever seen"
        return f"{what}: it answered {_listed(statuses)}"

    def gather(self) -> None:
        """Put all fixed questions; stop where the time is up."""
        try:
            for ask in self._plan():
                self.put(ask)
        except OutOfTimeError as error:
            self.stopped = str(error)

    def _plan(self) -> Iterator[Ask]:
        yield from probes.known(self.assets, self.settings.seed)
        shown = self.shown()
        keyed = self.settled()[:_KEYED_ASSETS] or shown[:_KEYED_ASSETS]
        for _ in range(_KEY_ROUNDS):
            for asset_id in keyed:
                for key in self.keys:
                    yield Ask("key", asset_id, key.about, key=key)
                yield Ask("known", asset_id, f"read {asset_id!r} again")
        few = [key for key in self.keys if key.about in _ON_EACH_ASSET]
        others = [asset_id for asset_id in shown if asset_id not in keyed]
        yield from (Ask("key", other, key.about, key=key) for other in others for key in few)
        for asset_id in shown[:2]:
            yield from (ask for ask in probes.near_misses(asset_id) if ask.asset_id not in shown)
        yield from probes.unknown(self.assets)
        for asset_id in keyed:
            yield Ask("method", asset_id, "HEAD", method="HEAD")
            yield Ask("method", asset_id, "HEAD without a key", method="HEAD", key=self.keys[0])
            yield Ask("method", asset_id, "OPTIONS", method="OPTIONS")
        yield Ask("method", "ast_none", "HEAD of an unknown id", method="HEAD")
        for asset_id in keyed:
            yield Ask("known", asset_id, f"read {asset_id!r} again")

    def put(self, ask: Ask) -> Answer:
        """Ask, and remember."""
        answer = self.session.request(
            ask.method,
            target_of(ask.asset_id),
            ask.about,
            credential=ask.key.credential if ask.key else None,
            on_rate_limit=lambda refusal: self.limited.append(Seen(ask, refusal)),
        )
        self.seen.append(Seen(ask, answer))
        return answer

    def of(self, *kinds: Kind) -> list[Seen]:
        """Return what was seen of these kinds; raise where that is nothing."""
        if self.down:
            raise NotJudgedError(self.down)
        found = [seen for seen in self.seen if seen.ask.kind in kinds and seen.answer.raw]
        if not found:
            raise NotExercisedError(self.stopped or "nothing of the kind was asked")
        return found

    def gets(self) -> list[Seen]:
        """Return what was seen of GET."""
        return self.of("known", "near", "unknown", "key")

    def statuses(self, kind: Kind) -> set[int]:
        """Return the statuses that came to a kind of question."""
        return {
            seen.answer.status
            for seen in self.seen
            if seen.ask.kind == kind and seen.answer.status is not None
        }

    def documents(self, asset_id: str) -> list[tuple[dict[str, Any], Answer]]:
        """Return the documents that came for a known id, in their order, with their answers."""
        return [
            (document, seen.answer)
            for seen in self.seen
            if seen.ask.kind == "known" and seen.ask.asset_id == asset_id
            if (document := document_in(seen.answer)) is not None
        ]

    def shown(self) -> tuple[str, ...]:
        """Return the known ids that were answered with 200."""
        return tuple(
            asset_id
            for asset_id in self.assets
            if any(seen.ask.asset_id == asset_id and seen.answer.status == OK for seen in self.seen)
        )

    def settled(self) -> tuple[str, ...]:
        """Return the known ids whose state was final whenever they were seen."""
        return tuple(
            asset_id
            for asset_id in self.shown()
            if all(is_final(document) for document, _ in self.documents(asset_id))
        )


def is_final(document: dict[str, Any]) -> bool:
    """Say whether an asset's state will never change again (D2)."""
    return document.get("state") in FINAL


FINAL = ("ready", "error", "failed")


def read(answer: Answer) -> Any:  # noqa: ANN401  any JSON value
    """Return the JSON value in a body, None where it is not JSON at all."""
    try:
        return jsontext.strict(answer.raw.body if answer.raw else b"")
    except ValueError:
        return None


def document_in(answer: Answer) -> dict[str, Any] | None:
    """Return the object in the body of a 200, None where there is none."""
    value = read(answer) if answer.status == OK else None
    return value if isinstance(value, dict) else None


def _listed(statuses: Iterable[int]) -> str:
    return ", ".join(str(status) for status in sorted(statuses))
