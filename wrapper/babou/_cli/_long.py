"""The long commands: `wait`, `upload` and `download`. Each shows its progress (`_progress`)."""

from __future__ import annotations

import contextlib
import os
import sys
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from babou._cli._output import (
    CALL_TIMEOUT,
    Exit,
    Failure,
    clean,
    each,
    error_document,
    exit_for,
    message,
    print_json,
    print_path,
)
from babou._cli._progress import transfer, waiting
from babou._cli._settings import Settings, command, seconds_option, type_option
from babou._core.config import DEFAULT_WAIT_TIMEOUT
from babou._core.polling import PollPolicy
from babou._errors import AssetFailedError, DownloadError, WaitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from babou._client import Assets
    from babou._core.operations import Asset
    from babou._core.outcomes import WaitResult


@command(
    "babou wait ast_abc123xyz456789012 --timeout 120",
    "babou wait ast_one ast_two ast_three",
    "babou wait - --json <ids.txt",
    call_timeout="--call-timeout",
)
@seconds_option(
    "--timeout", "limit", default=DEFAULT_WAIT_TIMEOUT, help="Seconds that the whole wait may take."
)
@seconds_option(
    "--interval", help="Seconds between polls.  [default: growing with the time waited]"
)
@click.option(
    "--max-attempts",
    metavar="N",
    type=click.IntRange(min=1),
    help="Polls after which the wait for an asset is given up.  [default: no limit]",
)
@seconds_option(
    "--missing-ok-for",
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


_FILES = click.argument("given", metavar="FILE...", nargs=-1, required=True)


@command(
    "babou upload clip.mp4",
    "babou upload *.png --wait --json",
    "curl https://example.com/a.png | babou upload -",
    call_timeout="--call-timeout",
    argument=_FILES,
    note="A FILE that is - stands for standard input.",
)
@type_option
@click.option("--wait", "wait", is_flag=True, help="Wait until the assets are ready.")
@seconds_option(
    "--wait-timeout",
    default=DEFAULT_WAIT_TIMEOUT,
    help="Seconds that the wait for an asset may take.",
)
@seconds_option(
    "--timeout",
    "total",
    help="Seconds that the whole upload of a file may take.  [default: no limit]",
)
def upload(
    settings: Settings,
    *,
    given: Sequence[str],
    content_type: str | None,
    wait: bool,
    wait_timeout: float,
    total: float | None,
) -> int:
    """Upload files as new assets, and print their IDs.

    One per line, as soon as the file is uploaded. With --json, prints the asset, or for several
    files an array of results at the end. Without --type the first bytes of a file tell its type, or
    else its name. Exits with the highest code among them.
    """
    files = list(dict.fromkeys(given))
    if "-" in files:
        _check_standard_input(settings)

    def send(file: str) -> dict[str, Any]:
        with transfer(live=settings.is_live) as on_progress:
            asset = _sent(
                client.assets, file, content_type=content_type, timeout=total, told=on_progress
            )
        if not settings.as_json:
            click.echo(clean(asset.id))
        if wait:
            asset = _ready(settings, client.assets, asset, wait_timeout)
        return {"asset": asset.to_dict()}

    with settings.client() as client:
        several = len(files) > 1
        return each(
            settings, files, send, "asset", named="file", several=several, alone=itemgetter("asset")
        )


def _check_standard_input(settings: Settings) -> None:
    if settings.api_key_file == "-":
        raise click.UsageError("The API key and a file can't both be on standard input.")
    if sys.stdin.isatty():
        raise click.UsageError("FILE - does not read from a terminal. Redirect it.")


def _sent(
    assets: Assets,
    file: str,
    *,
    content_type: str | None,
    timeout: float | None,
    told: Callable[[int, int], object] | None,
) -> Asset:
    source: str | BinaryIO = sys.stdin.buffer if file == "-" else file
    try:
        return assets.upload(source, content_type=content_type, timeout=timeout, on_progress=told)
    except KeyboardInterrupt:
        raise Failure(
            "interrupted. The asset may exist all the same: look for it with babou list.",
            Exit.INTERRUPTED,
        ) from None


@command(
    "babou download ast_abc123xyz456789012 -o logo.png",
    "babou download ast_abc123xyz456789012 --wait 60",
    "babou download ast_abc123xyz456789012 -o - | file -",
    "babou download - -o images <ids.txt",
    call_timeout="--call-timeout",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(),
    default=".",
    help="File, or directory in which the asset's name is used, or - for standard output.  "
    "[default: the current directory]",
)
@click.option("-f", "--overwrite", is_flag=True, help="Replace the file if it exists.")
@seconds_option(
    "--wait", "limit", help="First wait until the asset is ready, at most so many seconds."
)
@seconds_option(
    "--timeout", "total", help="Seconds that the whole download may take.  [default: no limit]"
)
def download(
    settings: Settings,
    *,
    given: Sequence[str],
    output: str,
    overwrite: bool,
    limit: float | None,
    total: float | None,
) -> int:
    """Store assets' bytes, and print the paths of the files.

    A download that broke off is taken up by the same command, if the storage allows. Several assets
    are stored one after the other, and need a directory. With --json, prints a document with the
    ID, the path and the number of bytes, or for several assets an array of results. Exits with the
    highest code among them.
    """
    asset_ids = settings.read_ids(given)
    if output == "-":
        _check_standard_output(settings, several=asset_ids.several)
    elif not Path(output).is_dir():
        if asset_ids.several:
            raise click.UsageError("Several assets need a directory that exists as --output.")
        if os.path.lexists(output) and not overwrite:
            raise Failure(f"{output!r} exists. Choose another name, or pass --overwrite.", Exit.NO)

    if total is not None and total <= settings.timeout:  # then no call has more than that
        click.get_current_context().meta[CALL_TIMEOUT] = "--timeout"

    def ask(asset_id: str) -> dict[str, Any]:
        asset = asset_id if limit is None else _ready(settings, client.assets, asset_id, limit)
        with transfer(live=settings.is_live) as on_progress:
            if output == "-":
                with _standard_output_errors():
                    client.assets.download(
                        asset, sys.stdout.buffer, timeout=total, on_progress=on_progress
                    )
                return {}
            try:
                path = client.assets.download(
                    asset, output, overwrite=overwrite, timeout=total, on_progress=on_progress
                )
            except KeyboardInterrupt:
                raise Failure(
                    "interrupted. The same command takes the download up where it stopped, if the "
                    "storage allows.",
                    Exit.INTERRUPTED,
                ) from None
        if not settings.as_json:
            print_path(path)
        return {"path": str(path), "bytes": path.stat().st_size}

    with settings.client() as client:
        return each(settings, asset_ids, ask, "path", "bytes", several=asset_ids.several)


@contextlib.contextmanager
def _standard_output_errors() -> Iterator[None]:
    """Let errors of standard output be told as those of all other results."""
    try:
        yield
    except DownloadError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise


def _check_standard_output(settings: Settings, *, several: bool) -> None:
    if several:
        raise click.UsageError("--output - takes one asset.")
    if settings.as_json:
        raise click.UsageError("--json and --output - both need standard output.")
    if sys.stdout.isatty():
        raise click.UsageError("--output - does not write to a terminal. Redirect it.")


def _ready(settings: Settings, assets: Assets, asset: Asset | str, limit: float) -> Asset:
    """Return the asset once it is ready."""
    asset_id = asset if isinstance(asset, str) else asset.id
    with waiting([asset_id], live=settings.is_live) as display:
        return assets.wait(asset, timeout=limit, on_update=display.seen, on_error=display.failed)
