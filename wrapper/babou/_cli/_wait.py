"""The command `wait`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from babou._cli._output import Exit, clean, error_document, exit_for, message, print_json
from babou._cli._progress import waiting
from babou._cli._settings import Settings, command, seconds
from babou._core.config import DEFAULT_WAIT_TIMEOUT
from babou._core.polling import PollPolicy
from babou._errors import AssetFailedError, WaitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babou._core.outcomes import WaitResult


@command(
    "babou wait ast_abc123xyz456789012 --timeout 120",
    "babou wait ast_one ast_two ast_three",
    "babou wait - --json <ids.txt",
    call_timeout="--call-timeout",
)
@click.option(
    "--timeout",
    "limit",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    default=DEFAULT_WAIT_TIMEOUT,
    show_default=True,
    help="Seconds that the whole wait may take.",
)
@click.option(
    "--interval",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    help="Seconds between polls.  [default: growing with the time waited]",
)
@click.option(
    "--max-attempts",
    metavar="N",
    type=click.IntRange(min=1),
    help="Polls after which the wait for an asset is given up.  [default: no limit]",
)
@click.option(
    "--missing-ok-for",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    help="Seconds in which an asset that is not found (404) is waited for all the same.  "
    "[default: none]",
)
def wait(
    settings: Settings,
    given: Sequence[str],
    *,
    limit: float,
    interval: float | None,
    max_attempts: int | None,
    missing_ok_for: float | None,
) -> int:
    """Wait until assets are ready.

    Prints a line for each asset as soon as its wait ends: ID, tab, and its state or the reason.
    With --json, prints the asset, or for several an array of results at the end. What fails
    meanwhile is told on standard error, from the second failed poll on. Exits with the highest code
    among them.
    """
    asset_ids = settings.read_ids(given)
    poll = PollPolicy(max_attempts=max_attempts)
    if interval is not None:
        poll = PollPolicy.fixed(interval, max_attempts)
    found: dict[str, WaitResult] = {}
    with (
        settings.client(poll) as client,
        waiting(asset_ids, live=settings.is_live) as display,
        contextlib.closing(
            client.assets.wait_many(
                asset_ids,
                timeout=limit,
                missing_ok_for=missing_ok_for or 0.0,
                on_update=display.seen,
                on_error=display.failed,
            )
        ) as results,
    ):
        for result in results:
            found[result.asset_id] = result
            how = _how(result)
            display.ended(result.asset_id, how)
            if not settings.as_json:
                display.say(f"{clean(result.asset_id)}\t{how}", err=False)
            if result.error is not None:
                display.say(message(result.error), err=True)
    if settings.as_json and asset_ids.several:
        print_json([_result_document(found[asset_id]) for asset_id in asset_ids])
    elif settings.as_json:
        for result in found.values():
            if result.asset is not None:
                print_json(result.asset.to_dict())
    return max(_exit_of(result) for result in found.values())


def _how(result: WaitResult) -> str:
    """Return how a wait ended in one word: the asset's last state, or the kind of trouble."""
    asset = result.asset
    if isinstance(result.error, AssetFailedError):
        asset = result.error.asset
    return _exit_of(result).name.lower() if asset is None else clean(asset.state)


def _exit_of(result: WaitResult) -> Exit:
    return Exit.YES if result.error is None else exit_for(result.error)


def _result_document(result: WaitResult) -> dict[str, Any]:
    asset, error = result.asset, None
    if result.error is not None:
        asset = result.error.asset if isinstance(result.error, WaitError) else None
        error = error_document(result.error)
    return {
        "asset_id": result.asset_id,
        "ok": error is None,
        "asset": None if asset is None else asset.to_dict(),
        "error": error,
    }
