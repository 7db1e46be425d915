"""The command `babou contract`: hold spec, generated code, client and server against each other.

Exit codes: 0 all agree, 1 at least one disagreement, 2 wrong usage, 3 it could not be judged,
6 the results could not be written, 130 after Ctrl-C.
"""

import json
import math
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from babou_contract.model import NOT_JUDGED, Boundary, Report
from babou_contract.settings import (
    DEFAULT_MAX_EXAMPLES,
    DEFAULT_SEED,
    Settings,
    parse_argument,
    parse_rate,
    parse_waived,
)
from babou_contract.specification.assets import max_id_length
from babou_contract.specification.references import UnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_EXTRA = "pip install 'babou[contract]'"


def _boundaries(
    _context: click.Context,
    _parameter: click.Parameter,
    value: Any,  # noqa: ANN401  whatever click read
) -> frozenset[Boundary]:
    try:
        named = frozenset(Boundary.parse(part) for text in value for part in text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error
    return named or frozenset(Boundary)


def _rate(_context: click.Context, _parameter: click.Parameter, value: Any) -> float | None:  # noqa: ANN401
    try:
        return None if value is None else parse_rate(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


def _seconds(_context: click.Context, _parameter: click.Parameter, value: Any) -> float | None:  # noqa: ANN401
    if value is None or (math.isfinite(value) and value > 0):
        return value if value is None else float(value)
    raise click.BadParameter(f"{value:g} is not a positive, finite number of seconds.")


def _ids(_context: click.Context, _parameter: click.Parameter, value: Any) -> tuple[str, ...]:  # noqa: ANN401
    ids = [id for given in value for id in (_standard_input() if given == "-" else (given,))]
    for asset_id in ids:
        if asset_id in {"", ".", ".."} or len(asset_id) > max_id_length():
            raise click.BadParameter(f"{asset_id[:40]!r} is no id that can be asked for.")
    return tuple(dict.fromkeys(ids))


def _arguments(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
    return tuple(_read(parse_argument, text) for text in value)


def _waived(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
    return tuple(dict.fromkeys(_read(parse_waived, text) for text in value))


def _read(parse: "Callable[[str], Any]", text: str) -> Any:  # noqa: ANN401  what it is read as
    try:
        return parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


def _standard_input() -> "Iterator[str]":
    """Yield the ids on standard input, one per line, without blank lines and comments."""
    with click.open_file("-", errors="surrogateescape") as lines:
        yield from filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines))


@click.command(
    short_help="Hold specification, code, client and server together.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--base-url", metavar="URL", help="The server.  [default: the mock server]")
@click.option(
    "--asset",
    "assets",
    metavar="ID",
    multiple=True,
    callback=_ids,
    help="An asset that the server has, - for those on standard input (repeatable); best one of "
    "each kind and state.",
)
@click.option(
    "--argument",
    "arguments",
    metavar="OPERATION.NAME=VALUE",
    multiple=True,
    callback=_arguments,
    help="An argument with which an operation succeeds (repeatable): listAssets.state=ready.",
)
@click.option(
    "--waive",
    "waived",
    metavar="OPERATION",
    multiple=True,
    callback=_waived,
    help="Don't ask this operation, and do without a verdict on it (repeatable).",
)
@click.option(
    "--api-key",
    metavar="KEY",
    envvar="BABOU_API_KEY",
    help="The key.  [default: the environment variable BABOU_API_KEY]",
)
@click.option(
    "--report",
    "directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write contract.json, junit.xml and report.html there.",
)
@click.option(
    "--seed", type=int, metavar="N", default=DEFAULT_SEED, show_default=True, help="Repeats a run."
)
@click.option(
    "--max-examples",
    type=click.IntRange(min=1),
    metavar="N",
    default=DEFAULT_MAX_EXAMPLES,
    show_default=True,
    help="How many bodies, and requests, are made by chance.",
)
@click.option(
    "--time-limit",
    type=float,
    metavar="SECONDS",
    callback=_seconds,
    help="How long the run may take; what it does not reach is told.",
)
@click.option(
    "--rate-limit", metavar="N/s", callback=_rate, help="Requests at most: 10/s, 90/m, 1000/h."
)
@click.option(
    "--only",
    metavar="BOUNDARY",
    multiple=True,
    callback=_boundaries,
    help="; ".join(
        f"{boundary.number} or {boundary.slug}: {boundary.title}" for boundary in Boundary
    )
    + ".",
)
@click.option(
    "--allow-unsafe-methods",
    is_flag=True,
    help="Send methods that may change something as well, not GET, HEAD and OPTIONS only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")
@click.pass_context
def contract(
    context: click.Context,
    /,
    *,
    base_url: str | None,
    api_key: str | None,
    directory: Path | None,
    as_json: bool,
    rate_limit: float | None,
    time_limit: float | None,
    **more: Any,  # noqa: ANN401  the settings that are taken as they are
) -> None:
    """Hold the spec, the code made from it, the client and a server against each other.

    Without --base-url the mock server is started and checked. A server that this command did not
    start gets GET, HEAD and OPTIONS only, and the key goes nowhere else. What needs another method
    is to be allowed by --allow-unsafe-methods, or left out by --waive.

    \b
    Exit codes: 0 all agree, 1 something disagrees, 2 wrong usage, 3 it could not be judged
    (the server can't be reached, is down, limits or is too slow; the key is refused; an operation
    was not seen to succeed), 6 the results could not be written.
    """  # noqa: D301  click's own mark for lines that stay as they are
    settings = _settings(base_url, api_key, more)
    settings = evolve(settings, rate_limit=rate_limit, time_limit=time_limit)
    _need_the_extra(settings)
    from babou_contract.report.as_json import to_json  # noqa: PLC0415  needs the extra
    from babou_contract.report.publishing import no_workflow_commands, published  # noqa: PLC0415

    if directory is not None:
        _check_writable(directory)
    with no_workflow_commands(on_stderr=as_json):
        try:
            report = _carried_out(settings, as_json=as_json)
        except UnusableError as error:
            failure = click.ClickException(f"{error}.")
            failure.exit_code = NOT_JUDGED  # type: ignore[misc]  # click declares it for the class
            raise failure from error
    if as_json:
        # In ASCII, and DEL is none that a terminal may see.
        click.echo(json.dumps(to_json(report)).replace("\x7f", "\\u007f"))
    published(report, directory, on_stderr=as_json)
    sys.stdout.flush()
    context.exit(report.exit_code)


def _cache_folder() -> str:
    return str(Path(tempfile.gettempdir()) / "babou-contract-hypothesis")


def _settings(base_url: str | None, api_key: str | None, more: dict[str, Any]) -> Settings:
    more["only"] = frozenset(more["only"])
    if base_url is None:
        if more["assets"]:
            raise click.UsageError("--asset names an asset of a server: give its --base-url.")
        return Settings(**more)
    if any(boundary.needs_server for boundary in more["only"]):
        if not api_key:
            raise click.UsageError("No API key: set BABOU_API_KEY, or give --api-key.")
        if not (more["assets"] or more["arguments"] or more["waived"]):
            raise click.UsageError("Name at least one asset that the server has: --asset ID.")
    import babou  # noqa: PLC0415  takes time, and is not needed for --help

    try:
        babou.Client(api_key or "unused", base_url=base_url).close()
    except babou.ConfigurationError as error:
        text = str(error).replace("base_url", "--base-url").replace("api_key=", "--api-key")
        raise click.UsageError(text.replace("api_key", "--api-key")) from error
    return Settings(base_url=base_url, api_key=api_key or "", **more)


def _check_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{directory}: {error.strerror or error}"
        raise click.UsageError(f"The report can't be written to {problem}.") from error


def _need_the_extra(settings: Settings) -> None:
    try:
        from babou_contract.report import show  # noqa: F401, PLC0415  looks whether it is there
        from babou_contract.run import require  # noqa: PLC0415

        require(settings)
    except ImportError as error:
        raise click.UsageError(f"{error.name or error} is not installed: {_EXTRA}.") from error


def _carried_out(settings: Settings, *, as_json: bool) -> Report:
    from babou_contract.report.show import Progress, text  # noqa: PLC0415  needs the extra
    from babou_contract.run import run  # noqa: PLC0415

    # Else hypothesis leaves a folder wherever the command is called.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", _cache_folder())
    if as_json:
        return run(settings)
    with Progress(sys.stdout) as progress:
        report = run(settings, progress.add)
    click.echo(text(report))
    return report
