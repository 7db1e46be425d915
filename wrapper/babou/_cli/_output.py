"""What a command prints, and the code that it exits with.

Results go to standard output, all messages to standard error. No text can control the terminal.
"""

from __future__ import annotations

import json
import os
import re
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self, TextIO

import click

from babou._errors import (
    APIConnectionError,
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    BabouError,
    BadRequestError,
    BudgetError,
    ConfigurationError,
    DownloadError,
    FileTooLargeError,
    InvalidAssetIdError,
    NotFoundError,
    PermissionDeniedError,
    UploadError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from babou._cli._settings import Settings
    from babou._core.operations import Asset
    from babou._core.outcomes import VerdictReason

_KIBI = 1024
_LEAST_OF_A_NAME = 12  # columns of the table, at which a name can still be told from another
_GAP = 2
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")

# The library's messages name arguments; on the command line these are options. In messages about
# the network, `timeout=` is that of a single call; its option has another name in some commands.
_ARGUMENTS = re.compile(
    r"\b(?:the client's )?(?P<call>timeout)=(?=, or check)"
    r"|\b(?P<argument>api_key|content_type|overwrite|state|timeout)=(?:True)?"
    r"|^(?P<setting>api_key|base_url|content_type|limit|state)\b"
    r"|(?P<method>client\.assets\.list\(\))"
)
_OPTIONS = {
    "api_key": "--api-key-file",
    "base_url": "--base-url",
    "content_type": "--type",
    "limit": "--limit",
    "overwrite": "--overwrite",
    "state": "--state",
    "timeout": "--timeout",
}
CALL_TIMEOUT = "babou.call_timeout"  # the key of that option's name in click's context


def clean(text: object) -> str:
    """Return text in one line, without characters that control the terminal or the direction."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(text)
    )


def on_terminal(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that can do more than print lines."""
    return stream.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}


def print_json(document: object) -> None:
    """Print one document, in ASCII, which every terminal and locale can show."""
    click.echo(json.dumps(document, indent=2))


def print_path(path: Path) -> None:
    """Print a path: cleaned on a terminal, otherwise exactly as it is, for the next program."""
    click.echo(clean(path) if sys.stdout.isatty() else os.fsencode(path))


def message(text: object) -> str:
    """Return a message for standard error, in one line."""
    return clean(f"babou: {in_options(text)}")


def in_options(text: object) -> str:
    """Return a message of the library with its arguments named as options."""
    context = click.get_current_context(silent=True)
    call = "--timeout" if context is None else context.meta.get(CALL_TIMEOUT, "--timeout")

    def name(found: re.Match[str]) -> str:
        if found["method"]:
            return "babou list"
        return call if found["call"] else _OPTIONS[found["argument"] or found["setting"]]

    return _ARGUMENTS.sub(name, str(text))


def error_document(error: BabouError) -> dict[str, Any]:
    """Return an error as a part of a JSON document."""
    return {
        "type": type(error).__name__,
        "message": in_options(error),
        "code": getattr(error, "code", None),
        "status_code": getattr(error, "status_code", None),
    }


def colour(asset: Asset | None) -> str:
    """Return the colour of an asset's state."""
    if asset is None or not asset.is_terminal:
        return "yellow"
    return "green" if asset.is_ready else "red"


def print_asset(asset: Asset) -> None:
    """Print an asset's members, including those that this version doesn't know."""
    document = asset.to_dict()
    width = max(len(clean(name)) for name in document)
    in_colour = on_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
    for name, text in _members(asset, document):
        shown = text
        if name == "state" and in_colour:
            shown = click.style(text, fg=colour(asset))
        click.echo(f"{clean(name):{width}}  {shown}")


