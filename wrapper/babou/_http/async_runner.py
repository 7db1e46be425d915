"""The asynchronous runner: the lines of its sibling `runner`, with `await`."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import random
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple, Unpack, cast

import anyio
from attrs import evolve, frozen

from babou._core.batch import Batch, Event, Poll
from babou._core.config import Secret, check_key
from babou._core.messages import Step
from babou._core.outcomes import WaitResult
from babou._errors import (
    BudgetError,
    ConfigurationError,
)
from babou._http import s3
from babou._http.budget import RateBudget, hold_after, too_late
from babou._http.errors import received, translated
from babou._http.runner import (
    CALLABLE,
    Head,
    Progress,
    Storing,
    log_exchange,
    not_read,
    nothing_moved,
    reply_of,
    time_left,
)
from babou._http.transport import MAX_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from babou._core.calls import Answer, Reply
    from babou._core.download import Plan
    from babou._core.messages import Request, Response
    from babou._http.budget import Budget
    from babou._http.transport import AsyncTransport
    from babou._storage.files import FileSink, StreamSink
    from babou._storage.uploads import Content

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
AsyncKeySource = Secret | Callable[[], str | Awaitable[str]]
_Polls = dict["asyncio.Task[Reply]", tuple[Poll, float]]


@frozen
class AsyncRunner:
    """Drive flows in the running event loop: asyncio's or trio's (`many`: asyncio's only)."""

    transport: AsyncTransport
    key: AsyncKeySource
    head: Head
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep
    random: Callable[[], float] = random.random
    budget: Budget | None = None

    async def run(self, flow: Generator[Step, Answer, _T]) -> _T:
        """Return the flow's result."""
        step = next(flow)
        while True:
            answer = await self._exchange(step), self.clock()
            try:
                step = flow.send(answer)
            except StopIteration as stop:
                result: _T = stop.value
                return result

    async def iterate(self, flow: Generator[Step | _T, Answer, None]) -> AsyncGenerator[_T, None]:
        """Yield everything but the steps of a flow."""
        event = next(flow)
        while True:
            answer: Answer
            if isinstance(event, Step):
                answer = await self._exchange(event), self.clock()
            else:
                yield event
                answer = None, self.clock()
            try:
                event = flow.send(answer)
            except StopIteration:
                return

    async def many(self, batch: Batch) -> AsyncGenerator[Event, None]:
        """Yield each asset as it is seen, each passing failure, and each wait's result."""
        polls: _Polls = {}
        ended: asyncio.Queue[asyncio.Task[Reply]] = asyncio.Queue()
        _check_asyncio()
        try:
            while batch:
                for sent in self._submit(batch, polls):
                    if isinstance(sent, WaitResult):
                        yield sent
                    else:
                        sent.add_done_callback(ended.put_nowait)
                due = batch.next_due() if len(polls) < MAX_CONNECTIONS else None
                pause = None if due is None else max(0.0, due - self.clock())
                if not polls:
                    await self.sleep(pause or 0.0)
                    continue
                async for poll in _next(ended, pause):
                    polled, sent_at = polls.pop(poll)
                    now = self.clock()
                    for event in batch.settle(polled, poll.result(), sent=sent_at, now=now):
                        yield event
        finally:
            for poll in polls:
                poll.cancel()
            await asyncio.gather(*polls, return_exceptions=True)

    def _submit(self, batch: Batch, polls: _Polls) -> Iterator[WaitResult | asyncio.Task[Reply]]:
        while len(polls) < MAX_CONNECTIONS:
            taken = batch.take(now := self.clock())
            if taken is None:
                return
            if isinstance(taken, WaitResult):
                yield taken
                continue
            asset_id, step = taken
            poll = asyncio.create_task(self._exchange(step))
            polls[poll] = asset_id, now
            yield poll

    async def download(
        self,
        plan: Plan,
        sink: FileSink | StreamSink,
        *,
        stall: float,
        timeout: float,
        on_progress: Progress | None,
    ) -> None:
        """Carry out a download."""
        end = self.clock() + timeout
        storing = Storing(plan, sink, on_progress)
        while not plan.is_whole:
            left = time_left(end - self.clock() - plan.delay, plan)
            await self.sleep(plan.delay)
            request = plan.request()
            try:
                async with (
                    s3.astream(plan.asset_id, request, stall=stall, timeout=left)
                    if plan.is_s3
                    else self.transport.stream(request, stall=stall, timeout=left)
                ) as answer:
                    if not storing.begin(answer, self.wall()):
                        continue
                    async for chunk in answer.chunks:
                        storing.store(chunk)
                plan.body_ended()
            except Exception as error:  # noqa: BLE001 (a transport of the caller's raises anything)
                storing.failed(error, request, left=end - self.clock())

    async def upload(
        self,
        opened: Callable[[], Content],
        flow: Callable[[Content, float], Generator[Step, Answer, _T]],
        *,
        stall: float,
        timeout: float,
        on_progress: Callable[[int, int], object] | None,
    ) -> _T:
        """Carry out an upload; another thread opens the file, so that a pipe can't block it."""
        end = self.clock() + timeout
        try:
            with anyio.fail_after(timeout):
                content = await anyio.to_thread.run_sync(opened, abandon_on_cancel=True)
        except TimeoutError as error:
            raise not_read(timeout) from error
        with content:
            carrying = _AsyncUploading(self.transport, content, stall, on_progress)
            runner = evolve(self, transport=cast("AsyncTransport", carrying))  # it only has to send
            return await runner.run(flow(content, end - self.clock()))

    async def _exchange(self, step: Step) -> Reply:
        if step.delay > 0:
            await self.sleep(step.delay)
        if self.budget is not None:
            try:
                await self._take_slot(self.budget, step)
            except BudgetError as error:
                return error
        key = self.key
        if not isinstance(key, Secret):
            told = key()
            given = await told if inspect.isawaitable(told) else told
            key = check_key(given, source=CALLABLE)
        request = self.head.complete(step.request, key)
        began = self.clock()
        outcome: Reply
        try:
            answer = await self.transport.send(request, timeout=step.deadline - began)
            outcome = received(answer, key, self.wall())
        except Exception as error:  # noqa: BLE001 (a transport of the caller's raises anything)
            outcome = reply_of(translated(error, request, key))
        log_exchange(step, outcome, self.clock() - began)
        if self.budget is not None and (seconds := hold_after(outcome)):
            await _ask(self.budget, self.budget.hold, seconds)
        return outcome

    async def _take_slot(self, budget: Budget, step: Step) -> None:
        while True:
            within = step.deadline - self.clock()
            pause = await _ask(budget, budget.take, within)
            if pause <= 0:
                return
            if not pause <= within:
                raise too_late(pause, within)
            await self.sleep(pause)
            if not await _ask(budget, budget.held):
                return


@frozen
class _AsyncUploading:
    """A transport over another one, which sends requests with a file's bytes."""

    transport: AsyncTransport
    content: Content
    stall: float
    on_progress: Callable[[int, int], object] | None

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer, as a transport does."""
        with anyio.CancelScope(deadline=anyio.current_time() + self.stall) as moving:

            def on_piece(sent: int, total: int) -> None:
                moving.deadline = anyio.current_time() + self.stall
                if self.on_progress is not None:
                    self.on_progress(sent, total)

            whole = evolve(request, content=_AsyncPieces(self.content.pieces(on_piece)))
            return await self.transport.send(whole, timeout=timeout)
        raise nothing_moved(self.stall)


class _AsyncPieces:
    """An asynchronous iterator that nobody has to close."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> _AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


async def _ask(budget: Budget, method: Callable[[Unpack[_Ts]], _T], *arguments: *_Ts) -> _T:
    """Call a budget's method without blocking the event loop."""
    if isinstance(budget, RateBudget):
        return method(*arguments)
    return await anyio.to_thread.run_sync(method, *arguments, abandon_on_cancel=True)


def _check_asyncio() -> None:
    """Raise in an event loop other than asyncio's: only there can tasks outlive a call."""
    try:
        asyncio.get_running_loop()
    except RuntimeError as error:
        raise ConfigurationError(
            "wait_many needs asyncio. In trio, start a task for each asset with wait."
        ) from error


async def _next(
    ended: asyncio.Queue[asyncio.Task[Reply]], pause: float | None
) -> AsyncGenerator[asyncio.Task[Reply], None]:
    """Wait until a poll ends or the pause is over; yield all polls that have ended."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pause):
            first = await ended.get()
        yield first
    while not ended.empty():
        yield ended.get_nowait()
