"""Send a file over any transport: piece by piece, and no longer than something moves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anyio
from attrs import evolve, frozen

from babou._errors import APIConnectionError, APITimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from babou._core.messages import Request, Response
    from babou._http.transport import AsyncTransport, Transport
    from babou._storage.uploads import Content


class _Stalled(threading.Event):
    """An event that is set once nothing has moved for `stall` seconds."""

    def __init__(self, stall: float, clock: Callable[[], float]) -> None:
        super().__init__()
        self._stall, self._clock = stall, clock
        self.moved()

    def moved(self) -> None:
        """Begin to count anew."""
        self._end = self._clock() + self._stall

    def is_set(self) -> bool:
        """Tell whether the time is up."""
        return self._clock() >= self._end


@frozen
class Uploading:
    """Sends requests with a file's bytes, over another transport."""

    transport: Transport
    content: Content
    stall: float
    clock: Callable[[], float]
    on_progress: Callable[[int, int], object] | None

    def send(
        self,
        request: Request,
        *,
        timeout: float,
        cancel: threading.Event | None = None,  # noqa: ARG002 (an upload has none)
    ) -> Response:
        """Send a request, and return the whole answer, as a transport does."""
        stalled = _Stalled(self.stall, self.clock)

        def on_piece(sent: int, total: int) -> None:
            stalled.moved()
            if self.on_progress is not None:
                self.on_progress(sent, total)

        whole = evolve(request, content=self.content.pieces(on_piece))
        try:
            return self.transport.send(whole, timeout=timeout, cancel=stalled)
        except APIConnectionError as error:
            if self.content.error is not None:
                raise self.content.error from None
            if stalled.is_set():
                raise _nothing_moved(self.stall) from error
            raise


@frozen
class AsyncUploading:
    """Sends requests with a file's bytes, over another transport."""

    transport: AsyncTransport
    content: Content
    stall: float
    on_progress: Callable[[int, int], object] | None

    async def send(self, request: Request, *, timeout: float) -> Response:
        """Send a request, and return the whole answer, as a transport does."""
        with anyio.CancelScope(deadline=anyio.current_time() + self.stall) as moving:

            def on_piece(sent: int, total: int) -> None:
                moving.deadline = anyio.current_time() + self.stall
                if self.on_progress is not None:
                    self.on_progress(sent, total)

            whole = evolve(request, content=_AsyncPieces(self.content.pieces(on_piece)))
            try:
                return await self.transport.send(whole, timeout=timeout)
            except APIConnectionError:
                if self.content.error is not None:
                    raise self.content.error from None
                raise
        raise _nothing_moved(self.stall)


class _AsyncPieces:
    """An asynchronous iterator that nobody has to close."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> _AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


def _nothing_moved(stall: float) -> APITimeoutError:
    return APITimeoutError(
        f"nothing moved for {stall:g} s. Raise the client's timeout=, or check the network."
    )
