"""More calls than connections: they wait for their turn, within their own time."""

import asyncio
import threading
import time

import pytest

from babou import APITimeoutError, AsyncClient, Client

IMAGE = "ast_demo_image"
CONNECTIONS = 20


def in_threads(calls, function):
    threads = [threading.Thread(target=function) for _ in range(calls)]
    for thread in threads:
        thread.start()
    return threads


def test_a_hundred_calls_at_once_share_twenty_connections(server):
    """All are answered, and the server never sees more connections than the limit."""
    answers = []
    with Client(server.api_key, base_url=server.base_url, timeout=60.0) as client:
        for thread in in_threads(100, lambda: answers.append(client.assets.get(IMAGE))):
            thread.join()
    assert [answer.id for answer in answers] == [IMAGE] * 100
    assert len({request.connection for request in server.requests}) <= CONNECTIONS


def test_a_hundred_asynchronous_calls_at_once_share_twenty_connections(server):
    """The same of the other client."""

    async def fetch():
        async with AsyncClient(server.api_key, base_url=server.base_url, timeout=60.0) as client:
            return await asyncio.gather(*(client.assets.get(IMAGE) for _ in range(100)))

    assert [answer.id for answer in asyncio.run(fetch())] == [IMAGE] * 100
    assert len({request.connection for request in server.requests}) <= CONNECTIONS


def test_waiting_for_a_turn_counts_against_the_deadline(server):
    """Where all connections wait for a silent server, what comes after them is never sent."""
    server.fault("never_answers")
    client = Client(server.api_key, base_url=server.base_url, max_retries=0)

    def hold():
        with pytest.raises(APITimeoutError):
            client.with_options(timeout=2.0).assets.get(IMAGE)

    holding = in_threads(CONNECTIONS, hold)
    while len(server.requests) < CONNECTIONS:
        time.sleep(0.01)
    with pytest.raises(APITimeoutError):
        client.with_options(timeout=0.1).assets.get(IMAGE)
    assert len(server.requests) == CONNECTIONS
    for thread in holding:
        thread.join()
    client.close()


def test_waiting_asynchronously_for_a_turn_counts_too(server):
    """The same of the other client."""
    server.fault("never_answers")

    async def fetch():
        async with AsyncClient(server.api_key, base_url=server.base_url, max_retries=0) as client:
            holding = [asyncio.create_task(client.assets.get(IMAGE)) for _ in range(CONNECTIONS)]
            while len(server.requests) < CONNECTIONS:  # noqa: ASYNC110 (it runs in a thread)
                await asyncio.sleep(0.01)
            with pytest.raises(APITimeoutError):
                await client.with_options(timeout=0.1).assets.get(IMAGE)
            for task in holding:
                task.cancel()
            await asyncio.gather(*holding, return_exceptions=True)

    asyncio.run(fetch())
    assert len(server.requests) == CONNECTIONS
