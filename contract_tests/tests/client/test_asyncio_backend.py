"""What connections over asyncio do where a server rarely makes them."""

import asyncio

import pytest

from babou._asyncio_backend import Connection
from babou._straight import PIECE


class Transport:
    """As much of a transport as a connection uses; it remembers what was asked of it."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        return lambda *_args: self.asked.append(name)


@pytest.fixture
def with_connection():
    """Return a function that runs another one, asynchronous, with a connection."""

    def run(use):
        async def main():
            connection, transport = Connection(), Transport()
            connection.connection_made(transport)
            await use(connection, transport)

        asyncio.run(main())

    return run


def arrive(connection, data):
    """Hand over what has arrived, as asyncio does; return how much fitted in."""
    room = connection.get_buffer(-1)
    count = min(len(room), len(data))
    room[:count] = data[:count]
    connection.buffer_updated(count)
    return count


def test_a_sender_that_is_faster_than_its_reader_has_to_wait(with_connection):
    """Memory stays flat: where the buffer is full, reading pauses until it was taken."""

    async def use(connection, transport):
        first = arrive(connection, b"x" * PIECE)
        assert transport.asked == ["pause_reading"]
        assert await connection.read(10) == b"x" * 10
        assert transport.asked == ["pause_reading"]
        assert await connection.read(PIECE) == b"x" * (first - 10)
        assert transport.asked == ["pause_reading", "resume_reading"]

    with_connection(use)


def test_a_buffer_that_was_too_small_grows(with_connection):
    """A connection starts with little memory, and takes more where much arrives, up to a limit."""

    async def use(connection, _transport):
        sizes = []
        while len(sizes) < 8:
            sizes.append(arrive(connection, b"x" * 2 * PIECE))
            assert await connection.read(PIECE) == b"x" * sizes[-1]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1] == PIECE

    with_connection(use)


def test_a_connection_that_was_lost_says_why(with_connection):
    """What had arrived is read; then comes the reason, as an error."""

    async def use(connection, _transport):
        arrive(connection, b"last words")
        connection.connection_lost(ConnectionResetError("reset by peer"))
        assert await connection.read(100) == b"last words"
        with pytest.raises(ConnectionError, match="reset by peer"):
            await connection.read(100)

    with_connection(use)
