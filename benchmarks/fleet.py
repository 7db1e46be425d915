"""A hundred thousand waits under way: by id, and through pages; and a wait on each engine.

Time is simulated, so that hours pass in minutes. All else is real: the client with its checks and
its decoding; and the engines, which wait in the time that it takes.
"""

import heapq
import json
import os
import random
import resource
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from babou import Client, Done, PollPolicy, Request, Response
from babou.integrations.sweeper import State, begin, sweep
from babou_contract.specification.assets import asset_examples
from benchmarks import engines
from benchmarks.bench import Bench, say
from benchmarks.results import Goal, Part, Table
from benchmarks.times import TIMES

RHYTHM = 2.4
"""Seconds between two sweeps: the mean lag is that of the default policy."""
LIMIT = 1.5
"""Requests for an asset through pages, at most."""
_DOCUMENT = json.dumps(asset_examples()["image"] | {"id": "ID", "state": "STATE"})
_HEADERS = {"content-type": "application/json"}


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
    """Simulate both ways; measure a wait on each engine."""
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
    failures: list[str] = []
    costs = engines.measure(bench, failures)
    polls = figures["each id by itself"]["requests"]
    if costs:
        tables.append(_engines(costs, polls))
    raw = {"ways": figures, "engines": {name: attrs.asdict(each) for name, each in costs.items()}}
    return Part(tables, goals, raw, failures=failures)


_NOTE = (
    "CPU of all processes of the engine and of what starts the waits, without what they take when "
    "idle; the mock server's is not counted. The first poll: all that a wait costs that ends with "
    "it. A further poll: what one more costs, the request included. A coroutine is `wait_many` of "
    "an `AsyncClient`. Celery: a worker (`--pool=solo`), Redis, results that are read. Temporal: a "
    "worker and the server for development, which keeps its data in memory. Airflow: scheduler, "
    "workers, triggerer, API server, DAG processor, SQLite; with the first poll come the task's "
    "start, deferral and resumption, and a further poll is that of its trigger in a loop by itself."
)


def _engines(costs: dict[str, engines.Cost], polls: float) -> Table:
    alone = next(iter(costs.values())).of_wait(polls)
    head = (
        "engine", "first poll, ms", "a further poll, ms", f"a wait of {polls:.1f} polls, ms",
        "÷ a coroutine", "waits a second on a core",
    )  # fmt: skip
    rows = []
    for name, one in costs.items():
        wait = one.of_wait(polls)
        rows.append([
            name, f"{one.first * 1e3:.1f}", f"{one.further * 1e3:.2f}", f"{wait * 1e3:.1f}",
            f"{wait / alone:.0f}", f"{1 / wait:,.0f}",
        ])  # fmt: skip
    return Table("A wait on each engine", head, rows, _NOTE)


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
