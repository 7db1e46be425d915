"""The command line's page, from click's own help."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

import click

from babou._cli._app import cli
from babou._cli._output import Exit
from site_tables import cell, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_AS_IT_IS = "\b"  # click's mark of a paragraph that is not wrapped
_OFFLINE = 2  # --json and --help are all that commands without requests have in common


def commands() -> str:
    """Return a section for each command: usage, help, options, examples."""
    root = click.Context(cli, info_name="babou", **cli.context_settings)
    common = _options(cli, root)
    parts = ["## Options of every command", _help(cli), _table(common)]
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        assert command is not None, name  # noqa: S101 (it was listed)
        parts += _section(command, click.Context(command, info_name=name, parent=root), common)
    return "\n\n".join(parts)


def exit_codes() -> str:
    """Return the table of the exit codes."""
    return table((">exit code", "meaning"), ((str(int(code)), code.meaning) for code in Exit))


def _section(
    command: click.Command, context: click.Context, common: dict[str, str]
) -> Iterator[str]:
    own = _options(command, context)
    shared = own.items() & common.items()
    asks = len(shared) > _OFFLINE  # a command that sends requests takes them all
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"## babou {context.info_name}"
    yield f"```text\n{context.command_path} {pieces}\n```"
    yield _help(command)
    if shown := {name: own[name] for name in own if not (asks and (name, own[name]) in shared)}:
        yield _table(shown)
    if asks:
        yield "It takes the [options of every command](#options-of-every-command)."
    if command.epilog:
        lines = command.epilog.removeprefix(_AS_IT_IS).strip().splitlines()[1:]
        yield "For example:"
        yield "```sh\n" + textwrap.dedent("\n".join(lines)) + "\n```"


def _options(command: click.Command, context: click.Context) -> dict[str, str]:
    """Return the options with what their help says, the default included; arguments have none."""
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return dict(record for record in records if record and record[1])


def _help(command: click.Command) -> str:
    """Return the help as paragraphs; those that click leaves as they are, as text."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    if text.startswith(_AS_IT_IS):
        return f"```text\n{text.removeprefix(_AS_IT_IS).strip()}\n```"
    return re.sub(r"(?<!`)(--[a-z-]+)", r"`\1`", text)


def _table(options: dict[str, str]) -> str:
    rows = (
        (f"`{option}`", cell(meaning).replace("[", r"\["))  # not a link: [x>=1]
        for option, meaning in options.items()
    )
    return table(("option", "meaning"), rows)
