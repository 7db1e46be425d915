"""Look at many assets at once, through the list's pages of assets that are under way. Pure.

A page shows a hundred assets. It is a hint: an asset that it shows under way is not polled, except
for one asset of each page. An asset that a page shows terminal, and one that no page shows, is
polled by itself. When assets leave the list, the others move, so pages overlap by twenty assets:
of 100,000 under way, none was missed.

| pages are no longer used after | because |
|---|---|
| one is refused, or isn't as specified | there is no such list or filter (D20, D25) |
| two sweeps in a row failed | each id can still be polled |
| a sweep cost more than it saved | most of what is under way is not waited for here |
| a page shows an asset under way that was seen terminal | the list is a copy of an earlier time |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field, frozen

from babou._core.calls import Call, Query, page_call
from babou._core.operations import UNDER_WAY, AssetState, largest_page
from babou._core.retry import is_transient
from babou._errors import BabouError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babou._core.operations import Asset, AssetPage

FEWEST = 50
"""A sweep can be worth it from this number of waits on."""

_OVERLAP = 20


@frozen(eq=False)
class PagePoll:
    """The request for one page of a sweep."""

    sweep: Sweep
    state: AssetState
    offset: int

    @property
    def call(self) -> Call[AssetPage]:
        """The call to make."""
        return page_call(Query(self.state), limit=largest_page(), offset=self.offset)


@define(eq=False)
class Sweep:
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
    _to_ask: list[PagePoll] = field(init=False)
    _under_way: int = 0

    def __attrs_post_init__(self) -> None:
        self._to_ask = [PagePoll(self, state, 0) for state in reversed(UNDER_WAY)]

    @property
    def has_more(self) -> bool:
        """Tell whether there is another page to request."""
        return bool(self._to_ask)

    @property
    def is_over(self) -> bool:
        """Tell whether all pages have come, or no more are wanted."""
        return self.problem is not None or not (self._to_ask or self._under_way)

    @property
    def was_worth_it(self) -> bool:
        """Tell whether it saved more requests than it cost."""
        return self.shown >= self.cost

    def take(self) -> PagePoll:
        """Return the next page to request."""
        self.cost += 1
        self._under_way += 1
        return self._to_ask.pop()

    def settle(self, poll: PagePoll, outcome: AssetPage | BabouError) -> Iterator[Asset]:
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
            self._to_ask += [PagePoll(self, state, offset) for offset in reversed(offsets)]


@define
class Pages:
    """Whether sweeps are worth it, judged by the last ones.

    Attributes:
        is_on: Whether there may be another sweep.
        began: When the last one began.
    """

    is_on: bool
    began: float
    _cost: int = len(UNDER_WAY)
    _failures: int = 0

    def are_worth_it(self, likely: float) -> bool:
        """Tell whether a sweep costs less than half of what it is likely to save."""
        return self.is_on and likely > 2 * self._cost

    def ended(self, sweep: Sweep) -> None:
        """Record how a sweep ended."""
        self._cost = max(sweep.cost, len(UNDER_WAY))
        if sweep.problem is None:
            self._failures = 0
            self.is_on = sweep.was_worth_it
        else:
            self._failures += 1
            self.is_on = is_transient(sweep.problem) and self._failures < 2  # noqa: PLR2004
