"""Make one stack's call again and again, or many at once; run in that stack's own environment.

    python calls.py STACK URL

For each line of standard input, `{"calls": 100, "at_once": false}`, it writes a line of JSON: the
wall and the CPU seconds that they took, those of all threads included. With `"threads": 20`, so
many threads share the calls. Each stack is used as its own documentation begins, with one client
that is kept.
"""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ASSET = "ast_abc123xyz456789012"
KEY = "sk-bab-for-benchmarks-only"
HEADERS = {"Authorization": f"Bearer {KEY}"}


def bare_socket(url):
    """The floor: what the server takes, with nothing of HTTP understood."""
    import socket

    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(asset):
        connection.sendall(f"GET /api/v1/assets/{asset} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        return json.loads(connection.recv(65536).partition(b"\r\n\r\n")[2])

    return call


def bare_sockets_async(url):
    """The floor of many at once: a connection for each, with nothing of HTTP understood."""
    host, port = url.removeprefix("http://").split(":")

    async def call(asset):
        reader, writer = idle.pop() if idle else await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/v1/assets/{asset} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        body = (await reader.read(65536)).partition(b"\r\n\r\n")[2]
        idle.append((reader, writer))
        return json.loads(body)

    idle = []
    return call


def httpx(url):
    import httpx

    client = httpx.Client()
    return lambda asset: client.get(f"{url}/api/v1/assets/{asset}", headers=HEADERS).json()


def httpx2(url):
    import httpx2

    client = httpx2.Client()
    return lambda asset: client.get(f"{url}/api/v1/assets/{asset}", headers=HEADERS).json()


def requests(url):
    import requests

    session = requests.Session()
    return lambda asset: session.get(f"{url}/api/v1/assets/{asset}", headers=HEADERS).json()


def pyreqwest(url):
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().build()
    path = f"{url}/api/v1/assets"
    return lambda asset: client.get(f"{path}/{asset}").headers(HEADERS).build().send().json()


def urllib3(url):
    import urllib3

    pool = urllib3.PoolManager()
    return lambda asset: pool.request("GET", f"{url}/api/v1/assets/{asset}", headers=HEADERS).json()


def generated(url):
    from babou_generated.api.assets import get_asset
    from babou_generated.client import AuthenticatedClient

    client = AuthenticatedClient(base_url=url, token=KEY)
    return lambda asset: get_asset.sync(asset, client=client)


def babou(url):
    from babou import Client

    client = Client(KEY, base_url=url)
    return client.assets.get


def openai(url):
    from openai import OpenAI

    client = OpenAI(api_key=KEY, base_url=f"{url}/v1")
    return client.models.retrieve


def runwayml(url):
    from runwayml import RunwayML

    client = RunwayML(api_key=KEY, base_url=url)
    return client.tasks.retrieve


def httpx_async(url):
    import httpx

    # A queue of 1,000 takes longer than its 5 s.
    client = httpx.AsyncClient(timeout=None)  # noqa: S113 (so)

    async def call(asset):
        return (await client.get(f"{url}/api/v1/assets/{asset}", headers=HEADERS)).json()

    return call


def pyreqwest_async(url):
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().build()
    path = f"{url}/api/v1/assets"

    async def call(asset):
        response = await client.get(f"{path}/{asset}").headers(HEADERS).build().send()
        return await response.json()

    return call


def httpx2_async(url):
    import httpx2

    client = httpx2.AsyncClient(timeout=None)

    async def call(asset):
        return (await client.get(f"{url}/api/v1/assets/{asset}", headers=HEADERS)).json()

    return call


async def _aiohttp_session():
    import aiohttp

    return aiohttp.ClientSession(headers=HEADERS)


def aiohttp_async(url):
    session = LOOP.run_until_complete(_aiohttp_session())

    async def call(asset):
        async with session.get(f"{url}/api/v1/assets/{asset}") as response:
            return await response.json()

    return call


def generated_async(url):
    from babou_generated.api.assets import get_asset
    from babou_generated.client import AuthenticatedClient

    client = AuthenticatedClient(base_url=url, token=KEY)
    return lambda asset: get_asset.asyncio(asset, client=client)


def babou_async(url):
    from babou import AsyncClient

    client = AsyncClient(KEY, base_url=url)
    return client.assets.get


def openai_async(url):
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1")
    return client.models.retrieve


def runwayml_async(url):
    from runwayml import AsyncRunwayML

    client = AsyncRunwayML(api_key=KEY, base_url=url)
    return client.tasks.retrieve


LOOP = asyncio.new_event_loop()


def _member(answer, name):
    return answer[name] if isinstance(answer, dict) else getattr(answer, name)


async def _in_turn(call, calls):
    for _ in range(calls):
        answer = await call(ASSET)
    return [answer]


async def _at_once(call, calls):
    return await asyncio.gather(*(call(f"ast_{number:020}") for number in range(calls)))


def _sync(call, calls, threads=1):
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            return [
                answer
                for [answer] in pool.map(_sync, [call] * threads, [calls // threads] * threads)
            ]
    for _ in range(calls):
        answer = call(ASSET)
    return [answer]


def main():
    stack, url = sys.argv[1:]
    call = globals()[stack](url)
    for line in sys.stdin:
        order = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        if not stack.endswith("_async"):
            answers = _sync(call, order["calls"], order.get("threads", 1))
        else:
            run = _at_once if order["at_once"] else _in_turn
            answers = LOOP.run_until_complete(run(call, order["calls"]))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if not all(_member(answer, "id") for answer in answers):
            raise SystemExit("an answer without its id")
        print(json.dumps({"wall": wall, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main()
