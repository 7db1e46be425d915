"""`wait_many` on the mock server: how many requests an asset takes, through pages and without.

Time is simulated, and passes only while no request is under way, so that minutes take none. All
else is real: the client with its threads and its decoding, the connections, the mock server.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

from attrs import define, field

from babou import PollPolicy
from babou._client import Assets
from babou._core.config import DEFAULT_TIMEOUT, Secret
from babou._core.polling import Options
from babou._http.runner import Head, Runner
from babou._http.sync import SyncTransport
from babou_contract.mock_server import MockServer, RecordedRequest, by_time
from benchmarks.bench import Bench, say
from benchmarks.results import Goal, Part, Table
from benchmarks.times import LONGEST, TIMES

PAGES, EACH = "through pages", "each id by itself"
MOST_REQUESTS = 1.5
"""Requests for an asset through pages, at most."""
MOST_LAG = 1.1
"""The mean lag through pages ÷ that of polling each id, at most."""
HEAD = ("way", "requests an asset", "of these, pages", "mean lag, s")


@define
class World:
    """What time it is, and how often each operation was asked for."""

    now: float = 0.0
    asked: Counter[str | None] = field(factory=Counter)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def note(self, request: RecordedRequest) -> None:
        """Count a request."""
        self.asked[request.operation_id] += 1


def run(bench: Bench) -> Part:
    """Wait for the same assets both ways."""
    number = bench.choose(1000, 10_000)
    seconds = TIMES[0].draw(number, random.Random(1).random)  # noqa: S311 (times of assets)
    figures = {}
    for way in (EACH, PAGES):
        say(f"  {way}")
        figures[way] = wait(seconds, has_list=way == PAGES)
    rows = [[way, *(f"{figure:.2f}" for figure in one.values())] for way, one in figures.items()]
    note = (
        f"Times to ready: {TIMES[0].name}; all waits begin at once. Time is simulated: it passes "
        "while no request is under way. Where each id is polled by itself, the server refuses the "
        "list, and the client does without."
    )
    table = Table(f"A wait for {number:,} assets on the mock server", HEAD, rows, note)
    what = f"`wait_many` of {number:,}, on the mock server, {PAGES}"
    lag = figures[PAGES]["lag"] / figures[EACH]["lag"]
    goals = [
        Goal(f"{what}: requests an asset", figures[PAGES]["requests"], MOST_REQUESTS),
        Goal(f"{what}: mean lag ÷ that of each id by itself", lag, MOST_LAG),
    ]
    return Part([table], goals, figures)


def wait(seconds: list[float], *, has_list: bool) -> dict[str, float]:
    """Wait for assets that are ready after such times; return requests and pages of each, and lag.

    Raises:
        RuntimeError: Some were not seen ready.
    """
    world = World()
    with MockServer(assets=False, clock=lambda: world.now, on_request=world.note) as server:
        ready_at = {
            server.add(lifecycle=by_time(processing=after, then="ready")): after
            for after in seconds
        }
        with _assets(server, world) as assets:
            list(assets.list())  # the time of each counts from when it is first shown
            if not has_list:
                server.fault("error_status", status=404, operation_id="listAssets")
            world.asked.clear()
            lags = [
                world.now - ready_at[result.asset_id]
                for result in assets.wait_many(list(ready_at), timeout=LONGEST * 2)
                if result.asset is not None
            ]
    number = len(seconds)
    if len(lags) < number:
        raise RuntimeError(f"{number - len(lags)} of {number} were not seen ready")
    return {
        "requests": world.asked.total() / number,
        "pages": world.asked["listAssets"] / number,
        "lag": sum(lags) / number,
    }


@contextmanager
def _assets(server: MockServer, world: World) -> Iterator[Assets]:
    """Yield the operations of a client in simulated time."""
    with closing(SyncTransport()) as transport:
        runner = Runner(
            transport,
            Secret(server.api_key),
            Head(server.base_url, "babou-bench"),
            clock=lambda: world.now,
            wall=lambda: world.now,
            sleep=world.sleep,
            random=random.Random(1).random,  # noqa: S311 (pauses)
        )
        yield Assets(runner, Options(DEFAULT_TIMEOUT, 0, PollPolicy()))
