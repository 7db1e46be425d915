"""The group of commands: its errors, commands of other packages, and the short commands.

The short commands are `get`, `check`, `url`, `list` and `completion`; `_long` has the others.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import re
import shutil
import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NoReturn

import click

from babou._cli._long import download, upload, wait
from babou._cli._output import (
    VERDICTS,
    Exit,
    Failure,
    clean,
    each,
    exit_for,
    in_options,
    message,
    on_terminal,
    print_asset,
    print_json,
    print_table,
)
from babou._cli._settings import (
    Settings,
    command,
    common_options,
    examples,
    json_option,
    type_option,
)
from babou._errors import BabouError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.metadata import EntryPoint

_PLUGINS = "babou.commands"
_PLAIN_WORDS = (
    (r"is not a valid float( range)?", "is not a number"),
    (r"is not a valid integer( range)?", "is not a whole number"),
    (r"is not in the range x>=", "is less than "),
    (r"is not in the range (\d+)<=x<=(\d+)", r"is not between \1 and \2"),
)
_EXTRAS = {"contract": "babou[contract]", "mock": "babou[testing]"}


class App(click.Group):
    """A group whose commands end with an exit code and, after an error, a message of one line.

    Commands of other packages, and of this package's extras, are the entry points of the group
    `babou.commands`. Each is a click command, imported when it is called or its help is shown.
    """

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401 (as click has it)
        """Run, and exit."""
        for stream in (sys.stdout, sys.stderr):
            # Characters that the locale lacks become \u…; a replaced stream may not have this.
            with contextlib.suppress(AttributeError):
                stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            with _results():
                code = super().main(
                    *args, **kwargs | {"prog_name": "babou", "standalone_mode": False}
                )
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx is not None else "babou"
            text = _plainly(error.format_message())
            code = _end(f"{text} Try: {path} --help", error.exit_code)
        except click.ClickException as error:
            code = _end(error.format_message(), error.exit_code)
        sys.exit(code if isinstance(code, int) else Exit.YES)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:  # noqa: ANN401 (as click has it)
        """Read the arguments; `--help` and `--version` print their text here."""
        with _results():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (as click has it)
        """Run a command; turn its errors into click's."""
        try:
            with _results():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Failure("interrupted.", Exit.INTERRUPTED) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (as click has it)
        """Return the names, ours first."""
        return [*self.commands, *(name for name in _plugins() if name not in self.commands)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; import it if it is another package's."""
        found = super().get_command(ctx, cmd_name)
        if found is None and (plugin := _plugins().get(cmd_name)) is not None:
            return _load(plugin)
        return found

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the exit codes under the help."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), code.meaning) for code in Exit])


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
            print_asset(asset)
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
                click.echo(f"{clean(asset_id)}\t{verdict.reason}")
    if settings.as_json:
        print_json(documents if asset_ids.several else documents[0])
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
            click.echo(clean(found))
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

    On a terminal, prints a table, of as many columns as there is room for. With --json, and where
    standard output is no terminal, prints the documents that the server sent, one in a line, as
    soon as they come.
    """
    with settings.client() as client:
        assets = client.assets.list(state=state, content_type=content_type, limit=limit)
        if not settings.as_json and on_terminal(sys.stdout):
            print_table(list(assets))
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
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
    return Exit.YES


@click.group(
    cls=App,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # click's own width is at least 50, which breaks lines on narrower terminals.
        "terminal_width": max(30, min(78, shutil.get_terminal_size().columns - 1)),
    },
    commands={
        "list": list_assets,
        "upload": upload,
        "get": get,
        "wait": wait,
        "check": check,
        "url": url,
        "download": download,
        "completion": completion,
    },
)
@common_options()
@click.version_option(package_name="babou", prog_name="babou")
@click.pass_context
def cli(ctx: click.Context, /, **_: object) -> None:
    """Upload, list, wait for, check and download assets of Babou's API.

    The options below can stand before or after the command. Results go to standard output, messages
    to standard error; after an error standard output is empty, except for lines already written.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(Exit.USAGE)
    given = {
        name: value
        for name, value in ctx.params.items()
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    ctx.default_map = {ctx.invoked_subcommand: given}


@contextlib.contextmanager
def _results() -> Iterator[None]:
    """Make sure that what the block prints is written, or that the exit code says otherwise."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BabouError as error:  # first: some of them are an OSError as well
        raise Failure(in_options(error), exit_for(error)) from error
    except OSError as error:
        if error.filename is not None:
            raise Failure(
                f"{error.strerror or error}: {error.filename!r}.", Exit.TROUBLE
            ) from error
        let_go_of_stdout()
        if error.errno == errno.EPIPE:
            sys.exit(Exit.BROKEN_PIPE)
        why = "it is closed" if error.errno == errno.EBADF else error.strerror or error
        text = f"the results could not be written to standard output: {why}."
        raise Failure(text, Exit.TROUBLE) from error


def let_go_of_stdout() -> None:
    """Discard what is still unwritten; Python's last flush would complain about it."""
    with contextlib.suppress(OSError, ValueError):
        stdout = sys.stdout.fileno()
        with open(os.devnull, "wb") as null:  # noqa: PTH123 (no path of a file)
            os.dup2(null.fileno(), stdout)


def _plugins() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 (slow to import, seldom needed)

    return {plugin.name: plugin for plugin in entry_points(group=_PLUGINS)}


def _load(plugin: EntryPoint) -> click.Command:
    try:
        command: click.Command = plugin.load()
    except (ImportError, AttributeError) as error:
        return _unavailable(plugin.name, error)
    return command


def _unavailable(name: str, error: Exception) -> click.Command:
    """Return a command that says what to install."""
    needed = f"pip install '{_EXTRAS[name]}'" if name in _EXTRAS else str(error)

    @click.command(
        name,
        help=f"(Not installed: {needed})",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        add_help_option=False,
    )
    def stub() -> NoReturn:
        raise Failure(f"{name} is not installed: {needed}", Exit.USAGE) from error

    return stub


def _plainly(text: str) -> str:
    """Return a usage error of click as one sentence in plain words."""
    line = " ".join(text.split()).rstrip(".")
    for theirs, ours in _PLAIN_WORDS:
        line = re.sub(theirs, ours, line)
    return line if line.endswith("?") else f"{line}."


def _end(text: str, code: int) -> int:
    if code == Exit.INTERRUPTED and sys.stderr.isatty():
        click.echo(err=True)  # so that the terminal's ^C stays on a line of its own
    click.echo(message(text), err=True)
    return code
