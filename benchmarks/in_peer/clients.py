"""Make a client and a call with it, twice; write the wall seconds of each step as JSON.

python clients.py PACKAGE SIDE URL
"""

import asyncio
import json
import sys
import time

KEY = "sk-bab-for-benchmarks-only"
ASSET = "ast_abc123xyz456789012"


def main():
    package, side, url = sys.argv[1:]
    is_async = side == "async"
    if package == "babou":
        from babou import AsyncClient, Client

        def make():
            return (AsyncClient if is_async else Client)(KEY, base_url=url)

        def call(client):
            return client.assets.get(ASSET)

    else:
        import ssl

        from httpx import AsyncClient, Client

        def make():
            return (AsyncClient if is_async else Client)(verify=ssl.create_default_context())

        def call(client):
            return client.get(f"{url}/api/v1/assets/{ASSET}")

    loop = asyncio.new_event_loop()
    clients, steps = [], {}
    for which in ("first", "second"):
        began = time.perf_counter()
        clients.append(make())
        made = time.perf_counter()
        answer = call(clients[-1])
        if is_async:
            loop.run_until_complete(answer)
        steps |= {which: made - began, f"{which} call": time.perf_counter() - made}
    print(json.dumps(steps))


if __name__ == "__main__":
    main()
