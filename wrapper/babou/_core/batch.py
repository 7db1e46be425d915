"""Wait for many assets at once: which asset is polled next, and when. Pure.

All waits share one back-off: after a 429, no poll is sent until the server's pause is over, or a
back-off that grows with each 429 in a row. If that pause is longer than the time that is left, or
if the key is refused, all waits end at once, as each would by itself.

As soon as some of many waits are known to be under way, they are polled by sweeps: through the
list's pages of assets that are under way. A page shows a hundred assets. It is a hint: an asset
that it shows under way is not polled, except for one asset of each page. An asset that a page shows
terminal, and one that no page shows, is polled by itself. When assets leave the list, the others
move, so pages overlap by twenty assets: of 100,000 under way, none was missed.

| pages are no longer used after | because |
|---|---|
| one is refused, or isn't as specified | there is no such list or filter (D20, D25) |
| two sweeps in a row failed | each id can still be polled |
| a sweep cost more than it saved | most of what is under way is not waited for here |
| a page shows an asset under way that was seen terminal | the list is a copy of an earlier time |
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field, frozen

from babou._core.calls import Call, Query, Reply, outcome_of, page_call
from babou._core.flows import WaitState
from babou._core.messages import Response, Step
from babou._core.operations import (
    Asset,
    AssetPage,
    AssetState,
    asset_request,
    largest_page,
    under_way,
)
from babou._core.outcomes import Again, Done, FailedPoll, WaitFailure, WaitResult, WaitSuccess
from babou._core.polling import is_passing
from babou._core.retry import asked_pause, backoff, is_transient
from babou._errors import AuthenticationError, BabouError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from babou._core.polling import PollPolicy

_FEWEST = 50
"""A sweep can be worth it from this number of waits on."""
_OVERLAP = 20
"""Assets of a page that the next page shows again."""
_SAMPLE = 20
"""Waits that are polled first, one by one: they show whether the others are likely under way."""
_SOON = 0.25
"""A sweep counts the waits that are due within this part of the time since the last sweep."""
_EARLY = 0.5
"""A sweep includes a wait after this part of its pause, so that all become due together."""
_LOOK = 0.1
"""Seconds between two decisions on whether a sweep is worth it."""
_LAST = 1.0
"""Seconds before the end in which each asset is polled by itself: a page is only a hint."""
_PATIENCE = 5.0
"""The most seconds that a page may take: until it has come, its assets are not polled."""

_Result = TypeVar("_Result", WaitSuccess, WaitFailure)

_Entry = tuple[float, int, str, float]
"""A wait in the queue: when it is due, its number in the order, its id, when its pause began."""


@frozen(eq=False)
class _PagePoll:
    """The request for one page of a sweep."""

    sweep: _Sweep
    state: AssetState
    offset: int

    @property
    def call(self) -> Call[AssetPage]:
        """The call to make."""
        return page_call(Query(self.state), limit=largest_page(), offset=self.offset)


@define(eq=False)
class _Sweep:
    """One look at all assets that are under way.

    Attributes:
        left: The assets that it looks for and that no page has shown yet.
        cost: Pages that were requested.
        shown: How many of the assets were shown under way.
        problem: The error that ended it early.
    """

    left: dict[str, None]
    cost: int = 0
    shown: int = 0
    problem: BabouError | None = None
    _to_ask: list[_PagePoll] = field(init=False)
    _under_way: int = 0

    def __attrs_post_init__(self) -> None:
        self._to_ask = [_PagePoll(self, state, 0) for state in reversed(under_way())]

    @property
    def has_more(self) -> bool:
        """Tell whether there is another page to request."""
        return bool(self._to_ask)

    @property
    def is_over(self) -> bool:
        """Tell whether all pages have come, or no more are wanted."""
        return self.problem is not None or not (self._to_ask or self._under_way)

    def take(self) -> _PagePoll:
        """Return the next page to request."""
        self.cost += 1
        self._under_way += 1
        return self._to_ask.pop()

    def settle(self, poll: _PagePoll, outcome: AssetPage | BabouError) -> Iterator[Asset]:
        """Record a page, and yield those of its assets that are looked for."""
        self._under_way -= 1
        if isinstance(outcome, BabouError):
            self.problem = self.problem or outcome
            return
        if not poll.offset:
            self._plan(poll.state, outcome)
        for asset in outcome.assets:
            if asset.id in self.left:
                del self.left[asset.id]
                self.shown += not asset.is_terminal
                yield asset

    def _plan(self, state: AssetState, first: AssetPage) -> None:
        """Plan the pages after the first of a state, if they cost less than they can save."""
        count = len(first.assets)
        overlap = min(_OVERLAP, count // 2)
        stride = max(1, count - overlap)
        offsets = range(stride, first.total - overlap, stride) if count else ()
        if self.cost + len(offsets) <= len(self.left):
            self._to_ask += [_PagePoll(self, state, offset) for offset in reversed(offsets)]


@define
class _Pages:
    """Whether sweeps are worth it, judged by the last ones.

    Attributes:
        is_on: Whether there may be another sweep.
        began: When the last one began.
    """

    is_on: bool
    began: float
    _cost: int = field(factory=lambda: len(under_way()))
    _failures: int = 0

    def are_worth_it(self, likely: float) -> bool:
        """Tell whether a sweep costs less than half of what it is likely to save."""
        return likely > 2 * self._cost

    def ended(self, sweep: _Sweep) -> None:
        """Record how a sweep ended."""
        self._cost = max(sweep.cost, len(under_way()))
        if sweep.problem is None:
            self._failures = 0
            self.is_on = sweep.shown >= sweep.cost  # else it cost more requests than it saved
        else:
            self._failures += 1
            self.is_on = is_transient(sweep.problem) and self._failures < 2  # noqa: PLR2004


Poll = str | _PagePoll
"""What is requested: an asset, by its id, or a page of the list."""

Event = Asset | FailedPoll | WaitResult
"""What follows: an asset was seen, a poll failed for a passing reason, a wait ended."""


class Batch:
    """The schedule of many waits. Times are on the runner's clock, in seconds.

    Args:
        asset_ids: Each is waited for once, even if it is named twice.
        policy: Sets the pauses of each wait.
        began: When the waits began.
        timeout: Seconds after which all of them end.
        request_timeout: Seconds that one poll may take.
        missing_ok_for: Seconds since the beginning in which a 404 does not end a wait.
        random: Gives numbers from 0 up to 1.
    """

    def __init__(
        self,
        asset_ids: Iterable[str],
        *,
        policy: PollPolicy,
        began: float,
        timeout: float,
        request_timeout: float,
        missing_ok_for: float,
        random: Callable[[], float],
    ) -> None:
        self._policy, self._random = policy, random
        self._began, self._end_at = began, began + timeout
        self._request_timeout, self._missing_ok_for = request_timeout, missing_ok_for
        self._waits = {
            asset_id: WaitState(asset_id, timeout, request_timeout, missing_ok_for)
            for asset_id in asset_ids
        }
        self._queue = [(began, order, each, began) for order, each in enumerate(self._waits)]
        self._order = len(self._queue)
        self._pages = _Pages(is_on=len(self._queue) >= _FEWEST, began=began)
        # The others are polled when the first have shown whether they are under way.
        self._later = self._queue[_SAMPLE:] if self._pages.is_on else []
        self._queue = self._queue[: len(self._queue) - len(self._later)]
        self._answers = self._under_way = 0
        self._sweep: _Sweep | None = None
        self._alone: set[str] = set()  # their next poll is not by a page
        self._finished: dict[str, float] = {}  # when each was seen terminal
        self._look_at = began
        self._not_before = began
        self._refusals = 0
        self._fatal: Response | None = None

    def __bool__(self) -> bool:
        return bool(self._waits)

    def next_due(self) -> float | None:
        """Return when `take` has something to give, or None while all polls are under way."""
        has_page = self._sweep is not None and self._sweep.has_more
        if not self._queue and not has_page:
            return None
        if self._fatal is not None or self._not_before > self._end_at:
            return self._began
        first = self._began if has_page else self._queue[0][0]
        return max(first, self._not_before)

    def take(self, now: float) -> tuple[Poll, Step] | WaitResult | None:
        """Return the next poll that is due, or a wait that has just ended, or None."""
        due = self.next_due()
        if due is None or due > now:
            return None
        is_over = self._fatal is not None or max(now, self._not_before) > self._end_at
        if is_over:
            self._end_sweep(now)
        deadline = min(self._end_at, now + self._request_timeout)
        if not is_over and (sweep := self._sweep or self._begun(now)) and sweep.has_more:
            page = sweep.take()
            deadline = min(deadline, now + _PATIENCE, self._end_at - _LAST)
            return page, Step(page.call.request, 0.0, deadline)
        _, _, asset_id, _ = heapq.heappop(self._queue)
        wait = self._waits[asset_id]
        if self._fatal is not None:
            outcome = outcome_of(self._fatal, asset_id)  # the same answer, with this asset's name
            assert isinstance(outcome, BabouError)  # noqa: S101 (it was one for another asset)
            return self._end(WaitFailure(asset_id, outcome))
        if is_over:
            return self._end(WaitFailure(asset_id, wait.timed_out(now - self._began)))
        wait.polls += 1
        return asset_id, Step(asset_request(asset_id), 0.0, deadline, attempt=wait.polls)

    def settle(self, poll: Poll, answer: Reply, *, sent: float, now: float) -> list[Event]:
        """Record the result of a poll, and return the events that follow."""
        if isinstance(poll, _PagePoll):
            return list(self._settle_page(poll, answer, sent, now))
        self._alone.discard(poll)
        came = outcome_of(answer, poll)
        self._share(came, sent, now)
        self._sampled(came)
        if isinstance(came, Asset) and came.is_terminal:
            self._finished[poll] = now
        return list(self._seen(poll, came, answer, sent, now))

    def _seen(
        self, asset_id: str, came: Asset | BabouError, answer: Reply, sent: float, now: float
    ) -> Iterator[Event]:
        """Record an asset that was seen, or the reason why it was not."""
        wait, elapsed = self._waits[asset_id], now - self._began
        outcome = wait.take_in(
            came,
            answered=isinstance(answer, Response),
            given=min(self._end_at - sent, self._request_timeout),
            took=now - sent,
        )
        if isinstance(came, Asset):
            yield came
        elif outcome is came and is_passing(came, elapsed, self._missing_ok_for):
            yield FailedPoll(asset_id, came)
        decision = wait.decide(self._policy, outcome, elapsed=elapsed, random=self._random)
        if isinstance(decision, Again):
            # The sum may be a little beyond the end, by rounding.
            self._put(asset_id, min(now + decision.delay, self._end_at), now)
        elif isinstance(decision, Done):
            yield self._end(WaitSuccess(asset_id, decision.asset))
        else:
            if isinstance(came, AuthenticationError) and isinstance(answer, Response):
                self._fatal = answer
            yield self._end(WaitFailure(asset_id, decision.error))

    def _put(self, asset_id: str, due: float, now: float) -> None:
        self._order += 1
        heapq.heappush(self._queue, (due, self._order, asset_id, now))

    def _sampled(self, came: Asset | BabouError) -> None:
        """Release all other waits as soon as half of the first are answered."""
        self._answers += 1
        self._under_way += isinstance(came, Asset) and not came.is_terminal
        if self._later and self._answers >= _SAMPLE // 2:
            for entry in self._later:
                heapq.heappush(self._queue, entry)
            self._later = []
            self._look_at = self._began

    def _begun(self, now: float) -> _Sweep | None:
        """Begin a sweep for all waits that are due, if it is likely to save more than it costs."""
        if not self._pages.is_on or now < self._look_at or now > self._end_at - _LAST:
            return None
        self._look_at = now + _LOOK  # deciding takes long if there are many
        soon = now + _SOON * (now - self._pages.began)
        share = self._under_way / max(1, self._answers)
        likely, shown, others = 0.0, list[str](), list[_Entry]()
        for entry in self._queue:
            due, _, asset_id, since = entry
            wait = self._waits[asset_id]
            chance = wait.is_under_way if wait.polls else share
            if asset_id in self._alone or not chance or now < since + _EARLY * (due - since):
                others.append(entry)
                continue
            shown.append(asset_id)
            likely += chance if due <= soon else 0.0
        if not self._pages.are_worth_it(likely):
            return None
        self._queue = others
        heapq.heapify(self._queue)
        self._pages.began = now
        self._sweep = _Sweep(dict.fromkeys(shown))
        return self._sweep

    def _settle_page(
        self, poll: _PagePoll, answer: Reply, sent: float, now: float
    ) -> Iterator[Event]:
        outcome = poll.call.outcome(answer)
        self._share(outcome, sent, now)
        sweep = poll.sweep
        if isinstance(outcome, AssetPage) and self._is_stale(outcome, sent):
            self._pages.is_on = False
            self._end_sweep(now)
        shown = list(sweep.settle(poll, outcome))
        checked = int(self._random() * len(shown))
        for index, asset in enumerate(shown):
            if index == checked or asset.is_terminal:
                self._ask_alone(asset.id, now)
            else:
                self._waits[asset.id].polls += 1
                yield from self._seen(asset.id, asset, answer, sent, now)
        if sweep is self._sweep and sweep.is_over:
            self._pages.ended(sweep)
            self._end_sweep(now)

    def _is_stale(self, page: AssetPage, sent: float) -> bool:
        """Tell whether a page shows an asset under way that was seen terminal before."""
        return any(
            self._finished.get(asset.id, sent) < sent and not asset.is_terminal
            for asset in page.assets
        )

    def _end_sweep(self, now: float) -> None:
        """Poll one by one what no page has shown."""
        if self._sweep is not None:
            left, self._sweep.left, self._sweep = self._sweep.left, {}, None
            for asset_id in left:
                self._ask_alone(asset_id, now)

    def _ask_alone(self, asset_id: str, now: float) -> None:
        self._alone.add(asset_id)
        self._put(asset_id, now, now)

    def cancel(self, now: float) -> Iterator[WaitResult]:
        """End all waits that are left."""
        for asset_id, wait in list(self._waits.items()):
            yield self._end(WaitFailure(asset_id, wait.cancelled(now - self._began)))

    def _share(self, outcome: object, sent: float, now: float) -> None:
        if isinstance(outcome, (Asset, AssetPage)):
            self._refusals = 0
        if not isinstance(outcome, RateLimitError):
            return
        wait = asked_pause(outcome)
        # If many polls were under way together and are all refused, only the first counts.
        if sent >= self._not_before:
            self._refusals += 1
            # At most half of the time that is left, so that a poll can follow the pause.
            own = backoff(self._refusals, self._random)
            wait = max(wait, min(own, (self._end_at - now) / 2))
        self._not_before = max(self._not_before, now + wait)

    def _end(self, result: _Result) -> _Result:
        del self._waits[result.asset_id]
        return result
