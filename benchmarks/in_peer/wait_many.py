"""Wait for many assets at once; run where babou is installed.

    python wait_many.py SIDE URL QUICK_URL

For each line of standard input, `{"assets": 10000}`, it writes a line of JSON: the wall and the CPU
seconds of the wait, the CPU seconds of a `get` from a server that answers at once, measured before
and after the wait, and the peak of memory before and after, in MB.
"""

import asyncio
import json
import sys
import time

from memory import peak

from babou import AsyncClient, Client

KEY = "sk-bab-for-benchmarks-only"
GETS = 1000


def sync(url, quick_url, assets):
    def get():
        """Return the CPU seconds of one of many calls in a row."""
        began = time.process_time()
        for _ in range(GETS):
            quick.assets.get("ast_warm")
        return (time.process_time() - began) / GETS

    with Client(KEY, base_url=url) as client, Client(KEY, base_url=quick_url) as quick:
        get()  # to warm up
        before = get()
        idle, wall, cpu = peak(), time.perf_counter(), time.process_time()
        ready = sum(result.asset is not None for result in client.assets.wait_many(assets))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return ready, (before + get()) / 2, idle, wall, cpu


async def asynchronous(url, quick_url, assets):
    async def get():
        began = time.process_time()
        for _ in range(GETS):
            await quick.assets.get("ast_warm")
        return (time.process_time() - began) / GETS

    async with (
        AsyncClient(KEY, base_url=url) as client,
        AsyncClient(KEY, base_url=quick_url) as quick,
    ):
        await get()
        before = await get()
        idle, wall, cpu = peak(), time.perf_counter(), time.process_time()
        ready = 0
        async for result in client.assets.wait_many(assets):
            ready += result.asset is not None
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return ready, (before + await get()) / 2, idle, wall, cpu


def main():
    side, *urls = sys.argv[1:]
    for line in sys.stdin:
        assets = [f"ast_{number:020}" for number in range(json.loads(line)["assets"])]
        found = sync(*urls, assets) if side == "sync" else asyncio.run(asynchronous(*urls, assets))
        ready, get, idle, wall, cpu = found
        if ready != len(assets):
            raise SystemExit(f"{len(assets) - ready} of {len(assets)} were not seen ready")
        answer = {"wall": wall, "cpu": cpu, "get": get, "idle": idle, "peak": peak()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
