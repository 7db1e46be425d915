"""The arguments and options that commands share, and the client made of them.

The options can stand before or after the command: an option before it becomes the default of the
command's own option of the same name (see `_app`).
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import math
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click
from attrs import fields_dict, frozen

from babou._cli._output import CALL_TIMEOUT, on_terminal
from babou._core.config import (
    DEFAULT_BASE_URL,
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    check_rate,
    check_seconds,
)
from babou._core.polling import PollPolicy
from babou._errors import ConfigurationError
from babou._http.budget import RateBudget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from babou._client import Client


class AssetIds(list[str]):
    """The given IDs, and whether the answer is a list, even if it has only one ID."""

    def __init__(self, ids: Iterable[str], *, several: bool) -> None:
        super().__init__(ids)
        self.several = several


@frozen
class Settings:
    """The values of the options that every command has."""

    as_json: bool
    verbose: bool
    base_url: str | None
    timeout: float
    max_retries: int
    rate: float | None
    api_key_file: str | None

    @contextlib.contextmanager
    def client(self, poll: PollPolicy = PollPolicy()) -> Iterator[Client]:  # noqa: B008 (frozen)
        """Open the client; with --verbose, print its requests on standard error."""
        from babou._client import Client  # noqa: PLC0415 (--help and completion do without it)

        with (
            _logged(self.verbose),
            Client(
                self._key(),
                base_url=self.base_url,
                timeout=self.timeout,
                max_retries=self.max_retries,
                poll=poll,
                budget=None if self.rate is None else RateBudget(self.rate),
            ) as client,
        ):
            yield client

    @property
    def is_live(self) -> bool:
        """Tell whether a live display can be shown; --verbose prints lines of its own."""
        return on_terminal(sys.stderr) and not self.verbose

    def read_ids(self, given: Sequence[str]) -> AssetIds:
        """Return the IDs, each once; for `-`, read them from standard input."""
        asset_ids = []
        for asset_id in given:
            if asset_id != "-":
                asset_ids.append(asset_id)
                continue
            if self.api_key_file == "-":
                raise click.UsageError("The API key and the IDs can't both be on standard input.")
            try:
                text = os.fsdecode(sys.stdin.buffer.read()).removeprefix("\ufeff")
            except OSError as error:
                raise click.UsageError(
                    f"Standard input can't be read: {error.strerror or error}."
                ) from error
            lines = (_COMMENT.sub("", line).strip() for line in text.splitlines())
            asset_ids += filter(None, lines)
        if not asset_ids:
            raise click.UsageError("There is no ID on standard input.")
        return AssetIds(dict.fromkeys(asset_ids), several=len(given) > 1 or "-" in given)

    def _key(self) -> str | None:
        """Return the key of the file, or None for the environment's."""
        if self.api_key_file is not None:
            try:
                with click.open_file(self.api_key_file, errors="replace") as file:
                    key: str = file.read().strip()
            except OSError as error:
                raise click.UsageError(
                    f"The file of --api-key-file can't be read: {error.strerror or error}: "
                    f"{self.api_key_file!r}."
                ) from error
            if not key:
                raise click.UsageError(
                    f"There is no key in the file of --api-key-file: {self.api_key_file!r}."
                )
            return key
        if not os.environ.get("BABOU_API_KEY"):
            raise click.UsageError(
                "No API key. Set the environment variable BABOU_API_KEY to a key of the form "
                "sk-bab-…, or name a file that holds it with --api-key-file."
            )
        return None


_COMMENT = re.compile(r"(^|\s)#.*")
_STANDARD_INPUT = (
    "An ID that is - stands for those on standard input, one per line; blank lines, and what "
    "follows a #, are left out."
)
json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON on standard output, and nothing else there: one document, or for `list` one "
    "in a line.",
)


type_option = click.option(
    "--type", "content_type", metavar="TYPE", help="MIME type, such as image/png."
)


def examples(*lines: str) -> str:
    """Return the end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


_IDS = click.argument("given", metavar="ID...", nargs=-1, required=True)


def command(
    *example_lines: str,
    call_timeout: str = "--timeout",
    argument: Callable[[Callable[..., int]], Callable[..., int]] | None = _IDS,
    note: str = _STANDARD_INPUT,
) -> Callable[[Callable[..., int]], click.Command]:
    """Make a function a command: it takes `Settings`, its argument (mostly IDs) and its options.

    Its help ends with the note on the argument, and the examples.
    """

    def decorate(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        def run(**given: Any) -> int:  # noqa: ANN401 (the values of all options)
            click.get_current_context().meta[CALL_TIMEOUT] = call_timeout
            settings = Settings(**{name: given.pop(name) for name in _COMMON})
            return function(settings, **given)

        with_options = common_options(call_timeout)(run)
        whole = with_options if argument is None else argument(with_options)
        text = f"{inspect.getdoc(function)}\n\n{note}"
        made = click.command(help=text, epilog=examples(*example_lines))(whole)
        made.params.sort(key=lambda parameter: parameter.name in _COMMON)  # its own come first
        return made

    return decorate


def _checked(
    what: str, check: Callable[[object, str], float]
) -> Callable[[click.Context, click.Parameter, float | None], float | None]:
    """Return an option's callback that accepts what the library does."""

    def accept(
        _context: click.Context, parameter: click.Parameter, value: float | None
    ) -> float | None:
        if value is None:
            return value
        try:
            return check(value, str(parameter.name))
        except ConfigurationError:
            kind = "usable" if math.isfinite(value) and value > 0 else "positive, finite"
            raise click.BadParameter(f"{value:g} is not a {kind} {what}.") from None

    return accept


_seconds = _checked("number of seconds", check_seconds)
_rate = _checked("number", check_rate)


def seconds_option(
    *names: str,
    help: str,  # noqa: A002 (as click has it)
    default: float | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option for a number of seconds."""
    return click.option(
        *names,
        metavar="SECONDS",
        type=float,
        callback=_seconds,
        default=default,
        show_default=default is not None,
        help=help,
    )


def common_options(call_timeout: str = "--timeout") -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that adds the options; `call_timeout` names the one for single calls."""
    options = (
        json_option,
        click.option(
            "--api-key-file",
            metavar="PATH",
            help="File that holds the API key, - for standard input.  "
            "[default: the environment variable BABOU_API_KEY]",
        ),
        click.option(
            "--base-url",
            metavar="URL",
            help="Where the API is.  "
            f"[default: the environment variable BABOU_BASE_URL, or {DEFAULT_BASE_URL}]",
        ),
        seconds_option(
            call_timeout,
            "timeout",
            default=DEFAULT_TIMEOUT,
            help="Seconds that one call may take in all, retries included.",
        ),
        click.option(
            "--max-retries",
            metavar="N",
            type=click.IntRange(min=0),
            default=DEFAULT_MAX_RETRIES,
            show_default=True,
            help="Further attempts after a call that failed for a passing reason.",
        ),
        click.option(
            "--rate",
            metavar="N",
            type=float,
            callback=_rate,
            help="Requests to the API a second, at most.  [default: no limit]",
        ),
        click.option("-v", "--verbose", is_flag=True, help="Tell each request on standard error."),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_COMMON = frozenset(fields_dict(Settings))


@contextlib.contextmanager
def _logged(verbose: bool) -> Iterator[None]:  # noqa: FBT001 (private)
    if not verbose:
        yield
        return
    log = logging.getLogger("babou")
    handler, level = logging.StreamHandler(sys.stderr), log.level
    handler.setFormatter(logging.Formatter("babou: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
