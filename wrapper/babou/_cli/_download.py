"""The command `download`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from babou._cli import _output
from babou._cli._each import each
from babou._cli._exits import Exit, Failure
from babou._cli._progress import transfer, waiting
from babou._cli._settings import Settings, command, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from babou._assets import Assets
    from babou._core.operations import Asset


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
@click.option(
    "--wait",
    "limit",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    help="First wait until the asset is ready, at most so many seconds.",
)
@click.option(
    "--timeout",
    "total",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    help="Seconds that the whole download may take.  [default: no limit]",
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
        click.get_current_context().meta[_output.CALL_TIMEOUT] = "--timeout"

    def ask(asset_id: str) -> dict[str, Any]:
        asset = asset_id if limit is None else _ready(settings, client.assets, asset_id, limit)
        with transfer(live=settings.is_live) as on_progress:
            if output == "-":
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
            _output.print_path(path)
        return {"path": str(path), "bytes": path.stat().st_size}

    with settings.client() as client:
        return each(settings, asset_ids, ask, "path", "bytes", several=asset_ids.several)


def _check_standard_output(settings: Settings, *, several: bool) -> None:
    if several:
        raise click.UsageError("--output - takes one asset.")
    if settings.as_json:
        raise click.UsageError("--json and --output - both need standard output.")
    if sys.stdout.isatty():
        raise click.UsageError("--output - does not write to a terminal. Redirect it.")


def _ready(settings: Settings, assets: Assets, asset_id: str, limit: float) -> Asset:
    """Return the asset once it is ready."""
    with waiting([asset_id], live=settings.is_live) as display:
        return assets.wait(asset_id, timeout=limit, on_update=display.seen, on_error=display.failed)
