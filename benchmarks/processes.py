"""Start processes on chosen cores, and talk with those that measure."""

import contextlib
import functools
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from attrs import frozen

ROOT = Path(__file__).resolve().parent.parent
IN_PEER = ROOT / "benchmarks" / "in_peer"
"""Scripts that run in the peers' environments, where this package is not."""


def cores() -> tuple[set[int] | None, set[int] | None]:
    """Return the cores for the clients and the one for the server; None where there is but one."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    *clients, server = usable
    return (set(clients), {server}) if clients else (None, None)


def pinned(chosen: set[int] | None) -> Callable[[], None] | None:
    """Return what a new process has to do to run on the chosen cores only."""
    return None if chosen is None else functools.partial(os.sched_setaffinity, 0, chosen)


def free_ports(number: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for_port(port: int, process: subprocess.Popen[Any], *, timeout: float = 10.0) -> None:
    """Return when somebody listens on the port; raise if the process ends before."""
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not listen on port {port}")


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that measures: nobody's proxy, no telemetry."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith(("BABOU_", "PYTHON"))
    }
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", **more}


@frozen
class Done:
    """A command that ended well: what it wrote, and the wall and CPU seconds it took."""

    output: str
    wall: float
    cpu: float


def run(command: Sequence[str], chosen: set[int] | None, **variables: str) -> Done:
    """Run a command on the chosen cores, in the repository; raise with its last words if it fails.

    The CPU time is that of its own children as well.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(**variables),
        preexec_fn=pinned(chosen),
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(last_words(done.stderr + done.stdout))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Done(done.stdout, wall, cpu)


def last_words(text: str) -> str:
    """Return the last line of what a process wrote, such as the message of its exception."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it ended")


class Peer:
    """A process in a peer's environment that measures when it is told to."""

    def __init__(
        self, python: Path, script: str, arguments: Sequence[str], chosen: set[int] | None
    ) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (till the end)
        self._process = subprocess.Popen(
            [str(python), str(IN_PEER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment(),
            preexec_fn=pinned(chosen),
        )

    def measure(self, order: object) -> dict[str, Any]:
        """Send one line, and return the answer to it."""
        stdin, stdout = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(order), file=stdin, flush=True)
        line = stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(last_words(self._errors.read()))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()
