"""Waits in Temporal: its real servers, one that skips time and one whose workers are killed."""

import asyncio
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType, TimeoutType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from babou import AsyncClient, PollPolicy
from babou.integrations.temporal import AssetActivities, wait_for_asset
from babou_contract.mock_server import by_reads, by_time

SCRIPTS = Path(sys.executable).parent
HISTORY = 11
"""Events of a wait's history: two of the workflow, three each of two turns and of the activity."""
LOST_TURNS = {
    TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START: 2,
    TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE: 3,
}
"""Events that come on top where a killed worker had the workflow, or a turn of it in its hands."""


@workflow.defn
class Wait:
    @workflow.run
    async def run(self, asset_id, options):
        return await wait_for_asset(asset_id, **options)


@asynccontextmanager
async def wait_worker(engine, server, poll=PollPolicy()):  # noqa: B008 (a frozen value)
    """Have a worker in this process. Its workflows are in no sandbox: those of the page are."""
    async with AsyncClient(server.api_key, base_url=server.base_url) as client:
        activities = [AssetActivities(client, poll=poll).wait]
        runner = UnsandboxedWorkflowRunner()
        async with Worker(
            engine,
            task_queue="waits",
            workflows=[Wait],
            activities=activities,
            workflow_runner=runner,
        ):
            yield


@asynccontextmanager
async def skipping(server, poll=PollPolicy()):  # noqa: B008 (a frozen value)
    """Yield a client of Temporal's server that skips time, with a worker."""
    path = str(SCRIPTS / "temporal-test-server")
    async with (
        await WorkflowEnvironment.start_time_skipping(test_server_existing_path=path) as engine,
        wait_worker(engine.client, server, poll),
    ):
        yield engine.client


@asynccontextmanager
async def developing():
    """Yield a client of Temporal's server for development."""
    path = str(SCRIPTS / "temporal")
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=path) as engine:
        yield engine.client


async def begin(engine, asset_id, **options):
    return await engine.start_workflow(
        Wait.run, args=[asset_id, options], id=f"wait {asset_id}", task_queue="waits"
    )


async def outcome(handle):
    """Return what the workflow returned, or the error that it failed with."""
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        return error.cause


async def events(handle):
    return list((await handle.fetch_history()).events)


def activity_events(history):
    return sum("ACTIVITY" in EventType.Name(event.event_type) for event in history)


def lost_turns(history):
    """Return how often a turn of the workflow was given to another worker, and for which reason."""
    return [
        event.workflow_task_timed_out_event_attributes.timeout_type
        for event in history
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
    ]


def seconds(history):
    last, first = (history[place].event_time.ToDatetime() for place in (-1, 0))
    return (last - first).total_seconds()


def polls_of(server, asset_id):
    return [request.status for request in server.requests if request.path.endswith(asset_id)]


def test_a_wait_ends_as_the_asset_does_in_eleven_events(server, ended):
    """Ready, failed and unknown assets each end their wait once; trouble that passes ends none."""
    ready = server.add(lifecycle=by_reads("uploading", "processing", "ready", reads=3))
    failed = server.add(lifecycle=by_reads("processing", "error"))
    server.fault("unavailable", asset_id=ready, times=2)

    async def scenario():
        async with skipping(server) as engine:
            for asset_id in (ready, failed, "ast_nobody"):
                handle = await begin(engine, asset_id)
                yield await outcome(handle), await events(handle)

    async def all_of_it():
        return [each async for each in scenario()]

    (asset, *_), (failure, *_), (missing, *_) = found = asyncio.run(all_of_it())
    assert asset["id"] == ready
    assert asset["url"] == server.url_of(ready)
    assert isinstance(failure, ApplicationError)
    assert failure.type == "AssetFailedError"
    assert failure.details[0]["state"] == "error"
    assert missing.type == "NotFoundError"
    assert missing.details[0] is None
    assert [len(history) for _, history in found] == [HISTORY] * 3
    assert polls_of(server, ready) == [503, 503, *[200] * 7]
    assert polls_of(server, failed) == [200, 200]
    assert polls_of(server, "ast_nobody") == [404]
    assert ended == {ready: 1, failed: 1}


