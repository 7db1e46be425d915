"""Open TCP connections, without waiting: which sockets to wait for is told to a transport."""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import time
from collections import deque
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside the first (RFC 8305, 5)."""

Address = tuple[Any, ...]
"""As socket.getaddrinfo has it: family, type, protocol, canonical name, address."""

Connecting = tuple[list[socket.socket], float]
"""Sockets, one of which should become writable, and the seconds after which it is too late."""


def connecting(
    found: Sequence[Address],
) -> Generator[Connecting, list[socket.socket], socket.socket]:
    """Connect to the first address that accepts (RFC 8305).

    Yields what to wait for, and is sent those sockets that are writable, be it none. Returns a
    socket that does not block; closes all others, also where it is closed itself.

    Raises:
        OSError: No address accepts; the last one's reason.
    """
    addresses, trying = deque(_alternating(found)), list[socket.socket]()
    problem, next_at = OSError("the host has no address"), -math.inf
    try:
        while addresses or trying:
            if addresses and time.monotonic() >= next_at:
                try:
                    trying.append(_begun(addresses.popleft()))
                    next_at = time.monotonic() + HEAD_START
                except OSError as error:
                    problem = error
                continue
            pause = max(0.0, next_at - time.monotonic()) if addresses else math.inf
            for network in (yield trying, pause):
                trying.remove(network)
                code = network.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    return network
                network.close()
                problem, next_at = OSError(code, os.strerror(code)), -math.inf
        raise problem
    finally:
        for network in trying:
            network.close()


def _alternating(found: Sequence[Address]) -> list[Address]:
    """Return addresses of both families by turns, in the order of each (RFC 8305, 4)."""
    first = [each for each in found if each[0] == found[0][0]]
    others = [each for each in found if each[0] != found[0][0]]
    return [each for each in chain(*zip_longest(first, others)) if each is not None]


def _begun(address: Address) -> socket.socket:
    family, kind, protocol, _, place = address
    network = socket.socket(family, kind, protocol)
    try:
        network.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        network.setblocking(False)  # noqa: FBT003 (its only argument)
        with contextlib.suppress(BlockingIOError):
            network.connect(place)
    except BaseException:
        network.close()
        raise
    return network


def is_readable(number: int) -> bool:
    """Tell whether something has arrived on an idle socket, be it only that it was closed."""
    if number < 0:
        return True
    if not hasattr(select, "poll"):  # Windows, and where gevent has taken its place
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))
