"""The app of Celery's workers; as a command, start a wait for each id on standard input.

    python on_celery.py < ids.json

It ends when all have ended. Where Redis is comes by the environment.
"""

import json
import os
import sys

from celery import Celery

from babou import PollPolicy
from babou.integrations.celery import wait_for_asset

REDIS = os.environ["BENCH_REDIS"]

app = Celery("bench", broker=f"{REDIS}/0", backend=f"{REDIS}/1")
app.conf.broker_transport_options = {"visibility_timeout": 60}
task = wait_for_asset(app, poll=PollPolicy.fixed(0.01, max_attempts=None))

if __name__ == "__main__":
    waits = [task.delay(asset_id) for asset_id in json.load(sys.stdin)]
    for wait in waits:
        wait.get(timeout=300)
