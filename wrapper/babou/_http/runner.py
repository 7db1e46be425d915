"""The runner: with its asynchronous sibling the only place that sends, sleeps and reads the clock.

`Runner` and `async_runner.AsyncRunner` drive the same flows with the same lines; the latter adds
`await`. The clock, the sleep and the randomness are attributes, so tests replace them by numbers in
a list.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import define, evolve, frozen

from babou._core.batch import Batch, Event, Poll
from babou._core.config import Secret, check_key
from babou._core.messages import Cancelled, Request, Response, Step, unusable
from babou._core.outcomes import WaitResult
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
    BabouError,
    BudgetError,
)
from babou._http import s3
from babou._http.budget import hold_after, too_late
from babou._http.errors import received, translated
from babou._http.transport import (
    CANCEL_CHECK,
    MAX_CONNECTIONS,
    Limit,
    ResponseStream,
    in_thread,
    piece,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from babou._core.calls import Answer, Reply
    from babou._core.download import Plan
    from babou._http.budget import Budget
    from babou._http.transport import Transport
    from babou._storage.files import FileSink, StreamSink
    from babou._storage.uploads import Content

_T = TypeVar("_T")
_log = logging.getLogger("babou")
CALLABLE = "The key that api_key() returned"

KeySource = Secret | Callable[[], str]
Progress = Callable[[int, int | None], object]
_Polled = tuple[Poll, "Reply | Cancelled", float]
_Ended = SimpleQueue[Future[_Polled]]


@frozen
class Head:
    """Adds what a flow's request lacks: the base URL, the key, the headers of every call."""

    base_url: str
    user_agent: str

    def complete(self, request: Request, key: Secret) -> Request:
        """Return the request as it is sent."""
        headers = {
            "authorization": f"Bearer {key.reveal()}",
            "accept": "application/json",
            "user-agent": self.user_agent,
            **request.headers,
        }
        return Request(request.method, self.base_url + request.url, headers)


