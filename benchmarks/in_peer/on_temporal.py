"""A worker of Temporal; or, with `start`, a workflow with a wait for each id on standard input.

    python on_temporal.py worker
    python on_temporal.py start < ids.json

The latter ends when all have ended. Where Temporal is comes by the environment.
"""

import asyncio
import json
import os
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from babou import AsyncClient, PollPolicy
    from babou.integrations.temporal import AssetActivities, wait_for_asset


@workflow.defn
class Wait:
    """A wait, and nothing else."""

    @workflow.run
    async def run(self, asset_id: str) -> str:
        """Return the state that ended it."""
        return (await wait_for_asset(asset_id))["state"]


async def work(engine):
    async with AsyncClient() as client:
        poll = PollPolicy.fixed(0.01, max_attempts=None)
        activities = [AssetActivities(client, poll=poll).wait]
        await Worker(engine, task_queue="bench", workflows=[Wait], activities=activities).run()


async def start(engine):
    await asyncio.gather(
        *(
            engine.execute_workflow(Wait.run, asset_id, id=asset_id, task_queue="bench")
            for asset_id in json.load(sys.stdin)
        )
    )


async def main(what):
    engine = await Client.connect(os.environ["BENCH_TEMPORAL"])
    await (work if what == "worker" else start)(engine)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
