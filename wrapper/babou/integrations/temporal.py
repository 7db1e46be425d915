"""Wait for assets in Temporal workflows (extra `temporal`).

A wait is one activity, by the engine's pattern for infrequent polling. An attempt polls once; while
the asset is not ready, it fails and names the pause until the next attempt. The server keeps that
pause, so a wait occupies no worker, and attempts add nothing to the workflow's history.

- Attempts are at-least-once: if the worker is killed, the attempt is repeated. A poll has no side
  effects.
- A result may be delivered twice, if the workflow around the wait runs twice: identify it by asset
  id.
- Waits are stored only in the server's database. If that is lost, start the wait again.
- The kill of a worker delays a wait that it polls for: the next attempt comes `poll_timeout` and
  6 s after the lost one. A workflow in the worker's cache continues 10 s after the wait's end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio import activity, exceptions, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ApplicationErrorCategory

# Workflows run in a sandbox, which would otherwise load all this again for each workflow.
with workflow.unsafe.imports_passed_through():
    from babou import Again, Asset, BabouError, ConfigurationError, Done, PollPolicy, WaitError
    from babou._core.config import DEFAULT_WAIT_TIMEOUT, check_number, check_seconds

if TYPE_CHECKING:
    from babou import AsyncClient

__all__ = ["AssetActivities", "AssetWait", "wait_for_asset"]

_ACTIVITY = "babou_wait_for_asset"
_GRACE = 5.0
"""Seconds that an attempt may take in addition to its poll."""


@dataclass(frozen=True)
class AssetWait:
    """The activity's argument: as in `wait_for_asset`; all but the first in seconds."""

    asset_id: str
    timeout: float
    poll_timeout: float
    missing_ok_for: float

    def __post_init__(self) -> None:
        check_seconds(self.timeout, "timeout")
        check_seconds(self.poll_timeout, "poll_timeout")
        check_number(self.missing_ok_for, "missing_ok_for")


class AssetActivities:
    """The activity and the client that it polls with: `Worker(…, activities=[these.wait])`.

    The key is the worker's: it is in no argument, no result and no history.

    Args:
        client: Sends the polls. Its retries are not used, since the wait itself tries again.
        poll: How long a wait pauses between polls.
    """

    def __init__(
        self,
        client: AsyncClient,
        *,
        poll: PollPolicy = PollPolicy(),  # noqa: B008 (a frozen value)
    ) -> None:
        self._client, self._poll = client, poll

    @activity.defn(name=_ACTIVITY)
    async def wait(self, wait: AssetWait) -> dict[str, Any]:
        """Poll once; return the asset if it is ready, or make the server try again later.

        The wait begins when the activity is first scheduled, by the server's clock.

        Raises:
            ApplicationError: Retryable if the asset is not ready. Otherwise the wait ended with an
                error of the class named by `type`.
        """
        info = activity.info()
        waited = (info.started_time - info.scheduled_time).total_seconds()
        failures, document = known = tuple(info.heartbeat_details) or (0, None)
        sent = time.monotonic()
        outcome: Asset | BabouError
        try:
            client = self._client.with_options(timeout=wait.poll_timeout, max_retries=0)
            outcome = await client.assets.get(wait.asset_id)
        except BabouError as error:
            outcome, failures = error, failures + 1
        else:
            failures, document = 0, outcome.to_dict()
        took = time.monotonic() - sent
        decision = self._poll.step(
            wait.asset_id,
            outcome,
            elapsed=waited + took,
            timeout=wait.timeout,
            polls=info.attempt,
            failures=failures,
            last_asset=document and Asset.from_dict(document),
            round_trip=took,
            missing_ok_for=wait.missing_ok_for,
        )
        if isinstance(decision, Done):
            return decision.asset.to_dict()
        if not isinstance(decision, Again):
            raise _ended(decision.error)
        if (failures, document) != known:
            activity.heartbeat(failures, document)  # the next attempt reads this
        seen = outcome if isinstance(outcome, BabouError) else f"it is {str(outcome.state)!r}"
        raise ApplicationError(
            f"Asset {wait.asset_id!r} is polled again in {decision.delay:.3g} s: {seen}",
            type="NotReady",
            next_retry_delay=timedelta(seconds=decision.delay),
            category=ApplicationErrorCategory.BENIGN,  # no failure in logs and metrics
        )


async def wait_for_asset(
    asset_id: str,
    *,
    timeout: float = DEFAULT_WAIT_TIMEOUT,
    poll_timeout: float = 10.0,
    missing_ok_for: float = 0.0,
    task_queue: str | None = None,
) -> dict[str, Any]:
    """Wait, in a workflow, until an asset is ready; return what `Asset.to_dict` returns.

    Args:
        asset_id: What to wait for.
        timeout: Seconds that the whole wait may take.
        poll_timeout: Seconds that one poll may take.
        missing_ok_for: Seconds from the beginning in which a 404 does not end the wait.
        task_queue: The queue of the workers with the activity; by default the workflow's own.

    Raises:
        ApplicationError: The wait ended with an error of the class of this package that `type`
            names: `AssetFailedError`, `WaitTimeoutError`, `NotFoundError` …. The first of its
            `details` is the asset as last seen, or None.
        ActivityError: The wait was cancelled.
    """
    try:
        wait = AssetWait(asset_id, timeout, poll_timeout, missing_ok_for)
    except ConfigurationError as error:
        raise _ended(error) from None
    attempt = timedelta(seconds=poll_timeout + _GRACE)
    try:
        asset: dict[str, Any] = await workflow.execute_activity(
            _ACTIVITY,
            wait,
            result_type=dict[str, Any],
            task_queue=task_queue,
            start_to_close_timeout=attempt,
            # The wait ends itself; this is the limit if no worker runs.
            schedule_to_close_timeout=timedelta(seconds=timeout) + attempt,
            # For lost attempts; all others name their pause.
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=1), backoff_coefficient=1.0
            ),
        )
    except ActivityError as error:
        if isinstance(error.cause, ApplicationError):
            raise error.cause from None
        if isinstance(error.cause, exceptions.TimeoutError):
            raise ApplicationError(
                f"Asset {asset_id!r}: the {timeout:g} s of the wait are over, and no worker was "
                "there for its last poll. Run one with AssetActivities.wait, on this task queue.",
                None,
                type="WaitTimeoutError",
                non_retryable=True,
            ) from error
        raise
    return asset


def _ended(error: BabouError) -> ApplicationError:
    """Return the error that ends activity and workflow; the engine tries neither again."""
    asset = error.asset if isinstance(error, WaitError) else None
    return ApplicationError(
        str(error),
        asset and asset.to_dict(),
        type=type(error).__name__,
        non_retryable=True,
    )