def print_table(assets: Sequence[Asset]) -> None:
    """Print a row for each asset, or say that there is none."""
    from rich.console import Console  # noqa: PLC0415 (slow to import)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not assets:
        click.echo(message("no such assets."), err=True)
        return
    rows = [
        {
            "id": Text(clean(asset.id)),
            "state": Text(clean(asset.state), style=colour(asset)),
            "type": Text(clean(asset.content_type)),
            "size": Text("-" if asset.size is None else binary(asset.size)),
            "created": Text(f"{asset.created_at:%Y-%m-%d %H:%M}"),
            "name": Text(clean(asset.name)),
        }
        for asset in assets
    ]
    console = Console(soft_wrap=False)
    widths = {name: max(len(name), *(row[name].cell_len for row in rows)) for name in rows[0]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = _columns(widths, console.width)
    for name in names:
        justify: Any = "right" if name == "size" else "left"
        table.add_column(name, no_wrap=True, justify=justify, min_width=widths[name])
    last = table.columns[-1]  # it has what the others leave
    left = console.width - sum(widths[name] + _GAP for name in names[:-1])
    last.min_width, last.max_width = None, max(1, left)
    for row in rows:
        table.add_row(*(row[str(column.header)] for column in table.columns))
    console.print(table)


def _columns(widths: dict[str, int], width: int) -> list[str]:
    """Return the columns for which there is room; an ID is always shown, and whole."""
    shown = list(widths)
    widths = {**widths, "name": min(widths["name"], _LEAST_OF_A_NAME)}
    for name in ("created", "type", "size", "name"):
        if sum(widths[each] + _GAP for each in shown) - _GAP <= width:
            break
        shown.remove(name)
    return shown


def _members(asset: Asset, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        if value is None:
            yield name, "-"
        elif name == "size" and asset.size is not None:
            yield name, readable_size(asset.size)
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield name, clean(text)


def readable_size(size: int) -> str:
    """Return a number of bytes, and from 1 KiB on also in a larger unit."""
    return f"{size} ({binary(size)})" if size >= _KIBI else str(size)


def binary(size: float, *, of: float | None = None) -> str:
    """Return a number of bytes, or a part of a number, in the largest unit that fits."""
    whole, unit = size if of is None else of, 0
    while whole >= _KIBI and unit < len(_UNITS) - 1:
        whole, size, unit = whole / _KIBI, size / _KIBI, unit + 1
    digits = 1 if unit else 0
    part = "" if of is None else f"{size:.{digits}f}/"
    return f"{part}{whole:.{digits}f} {_UNITS[unit]}"


class Exit(IntEnum):
    """The exit codes, and their meaning in the help."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    YES = 0, "Yes: it worked, or the asset is ready."
    NO = 1, "No: the asset failed, isn't ready (check), has no URL yet, wasn't stored or uploaded."
    USAGE = 2, "Wrong usage or configuration: an option, an id, no key."
    NOT_FOUND = 3, "Not found: no such asset, or another account's."
    KEY_REFUSED = 4, "The API key was refused."
    TIMED_OUT = 5, "Timed out."
    TROUBLE = 6, "Server, network or storage trouble, or the results could not be written."
    INTERRUPTED = 130, "Interrupted (Ctrl-C)."
    BROKEN_PIPE = 141, "Whoever read the output went away."
    TERMINATED = 143, "Terminated (SIGTERM)."


class Failure(click.ClickException):
    """An end with a message of one line and an exit code."""

    def __init__(self, text: str, code: Exit) -> None:
        super().__init__(text)
        self.exit_code = code  # type: ignore[misc]  # click declares it for the class, and reads it here


_ERRORS: tuple[tuple[type[BabouError], Exit], ...] = (  # the first match counts
    (ConfigurationError, Exit.USAGE),
    (BadRequestError, Exit.USAGE),
    (NotFoundError, Exit.NOT_FOUND),
    (AuthenticationError, Exit.KEY_REFUSED),
    (PermissionDeniedError, Exit.KEY_REFUSED),
    (WaitTimeoutError, Exit.TIMED_OUT),
    (APITimeoutError, Exit.TIMED_OUT),
    (BudgetError, Exit.TIMED_OUT),
    (AssetFailedError, Exit.NO),
    (DownloadError, Exit.NO),
    (FileTooLargeError, Exit.NO),
    (UploadError, Exit.NO),
    (BabouError, Exit.TROUBLE),
)

_ABOUT_ALL = (APIConnectionError, AuthenticationError, ConfigurationError)

VERDICTS: Mapping[VerdictReason, Exit] = {
    "ready": Exit.YES,
    "not_ready": Exit.NO,
    "failed": Exit.NO,
    "not_found": Exit.NOT_FOUND,
}


def exit_for(error: BabouError) -> Exit:
    """Return the exit code for an error."""
    if isinstance(error, DownloadError) and _is_trouble(error):
        return Exit.TROUBLE
    return next(code for kind, code in _ERRORS if isinstance(error, kind))


def _is_trouble(error: DownloadError) -> bool:
    """Tell whether the storage or the network is at fault, and not the asset or the disk."""
    return error.status_code is not None or isinstance(error.__cause__, APIConnectionError)


def each(
    settings: Settings,
    given: Sequence[str],
    ask: Callable[[str], dict[str, Any]],
    *members: str,
    several: bool,
    named: str = "asset_id",
    alone: Callable[[dict[str, Any]], object] = dict,
) -> int:
    """Ask for each asset, or file; return the highest exit code among them.

    `ask` prints what it finds. With --json it prints nothing; the `members` that it returns are
    printed at the end, in an array of results, or for a single asset as `alone` makes them.

    An error that concerns one of several assets is printed, and the next asset follows. An error
    that all of them would meet is raised, and so is the error of a single asset.
    """
    code, documents = Exit.YES, []
    for each_given in given:
        document: dict[str, Any] = {named: each_given}
        try:
            found = ask(each_given)
            if several:
                document |= {"ok": True, **found, "error": None}
            else:
                document |= found
        except BabouError as error:
            if not several or _is_about_all(error):
                raise
            code = max(code, exit_for(error))
            click.echo(message(error), err=True)
            document |= {"ok": False, **dict.fromkeys(members)}
            document["error"] = error_document(error)
        documents.append(document)
    if settings.as_json:
        print_json(documents if several else alone(documents[0]))
    return code


def _is_about_all(error: BabouError) -> bool:
    return isinstance(error, _ABOUT_ALL) and not isinstance(error, InvalidAssetIdError)
