"""The parts of the integration with Airflow, each by itself, on the mock server."""

import asyncio
import importlib
import json
from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    TaskDeferred,
)

from babou import AuthenticationError
from babou.integrations._airflow_provider import get_provider_info
from babou.integrations.airflow import BabouAssetSensor, BabouAssetTrigger, BabouHook
from babou_contract.mock_server import by_reads


@pytest.fixture
def connection(monkeypatch, server):
    """Return a function that sets the connection's fields; it has those of the mock server."""

    def put(**fields):
        fields = {"conn_type": "babou", "password": server.api_key} | fields
        monkeypatch.setenv("AIRFLOW_CONN_BABOU_DEFAULT", json.dumps(fields))

    put(host=server.base_url)
    return put


def fired(asset_ids, **options):
    """Return what a trigger says, made anew from what Airflow keeps of it."""
    options = {"timeout": 60, "started_at": datetime.now(UTC)} | options
    path, kept = BabouAssetTrigger(asset_ids=asset_ids, **options).serialize()
    module, _, name = path.rpartition(".")

    async def all_of_them():
        trigger = getattr(importlib.import_module(module), name)(**kept)
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(all_of_them())
    return event


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({}, "https://api.babou.ai"),
        ({"host": "http://127.0.0.1:80"}, "http://127.0.0.1:80"),
        ({"host": "http://127.0.0.1", "port": 81}, "http://127.0.0.1:81"),
        ({"host": "127.0.0.1", "port": 82, "schema": "http"}, "http://127.0.0.1:82"),
        ({"host": "gateway.example"}, "https://gateway.example"),
    ],
)
def test_a_connections_fields_make_the_base_url(connection, monkeypatch, fields, base_url):
    """Whether it was written as JSON, as a URI or in the form."""
    monkeypatch.delenv("BABOU_BASE_URL", raising=False)
    connection(**fields)
    with BabouHook().get_conn() as client:
        assert repr(client) == f"<babou.Client {base_url}>"


def test_a_connection_without_a_key_says_what_to_set(connection, monkeypatch):
    """The environment's key is not taken in its place."""
    monkeypatch.setenv("BABOU_API_KEY", "sk-bab-of-another-account")
    connection(password="")
    with pytest.raises(AirflowException, match="'babou_default' has no key: set its password"):
        BabouHook().get_conn()


def test_a_trigger_has_no_key(connection, server):
    """It is made again from its arguments, and reads the connection where it runs."""
    trigger = BabouAssetTrigger(asset_ids=["ast_a"], started_at=datetime.now(UTC), timeout=1)
    assert server.api_key not in str(trigger.serialize())


def test_a_trigger_fires_once_for_all_its_assets(connection, server, ended):
    """The documents come in the order of the ids, and no asset is polled after its end."""
    slow = server.add(lifecycle=by_reads("processing", "ready", reads=3))
    event = fired([slow, "ast_demo_image"], poke_interval=0.01)
    assert event["status"] == "success"
    assert [asset["id"] for asset in event["assets"]] == [slow, "ast_demo_image"]
    assert ended == {slow: 1, "ast_demo_image": 1}


def test_a_failed_asset_counts_more_than_other_errors(connection):
    """It can't be mended by another try, whatever else went wrong; the text tells of all."""
    event = fired(["ast_nobody", "ast_demo_failed"])
    assert event["error"] == "AssetFailedError"
    assert "'ast_nobody'" in event["message"]
    assert "'ast_demo_failed'" in event["message"]


def test_a_trigger_goes_on_by_the_time_of_the_first(connection, server):
    """One that is taken up when the time is up polls once more, and ends."""
    slow = server.add(state="processing")
    began = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 3600, UTC)
    event = fired([slow], started_at=began, timeout=3600)
    assert event["error"] == "WaitTimeoutError"
    assert len(server.requests) <= 1


