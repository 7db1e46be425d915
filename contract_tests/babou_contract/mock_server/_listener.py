"""The socket that listens, in a thread with an event loop of its own, and the connections."""

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Callable

from ._connection import Connection, Service

_BACKLOG = 4096


class Listener:
    """Serves the connections to an address until it is closed."""

    def __init__(self, service: Service, clock: Callable[[], float]) -> None:
        self._service, self._clock = service, clock
        self._connections = itertools.count(1)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether it was started, and not closed."""
        return self._thread is not None

    def start(self, host: str, port: int) -> int:
        """Listen, and serve in a thread; return the port.

        Raises:
            OSError: The address cannot be had.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        bound: int = listening.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run(listening, ready)),
            name="babou-mock-server",
            daemon=True,
        )
        self._thread.start()
        ready.wait()
        return bound

    def close(self) -> None:
        """Stop at once, open connections included."""
        thread, self._thread = self._thread, None
        if thread and self._loop and self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()

    async def _run(self, listening: socket.socket, ready: threading.Event) -> None:
        connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        # A plain function, so that no moment is left in which a connection belongs to nobody.
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # asyncio sets this only on sockets made with a protocol number, which accept() isn't;
            # without it a body that follows its head waits 40 ms for an acknowledgement.
            connected = writer.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            task = asyncio.create_task(self._serve(reader, writer))
            connections[task] = writer
            task.add_done_callback(connections.pop)

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(accept, sock=listening, backlog=_BACKLOG)
        ready.set()
        await self._stop.wait()
        # Who is just being accepted must have a task before the server is closed, or is forgotten.
        with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
            self._loop.remove_reader(listening)
        await _turns()
        server.close()
        left = dict(connections)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for writer in left.values():
            writer.transport.abort()
        await _turns()  # an aborted socket is closed in the turns after that

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._connections)
        connection = Connection(
            reader,
            writer,
            service=self._service,
            clock=self._clock,
            number=number,
        )
        try:
            await connection.serve()
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, TimeoutError):
            pass  # the other end went away, as it may
        finally:
            writer.transport.abort()


async def _turns() -> None:
    """Let the event loop come round a few times."""
    for _ in range(3):
        await asyncio.sleep(0)
