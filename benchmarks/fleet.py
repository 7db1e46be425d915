"""A hundred thousand waits under way: by id, and through pages; and what an engine adds to a turn.

Time is simulated, so that hours pass in minutes. All else is real: the client with its checks and
its decoding, and for the engines their own servers and workers.
"""

import heapq
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from babou import Client, Done, PollPolicy, Request, Response
from babou.integrations.sweeper import State, begin, sweep
from babou_contract.mock_server import MockServer, by_reads
from babou_contract.specification.assets import asset_examples
from benchmarks.bench import Bench, say
from benchmarks.results import Goal, Part, Table
from benchmarks.times import TIMES

RHYTHM = 2.4
"""Seconds between two sweeps: the mean lag is that of the default policy."""
LIMIT = 1.5
"""Requests for an asset through pages, at most."""
_DOCUMENT = json.dumps(asset_examples()["image"] | {"id": "ID", "state": "STATE"})
_HEADERS = {"content-type": "application/json"}
_CELERY = """
import os
from celery import Celery
from babou import PollPolicy
from babou.integrations.celery import wait_for_asset
url = os.environ["BENCH_REDIS"]
app = Celery("bench", broker=url + "/0", backend=url + "/1")
app.conf.broker_transport_options = {"visibility_timeout": 60}
task = wait_for_asset(app, poll=PollPolicy.fixed(0.01, max_attempts=None))
"""


class Account:
    """A server in simulated time, which answers at once."""

    def __init__(self, seconds: list[float]) -> None:
        self.now, self.requests = 0.0, 0
        self.ready = {f"ast_{number:020d}": at for number, at in enumerate(seconds)}
        self._under_way: list[str] = list(self.ready)
        self._at = -1.0

    def send(self, request: Request, **_: object) -> Response:
        """Answer as the API does."""
        self.requests += 1
        url = urlsplit(request.url)
        asset_id = url.path.rpartition("/")[2]
        if asset_id != "assets":
            state = "ready" if self.ready[asset_id] <= self.now else "processing"
            return Response(200, _HEADERS, _document(asset_id, state).encode())
        asked = {name: value[0] for name, value in parse_qs(url.query).items()}
        limit, offset = int(asked["limit"]), int(asked.get("offset", "0"))
        if self._at != self.now:
            self._under_way = [each for each in self._under_way if self.ready[each] > self.now]
            self._at = self.now
        found = self._under_way if asked["state"] == "processing" else []
        shown = ", ".join(_document(each, "processing") for each in found[offset : offset + limit])
        pagination = json.dumps({"limit": limit, "offset": offset, "total": len(found)})
        text = f'{{"assets": [{shown}], "pagination": {pagination}}}'
        return Response(200, _HEADERS, text.encode())

    def stream(self, request: Request, *, stall: float, timeout: float) -> Any:  # noqa: ANN401
        """Refuse: nothing is downloaded here."""
        raise NotImplementedError

    def close(self) -> None:
        """Hold nothing."""

    def client(self) -> Client:
        """Return a client of this server."""
        return Client("sk-bab-bench", base_url="http://bench", transport=self, max_retries=0)


def run(bench: Bench) -> Part:
    """Simulate both ways; measure a turn of Celery."""
    number = bench.choose(5000, 100_000)
    seconds = TIMES[0].draw(number, random.Random(1).random)  # noqa: S311 (times of assets)
    figures = {}
    for name, way in {"each id by itself": _by_id, "through pages": _by_pages}.items():
        say(f"  {name}")
        figures[name] = _measured(way, seconds)
    rows = [
        [
            name, f"{one['requests']:.2f}", f"{one['lag']:.2f}", f"{one['cpu'] * 1e6:.0f}",
            f"{one['peak']:.0f}", f"{one['busiest']:,.0f}",
        ]
        for name, one in figures.items()
    ]  # fmt: skip
    head = (
        "way", "requests an asset", "mean lag, s", "CPU an asset, µs", "peak, MB",
        "requests in the first minute, a second",
    )  # fmt: skip
    note = (
        f"All begin at once; times to ready: {TIMES[0].name}. Time is simulated, the client is "
        "real, the server answers within the process (its part of the CPU time is included)."
    )
    tables = [Table(f"{number:,} waits under way", head, rows, note)]
    pages = figures["through pages"]["requests"]
    goals = [Goal("a sweep: requests an asset, through pages", pages, LIMIT)]
    failures = []
    try:
        say("  Celery")
        few, many = bench.choose(100, 500), bench.choose(400, 2500)
        a_turn = (_celery(many) - _celery(few)) / (many - few)
        turns = {"Celery on Redis": a_turn}
    except (OSError, RuntimeError) as error:
        turns = {}
        failures.append(f"Celery: {error}")
    if turns:
        shown = [[name, f"{each * 1e3:.2f}"] for name, each in turns.items()]
        tables.append(Table("A turn", ("engine", "CPU, ms"), shown, _TURN))
    return Part(tables, goals, {"ways": figures, "turns": turns}, failures=failures)


