"""Waits as Celery tasks, with a real Redis and real workers that are killed with -9."""

import gc
import importlib.util
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Ignore, Reject
from celery.states import READY_STATES
from kombu.exceptions import OperationalError

import babou
from babou import Asset, Client, PollPolicy
from babou.integrations import _task_errors
from babou.integrations.celery import wait_for_asset
from babou_contract.mock_server import Response, by_reads, by_time

pytestmark = [
    # Celery 5.7 calls redis-py 8 by older names.
    pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning"),
    # Celery leaves connections to Redis to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

TASKS = Path(__file__).with_name("tasks.py")
REFUSED = b'{"error": "Too many requests", "code": "RATE_LIMITED"}'
PATIENCE = 60
"""Seconds after which a test that waits for something has failed."""


def until(condition):
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return value


class Fleet:
    """Workers as processes, and the app as whoever starts waits has it."""

    def __init__(self, folder, environment):
        self.folder, self.environment, self.workers = folder, environment, []
        self.numbers = itertools.count()
        spec = importlib.util.spec_from_file_location("tasks", TASKS)
        self.tasks = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tasks)
        # What starts waits listens for no results: it would try for 20 s to hear a dead Redis.
        self.sender = Celery("sender", broker=self.tasks.app.conf.broker_url)
        self.sender.conf.broker_transport_options = self.tasks.app.conf.broker_transport_options
        self.task = wait_for_asset(self.sender)

    def start(self, **environment):
        """Start a worker; return it once it takes tasks."""
        options = ["--pool=threads", "--concurrency=8", "--without-gossip", "--without-mingle"]
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", *options]
        log = self.folder / f"worker{next(self.numbers)}.log"
        with log.open("w") as told:
            worker = subprocess.Popen(
                [*command, f"--hostname={log.stem}@test", "--loglevel=INFO"],
                cwd=TASKS.parent,
                env=self.environment | environment,
                stderr=told,
                stdout=told,
            )
        self.workers.append(worker)
        until(lambda: "ready." in log.read_text() or worker.poll() is not None)
        assert worker.poll() is None, log.read_text()
        return worker

    def kill(self, worker):
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()

    def wait_for(self, asset_ids, **arguments):
        """Start a wait for each; return the tasks' ids by asset."""
        return {each: self.task.delay(each, **arguments).id for each in asset_ids}

    def ends(self, waits):
        """Return how each wait ended: the asset's state, or the class of the error."""
        return {asset_id: self.end(task_id) for asset_id, task_id in waits.items()}

    def end(self, task_id):
        known = self.tasks.app.backend.get_task_meta
        until(lambda: self.supervise() or known(task_id)["status"] in READY_STATES)
        result = known(task_id)["result"]
        return type(result).__name__ if isinstance(result, Exception) else result["state"]

    def supervise(self):
        """Start a worker in place of each that has ended by itself, as Celery's may with Redis."""
        for worker in [each for each in self.workers if each.poll() not in {None, -signal.SIGKILL}]:
            self.workers.remove(worker)
            self.start()

    def close(self):
        for worker in self.workers:
            if worker.poll() is None:
                self.kill(worker)
        for client in self.tasks.clients:  # of a worker in this process
            client.close()
        self.sender.close()
        self.tasks.app.close()


