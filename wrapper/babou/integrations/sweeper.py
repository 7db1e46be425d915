"""Wait for all of an account's assets at once, through the list: a function for any scheduler.

An asset that is under way stands in the list with a hundred others. So the list is read in a
rhythm, and only what has left it is asked for by its id: about one request for each asset, where
polling each id takes nine.

    state = {}
    while True:
        state |= begin(new_asset_ids, timeout=3600)
        state, settled = sweep(client, state)
        for result in settled:
            tell(result.asset_id, result.asset, result.error)
        save(state)
        time.sleep(2)

- The state is all that there is of the waits: a dict that JSON can carry. Whoever has it goes on.
- Each result is delivered at least once: tell first, then save the state. Who stops in between
  gets the same results again. So consumers go by asset id.
- A list is a hint: what it leaves out by mistake is asked for, and the wait goes on. Requests have
  no side effects.
- Where the state is lost, so are the waits: `begin` them again. Where a sweeper is killed, they
  stall until another sweeps.
"""

from __future__ import annotations

import time
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from babou import (
    Again,
    BabouError,
    Done,
    PollPolicy,
    WaitFailure,
    WaitResult,
    WaitSuccess,
)
from babou._core.config import DEFAULT_WAIT_TIMEOUT, check_asset_ids, check_seconds
from babou._core.operations import under_way
from babou._core.outcomes import wait_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from babou import Asset, Client

__all__ = ["State", "begin", "sweep"]

State = dict[str, dict[str, Any]]
"""The waits that have not ended, by asset id."""


def begin(
    asset_ids: Iterable[str],
    *,
    timeout: float = DEFAULT_WAIT_TIMEOUT,
    clock: Callable[[], float] = time.time,
) -> State:
    """Return waits that begin now, to be added to a state by `|=`.

    Args:
        asset_ids: What to wait for.
        timeout: Seconds that each wait may take.
        clock: Seconds since the epoch.
    """
    now, timeout = clock(), check_seconds(timeout, "timeout")
    return {
        asset_id: {"began": now, "timeout": timeout, "due": now, "polls": 0, "failures": 0}
        for asset_id in check_asset_ids(asset_ids)
    }


def sweep(
    client: Client,
    state: State,
    *,
    poll: PollPolicy = PollPolicy(),  # noqa: B008 (a frozen value)
    most: int = 1000,
    clock: Callable[[], float] = time.time,
) -> tuple[State, list[WaitResult]]:
    """Look once after all waits; return the state as it is then, and the waits that have ended.

    The state that was given is not changed.

    Args:
        client: Sends the requests; with a `budget`, at its rate.
        state: What the last call returned, and what `begin` added.
        poll: How long to pause before an id that is not in the list, and not ready either, is
            asked for again.
        most: How many ids to ask for in one call; the others have their turn in the next.
        clock: Seconds since the epoch.

    Raises:
        BabouError: The list could not be read; the state is still good.
    """
    if not state:
        return {}, []
    shown = _under_way(client)
    left: State = {}
    settled: list[WaitResult] = []
    gone = []
    for asset_id, wait in state.items():
        elapsed = clock() - wait["began"]
        if asset_id not in shown:
            gone.append((wait["due"], asset_id))
        elif elapsed >= wait["timeout"]:
            settled.append(
                WaitFailure(asset_id, _timed_out(asset_id, shown[asset_id], elapsed, wait))
            )
            continue
        left[asset_id] = wait
    single = client.with_options(max_retries=0)  # the policy tries again
    for due, asset_id in sorted(gone, key=itemgetter(0))[:most]:
        if due > clock():
            break
        outcome = _ask(single, asset_id, left.pop(asset_id), poll, clock)
        if isinstance(outcome, dict):
            left[asset_id] = outcome
        else:
            settled.append(outcome)
    return left, settled


def _under_way(client: Client) -> dict[str, Asset]:
    """Return the assets that the list shows under way, each page read once or so.

    `list` reads again until it has seen all. Here what is missed is asked for by itself.
    """
    shown: dict[str, Asset] = {}
    for state in under_way():
        given = 0
        # Where this is never broken off, `list` raises.
        for page in client.assets.list(state=state).pages():  # pragma: no branch
            shown |= {asset.id: asset for asset in page.assets}
            given += len(page.assets)
            if given >= page.total:
                break
    return shown


def _ask(
    client: Client,
    asset_id: str,
    wait: dict[str, Any],
    poll: PollPolicy,
    clock: Callable[[], float],
) -> dict[str, Any] | WaitResult:
    """Ask for an asset that is not in the list; return how its wait ended, or goes on."""
    outcome: Asset | BabouError
    try:
        outcome = client.assets.get(asset_id)
    except BabouError as error:
        outcome = error
    failures = wait["failures"] + 1 if isinstance(outcome, BabouError) else 0
    wait = wait | {"polls": wait["polls"] + 1, "failures": failures}
    now = clock()
    decision = poll.step(
        asset_id,
        outcome,
        elapsed=now - wait["began"],
        timeout=wait["timeout"],
        polls=wait["polls"],
        failures=failures,
    )
    if isinstance(decision, Again):
        return wait | {"due": now + decision.delay}
    if isinstance(decision, Done):
        return WaitSuccess(asset_id, decision.asset)
    return WaitFailure(asset_id, decision.error)


def _timed_out(asset_id: str, asset: Asset, elapsed: float, wait: dict[str, Any]) -> BabouError:
    return wait_timeout(
        asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=wait["polls"],
        error=None,
        timeout=wait["timeout"],
    )
