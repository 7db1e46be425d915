"""Wait for assets in Celery tasks (extra `celery`).

A wait is one task that is put back into its queue after each poll, and occupies no worker.
A worker that receives such a message holds it unacknowledged until it is due. So no message is put
back for longer than a third of the broker's visibility timeout. The message contains the time of
the next poll; a turn before that time does not poll, and puts the message back again.

Celery takes a message off a list in Redis a moment before it records there that it has it. If the
worker is killed or Redis restarts in that moment, the message is lost. So the open waits are
recorded in Redis as well, and workers send lost messages again.

- Turns are at-least-once: if a worker is killed, or is busy for longer than the visibility timeout,
  messages are delivered again. A poll has no side effects.
- A result may be delivered twice, and callbacks called twice: identify them by asset id.
- After the kill of a worker, or a restart of Redis, its waits stop for up to two and a third
  visibility timeouts. Celery's default is an hour: set it to a minute or so
  (`broker_transport_options`), but above the time that a due turn waits for a free worker.
- A worker may end when Redis does: have a supervisor start it again. If results are stored in
  Redis, `result_backend_always_retry = True` makes Celery wait until Redis is back.
- If Redis loses its data, all open waits are lost: turn its persistence on (`appendonly yes`).
"""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Any

from celery import Task
from celery.bootsteps import StartStopStep
from celery.exceptions import Ignore, Reject
from celery.utils import uuid
from kombu.exceptions import OperationalError
from redis import RedisError

from babou import Again, BabouError, Client, Done, PollPolicy
from babou._core.config import DEFAULT_WAIT_TIMEOUT, check_number, check_seconds
from babou.integrations._open_waits import Message, OpenWaits
from babou.integrations._task_errors import carried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from celery import Celery
    from celery.result import AsyncResult

    from babou import Asset, Failed, TimedOut

__all__ = ["wait_for_asset"]

_VISIBILITY_TIMEOUT = 1800.0
"""Seconds after which a broker delivers an unacknowledged message again, if the app sets none.

Celery's defaults are 3600 for Redis and 1800 for SQS; RabbitMQ closes the channel after 1800.
"""


