"""The page on task queues: each queue carries a wait from its first poll to its end."""

import importlib
import json
import sys
from pathlib import Path

import boto3
import pytest

from babou import Client, NotFoundError, PollPolicy
from babou_contract.mock_server import by_reads
from page_blocks import blocks

pytestmark = pytest.mark.docs

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "task-queues.md"
MOVING = by_reads("uploading", "processing", "ready")


@pytest.fixture
def page_module(babou_server, tmp_path, monkeypatch):
    """Return a function that imports a block of the page by its name, polling fast."""
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.title:
            (tmp_path / block.title).write_text(block.code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("BABOU_API_KEY", babou_server.api_key)
    monkeypatch.setenv("BABOU_BASE_URL", babou_server.base_url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def load(name):
        importlib.import_module("turn").POLICY = PollPolicy.fixed(0.01, max_attempts=None)
        return importlib.import_module(name)

    yield load
    for name in ("turn", "waits", "clients", "tasks", "start", "sweeping", "handler"):
        sys.modules.pop(name, None)


def polls_of(server, asset_id):
    return [request.status for request in server.requests if request.path.endswith(asset_id)]


def test_a_database_carries_a_wait_to_its_end(page_module, babou_server):
    """Rows are polled while they are due, and no longer than it takes."""
    waits = page_module("waits")
    database = waits.open_waits(":memory:")
    moving = babou_server.add(lifecycle=MOVING)
    for asset_id in (moving, "ast_demo_failed", "ast_nobody"):
        waits.enqueue(database, asset_id)
    left = "select count(*) from waits where result is null"
    while database.execute(left).fetchone()[0]:
        waits.run_due(database)
    results = dict(database.execute("select asset_id, result from waits"))
    assert results[moving] == babou_server.url_of(moving)
    assert "Upload the file again" in results["ast_demo_failed"]
    assert "404" in results["ast_nobody"]
    waits.run_due(database)
    database.close()
    assert polls_of(babou_server, moving) == [200, 200, 200]
    assert polls_of(babou_server, "ast_nobody") == [404]


def test_celery_carries_a_wait_to_its_end(page_module, babou_server, monkeypatch):
    """A worker takes the task up again until the asset is ready; an error comes back as ours."""
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    monkeypatch.setenv("CELERY_RESULT_BACKEND", "cache+memory://")
    from celery.contrib.testing.worker import start_worker

    with Client() as client:
        page_module("clients").make_client = lambda: client  # without Redis
        start = page_module("start")
        moving = babou_server.add(lifecycle=MOVING)
        with start_worker(start.when_ready.app, perform_ping_check=False, pool="solo"):
            assert start.publish(moving) == babou_server.url_of(moving)
            assert start.publish("ast_demo_failed").startswith("upload it again: Asset")
            with pytest.raises(NotFoundError):
                start.publish("ast_nobody")
    assert polls_of(babou_server, moving) == [200, 200, 200]


def test_a_sweep_tells_each_end_and_keeps_the_rest(page_module, babou_server):
    """What is under way stays in the file; what has ended is told once."""
    sweeping = page_module("sweeping")
    moving = babou_server.add(state="processing")
    sweeping.enqueue([moving, "ast_demo_image", "ast_nobody"])
    told = {}
    sweeping.run_once(lambda asset_id, end: told.update({asset_id: str(end)}))
    assert told.pop("ast_demo_image") == "ready"
    assert "404" in told.pop("ast_nobody")
    assert (told, list(sweeping.load())) == ({}, [moving])
    assert len(babou_server.requests) == 4  # two lists, two assets


def test_sqs_carries_a_wait_to_its_end(page_module, babou_server, monkeypatch, capsys):
    """Each turn puts the wait back with a delay, until the asset is ready."""
    from moto import mock_aws

    with mock_aws():
        sqs = boto3.client("sqs", region_name="eu-central-1")
        url = sqs.create_queue(QueueName="waits")["QueueUrl"]
        monkeypatch.setenv("WAITS_QUEUE_URL", url)
        handler = page_module("handler")
        moving = babou_server.add(lifecycle=MOVING)
        handler.start(moving)
        turns = []
        while "ready" not in capsys.readouterr().out:
            got = sqs.receive_message(
                QueueUrl=url, WaitTimeSeconds=5, MessageSystemAttributeNames=["All"]
            )
            for message in got.get("Messages", []):
                turns.append(json.loads(message["Body"])["polls"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                handler.handler({"Records": [{"body": message["Body"]}]}, None)
                if len(turns) < 3:
                    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
                    assert counted["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
        assert turns == [0, 1, 2]
    assert polls_of(babou_server, moving) == [200, 200, 200]
