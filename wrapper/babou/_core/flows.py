"""The calls of the API with their retries, and the wait for an asset: once for both clients. Pure.

A flow is a generator. It yields `Step`s (a pause, a request, a deadline) and receives the result of
each, with the runner's time. Flows read no clock, draw no random numbers of their own and know no
HTTP library; the runners drive them.

`WaitState` is what is known between two polls, for one wait (`watch`) and for many (`batch`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import define, evolve

from babou._core.calls import Call, asset_call, page_call, upload_call
from babou._core.messages import Cancelled, Response, Step
from babou._core.operations import Asset, largest_page
from babou._core.outcomes import (
    Again,
    Done,
    Failed,
    FailedPoll,
    TimedOut,
    wait_cancelled,
    wait_timeout,
)
from babou._core.polling import is_passing
from babou._core.retry import asked_pause, is_retryable, is_transient, pause, says_nothing
from babou._errors import (
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    BabouError,
    BudgetError,
    RateLimitError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from babou._core.calls import Answer, Query
    from babou._core.operations import AssetPage
    from babou._core.polling import PollPolicy
    from babou._errors import WaitCancelledError, WaitTimeoutError

_REFUSED = range(400, 500)
_HOW_TO_FIND = (
    "The asset may exist all the same: look for it with client.assets.list() before you upload the "
    "file again"
)
_MOMENT = 0.01
"""Seconds by which two clocks may differ."""

_T = TypeVar("_T")


def get(
    asset_id: str, *, now: float, timeout: float, max_retries: int, random: Callable[[], float]
) -> Generator[Step, Answer, Asset]:
    """Fetch an asset: see `ask`."""
    asset, _ = yield from ask(
        asset_call(asset_id), now=now, timeout=timeout, max_retries=max_retries, random=random
    )
    return asset


def ask(
    call: Call[_T],
    *,
    now: float,
    timeout: float,
    max_retries: int,
    random: Callable[[], float],
    may_repeat: Callable[[BabouError], bool] = is_transient,
) -> Generator[Step, Answer, tuple[_T, float]]:
    """Make a call, and repeat it after passing errors, all within `timeout` seconds.

    Returns:
        The result, and the time at which it came.

    Raises:
        BabouError: As `call.outcome` says; the last one if several attempts failed.
    """
    deadline = now + timeout
    step = Step(call.request, delay=0.0, deadline=deadline)
    before: BabouError | None = None
    longest = 0.0
    while True:
        sent = now + step.delay
        answer, now = yield step
        outcome = call.outcome(answer)
        if not isinstance(outcome, BabouError):
            return outcome, now
        if not may_repeat(outcome):
            raise outcome
        if before is not None and says_nothing(
            outcome, given=deadline - sent, allowed=timeout, longest=longest
        ):
            raise _explained(before, f"Another attempt had no time within the {timeout:g} s")
        if step.attempt > max_retries:
            raise outcome
        delay = pause(outcome, step.attempt, random)
        if now + delay >= deadline:
            raise _out_of_time(outcome, call, timeout, step.attempt, left=deadline - now)
        before, longest = outcome, max(longest, now - sent)
        step = evolve(step, delay=delay, attempt=step.attempt + 1)


def _out_of_time(
    error: BabouError, call: Call[_T], timeout: float, attempts: int, *, left: float
) -> BabouError:
    """Return an error that also says why there was no further attempt."""
    asked = asked_pause(error)
    reason = (
        f"The server asks to wait {asked:g} s, which reaches past the deadline of {timeout:g} s"
        if asked >= left
        else f"No time is left for another attempt within the deadline of {timeout:g} s"
    )
    if isinstance(error, APITimeoutError):
        timed_out = APITimeoutError(
            f"{call.subject}: no whole answer within {timeout:g} s, in "
            f"{attempts} attempt{'' if attempts == 1 else 's'}. "
            "Raise timeout=, or check the network."
        )
        timed_out.__cause__ = error
        return timed_out
    return _explained(error, reason)


def _explained(error: BabouError, reason: str) -> BabouError:
    """Return the error with one more sentence."""
    error.args = (f"{error} {reason}.",)
    return error


def pages(
    query: Query,
    *,
    most: int | None,
    now: float,
    timeout: float,
    max_retries: int,
    random: Callable[[], float],
) -> Generator[Step | AssetPage, Answer, None]:
    """Yield the pages of a list, each with the assets that none before it had.

    A server counts pages by offsets, so what is uploaded or deleted meanwhile moves the assets
    behind it. These rules hold for every server, also for one whose totals or offsets are wrong:

    - Each asset is given once, though it may come again on the next page.
    - A reading ends with an empty page (D19), and with a page that is not full if the total agrees
      (D18). It also ends with a page that lies behind all known assets and has nothing new: such a
      server ignores the offset.
    - Each page is asked for from the last asset of the page before. If it begins with another one,
      assets have left the list, and others have moved to a page that was read already.
    - In that case, and where fewer assets were given than the total says, the list is read again.
    - A reading without a new asset is the last. If fewer were given than the total says, that is
      an error: otherwise nobody would notice what is missing.

    After each, the flow receives None and the time at which the caller asks for the next one.

    Args:
        query: Which assets.
        most: How many assets to give at most, or None for all.
        now: The runner's time.
        timeout: Seconds that each page may take.
        max_retries: Further attempts for each page.
        random: Gives numbers from 0 up to 1.

    Raises:
        APIResponseValidationError: The server announces assets that it does not give.
        BabouError: As `ask` says.
    """
    known: set[str] = set()
    limit = largest_page() if most is None else min(most, largest_page())
    is_first = True
    while True:
        before, offset, is_over, has_moved = len(known), 0, False, False
        while not is_over:
            call = page_call(query, limit=limit, offset=offset)
            page, now = yield from ask(
                call, now=now, timeout=timeout, max_retries=max_retries, random=random
            )
            new = {asset.id: asset for asset in page.assets if asset.id not in known}
            given = tuple(new.values())[: None if most is None else most - len(known)]
            known.update(asset.id for asset in given)
            if given or is_first:
                _, now = yield evolve(page, assets=given)
            if len(known) == most:
                return
            count, is_first = len(page.assets), False
            has_moved = has_moved or bool(offset and count and page.assets[0].id in new)
            is_last = count < min(limit, page.limit) and offset + count >= page.total
            is_over = not count or is_last or (not new and offset + 1 >= len(known))
            offset += max(1, count - 1)
        if len(known) >= page.total and (not has_moved or len(known) == before):
            return
        if len(known) == before:
            raise _assets_missing(len(known), page.total)


def _assets_missing(given: int, total: int) -> APIResponseValidationError:
    return APIResponseValidationError(
        f"The list of assets is not what the specification promises: the server says that it has "
        f"{total}, and gave {given}. Try again later, or report it to Babou.",
        member="pagination.total",
        expected=str(given),
        received=total,
    )


class Content(Protocol):
    """What a flow has to know of a file that is uploaded."""

    @property
    def subject(self) -> str:
        """The beginning of its errors."""

    @property
    def size(self) -> int:
        """Its number of bytes."""

    @property
    def content_type(self) -> str:
        """Its MIME type."""

    @property
    def begun(self) -> bool:
        """Whether the transport has taken any of it."""


def upload(
    content: Content, *, now: float, timeout: float, max_retries: int, random: Callable[[], float]
) -> Generator[Step, Answer, Asset]:
    """Upload a file, within `timeout` seconds.

    Each upload makes another asset. So a request is repeated only if the server cannot have taken
    anything: the transport was given no byte of the file, or the answer is 429.

    Raises:
        BabouError: As `ask` says. If the asset may exist, the text says how to find it.
    """

    def may_repeat(error: BabouError) -> bool:
        return is_transient(error) and (not content.begun or isinstance(error, RateLimitError))

    call = upload_call(content.subject, size=content.size, content_type=content.content_type)
    try:
        asset, _ = yield from ask(
            call,
            now=now,
            timeout=timeout,
            max_retries=max_retries,
            random=random,
            may_repeat=may_repeat,
        )
    except BabouError as error:
        if content.begun and not _is_refusal(error):
            raise _explained(error, _HOW_TO_FIND) from error.__cause__
        raise
    return asset


def _is_refusal(error: BabouError) -> bool:
    """Tell whether the error proves that the server made no asset."""
    if isinstance(error, (RateLimitError, BudgetError)):
        return True
    return (
        isinstance(error, APIStatusError)
        and error.status_code in _REFUSED
        and not is_retryable(error.status_code)
    )


def watch(
    asset_id: str,
    *,
    policy: PollPolicy,
    now: float,
    already_elapsed: float,
    timeout: float,
    request_timeout: float,
    missing_ok_for: float,
    raise_failed: bool,
    random: Callable[[], float],
) -> Generator[Step | Asset | FailedPoll, Answer, None]:
    """Poll until the asset is terminal; yield it each time it was seen, and each passing error.

    After each of these the flow receives None and the time at which the caller asks for the next.

    Raises:
        AssetFailedError: The asset failed, and `raise_failed` is set.
        WaitTimeoutError: `timeout` seconds after the wait began, `already_elapsed` of them before
            this call.
        BabouError: An error that another poll cannot cure.
    """
    call = asset_call(asset_id)
    began = now - already_elapsed
    delay = 0.0
    state = WaitState(asset_id, timeout, request_timeout, missing_ok_for)
    if already_elapsed >= timeout:
        raise state.timed_out(already_elapsed)
    while True:
        sent = now + delay
        given = min(began + timeout - sent, request_timeout)
        answer, now = yield Step(call.request, delay, sent + given, attempt=state.polls + 1)
        if isinstance(answer, Cancelled):
            raise state.cancelled(now - began)
        state.polls += 1
        outcome = state.take_in(
            came := call.outcome(answer),
            answered=isinstance(answer, Response),
            given=given,
            took=max(0.0, now - sent),
        )
        if isinstance(came, Asset):
            _, now = yield came
        elif outcome is came and is_passing(came, now - began, missing_ok_for):
            _, now = yield FailedPoll(asset_id, came)
        match state.decide(policy, outcome, elapsed=now - began, random=random):
            case Again(next_delay):
                delay = next_delay
            case Failed(error) if raise_failed or not isinstance(outcome, Asset):
                raise error
            case TimedOut(error):
                raise error
            case _:
                return  # ready, or failed without an error


@define
class WaitState:
    """One wait that has not ended.

    Attributes:
        timeout: Seconds that the whole wait may take.
        request_timeout: Seconds that one poll may take.
        missing_ok_for: Seconds since the beginning in which a 404 does not end the wait.
        failures: Polls that failed in a row.
        round_trip: Seconds that the last answer took.
        asset: The asset as last seen.
        error: The last error that says something, if the asset was not seen after it.
    """

    asset_id: str
    timeout: float
    request_timeout: float
    missing_ok_for: float
    polls: int = 0
    failures: int = 0
    round_trip: float = 0.0
    asset: Asset | None = None
    error: BabouError | None = None
    _longest: float = 0.0

    @property
    def is_under_way(self) -> bool:
        """Tell whether the asset was neither ready nor failed when it was last asked for."""
        return self.error is None and self.asset is not None and not self.asset.is_terminal

    def take_in(
        self, outcome: Asset | BabouError, *, answered: bool, given: float, took: float
    ) -> Asset | BabouError:
        """Record the outcome of a poll; return the outcome that decides how to go on.

        That is the same outcome, or what was known before if the new one says nothing.
        """
        known = self.error or self.asset
        if known is not None and says_nothing(
            outcome, given=given, allowed=self.request_timeout, longest=self._longest
        ):
            return known
        if given < self.request_timeout:
            explain_timeout(outcome, self.asset_id, given=given, took=took)
        self._longest = max(self._longest, took)
        if answered:
            self.round_trip = took
        if isinstance(outcome, BabouError):
            self.error = outcome
            self.failures += 1
        else:
            self.asset, self.error, self.failures = outcome, None, 0
        return outcome

    def decide(
        self,
        policy: PollPolicy,
        outcome: Asset | BabouError,
        *,
        elapsed: float,
        random: Callable[[], float],
    ) -> Done | Failed | Again | TimedOut:
        """Say what follows, `elapsed` seconds after the wait began."""
        return policy.step(
            self.asset_id,
            outcome,
            elapsed=elapsed,
            timeout=self.timeout,
            polls=self.polls,
            failures=max(1, self.failures),
            last_asset=self.asset,
            round_trip=self.round_trip,
            missing_ok_for=self.missing_ok_for,
            random=random,
        )

    def timed_out(self, elapsed: float) -> WaitTimeoutError:
        """Return the error of a wait that ends before another poll."""
        return wait_timeout(
            self.asset_id,
            asset=self.asset,
            elapsed=elapsed,
            polls=self.polls,
            error=self.error,
            timeout=self.timeout,
        )

    def cancelled(self, elapsed: float) -> WaitCancelledError:
        """Return the error of a wait that was told to stop."""
        return wait_cancelled(
            self.asset_id,
            asset=self.asset,
            elapsed=elapsed,
            polls=self.polls,
            error=self.error,
        )


def explain_timeout(outcome: object, asset_id: str, *, given: float, took: float) -> None:
    """Say in a timeout that the wait was at its end: a longer `timeout` would not have helped."""
    if isinstance(outcome, APITimeoutError) and _MOMENT <= given <= took + _MOMENT:
        left = f"within the {given:.3g} s that were left of the wait"
        outcome.args = (f"Asset {asset_id!r}: no whole answer {left}. Check the network.",)