@frozen
class Runner:
    """Drive flows in the calling thread."""

    transport: Transport
    key: KeySource
    head: Head
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    random: Callable[[], float] = random.random
    budget: Budget | None = None

    def run(self, flow: Generator[Step, Answer, _T]) -> _T:
        """Return the flow's result."""
        step = next(flow)
        while True:
            answer = self._exchange(step), self.clock()
            try:
                step = flow.send(answer)
            except StopIteration as stop:
                result: _T = stop.value
                return result

    def iterate(
        self, flow: Generator[Step | _T, Answer, None], cancel: threading.Event | None
    ) -> Generator[_T, None, None]:
        """Yield everything but the steps of a flow."""
        event = next(flow)
        while True:
            answer: Answer
            if isinstance(event, Step):
                answer = self._exchange(event, cancel), self.clock()
            else:
                yield event
                answer = None, self.clock()
            try:
                event = flow.send(answer)
            except StopIteration:
                return

    def many(self, batch: Batch, cancel: threading.Event | None) -> Generator[Event, None, None]:
        """Yield each asset as it is seen, each passing failure, and each wait's result."""
        stop = threading.Event()
        ended: _Ended = SimpleQueue()
        under_way = 0
        threads = ThreadPoolExecutor(MAX_CONNECTIONS, "babou-poll")
        try:
            while batch and not (cancel is not None and cancel.is_set()):
                while under_way < MAX_CONNECTIONS and (taken := batch.take(now := self.clock())):
                    if isinstance(taken, WaitResult):
                        yield taken
                    else:
                        poll = threads.submit(self._poll, *taken, now, stop)
                        poll.add_done_callback(ended.put)
                        under_way += 1
                due = batch.next_due() if under_way < MAX_CONNECTIONS else None
                pause = None if due is None else max(0.0, due - self.clock())
                if not under_way:
                    _pause(self.sleep, cancel, pause or 0.0)
                    continue
                if cancel is not None:
                    pause = min(CANCEL_CHECK, CANCEL_CHECK if pause is None else pause)
                for ended_poll in _next(ended, pause):
                    under_way -= 1
                    polled, answer, sent = ended_poll.result()
                    assert not isinstance(answer, Cancelled)  # noqa: S101 (`stop` is not set yet)
                    yield from batch.settle(polled, answer, sent=sent, now=self.clock())
            yield from batch.cancel(self.clock())
        finally:
            stop.set()  # polls under way end when they look at it next; nobody waits for them
            threads.shutdown(wait=False, cancel_futures=True)

    def _poll(self, poll: Poll, step: Step, sent: float, stop: threading.Event) -> _Polled:
        return poll, self._exchange(step, stop), sent

    def download(
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
            self.sleep(plan.delay)
            request = plan.request()
            try:
                with (
                    s3.stream(plan.asset_id, request, stall=stall, timeout=left)
                    if plan.is_s3
                    else self.transport.stream(request, stall=stall, timeout=left)
                ) as answer:
                    if not storing.begin(answer, self.wall()):
                        continue
                    for chunk in answer.chunks:
                        storing.store(chunk)
                plan.body_ended()
            except Exception as error:  # noqa: BLE001 (a transport of the caller's raises anything)
                storing.failed(error, request, left=end - self.clock())

    def upload(
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
            limit = Limit(time.monotonic() + timeout)
            content = in_thread(opened, limit, too_late=lambda late: late and late.close())
        except TimeoutError as error:
            raise not_read(timeout) from error
        with content:
            carrying = _Uploading(self.transport, content, stall, self.clock, on_progress)
            runner = evolve(self, transport=cast("Transport", carrying))  # it only has to send
            return runner.run(flow(content, end - self.clock()))

    def _exchange(self, step: Step, cancel: threading.Event | None = None) -> Reply | Cancelled:
        if step.delay > 0:
            _pause(self.sleep, cancel, step.delay)
        if self.budget is not None:
            try:
                self._take_slot(self.budget, step, cancel)
            except BudgetError as error:
                return error
        if cancel is not None and cancel.is_set():
            return Cancelled()
        key = self.key if isinstance(self.key, Secret) else check_key(self.key(), source=CALLABLE)
        request = self.head.complete(step.request, key)
        began = self.clock()
        outcome: Reply
        try:
            answer = self.transport.send(request, timeout=step.deadline - began, cancel=cancel)
            outcome = received(answer, key, self.wall())
        except Exception as error:  # noqa: BLE001 (a transport of the caller's raises anything)
            outcome = reply_of(translated(error, request, key))
        log_exchange(step, outcome, self.clock() - began)
        if self.budget is not None and (seconds := hold_after(outcome)):
            self.budget.hold(seconds)
        if cancel is not None and cancel.is_set() and isinstance(outcome, APIConnectionError):
            return Cancelled()
        return outcome

    def _take_slot(self, budget: Budget, step: Step, cancel: threading.Event | None) -> None:
        while cancel is None or not cancel.is_set():
            within = step.deadline - self.clock()
            pause = budget.take(within)
            if pause <= 0:
                return
            if not pause <= within:
                raise too_late(pause, within)
            _pause(self.sleep, cancel, pause)
            if not budget.held():
                return


class _Stalled(threading.Event):
    """An event that is set when nothing has moved for `stall` seconds."""

    def __init__(self, stall: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._stall, self._clock = stall, clock
        self.moved()

    def moved(self) -> None:
        """Start the time again."""
        self._end = self._clock() + self._stall

    def is_set(self) -> bool:
        """Tell whether the time is up."""
        return self._clock() >= self._end


@frozen
class _Uploading:
    """A transport over another one, which sends requests with a file's bytes."""

    transport: Transport
    content: Content
    stall: float
    clock: Callable[[], float]
    on_progress: Callable[[int, int], object] | None

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        cancel: threading.Event | None = None,  # noqa: ARG002 (an upload has none)
    ) -> Response:
        """Return the whole answer, as a transport does."""
        stalled = _Stalled(self.stall, self.clock)

        def on_piece(sent: int, total: int) -> None:
            stalled.moved()
            if self.on_progress is not None:
                self.on_progress(sent, total)

        whole = evolve(request, content=self.content.pieces(on_piece))
        try:
            return self.transport.send(whole, timeout=timeout, cancel=stalled)
        except Exception as error:
            if stalled.is_set() and isinstance(translated(error, request), APIConnectionError):
                raise nothing_moved(self.stall) from None
            raise


@define
class Storing:
    """Stores what a download's answers bring; tells its own errors from those of the transport."""

    plan: Plan
    sink: FileSink | StreamSink
    on_progress: Progress | None
    error: BaseException | None = None
    """That of the caller's file or `on_progress`: a transport that hears of it may change it."""

    def begin(self, answer: ResponseStream, now: float) -> bool:
        """Read the head of an answer; tell whether its body is to be stored."""
        if not isinstance(answer, ResponseStream):
            raise unusable("a babou.ResponseStream", type(answer).__name__)
        if not self.plan.accept(answer.status, answer.headers, now):
            return False
        try:
            self.sink.begin()
        except BaseException as error:
            self.error = error
            raise
        return True

    def store(self, chunk: object) -> None:
        """Store the next bytes of the body."""
        came = piece(chunk)
        try:
            for part in self.plan.pieces(came):
                self.sink.write(part)
                self.plan.stored(len(part))
                if self.on_progress is not None:
                    self.on_progress(self.plan.offset, self.plan.total)
        except BaseException as error:
            self.error = error
            raise

    def failed(self, error: Exception, request: Request, *, left: float) -> None:
        """Prepare the next attempt, or raise what the download ends with."""
        ours = translated(error, request) if self.error is None else self.error
        self.error = None
        if isinstance(ours, APIResponseValidationError):
            raise self.plan.unusable(ours) from ours
        if not isinstance(ours, APIConnectionError):
            raise ours from ours.__cause__
        self.plan.failed(ours, left=left)


def reply_of(error: BabouError) -> APIConnectionError | APIResponseValidationError:
    """Return an error that is the result of a request; raise any other."""
    if isinstance(error, (APIConnectionError, APIResponseValidationError)):
        return error
    raise error from error.__cause__


def _next(ended: _Ended, pause: float | None) -> Iterator[Future[_Polled]]:
    """Wait until a poll ends or the pause is over; yield all polls that have ended."""
    with contextlib.suppress(Empty):
        yield ended.get(timeout=pause)
        while True:
            yield ended.get_nowait()


def _pause(
    sleep: Callable[[float], object], cancel: threading.Event | None, seconds: float
) -> None:
    if cancel is None:
        sleep(seconds)
    else:
        cancel.wait(seconds)


def time_left(left: float, plan: Plan) -> float:
    if left <= 0:
        raise plan.out_of_time() from APITimeoutError("The time for the whole download was up.")
    return left


def not_read(timeout: float) -> APITimeoutError:
    return APITimeoutError(
        f"The upload: the file could not be read within {timeout:g} s. Nothing was sent. "
        "Raise timeout=."
    )


def nothing_moved(stall: float) -> APITimeoutError:
    return APITimeoutError(
        f"nothing moved for {stall:g} s. Raise the client's timeout=, or check the network."
    )


def log_exchange(step: Step, outcome: Reply, seconds: float) -> None:
    if not _log.isEnabledFor(logging.DEBUG):
        return
    status = outcome.status if isinstance(outcome, Response) else type(outcome).__name__
    _log.debug(
        "%s %s %s %.0f ms attempt %d",
        step.request.method,
        step.request.url,
        status,
        seconds * 1000,
        step.attempt,
    )
