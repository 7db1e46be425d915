"""The app of the Celery tests' workers; where things are comes by the environment."""

import os
import time

from celery import Celery

from babou import Client, PollPolicy, RedisBudget
from babou.integrations.celery import wait_for_asset

REDIS = os.environ["TEST_REDIS"]
SKIPPED = float(os.environ.get("TEST_SECONDS_SKIPPED", "0"))

app = Celery("media", broker=f"{REDIS}/0", backend=f"{REDIS}/1")
app.conf.broker_transport_options = {
    "visibility_timeout": float(os.environ.get("TEST_VISIBILITY_TIMEOUT", "3"))
}
app.conf.broker_connection_retry_on_startup = True
app.conf.result_backend_always_retry = True
app.conf.result_serializer = os.environ.get("TEST_RESULTS", "json")
app.conf.accept_content = ["json", app.conf.result_serializer]


clients = []


def client():
    rate = os.environ.get("TEST_RATE")
    clients.append(Client(budget=RedisBudget(f"{REDIS}/2", float(rate)) if rate else None))
    return clients[-1]


when_ready = wait_for_asset(
    app,
    client=client,
    poll=PollPolicy(minimum=float(os.environ.get("TEST_PAUSE", "0.5"))),
    clock=lambda: time.time() + SKIPPED,
)
