"""Waits in Airflow: its real scheduler, workers and triggerer, which is killed in the middle."""

import json
import shutil
from pathlib import Path

import pytest

from page_blocks import blocks, run

DAGS = Path(__file__).parent / "dags"
PAGE = Path(__file__).parents[4] / "docs" / "guide" / "airflow.md"
TRIGGERS = "select count(*) from trigger"
DEFERRED = 25
"""Triggers that are under way at the kill: 21 of `each`, `pause`, `many`, `many_failed`, `soft`."""


@pytest.fixture
def assets(server):
    """Return the assets of each task; all are under way until told otherwise."""

    def under_way(count):
        return [server.add(state="processing") for _ in range(count)]

    single = ("pause", "late", "poke", "reschedule", "reschedule_failed", "soft")
    several = {"each": 21, "many": 30, "many_failed": 12}
    return (
        {name: under_way(1)[0] for name in single}
        | {name: under_way(count) for name, count in several.items()}
        | {"unknown": "ast_nobody"}
    )


def test_each_wait_ends_as_its_asset_does(airflow, server, assets, ended, page, eventually):
    """The triggerer is killed while it waits, and started anew: nothing is lost, or told twice."""
    shutil.copy(DAGS / "waits.py", airflow.dags)
    folder = page("airflow.md")
    shutil.copy(folder / "publish.py", airflow.dags)
    airflow.environment["WAITS_ASSETS"] = json.dumps(assets)

    def end(state, *asset_ids):
        for asset_id in asset_ids:
            server.add(asset_id, state=state)

    def over(*tasks):
        states = airflow.tasks()
        return tasks and all(states[task][0] in ("success", "failed", "skipped") for task in tasks)

    airflow.start("api-server")
    eventually(airflow.answers, 120)
    for service in ("dag-processor", "scheduler", "triggerer"):
        airflow.start(service)
    eventually(airflow.tasks, 120)
    eventually(lambda: over(("late", -1), ("unknown", -1)), 120)
    eventually(lambda: airflow.rows(TRIGGERS)[0][0] == DEFERRED, 180)
    polled_before = len(server.requests)
    early = assets["many"][:15]
    end("ready", *early)
    eventually(lambda: all(ended[asset_id] for asset_id in early))
    airflow.kill("triggerer")
    end("ready", *assets["each"][:7], *assets["many"][15:], assets["poke"])
    end("error", *assets["each"][7:14], assets["soft"], assets["reschedule_failed"])
    airflow.start("triggerer")
    (trigger,) = (block for block in blocks(PAGE.read_text()) if "dags trigger" in block.code)
    run(trigger, airflow.environment, folder)
    eventually(lambda: over(*(("each", place) for place in range(14))), 180)
    end("ready", *assets["each"][14:], assets["pause"], assets["reschedule"])
    end("failed", *assets["many_failed"][:2])
    end("ready", *assets["many_failed"][2:])
    eventually(lambda: over(*airflow.tasks()), 180)
    eventually(lambda: airflow.tasks("publish").get(("publish", -1), [None])[0] == "success", 120)

    assert airflow.tasks() == {
        **{("each", place): ("success", 1) for place in (*range(7), *range(14, 21))},
        **{("each", place): ("failed", 1) for place in range(7, 14)},
        **{(name, -1): ("success", 1) for name in ("pause", "many", "poke", "reschedule")},
        **{(name, -1): ("failed", 1) for name in ("many_failed", "late", "reschedule_failed")},
        ("unknown", -1): ("failed", 1),
        ("soft", -1): ("skipped", 1),
    }
    assert airflow.result("pause")["id"] == assets["pause"]
    assert airflow.result("poke")["id"] == assets["poke"]
    assert [asset["id"] for asset in airflow.result("many")] == assets["many"]
    assert airflow.result("wait", "publish")["state"] == "ready"
    assert polled_before > 2 * DEFERRED
    told = [asset_id for asset_id, times in ended.items() if times > 1]
    assert set(told) <= set(early)  # these had ended, and their trigger was started anew
    assert max(ended.values()) <= 2
    kept = airflow.kept()
    assert assets["pause"].encode() in kept
    for asset_id in assets["many_failed"][:2]:
        assert f"Asset '{asset_id}' failed".encode() in kept
    assert b"AirflowSensorTimeout" in kept
    assert server.api_key.encode() not in kept
