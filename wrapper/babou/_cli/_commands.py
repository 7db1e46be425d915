"""The commands that ask and print: `get`, `check`, `url`, `list`; and `completion`."""

from __future__ import annotations

import itertools
import json
import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from babou._cli import _output
from babou._cli._output import VERDICTS, Exit, each
from babou._cli._settings import Settings, command, examples, json_option, type_option

if TYPE_CHECKING:
    from collections.abc import Sequence


@command(
    "babou get ast_abc123xyz456789012",
    "babou get ast_abc123xyz456789012 --json",
    "babou get - <ids.txt",
)
def get(settings: Settings, given: Sequence[str]) -> int:
    """Show assets as they are now.

    With --json, prints the document that the server sent, or for several assets an array of
    results. Exits with the highest code among them.
    """
    asset_ids = settings.read_ids(given)
    blocks = itertools.count()

    def ask(asset_id: str) -> dict[str, Any]:
        asset = client.assets.get(asset_id)
        if not settings.as_json:
            if next(blocks):
                click.echo()
            _output.print_asset(asset)
        return {"asset": asset.to_dict()}

    with settings.client() as client:
        return each(
            settings,
            asset_ids,
            ask,
            "asset",
            several=asset_ids.several,
            alone=itemgetter("asset"),
        )


@command("babou check ast_abc123xyz456789012 && echo usable", "babou check ast_one ast_two --json")
def check(settings: Settings, given: Sequence[str]) -> int:
    """Say whether assets can be used.

    Prints a line for each asset: ID, tab, and ready, not_ready, failed or not_found. With --json,
    prints one verdict, or for several an array. Exits with the highest code among them.
    """
    asset_ids = settings.read_ids(given)
    code, documents = Exit.YES, []
    with settings.client() as client:
        for asset_id in asset_ids:
            verdict = client.assets.check(asset_id)
            code = max(code, VERDICTS[verdict.reason])
            documents.append(
                {
                    "asset_id": asset_id,
                    "ok": verdict.ok,
                    "reason": verdict.reason,
                    "asset": None if verdict.asset is None else verdict.asset.to_dict(),
                }
            )
            if not settings.as_json:
                click.echo(f"{_output.clean(asset_id)}\t{verdict.reason}")
    if settings.as_json:
        _output.print_json(documents if asset_ids.several else documents[0])
    return code


@command('curl --output logo.png "$(babou url ast_abc123xyz456789012)"')
def url(settings: Settings, given: Sequence[str]) -> int:
    """Print the URLs of assets' bytes: http, https or s3.

    One per line. With --json, prints a document with the ID and the URL, or for several assets an
    array of results. Exits with the highest code among them.
    """
    asset_ids = settings.read_ids(given)

    def ask(asset_id: str) -> dict[str, Any]:
        found = client.assets.url(asset_id)
        if not settings.as_json:
            click.echo(_output.clean(found))
        return {"url": found}

    with settings.client() as client:
        return each(settings, asset_ids, ask, "url", several=asset_ids.several)


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
@type_option
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


@click.command(epilog=examples('eval "$(babou completion bash)"', "babou completion fish | source"))
@json_option
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(*, shell: str, as_json: bool) -> int:
    """Print a shell's completion script.

    Put the first example's line in ~/.bashrc, the same with zsh in ~/.zshrc; the second's in
    ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 (seldom needed)

    program = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None, shell  # noqa: S101 (click has had these three since 8.0)
    script = kind(program, {}, "babou", "_BABOU_COMPLETE").source()
    if as_json:
        _output.print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
    return Exit.YES
