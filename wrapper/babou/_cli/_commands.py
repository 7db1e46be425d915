"""The commands that ask once: `get`, `check`, `url`; and `completion`."""

from __future__ import annotations

import itertools
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import click

from babou._cli import _output
from babou._cli._each import each
from babou._cli._exits import VERDICTS, Exit
from babou._cli._settings import Settings, command, examples, json_option

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