def test_the_key_is_in_no_history(server):
    """Arguments, results and failures are kept for as long as the history; none has the key."""
    failed = server.add(state="failed")

    async def scenario():
        async with skipping(server) as engine:
            handles = [await begin(engine, asset_id) for asset_id in ("ast_demo_image", failed)]
            for handle in handles:
                await outcome(handle)
            return [event for handle in handles for event in await events(handle)]

    kept = b"".join(event.SerializeToString() for event in asyncio.run(scenario()))
    assert b"ast_demo_image" in kept
    assert b"Upload the file again" in kept
    assert server.api_key.encode() not in kept


def test_time_is_the_servers_and_hours_leave_no_trace(server):
    """The wait ends by Temporal's clock, here far ahead of this machine's, polled by the policy."""
    slow, hours = server.add(state="processing"), 6 * 3600

    async def scenario():
        async with skipping(server) as engine:
            handle = await begin(engine, slow, timeout=hours)
            return await outcome(handle), await events(handle)

    error, history = asyncio.run(scenario())
    assert error.type == "WaitTimeoutError"
    assert error.details[0]["state"] == "processing"
    assert seconds(history) == pytest.approx(hours, abs=1)
    assert len(history) == HISTORY
    polls = len(polls_of(server, slow))
    assert f"and {polls} polls" in error.message
    assert hours / 33 < polls < hours / 27 + 150  # every 30 s ± 10 %, and more often at first


def test_retry_after_is_heeded_for_an_hour(server):
    """What the API asks for is the server's to keep: nothing polls before, nothing holds it."""
    asset_id = server.add()
    server.fault("rate_limited", asset_id=asset_id, times=1, retry_after=3600)

    async def scenario():
        async with skipping(server) as engine:
            handle = await begin(engine, asset_id, timeout=7200)
            return await outcome(handle), await events(handle)

    asset, history = asyncio.run(scenario())
    assert asset["id"] == asset_id
    assert 3600 <= seconds(history) < 3700
    assert polls_of(server, asset_id) == [429, 200]


def test_attempts_know_what_earlier_ones_saw(server):
    """The asset as last seen is in the error of a wait whose last polls all failed."""
    asset_id = server.add(state="processing")

    async def scenario():
        async with skipping(server, PollPolicy.fixed(60, max_attempts=None)) as engine:
            handle = await begin(engine, asset_id, timeout=600)
            await asyncio.to_thread(wait_for_first_poll)
            return await outcome(handle)

    def wait_for_first_poll():
        while not polls_of(server, asset_id):
            pass
        server.fault("unavailable", asset_id=asset_id)

    error = asyncio.run(scenario())
    assert error.type == "WaitTimeoutError"
    assert "is still 'processing'" in error.message
    assert "503" in error.message
    assert set(polls_of(server, asset_id)[1:]) == {503}


def test_errors_in_a_row_are_counted_over_attempts(server):
    """The back-off grows from attempt to attempt, where the policy's own pause does not."""
    asset_id = server.add()
    server.fault("unavailable", asset_id=asset_id, times=12)

    async def scenario():
        poll = PollPolicy.fixed(0.001, max_attempts=None)
        async with skipping(server, poll) as engine:
            handle = await begin(engine, asset_id)
            await outcome(handle)
            return await events(handle)

    # Eight of the twelve pauses are drawn from 0 to 8 s; without counting, all from 0 to 0.5 s.
    assert seconds(asyncio.run(scenario())) > 6.0


def test_a_404_is_polled_through_for_as_long_as_told(server):
    """An asset that is listed only a moment after its upload is waited for."""

    async def scenario():
        async with skipping(server) as engine:
            handle = await begin(engine, "ast_late", missing_ok_for=60)
            return await outcome(handle), await events(handle)

    error, history = asyncio.run(scenario())
    assert error.type == "NotFoundError"
    assert 60 <= seconds(history) < 75


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"poll_timeout": "10"}, {"missing_ok_for": -1}]
)
def test_an_argument_that_makes_no_sense_fails_the_workflow(server, options):
    """An error of another class would have Temporal try the workflow's code again for ever."""

    async def scenario():
        async with skipping(server) as engine:
            return await outcome(await begin(engine, "ast_demo_image", **options))

    error = asyncio.run(scenario())
    assert error.type == "ConfigurationError"
    assert next(iter(options)) in error.message
    assert not server.requests


