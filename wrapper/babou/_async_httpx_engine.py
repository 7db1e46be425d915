"""The asynchronous engine over httpx; `_httpx_engine` is its sibling."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, cast

import httpx

from babou._deadline import close_failed_handshakes
from babou._engine import CLOSED, MAX_CONNECTIONS, Body, Stream, timed_out
from babou._errors import ClientClosedError
from babou._httpx_engine import ToldApart, Translated, lower, to_httpx
from babou._lanes import Lanes
from babou._messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class AsyncHttpxEngine:
    """Send over an `httpx.AsyncClient`: one of the caller's, or one of its own.

    Args:
        client: Brings custom CAs, proxies, transports. Its own headers, authentication, cookies,
            base URL, timeouts and redirects are not used. It is not closed with the engine.
    """

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        lanes = Lanes(httpx.AsyncClient, close_failed_handshakes)
        self._client: httpx.AsyncClient = client or lanes.make(MAX_CONNECTIONS)
        self._lanes = lanes if client is None else None
        self._turn = asyncio.Semaphore(MAX_CONNECTIONS)
        close_failed_handshakes(self._client)
        self._closed = False

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Return the whole answer within `timeout` seconds, or raise `APIConnectionError`."""
        self._check(request, timeout)
        with Translated(request, timeout):
            async with asyncio.timeout(timeout):
                if self._lanes is None:
                    return await _whole(await self._open(self._client, request, timeout))
                async with self._turn:
                    with self._lanes.one() as client:
                        return await _whole(await self._open(client, request, timeout))

    async def _open(
        self, client: httpx.AsyncClient, request: Request, timeout: float
    ) -> httpx.Response:
        ours = to_httpx(request, timeout)
        if self._lanes is None:
            return await client.send(ours, auth=None, follow_redirects=False, stream=True)
        transport = client._transport_for_url(ours.url)  # noqa: SLF001 (as in the sibling)
        return await transport.handle_async_request(ours)

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, *, stall: float, timeout: float
    ) -> AsyncIterator[Stream]:
        """Open a long answer: head, and each piece, within `stall`; all of it within `timeout`."""
        self._check(request, timeout)
        end = time.monotonic() + timeout

        @contextlib.asynccontextmanager
        async def within_stall() -> AsyncIterator[None]:
            left = min(stall, end - time.monotonic())
            with Translated(request, left):
                async with asyncio.timeout(left):
                    yield

        async def pieces() -> AsyncIterator[bytes]:
            source = aiter(_adecoded(response))
            while True:
                async with within_stall():
                    chunk = await anext(source, b"")
                if not chunk:
                    return
                yield chunk

        async with within_stall():
            response = await self._open(self._client, request, stall)
        try:
            yield Stream(response.status_code, lower(response.headers), pieces())
        finally:
            await response.aclose()

    def _check(self, request: Request, timeout: float) -> None:
        if self._closed:
            raise ClientClosedError(CLOSED)
        if timeout <= 0:
            raise timed_out(request, timeout)

    async def close(self) -> None:
        """Close the engine, and each `httpx.AsyncClient` that it made."""
        self._closed = True
        for client in self._lanes.all if self._lanes else ():
            await client.aclose()


async def _whole(response: httpx.Response) -> Response:
    headers, body = lower(response.headers), Body()
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        with ToldApart(response):
            body.begin(headers)
            async for chunk in stream:
                body.add(chunk)
            body.end()
    finally:
        await stream.aclose()
    return Response(response.status_code, headers, bytes(body.content), time.time())


def _adecoded(response: httpx.Response) -> AsyncIterator[bytes]:
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    return response.aiter_raw()
