"""The commands `upload` and `list`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from babou._cli import _output
from babou._cli._each import each
from babou._cli._exits import Exit, Failure
from babou._cli._progress import transfer, waiting
from babou._cli._settings import Settings, command, seconds
from babou._core.config import DEFAULT_WAIT_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from babou._assets import Assets
    from babou._core.operations import Asset

_FILES = click.argument("given", metavar="FILE...", nargs=-1, required=True)
_type = click.option("--type", "content_type", metavar="TYPE", help="MIME type, such as image/png.")


@command(
    "babou upload clip.mp4",
    "babou upload *.png --wait --json",
    "curl https://example.com/a.png | babou upload -",
    call_timeout="--call-timeout",
    argument=_FILES,
    note="A FILE that is - stands for standard input.",
)
@_type
@click.option("--wait", "wait", is_flag=True, help="Wait until the assets are ready.")
@click.option(
    "--wait-timeout",
    metavar="SECONDS",
    type=float,
    callback=seconds,
    default=DEFAULT_WAIT_TIMEOUT,
    show_default=True,
    help="Seconds that the wait for an asset may take.",
)
@click.option(
    "--timeout",
    "total",
    metavar="SECONDS",
    type=float,
    callback=seconds,
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
            click.echo(_output.clean(asset.id))
        if wait:
            asset = _ready(settings, client.assets, asset, wait_timeout)
        return {"asset": asset.to_dict()}

    with settings.client() as client:
        several = len(files) > 1
        return each(
            settings, files, send, "asset", named="file", several=several, alone=_asset_alone
        )


def _asset_alone(document: dict[str, Any]) -> object:
    return document["asset"]


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


def _ready(settings: Settings, assets: Assets, asset: Asset, limit: float) -> Asset:
    """Return the asset once it is ready."""
    with waiting([asset.id], live=settings.is_live) as display:
        return assets.wait(asset, timeout=limit, on_update=display.seen, on_error=display.failed)


@command(
    "babou list",
    "babou list --state ready --type video/mp4 --limit 10",
    "babou list --state failed | jq -r .id",
    argument=None,
    note="",
)
@click.option(
    "--state",
    metavar="STATE",
    help="Only assets in this state: uploading, processing, ready, error or failed.",
)
@_type
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), help="At most so many.  [default: all]"
)
def list_assets(
    settings: Settings, *, state: str | None, content_type: str | None, limit: int | None
) -> int:
    """List the account's assets.

    On a terminal, prints a table. With --json, and where standard output is no terminal, prints the
    documents that the server sent, one in a line, as soon as they come.
    """
    with settings.client() as client:
        assets = client.assets.list(state=state, content_type=content_type, limit=limit)
        if not settings.as_json and _output.on_terminal(sys.stdout):
            _output.print_table(list(assets))
            return Exit.YES
        for asset in assets:
            click.echo(json.dumps(asset.to_dict()))
    return Exit.YES