def wait_for_asset(
    app: Celery,
    *,
    client: Callable[[], Client] = Client,
    poll: PollPolicy = PollPolicy(),  # noqa: B008 (a frozen value)
    name: str = "babou.wait_for_asset",
    open_waits: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Task:
    """Register the task in an app, and return it.

    The task is called by `.delay(asset_id, timeout=600, missing_ok_for=0, started_at=None)`, with
    the arguments of `Assets.wait`; but `started_at` is in seconds since the epoch. Its result is
    the asset's document, for `Asset.from_dict`. If the wait fails, `get` of the result raises an
    error of this package, with its attributes but without an answer's body. The process that calls
    `get` has to import this module. Until the wait ends, the state of its result is PENDING (or
    STARTED, if the app tracks that).

    Args:
        app: Your app. Its broker's visibility timeout is read when it is needed.
        client: Makes the client, once in each process of a worker, at its first turn. Give it a
            `budget` that all workers share.
        poll: How long to pause between polls.
        name: The name of the task.
        open_waits: URL of the Redis in which open waits are recorded: by default the broker, if its
            URL begins with redis:// or rediss://, or else none. RabbitMQ loses no message.
        clock: Seconds since the epoch.
    """
    # A new class for each app: Celery stores the app in the class.
    task = type("AssetWait", (_AssetWait,), {"name": name})(client, poll, open_waits, clock)
    app.register_task(task)

    class Resend(StartStopStep):  # type: ignore[misc]  # celery has no types
        """Makes each worker look for lost messages."""

        requires = ("celery.worker.components:Timer",)

        def start(self, parent: Any) -> None:  # noqa: ANN401 (Celery's worker)
            parent.timer.call_repeatedly(task.visible() / 3, task.resend)

    app.steps["worker"].add(Resend)
    return task


class _AssetWait(Task):  # type: ignore[misc]  # celery has no types
    """The task."""

    acks_late = True
    reject_on_worker_lost = True
    max_retries = None
    throws = (BabouError,)  # one line each in the worker's log

    def __init__(
        self,
        client: Callable[[], Client],
        poll: PollPolicy,
        open_waits: str | None,
        clock: Callable[[], float],
    ) -> None:
        self._make_client, self._poll, self._open_waits = client, poll, open_waits
        self._clock = clock

    def apply_async(
        self,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        task_id: str | None = None,
        **options: Any,  # noqa: ANN401 (Celery's)
    ) -> AsyncResult:
        """Record the wait, and send its message."""
        task_id = task_id or uuid()
        eta = options.get("eta")
        expected = eta.timestamp() if eta else self._clock() + (options.get("countdown") or 0.0)
        message = Message(options.get("retries", 0), list(args or ()), dict(kwargs or {}))
        try:
            if self._noted:
                self._noted.note(task_id, message, expected)
        except RedisError as error:
            raise OperationalError(str(error)) from error  # as if the broker did not answer
        return super().apply_async(args, kwargs, task_id=task_id, **options)

    def run(
        self,
        asset_id: str,
        *,
        timeout: float = DEFAULT_WAIT_TIMEOUT,
        missing_ok_for: float = 0.0,
        started_at: float | None = None,
        wait: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Wait until an asset is ready: poll it once if that is due, and put the wait back."""
        now = self._clock()
        if wait is None:
            began = now if started_at is None else min(now, started_at)
            wait = {"began": began, "due": now, "polls": 0, "failures": 0}
        try:
            if self._noted and self._noted.is_stale(self.request.id, self.request.retries):
                raise Ignore
            if now >= wait["due"]:
                decision = self._turn(asset_id, wait, timeout, missing_ok_for)
                if isinstance(decision, Done):
                    return decision.asset.to_dict()
                if not isinstance(decision, Again):
                    raise decision.error
                wait["due"] = self._clock() + decision.delay
            again = {"timeout": timeout, "missing_ok_for": missing_ok_for, "wait": wait}
            countdown = max(0.0, min(wait["due"] - self._clock(), self.visible() / 3))
            sent = self.retry(args=[asset_id], kwargs=again, countdown=countdown, throw=False)
            if self.request.is_eager:  # there is no queue: Celery makes the next turn at once
                time.sleep(countdown)
                raise sent
            # Retry would store the state RETRY, perhaps over the result of a turn that came after.
            raise Ignore
        except BabouError as error:
            raise carried(error) from None
        except (
            RedisError,
            Reject,
        ) as error:  # Redis is away; Celery would drop the message
            raise Reject(error, requeue=True) from error

    def _turn(
        self, asset_id: str, wait: dict[str, Any], timeout: float, missing_ok_for: float
    ) -> Done | Failed | Again | TimedOut:
        timeout = check_seconds(timeout, "timeout")
        missing_ok_for = check_number(missing_ok_for, "missing_ok_for")
        sent = self._clock()
        outcome: Asset | BabouError
        try:
            outcome = self._client.assets.get(asset_id)
        except BabouError as error:
            outcome = error
        wait["polls"] += 1
        wait["failures"] = wait["failures"] + 1 if isinstance(outcome, BabouError) else 0
        now = self._clock()
        return self._poll.step(
            asset_id,
            outcome,
            elapsed=now - wait["began"],
            timeout=timeout,
            polls=wait["polls"],
            failures=wait["failures"],
            round_trip=now - sent,
            missing_ok_for=missing_ok_for,
        )

    def on_success(self, _result: object, task_id: str, *_: object) -> None:
        """Forget the wait."""
        self._forget(task_id)

    def on_failure(self, _error: object, task_id: str, *_: object) -> None:
        """Forget the wait."""
        self._forget(task_id)

    def _forget(self, task_id: str) -> None:
        with contextlib.suppress(RedisError):  # then it is sent again, and gives its result twice
            if self._noted:
                self._noted.end(task_id)

    def resend(self) -> None:
        """Send the lost messages again: those of waits whose turns are late."""
        if self._noted:
            late = self._clock() - 2 * self.visible()
            for task_id, lost in self._noted.lost(late, self.visible() / 3):
                self.apply_async(lost.args, lost.kwargs, task_id=task_id, retries=lost.turn + 1)

    def visible(self) -> float:
        """Return the visibility timeout in seconds."""
        options = self.app.conf.broker_transport_options
        return float(options.get("visibility_timeout", _VISIBILITY_TIMEOUT))

    @functools.cached_property
    def _client(self) -> Client:
        return self._make_client().with_options(max_retries=0)  # the policy tries again

    @functools.cached_property
    def _noted(self) -> OpenWaits | None:
        url = self._open_waits or str(self.app.conf.broker_url).partition(";")[0]
        return OpenWaits(url, self.name) if url.startswith(("redis://", "rediss://")) else None
