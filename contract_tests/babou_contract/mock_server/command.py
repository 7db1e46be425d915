"""The command `babou mock`: the mock server for people and for scripts.

Exit codes: 1 for a specification that cannot be served, 2 for wrong options and a port in use, 130
after Ctrl-C, 143 after SIGTERM, and those of COMMAND where one is run (127 where it cannot be
found).
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from babou_contract.specification import spec
from babou_contract.specification.references import MissingError, UnusableError

from ._entries import switch_on
from ._faults import listing
from ._messages import RecordedRequest
from ._server import MockServer


def _key_prefix() -> str:
    with suppress(MissingError, UnusableError):  # the server tells which, where it is started
        return spec.key_prefix()
    return ""


_NOT_FOUND, _INTERRUPTED, _TERMINATED, _SIGNALLED = 127, 130, 143, 128


@click.command(
    short_help="Serve a mock of the API on this machine.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on."
)
@click.option(
    "--port",
    metavar="PORT",
    default=0,
    type=click.IntRange(0, 65535),
    help="Port to listen on.  [default: one that is free]",
)
@click.option(
    "--api-key",
    metavar="KEY",
    help=f"The key that is right, {_key_prefix()}….  [default: one made at random]",
)
@click.option(
    "--assets",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Add the assets and faults of a YAML or JSON file.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[:PARAM=VALUE,...]",
    help="Misbehave, e.g. rate_limited:retry_after=2,times=3 (repeatable).",
)
@click.option("--list-faults", is_flag=True, help="List the faults with their parameters.")
@click.option(
    "--admin", is_flag=True, help="Let whoever has the key add assets and faults under /_mock/."
)
@click.option("--json", "as_json", is_flag=True, help="Print where the server is as JSON.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def mock(
    *,
    host: str,
    port: int,
    api_key: str | None,
    assets: Path | None,
    faults: tuple[str, ...],
    list_faults: bool,
    admin: bool,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Serve a mock of the API on this machine, to try things out and to test against.

    Prints the environment variables that point at it, and serves until Ctrl-C. With COMMAND after
    --, runs that with the variables set instead, and ends when it ends.
    """
    if list_faults:
        for name, about in listing():
            click.echo(f"{name}\n    {about}")
        return
    log = None if command else _log_request
    try:
        with _usage_error("--api-key"):
            server = MockServer(host=host, port=port, api_key=api_key, admin=admin, on_request=log)
    except UnusableError as error:
        raise click.ClickException(f"{error}") from error
    if assets is not None:
        with _usage_error("--assets"):
            server.load(assets)
    for text in faults:
        with _usage_error("--fault"):
            name, parameters = parse_fault(text)
            switch_on(server, name, parameters)
    try:
        server.start()
    except OSError as error:
        why, _, _ = str(error.strerror or error).partition(" (")  # Python adds the address
        text = f"cannot listen on {host}:{port}: {why}; try another --host or --port"
        raise click.UsageError(text) from error
    with server, _terminable():
        variables = {"BABOU_BASE_URL": server.base_url, "BABOU_API_KEY": server.api_key}
        if command:
            with _left_to_the_command(signal.SIGINT):
                code = _run(command, os.environ | variables)
            sys.exit(code)
        _announce(server, variables, as_json=as_json)
        _serve()


def parse_fault(text: str) -> tuple[str, dict[str, object]]:
    """Read `name:param=value,…`; a value is JSON where it can be, and text where not.

    Raises:
        ValueError: A parameter has no `=`.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, object] = {}
    # A comma within a value, as in an HTTP date, is not followed by a name and `=`.
    for part in re.split(r",(?=\w+=)", rest) if rest else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} in {text!r} is not of the form param=value")
        try:
            parameters[key] = json.loads(value)
        except ValueError:
            parameters[key] = value
    return name, parameters


@contextmanager
def _usage_error(option: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'{option}'") from error


def _announce(server: MockServer, variables: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        whole = {
            "base_url": server.base_url,
            "api_key": server.api_key,
            "expired_key": server.expired_key,
            "assets": dict(server.about),
        }
        click.echo(json.dumps(whole))
    else:
        for name, value in variables.items():
            click.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()
    width = max(map(len, server.about))
    click.echo("Assets to try:", err=True)
    for id, about in server.about.items():
        click.echo(f"  {id:{width}}  {about}", err=True)
    click.echo("Ctrl-C ends it.", err=True)


def _serve() -> NoReturn:
    try:
        # In turns, because a wait without an end cannot be interrupted on Windows.
        while not threading.Event().wait(60):
            pass
    except KeyboardInterrupt:
        click.echo(err=True)  # leaves the terminal's ^C on a line of its own
    sys.exit(_INTERRUPTED)


def _log_request(request: RecordedRequest) -> None:
    key = ", with a key" if request.has_key else ""
    status = request.status or "no answer"
    click.echo(f"{request.method} {request.path} -> {status}{key}", err=True)


def _run(command: tuple[str, ...], environment: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=environment)  # noqa: S603  what the caller asked for
    except OSError as error:
        failure = click.ClickException(f"cannot run {command[0]}: {error.strerror}")
        failure.exit_code = _NOT_FOUND  # type: ignore[misc]  # click declares it for the class
        raise failure from error
    with process:
        try:
            code = process.wait()
        except SystemExit:
            process.terminate()
            raise
    return code if code >= 0 else _SIGNALLED - code


@contextmanager
def _left_to_the_command(number: signal.Signals) -> Iterator[None]:
    """Do nothing at a signal that the terminal sends to the command as well.

    An exception of Ctrl-C would come between the end of the command and the note of its exit
    code where the command is the faster one: then `subprocess` takes the code to be 0.
    """
    before = signal.getsignal(number)
    if before is not signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the server in an orderly way."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(_TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
