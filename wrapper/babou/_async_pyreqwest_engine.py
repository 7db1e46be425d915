"""The asynchronous engine over pyreqwest; `_pyreqwest_engine` is its sibling."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from pyreqwest.client import ClientBuilder

from babou._engine import Body, Stream, ToldApart, Translated, check
from babou._messages import Request, Response
from babou._pyreqwest_engine import (
    CONNECTIONS,
    TROUBLES,
    Clients,
    check_proxies,
    joined,
    streamed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pyreqwest.client import Client


class AsyncPyreqwestEngine:
    """Send over a client of pyreqwest's own."""

    connections = CONNECTIONS

    def __init__(self) -> None:
        check_proxies()
        self._clients: Clients[Client] = Clients(ClientBuilder)
        self._closed = False

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed)
        with Translated(TROUBLES, request, timeout):
            return await self._exchange(request, timeout)

    async def _exchange(self, request: Request, timeout: float) -> Response:
        # A call that is cancelled goes on in the background, up to its own time.
        async with streamed(self._clients.get(), request, timeout) as answer:
            status, body = answer.status, Body()
            headers = joined(answer.headers, status)
            with ToldApart(TROUBLES, status):
                body.begin(headers)
                read = answer.body_reader.read_chunk
                while (chunk := await read()) is not None:
                    body.add(chunk)
                body.end()
        return Response(status, headers, bytes(body.content), time.time())

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        check(request, timeout, closed=self._closed)
        limit = min(stall, timeout)

        async def pieces() -> AsyncIterator[bytes]:
            while True:
                with Translated(TROUBLES, request, limit):
                    chunk = await answer.body_reader.read_chunk()
                if chunk is None:
                    return
                yield chunk

        with Translated(TROUBLES, request, limit):
            opened = streamed(self._clients.get(stall), request, timeout)
            answer = await opened.__aenter__()
        try:
            yield Stream(answer.status, joined(answer.headers, answer.status), pieces())
        finally:
            await opened.__aexit__(None, None, None)

    async def close(self) -> None:
        """Close the connections."""
        self._closed = True
        for client in self._clients.made():
            await client.close()
