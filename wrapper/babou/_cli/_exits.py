"""How a command ends: the exit codes, which error ends with which, and the code of several."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

import click

from babou._cli import _output
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
    from collections.abc import Callable, Mapping, Sequence

    from babou._cli._settings import Settings
    from babou._core.outcomes import VerdictReason


class Exit(IntEnum):
    """What a script can tell an end by."""

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
    """An end that is told in one line."""

    def __init__(self, text: str, code: Exit) -> None:
        super().__init__(text)
        self.exit_code = code  # type: ignore[misc]  # click declares it for the class, and reads it here


_ERRORS: tuple[tuple[type[BabouError], Exit], ...] = (  # the first that fits counts
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
    """Return the exit code that an error ends with."""
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