_TURN = (
    "A poll of the mock server included, whose own part is not. Worker and Redis together; what "
    "they take to start is left out."
)


def _measured(
    way: Callable[[Account], tuple[dict[str, float], float]], seconds: list[float]
) -> dict[str, float]:
    """Return what one way took, measured in a process of its own, so that memory is its own."""
    reader, writer = os.pipe()
    if not (child := os.fork()):
        account = Account(seconds)
        before = time.process_time()
        seen, busiest = way(account)
        cpu = time.process_time() - before
        lags = [at - account.ready[asset_id] for asset_id, at in seen.items()]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        number = len(seconds)
        told = {
            "requests": account.requests / number, "lag": sum(lags) / number, "cpu": cpu / number,
            "peak": peak, "busiest": busiest,
        }  # fmt: skip
        os.write(writer, json.dumps(told).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("a way of waiting ended without a result")
    measured: dict[str, float] = json.loads(text)
    return measured


def _by_id(account: Account) -> tuple[dict[str, float], float]:
    """Poll each by the default policy, when it is due."""
    policy, seen, first = PollPolicy(), dict[str, float](), 0.0
    due = [(0.0, asset_id, 1) for asset_id in account.ready]
    with account.client() as client:
        while due:
            account.now, asset_id, polls = heapq.heappop(due)
            asset = client.assets.get(asset_id)
            decision = policy.step(asset_id, asset, elapsed=account.now, timeout=1e6, polls=polls)
            if isinstance(decision, Done):
                seen[asset_id] = account.now
            else:
                again = account.now + decision.delay  # type: ignore[union-attr]  # no asset fails here
                heapq.heappush(due, (again, asset_id, polls + 1))
            if account.now < 60:  # noqa: PLR2004 (a minute)
                first = account.requests / 60
    return seen, first


def _by_pages(account: Account) -> tuple[dict[str, float], float]:
    """Sweep in a rhythm."""
    seen, first = dict[str, float](), 0.0
    with account.client() as client:
        state: State = begin(list(account.ready), timeout=1e6, clock=lambda: account.now)
        while state:
            state, settled = sweep(client, state, most=len(state), clock=lambda: account.now)
            seen |= {result.asset_id: account.now for result in settled}
            if account.now < 60:  # noqa: PLR2004 (a minute)
                first = account.requests / 60
            account.now += RHYTHM
    return seen, first


def _document(asset_id: str, state: str) -> str:
    return _DOCUMENT.replace('"ID"', f'"{asset_id}"').replace('"STATE"', f'"{state}"')


def _celery(turns: int) -> float:
    """Return the CPU seconds that a worker, Redis, and what starts the waits take for all turns."""
    polls = 5
    with tempfile.TemporaryDirectory() as folder, MockServer() as server:
        ids = [server.add(lifecycle=by_reads(*["processing"] * (polls - 1), "ready"))
               for _ in range(turns // polls)]  # fmt: skip
        (Path(folder) / "bench_tasks.py").write_text(_CELERY, encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = os.environ | {
            "BENCH_REDIS": f"redis://127.0.0.1:{port}", "BABOU_BASE_URL": server.base_url,
            "BABOU_API_KEY": server.api_key, "PYTHONPATH": folder,
        }  # fmt: skip
        redis = subprocess.Popen(
            ["redis-server", "--port", str(port), "--dir", folder, "--save", ""],  # noqa: S607
            stdout=subprocess.DEVNULL,
        )
        options = ["--pool=solo", "--without-gossip", "--without-mingle", "--loglevel=ERROR"]
        command = [sys.executable, "-m", "celery", "-A", "bench_tasks", "worker", *options]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        worker = subprocess.Popen(command, env=environment, cwd=folder)
        try:
            start = f"import bench_tasks\nfor each in {ids!r}: bench_tasks.task.delay(each)"
            subprocess.run([sys.executable, "-c", start], env=environment, cwd=folder, check=True)
            end = time.monotonic() + 300
            while len(server.requests) < polls * len(ids):
                if time.monotonic() > end:
                    raise RuntimeError("the waits did not end")
                time.sleep(0.1)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait()
            redis.kill()
            redis.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