def test_a_wait_that_no_worker_polls_ends_all_the_same(server):
    """Its time runs out at the server, and the text says what to look for."""

    async def scenario():
        async with developing() as engine, wait_worker(engine, server):
            short = {"timeout": 0.1, "poll_timeout": 0.1}
            return await outcome(await begin(engine, "ast_x", task_queue="nobody's", **short))

    error = asyncio.run(scenario())
    assert error.type == "WaitTimeoutError"
    assert "AssetActivities" in error.message
    assert not server.requests


def test_a_cancelled_wait_is_polled_no_more(server, eventually):
    """Cancelling the workflow ends the wait between two polls."""
    asset_id = server.add(state="processing")

    async def scenario():
        async with skipping(server) as engine:
            handle = await begin(engine, asset_id)
            await asyncio.to_thread(eventually, lambda: polls_of(server, asset_id))
            await handle.cancel()
            error = await outcome(handle)
            polls = len(polls_of(server, asset_id))
            await outcome(await begin(engine, "ast_nobody", missing_ok_for=600))  # time passes
            return error, len(polls_of(server, asset_id)) - polls

    error, later = asyncio.run(scenario())
    assert isinstance(error, (CancelledError, ActivityError))
    assert later <= 1  # one that was under way


def test_the_pages_programs_outlive_a_kill(
    server, ended, page, start, environment, eventually, tmp_path
):
    """Of two workers one is killed while it polls: each wait ends once, as its asset does."""
    folder = page("temporal.md")
    ready = [server.add(lifecycle=by_time(processing=span / 50)) for span in range(180)]
    failed = [
        server.add(lifecycle=by_time(processing=span / 5, then="error")) for span in range(20)
    ]
    hanging = [*ready[:15], *failed[:5]]
    for asset_id in hanging:
        server.fault("slow_headers", asset_id=asset_id, times=1, interval=5)

    async def publish(engine, asset_id):
        identity = {"id": f"publish-{asset_id}", "task_queue": "media"}
        handle = await engine.start_workflow("Publish", asset_id, **identity)
        return await handle.result(), await events(handle)

    async def pollers(engine):
        queue = DescribeTaskQueueRequest(namespace="default", task_queue=TaskQueue(name="media"))
        return len((await engine.workflow_service.describe_task_queue(queue)).pollers)

    async def scenario():
        async with developing() as engine:
            address = engine.service_client.config.target_host
            reader = environment | {"TEMPORAL_ADDRESS": address}
            workers = [start("worker.py", environment=reader, name=f"worker{n}") for n in "12"]
            async with asyncio.timeout(60):
                while await pollers(engine) < len(workers):  # noqa: ASYNC110 (it tells nobody)
                    await asyncio.sleep(0.1)
            waits = asyncio.gather(*(publish(engine, each) for each in ready + failed))
            polled = {f"/api/v1/assets/{asset_id}" for asset_id in hanging}
            await asyncio.to_thread(
                eventually, lambda: polled <= {request.path for request in server.requests}
            )
            workers[0].kill()
            shown = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "start.py", "ast_demo_lifecycle"],
                cwd=folder,
                env=reader,
                capture_output=True,
                text=True,
                check=True,
            )
            async with asyncio.timeout(180):
                return await waits, shown.stdout

    found, shown = asyncio.run(scenario())
    results = [result for result, _ in found]
    assert [text.split(", ")[0] for text in results[:180]] == [f"ready: {each}" for each in ready]
    assert all(text.startswith("upload it again: Asset") for text in results[180:])
    assert re.fullmatch(r"ready: ast_demo_lifecycle, \d+ bytes\n", shown)
    for _, history in found:
        assert activity_events(history) == 3
        assert len(history) == HISTORY + sum(LOST_TURNS[each] for each in lost_turns(history))
    assert any(lost_turns(history) for _, history in found)
    # The answers that said so: one for each wait, and one more where it was lost with the worker.
    late = sum(ended[asset_id] - 1 for asset_id in ready + failed)
    assert min(ended[asset_id] for asset_id in ready + failed) == 1
    assert late <= len(hanging)
    logs = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.log"))
    kept = b"".join(event.SerializeToString() for _, history in found for event in history)
    assert server.api_key not in logs
    assert server.api_key.encode() not in kept
