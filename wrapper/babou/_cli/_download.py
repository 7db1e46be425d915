"""The command `download`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from babou._cli import _output
from babou._cli._exits import Exit, Failure
from babou._cli._progress import transfer, waiting
from babou._cli._settings import Settings, command, one_id, seconds

if TYPE_CHECKING:
    from babou._assets import Assets
    from babou._operations import Asset


@command(
    "babou download ast_abc123xyz456789012 -o logo.png",
    "babou download ast_abc123xyz456789012 --wait 60",
    "babou download ast_abc123xyz456789012 -o - | file -",
    call_timeout="--request-timeout",
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
@one_id
def download(
    settings: Settings,
    *,
    asset_id: str,
    output: str,
    overwrite: bool,
    limit: float | None,
    total: float | None,
) -> int:
    """Store an asset's bytes, and print the path of the file.

    A download that broke off is taken up by the same command, if the storage allows.
    """
    if output == "-":
        return _to_standard_output(settings, asset_id, limit, total)
    if not (overwrite or Path(output).is_dir()) and os.path.lexists(output):
        raise Failure(f"{output!r} exists. Choose another name, or --overwrite.", Exit.NO)
    with settings.client() as client:
        asset = _asset(settings, client.assets, asset_id, limit)
        try:
            with transfer(asset.size, live=settings.is_live) as on_progress:
                path = client.assets.download(
                    asset, output, overwrite=overwrite, timeout=total, on_progress=on_progress
                )
        except KeyboardInterrupt:
            raise Failure(
                "interrupted. The same command takes the download up where it stopped, if the "
                "storage allows.",
                Exit.INTERRUPTED,
            ) from None
    if settings.as_json:
        size = path.stat().st_size
        _output.print_json({"asset_id": asset_id, "path": str(path), "bytes": size})
    else:
        _output.print_path(path)
    return Exit.YES


def _to_standard_output(
    settings: Settings, asset_id: str, limit: float | None, total: float | None
) -> int:
    if settings.as_json:
        raise click.UsageError("--json and --output - both need standard output.")
    if sys.stdout.isatty():
        raise click.UsageError("--output - does not write to a terminal. Redirect it.")
    with settings.client() as client:
        asset = _asset(settings, client.assets, asset_id, limit)
        with transfer(asset.size, live=settings.is_live) as on_progress:
            client.assets.download(asset, sys.stdout.buffer, timeout=total, on_progress=on_progress)
    return Exit.YES


def _asset(settings: Settings, assets: Assets, asset_id: str, limit: float | None) -> Asset:
    """Return the asset: as it is now, or, with a limit, once it is ready."""
    if limit is None:
        return assets.get(asset_id)
    with waiting([asset_id], live=settings.is_live) as display:
        return assets.wait(asset_id, timeout=limit, on_update=display.seen)
