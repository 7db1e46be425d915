"""What the commands that ask once have in common: they take one asset after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from babou._cli import _output
from babou._cli._exits import Exit, exit_for
from babou._errors import (
    APIConnectionError,
    AuthenticationError,
    BabouError,
    ConfigurationError,
    InvalidAssetIdError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from babou._cli._settings import Settings

_ABOUT_ALL = (APIConnectionError, AuthenticationError, ConfigurationError)


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

    `ask` prints what it finds, unless --json is given: then the `members` that it returns are
    printed at the end, in an array of results, or for a single asset as `alone` makes them.

    An error about one of several assets is told, and the next one is asked for; one that all of
    them would meet is raised, as is that of a single asset.
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
            click.echo(_output.message(error), err=True)
            document |= {"ok": False, **dict.fromkeys(members)}
            document["error"] = _output.error_document(error)
        documents.append(document)
    if settings.as_json:
        _output.print_json(documents if several else alone(documents[0]))
    return code


def _is_about_all(error: BabouError) -> bool:
    return isinstance(error, _ABOUT_ALL) and not isinstance(error, InvalidAssetIdError)