def test_what_is_ready_is_not_deferred(connection):
    """The first poll is the worker's."""
    sensor = BabouAssetSensor(task_id="wait", asset_id="ast_demo_image", deferrable=True)
    assert sensor.execute({})["state"] == "ready"
    several = BabouAssetSensor(task_id="all", asset_id=["ast_demo_image"] * 2, deferrable=True)
    assert [asset["id"] for asset in several.execute({})] == ["ast_demo_image"] * 2


@pytest.mark.parametrize(("given", "kept"), [({}, None), ({"poke_interval": 7}, 7)])
def test_what_is_not_ready_is_deferred(connection, server, given, kept):
    """With the policy's pauses, unless others were asked for; Airflow's own end comes later."""
    slow = server.add(state="processing")
    server.fault("unavailable", asset_id=slow, times=1)
    sensor = BabouAssetSensor(task_id="wait", asset_id=slow, deferrable=True, timeout=600, **given)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    assert deferred.value.method_name == "execute_complete"
    assert deferred.value.timeout.total_seconds() == 660
    _, trigger = deferred.value.trigger.serialize()
    assert trigger["asset_ids"] == [slow]
    assert trigger["timeout"] == 600
    assert trigger["poke_interval"] == kept


def test_without_deferring_it_pokes(connection, server):
    """Trouble that passes is polled through in Airflow's own loop."""
    slow = server.add(lifecycle=by_reads("processing", "ready"))
    server.fault("rate_limited", asset_id=slow, times=1, retry_after=1)
    sensor = BabouAssetSensor(task_id="wait", asset_id=slow, deferrable=False, poke_interval=0)
    assert sensor.execute({})["id"] == slow
    assert [request.status for request in server.requests] == [429, 200, 200]


def test_a_failed_asset_fails_the_task_for_good(connection):
    """In the worker, and where the trigger has found it."""
    sensor = BabouAssetSensor(task_id="wait", asset_id="ast_demo_failed")
    with pytest.raises(AirflowFailException, match="Upload the file again"):
        sensor.poke({})
    with pytest.raises(AirflowFailException, match="Upload the file again"):
        sensor.execute_complete({}, fired(["ast_demo_failed"]))


def test_the_end_of_the_time_is_that_of_a_sensor(connection, server):
    """Airflow does not run the task again for it."""
    slow = server.add(state="processing")
    sensor = BabouAssetSensor(task_id="wait", asset_id=slow)
    with pytest.raises(AirflowSensorTimeout, match="is still 'processing'"):
        sensor.execute_complete({}, fired([slow], timeout=0.3))


def test_other_errors_leave_the_next_try_to_airflow(connection, server):
    """A wrong key may be put right before it."""
    connection(host=server.base_url, password="sk-bab-wrong")
    sensor = BabouAssetSensor(task_id="wait", asset_id="ast_demo_image")
    with pytest.raises(AirflowException, match="401") as raised:
        sensor.poke({})
    assert type(raised.value) is AirflowException
    assert isinstance(raised.value.__cause__, AuthenticationError)
    with pytest.raises(AirflowException, match="401") as raised:
        sensor.execute_complete({}, fired(["ast_demo_image"]))
    assert type(raised.value) is AirflowException


def test_what_the_trigger_found_is_the_result(connection):
    """One document for one id."""
    sensor = BabouAssetSensor(task_id="wait", asset_id="ast_demo_image")
    assert sensor.execute_complete({}, fired(["ast_demo_image"]))["id"] == "ast_demo_image"


def test_airflow_is_told_of_the_connection_type():
    """The hook that it names exists, and has what Airflow asks a hook for."""
    told = get_provider_info()["connection-types"][0]
    module, _, name = told["hook-class-name"].rpartition(".")
    hook = getattr(importlib.import_module(module), name)
    assert hook is BabouHook
    assert (hook.conn_type, hook.hook_name) == (told["connection-type"], told["hook-name"])