@pytest.fixture
def make_fleet(redis_server, babou_server, monkeypatch, tmp_path):
    """Return a function that makes the app, with what its workers are told."""
    made = []

    def make(**environment):
        told = {
            "TEST_REDIS": redis_server.url,
            "BABOU_BASE_URL": babou_server.base_url,
            "BABOU_API_KEY": babou_server.api_key,
            **environment,
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        made.append(Fleet(tmp_path, {**os.environ}))
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()
    gc.collect()  # Celery's results reconnect to Redis when they are collected: while it is there


@pytest.fixture
def assets(babou_server):
    """Return a function that adds assets of all kinds; return how each wait must end."""

    def add(number):
        ends = {}
        for n in range(number):
            moving = by_time(uploading=0.5, processing=(n % 8) / 2, then="ready")
            ends[babou_server.add(lifecycle=moving)] = "ready"
        for n in range(number // 10):
            failing = by_time(processing=n % 4, then="error")
            ends[babou_server.add(lifecycle=failing)] = "AssetFailedError"
            ends[f"ast_nobody{n}"] = "NotFoundError"
        return ends

    return add


class Hook:
    """Writes down what the server says, and answers 429 above a rate: a bucket of tokens."""

    def __init__(self, per_second=float("inf")):
        self.said = defaultdict(list)
        self.statuses = Counter()
        self._per_second, self._tokens, self._at = per_second, 20.0, time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, request, response):
        with self._lock:
            now = time.monotonic()
            self._tokens = min(20.0, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            if self._tokens < 1:
                response = Response(429, body=REFUSED)
            else:
                self._tokens -= 1
            self.statuses[response.status] += 1
            told = json.loads(response.body)
            self.said[request.path.rpartition("/")[2]].append(told.get("state", response.status))
        return response

    def polls_after_the_end(self):
        """Return how often each asset was polled after the answer that ended its wait."""
        final = ("ready", "error", 404)
        ends = {
            asset_id: sum(each in final for each in said) for asset_id, said in self.said.items()
        }
        return {asset_id: count - 1 for asset_id, count in ends.items()}


def test_no_wait_is_lost_when_a_worker_is_killed(make_fleet, babou_server, assets, redis_server):
    """Two workers; one is killed with -9 in the middle, and another takes its place.

    Each wait ends as the server says. What was under way is polled again, and nothing more.
    """
    fleet, hook = make_fleet(), Hook()
    babou_server.rewrite = hook
    ends = assets(100)
    killed, _ = fleet.start(), fleet.start()
    waits = fleet.wait_for(ends)
    until(lambda: len(hook.said) > 100)
    fleet.kill(killed)
    fleet.start()
    assert fleet.ends(waits) == ends
    until(lambda: not noted(redis_server))
    after = hook.polls_after_the_end()
    assert set(after) == set(ends)
    assert sum(after.values()) <= 16  # the killed worker's threads, and what it had not told yet
    assert max(after.values()) <= 2


def test_no_wait_is_lost_when_redis_is_killed(make_fleet, babou_server, assets, redis_server):
    """With its persistence on, Redis comes back with all waits; the workers find it again."""
    fleet, hook = make_fleet(), Hook()
    babou_server.rewrite = hook
    ends = assets(50)
    fleet.start()
    waits = fleet.wait_for(ends)
    until(lambda: len(hook.said) > 50)
    redis_server.kill()
    redis_server.start()
    assert fleet.ends(waits) == ends
    after = hook.polls_after_the_end()
    assert set(after) == set(ends)
    assert max(after.values()) <= 2


def test_two_workers_keep_to_one_rate(make_fleet, babou_server):
    """Under a limit of 20 requests a second, fewer than 1 % of the polls meet a 429."""
    fleet, hook = make_fleet(TEST_RATE="20", TEST_PAUSE="0.2"), Hook(per_second=20)
    babou_server.rewrite = hook
    moving = by_reads("uploading", "processing", "ready", reads=2)
    ends = {babou_server.add(lifecycle=moving): "ready" for _ in range(60)}
    fleet.start()
    fleet.start()
    began = time.monotonic()
    assert fleet.ends(fleet.wait_for(ends)) == ends
    took = time.monotonic() - began
    polls = hook.statuses.total()
    assert polls >= 300
    assert hook.statuses[429] < polls / 100
    assert took >= (polls - 20) / 20


def test_a_pause_of_an_hour_costs_nothing_and_survives(make_fleet, babou_server, redis_server):
    """The server asks for an hour: no poll meanwhile, and the kill of the worker loses nothing."""
    fleet = make_fleet()
    asset_id = babou_server.add(lifecycle=by_reads("ready"))
    babou_server.fault("rate_limited", retry_after="3600", times=1)
    killed = fleet.start()
    waits = fleet.wait_for([asset_id], timeout=7200)

    def hops():
        kept = redis_server.client.hvals("unacked")
        return [json.loads(each)[0]["headers"]["retries"] for each in kept]

    until(lambda: max(hops(), default=0) >= 3)
    fleet.kill(killed)
    assert [request.status for request in babou_server.requests] == [429]
    fleet.start(TEST_SECONDS_SKIPPED="3600")
    assert fleet.ends(waits) == {asset_id: "ready"}
    # For the new worker the wait is an hour late: it may be sent again beside the restored message.
    statuses = [request.status for request in babou_server.requests]
    assert statuses in ([429, 200], [429, 200, 200])


@pytest.fixture
def own_worker():
    """Return a function that runs a worker in a thread of this process."""
    with ExitStack() as stack:

        def run(fleet):
            options = {"pool": "solo", "perform_ping_check": False, "shutdown_timeout": 60}
            stack.enter_context(start_worker(fleet.tasks.app, **options))

        yield run


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_errors_arrive_as_classes_of_ours(
    make_fleet, own_worker, babou_server, redis_server, serializer
):
    """`except BabouError` catches what `get` raises, with the attributes that it had."""
    fleet = make_fleet(TEST_RESULTS=serializer)
    own_worker(fleet)
    failed = babou_server.add(state="error")
    slow = babou_server.add(state="processing")
    broken = babou_server.add(state="processing")
    babou_server.fault("unavailable", asset_id=broken, retry_after="60")
    start = fleet.tasks.when_ready.delay

    with pytest.raises(babou.AssetFailedError, match=f"Asset '{failed}' failed") as caught:
        start(failed).get(timeout=PATIENCE)
    assert (caught.value.asset_id, caught.value.polls) == (failed, 1)
    assert isinstance(caught.value.asset, Asset)
    assert caught.value.asset.state == "error"
    with pytest.raises(babou.NotFoundError) as missing:
        start("ast_nobody").get(timeout=PATIENCE)
    assert (missing.value.status_code, missing.value.code) == (404, "NOT_FOUND")
    assert missing.value.headers["content-type"] == "application/json"
    with pytest.raises(TimeoutError) as late:
        start(slow, timeout=0.3).get(timeout=PATIENCE)
    assert isinstance(late.value, babou.WaitTimeoutError)
    assert (late.value.asset.state, late.value.last_error) == ("processing", None)
    with pytest.raises(babou.WaitTimeoutError, match="The last error: Asset") as troubled:
        start(broken, timeout=5).get(timeout=PATIENCE)
    assert isinstance(troubled.value.last_error, babou.InternalServerError)
    assert troubled.value.last_error.status_code == 503
    assert troubled.value.asset is None
    for arguments in ({"timeout": -1}, {"missing_ok_for": "long"}):
        with pytest.raises(babou.ConfigurationError):
            start(slow, **arguments).get(timeout=PATIENCE)
    with pytest.raises(babou.InvalidAssetIdError):
        start("..").get(timeout=PATIENCE)
    with pytest.raises(TypeError):
        start().get(timeout=PATIENCE)
    until(lambda: not noted(redis_server))


def test_a_wait_ends_with_the_asset(make_fleet, own_worker, babou_server):
    """A missing asset is waited for as long as asked; the result is the document."""
    fleet = make_fleet()
    own_worker(fleet)
    asset_id = babou_server.add(lifecycle=by_reads("processing", "ready"))
    babou_server.fault("not_found", asset_id=asset_id, times=1)
    result = fleet.tasks.when_ready.delay(asset_id, missing_ok_for=60, started_at=time.time() - 5)
    asset = Asset.from_dict(result.get(timeout=PATIENCE))
    assert (asset.id, asset.url) == (asset_id, babou_server.url_of(asset_id))
    assert [request.status for request in babou_server.requests] == [404, 200, 200]


def test_a_turn_stores_nothing_until_the_wait_ends(
    make_fleet, own_worker, babou_server, redis_server
):
    """The next turn may be over before this one could store its state, and that would stay."""
    fleet, stored = make_fleet(TEST_PAUSE="0.2"), []
    own_worker(fleet)

    def look(request, response):
        stored.append(redis_server.client.info("keyspace").get("db1"))  # where results are
        return response

    babou_server.rewrite = look
    asset_id = babou_server.add(lifecycle=by_reads("processing", "ready", reads=3))
    result = fleet.tasks.when_ready.delay(asset_id)
    assert result.get(timeout=PATIENCE)["state"] == "ready"
    assert stored == [None] * 4


def test_a_broker_that_is_away_loses_no_wait(make_fleet, babou_server, redis_server):
    """Celery drops a message whose next one can't be sent; here it goes back to the broker."""
    task = make_fleet().task
    asset_id = babou_server.add(state="processing")
    task.push_request(id="1", args=[asset_id], kwargs={}, called_directly=False, retries=0)
    redis_server.kill()
    with pytest.raises(Reject) as rejected:
        task.run(asset_id)
    assert rejected.value.requeue
    task.on_success(None, "1")  # what could not be forgotten is sent again; that is all
    with pytest.raises(OperationalError):
        task.apply_async([asset_id])
    task.pop_request()


def noted(redis_server):
    """Return the open waits: the number of the turn, arguments, and when it is expected."""
    key = "babou:waits:babou.wait_for_asset"
    with redis_server.client.pipeline() as both:  # at one moment
        both.hgetall(key).zrange(f"{key}:expected", 0, -1, withscores=True)
        messages, expected = both.execute()
    assert set(messages) == {task_id for task_id, _ in expected}
    return {task_id: (*json.loads(messages[task_id]), at) for task_id, at in expected}


def test_a_wait_is_noted_before_its_message_is_sent(make_fleet, redis_server):
    """By whoever starts it, with the time at which its turn is due."""
    task = make_fleet().task
    now = time.time()
    task.apply_async(["ast_1"], {"timeout": 9}, task_id="now")
    task.apply_async(["ast_2"], task_id="later", countdown=100)
    task.apply_async(["ast_3"], task_id="then", eta=datetime.fromtimestamp(now + 200, UTC))
    waits = noted(redis_server)
    assert {each: wait[:3] for each, wait in waits.items()} == {
        "now": (0, ["ast_1"], {"timeout": 9}),
        "later": (0, ["ast_2"], {}),
        "then": (0, ["ast_3"], {}),
    }
    assert [wait[3] - now for wait in waits.values()] == pytest.approx([0, 100, 200], abs=5)


def test_a_wait_whose_message_is_lost_is_sent_again_by_one_worker(make_fleet, redis_server):
    """Two visibility timeouts after its turn; what comes of the older message is dropped."""
    fleet = make_fleet(TEST_VISIBILITY_TIMEOUT="100")
    task, other = fleet.task, make_fleet().task
    task.apply_async(["ast_1"], {"timeout": 9}, task_id="lost", countdown=-201)
    task.apply_async(["ast_2"], task_id="late", countdown=-199)
    redis_server.client.delete("celery")
    task.resend()
    other.resend()
    (text,) = redis_server.client.lrange("celery", 0, -1)
    headers = json.loads(text)["headers"]
    assert (headers["id"], headers["retries"]) == ("lost", 1)
    assert noted(redis_server)["lost"][:3] == (1, ["ast_1"], {"timeout": 9})
    task.push_request(id="lost", args=["ast_1"], kwargs={}, called_directly=False, retries=0)
    with pytest.raises(Ignore):
        task.run("ast_1")
    task.pop_request()


def test_a_wait_that_ended_meanwhile_is_not_sent_again(make_fleet, redis_server):
    """Its time may still stand where another worker has just forgotten it."""
    task = make_fleet().task
    task.apply_async(["ast_1"], task_id="ended", countdown=-100)
    redis_server.client.delete("celery", "babou:waits:babou.wait_for_asset")
    task.resend()
    assert redis_server.client.llen("celery") == 0


def test_a_broker_that_loses_nothing_needs_no_notes():
    """RabbitMQ, or the broker in memory of a test."""
    app = Celery("other", broker="memory://")
    task = wait_for_asset(app)
    task.resend()
    task.on_success(None, "1")
    assert task.apply_async(["ast_1"]).id
    app.close()


def test_an_eager_wait_blocks_until_the_asset_is_ready(babou_server):
    """Without a queue, as apps with `task_always_eager` do in their tests."""
    app = Celery("eager", broker="memory://")
    app.conf.task_always_eager = True
    asset_id = babou_server.add(lifecycle=by_reads("processing", "ready", reads=3))
    with Client(api_key=babou_server.api_key, base_url=babou_server.base_url) as client:
        task = wait_for_asset(app, client=lambda: client, poll=PollPolicy(minimum=0.05))
        assert task.delay(asset_id).get()["state"] == "ready"
    assert len(babou_server.requests) == 4
    app.close()


def test_only_the_errors_of_this_package_can_be_looked_up():
    """What Celery's results name is looked up in this module."""
    assert issubclass(_task_errors.NotFoundError, babou.NotFoundError)
    with pytest.raises(AttributeError, match="no attribute 'NoSuchError'"):
        _ = _task_errors.NoSuchError
