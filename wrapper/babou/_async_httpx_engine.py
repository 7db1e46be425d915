"""The asynchronous engine over httpx; `_httpx_engine` is its sibling."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, cast

import httpx

from babou._asyncio_backend import Backend, Connection
from babou._deadline import close_failed_handshakes, connect_by
from babou._engine import (
    MAX_CONNECTIONS,
    Body,
    Stream,
    ToldApart,
    Translated,
    check,
)
from babou._headers import join_headers
from babou._httpx_engine import TROUBLES, Raw, decoded, streamed_headers, to_httpx
from babou._lanes import Lanes, own_client
from babou._messages import Request, Response
from babou._straight import rest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class AsyncHttpxEngine:
    """Send over an `httpx.AsyncClient`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    connections = MAX_CONNECTIONS

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._client: httpx.AsyncClient = client or own_client(httpx.AsyncClient)
        self._lanes = Lanes(self._client) if client is None else None
        self._turn = asyncio.Semaphore(MAX_CONNECTIONS)
        if client is None:
            connect_by(Backend(), self._client)
        else:
            close_failed_handshakes(client)
        self._closed = False

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        check(request, timeout, closed=self._closed or self._client.is_closed)
        with Translated(TROUBLES, request, timeout):
            async with asyncio.timeout(timeout):
                if self._lanes is None:
                    answer = await self._open(request, timeout)
                    stream = cast("httpx.AsyncByteStream", answer.stream)
                    return await _whole(answer.status_code, answer.headers.raw, stream)
                async with self._turn:
                    return await self._by_lane(self._lanes, request, timeout)

    async def _by_lane(self, lanes: Lanes, request: Request, timeout: float) -> Response:
        road, ours = lanes.prepared(request, timeout)
        connection, stale = lanes.take(road)
        for one in stale:
            await one.aclose()
        try:
            answer = await connection.handle_async_request(ours)
            return await _whole(answer.status, answer.headers, answer.stream)
        finally:
            if not lanes.give_back(road, connection):
                await connection.aclose()

    async def _open(self, request: Request, timeout: float) -> httpx.Response:
        ours = to_httpx(request, timeout)
        return await self._client.send(ours, auth=None, follow_redirects=False, stream=True)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        check(request, timeout, closed=self._closed or self._client.is_closed)
        end = time.monotonic() + timeout

        @contextlib.asynccontextmanager
        async def within_stall() -> AsyncIterator[None]:
            left = min(stall, end - time.monotonic())
            with Translated(TROUBLES, request, left):
                async with asyncio.timeout(left):
                    yield

        async def pieces() -> AsyncIterator[bytes | memoryview]:
            source = _body(response)
            while True:
                async with within_stall():
                    chunk = await anext(source, b"")
                if not chunk:
                    return
                yield chunk

        async with within_stall():
            response = await self._open(request, stall)
        try:
            yield Stream(response.status_code, streamed_headers(response), pieces())
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the engine, and the connections that it made."""
        self._closed = True
        if self._lanes is not None:
            for connection in self._lanes.close():
                await connection.aclose()
            await self._client.aclose()


async def _whole(status: int, raw: Raw, stream: httpx.AsyncByteStream) -> Response:
    body = Body()
    try:
        headers = join_headers(decoded(raw), status=status)
        with ToldApart(TROUBLES, status):
            body.begin(headers)
            async for chunk in stream:
                body.add(chunk)
            body.end()
    finally:
        await stream.aclose()
    return Response(status, headers, bytes(body.content), time.time())


async def _body(response: httpx.Response) -> AsyncIterator[bytes | memoryview]:
    # Kept to the end: it closes the connection when it goes.
    ordinary = response.aiter_bytes() if response.is_stream_consumed else response.aiter_raw()
    first = await anext(ordinary, b"")
    yield first
    left, connection = rest(response, first), response.extensions.get("network_stream")
    pieces: AsyncIterator[bytes | memoryview] = ordinary
    if left and isinstance(connection, Connection):
        pieces = connection.straight(left)
    async for piece in pieces:
        yield piece
