"""Wait for ids in one asyncio loop, by a client alone or by Airflow's trigger.

    python in_loop.py client|trigger URL KEY

For each line of standard input, a list of ids, it writes the CPU seconds that their waits took.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime

PAUSE = 0.01


async def client(asset_ids):
    from babou import AsyncClient, PollPolicy

    poll = PollPolicy.fixed(PAUSE, max_attempts=None)
    async with AsyncClient(poll=poll) as one:
        return [result async for result in one.assets.wait_many(asset_ids) if result.asset]


async def trigger(asset_ids):
    from babou.integrations.airflow import BabouAssetTrigger

    one = BabouAssetTrigger(
        asset_ids=asset_ids, started_at=datetime.now(UTC), timeout=300, poke_interval=PAUSE
    )
    (event,) = [event async for event in one.run()]
    return event.payload["assets"]


def main():
    what, url, key = sys.argv[1:]
    connection = {"conn_type": "babou", "password": key, "host": url}
    os.environ |= {
        "BABOU_BASE_URL": url,
        "BABOU_API_KEY": key,
        "AIRFLOW_CONN_BABOU_DEFAULT": json.dumps(connection),
        "AIRFLOW_HOME": tempfile.gettempdir(),
    }
    wait = {"client": client, "trigger": trigger}[what]
    for line in sys.stdin:
        asset_ids = json.loads(line)
        began = time.process_time()
        found = asyncio.run(wait(asset_ids))
        took = time.process_time() - began
        if len(found) != len(asset_ids):
            raise SystemExit(f"{len(found)} of {len(asset_ids)} waits ended well")
        print(json.dumps({"cpu": took}), flush=True)


if __name__ == "__main__":
    main()
