"""A server that answers for every asset after a fixed time, and counts.

An asset is `processing` until it is asked for a certain number of times, and then `ready`.
"""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

from attrs import frozen

from benchmarks.nginx import ASSET
from benchmarks.processes import ROOT, free_ports, pinned, wait_for_port

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ASSET = json.dumps({**ASSET, "id": "%s", "state": "%s"})


def _answer(document: str) -> bytes:
    return _HEAD % len(document) + document.encode()


class Counts:
    """What all connections have in common."""

    def __init__(self) -> None:
        self.open = 0
        self.most = 0
        self.requests = 0
        self.seen: Counter[str] = Counter()

    def take(self) -> dict[str, int]:
        """Return what was counted, and begin again."""
        counted = {"connections": self.most, "requests": self.requests}
        self.most, self.requests = self.open, 0
        self.seen.clear()
        return counted


class Connection(asyncio.Protocol):
    """One connection; it understands just enough of HTTP/1.1 for a GET without a body."""

    def __init__(self, counts: Counts, delay: float, polls: int) -> None:
        self._counts, self._delay, self._polls = counts, delay, polls
        self._received = b""
        self._counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's)
        """Count it no longer."""
        self._counts.open -= self._counted

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            name = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            if name == "counted":
                self._transport.write(_answer(json.dumps(self._counts.take())))
            else:
                later = asyncio.get_running_loop().call_later
                later(self._delay, self._transport.write, self._asset(name))

    def _asset(self, name: str) -> bytes:
        if not self._counted:  # here, so that who only asks for the counts is not among them
            self._counted = True
            self._counts.open += 1
            self._counts.most = max(self._counts.most, self._counts.open)
        self._counts.requests += 1
        self._counts.seen[name] += 1
        state = "ready" if self._counts.seen[name] >= self._polls else "processing"
        return _answer(_ASSET % (name, state))


@frozen
class SlowServer:
    """Where it listens."""

    url: str

    def counted(self) -> dict[str, int]:
        """Return what was counted since this was last asked: requests, connections at once."""
        with urllib.request.urlopen(f"{self.url}/counted") as answer:  # noqa: S310 (loopback)
            counts: dict[str, int] = json.load(answer)
        return counts


@contextmanager
def serve(delay: float, *, polls: int, cores: set[int] | None = None) -> Iterator[SlowServer]:
    """Run the server; an asset is ready at its `polls`-th poll."""
    [port] = free_ports(1)
    command = [sys.executable, "-m", __name__, str(port), str(delay), str(polls)]
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=pinned(cores))
    try:
        wait_for_port(port, process)
        yield SlowServer(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


async def _main(port: int, delay: float, polls: int) -> None:
    loop = asyncio.get_running_loop()
    make = partial(Connection, Counts(), delay, polls)
    server = await loop.create_server(make, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
