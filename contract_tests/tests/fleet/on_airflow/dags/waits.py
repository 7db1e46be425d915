"""A task for each way to wait; the assets come with the environment."""

import json
import os

from airflow.sdk import DAG

from babou.integrations.airflow import BabouAssetSensor

ASSETS = json.loads(os.environ["WAITS_ASSETS"])
# A task that comes back before the scheduler has noticed that it went is taken for lost by Airflow,
# so none of them does, even where the scheduler is slow.
MOMENT = 20
WAYS = {
    "pause": {"deferrable": True, "timeout": 300},
    "many": {"deferrable": True, "asset_id": ASSETS["many"]},
    "many_failed": {"deferrable": True, "asset_id": ASSETS["many_failed"], "retries": 1},
    "late": {"deferrable": True, "timeout": MOMENT},
    "poke": {"mode": "poke", "poke_interval": 1},
    "reschedule": {"mode": "reschedule", "poke_interval": MOMENT},
    "reschedule_failed": {"mode": "reschedule", "poke_interval": MOMENT, "retries": 1},
    "soft": {"deferrable": True, "soft_fail": True},
    "unknown": {"deferrable": True},
}

with DAG("waits", schedule="@once"):
    BabouAssetSensor.partial(task_id="each", deferrable=True, retries=1, poke_interval=1).expand(
        asset_id=ASSETS["each"]
    )
    for name, way in WAYS.items():
        BabouAssetSensor(task_id=name, **{"asset_id": ASSETS[name], **way})
