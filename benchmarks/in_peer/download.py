"""Download a file over https; write what that took and needed as JSON.

Wall and CPU seconds are of the download alone: the process, the client and its first answer were
there before. Memory is what is needed over that, in MB.

python download.py PACKAGE SIDE URL TARGET
"""

import asyncio
import json
import sys
import time

from memory import peak

KEY = "sk-bab-for-benchmarks-only"
ASSET = "ast_abc123xyz456789012"


def clocks():
    return time.perf_counter(), time.process_time()


def since(began):
    wall, cpu = clocks()
    return {"wall": wall - began[0], "cpu": cpu - began[1]}


def babou_sync(url, target):
    from babou import Client

    with Client(KEY, base_url=url) as client:
        asset = client.assets.get(ASSET)
        idle, began = peak(), clocks()
        client.assets.download(asset, target)
        return idle, since(began)


async def babou_async(url, target):
    from babou import AsyncClient

    async with AsyncClient(KEY, base_url=url) as client:
        asset = await client.assets.get(ASSET)
        idle, began = peak(), clocks()
        await client.assets.download(asset, target)
        return idle, since(began)


def httpx_sync(url, target):
    import ssl

    import httpx

    with httpx.Client(verify=ssl.create_default_context()) as client, open(target, "wb") as file:
        media = client.get(f"{url}/api/v1/assets/{ASSET}").json()["url"]
        idle, began = peak(), clocks()
        with client.stream("GET", media) as response:
            file.writelines(response.iter_bytes())
        return idle, since(began)


async def httpx_async(url, target):
    import ssl

    import httpx

    verify = ssl.create_default_context()
    async with httpx.AsyncClient(verify=verify) as client:
        media = (await client.get(f"{url}/api/v1/assets/{ASSET}")).json()["url"]
        idle, began = peak(), clocks()
        with open(target, "wb") as file:
            async with client.stream("GET", media) as response:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
        return idle, since(began)


def requests_sync(url, target):
    import os

    import requests

    verify = os.environ["SSL_CERT_FILE"]  # requests has a variable of its own
    with requests.Session() as session, open(target, "wb") as file:
        media = session.get(f"{url}/api/v1/assets/{ASSET}", verify=verify).json()["url"]
        idle, began = peak(), clocks()
        with session.get(media, stream=True, verify=verify) as response:
            file.writelines(response.iter_content(1 << 16))
        return idle, since(began)


def main():
    package, side, url, target = sys.argv[1:]
    download = globals()[f"{package}_{side}"]
    found = download(url, target)
    idle, times = asyncio.run(found) if side == "async" else found
    print(json.dumps({**times, "over": peak() - idle}))


if __name__ == "__main__":
    main()
