"""A wait for 10,000 assets: its memory, its CPU time, its connections."""

from functools import partial
from typing import Any

from benchmarks import nginx, slow
from benchmarks.bench import Bench, say
from benchmarks.figures import summary
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, interleave

DELAY = 0.005
POLLS = 3
MOST_CONNECTIONS = 20
"""What the package promises."""
HEAD = (
    "client", "wall, s", "polls", "CPU a poll, µs", "CPU a `get`, µs", "poll ÷ `get` (quartiles)",
    "idle, MB", "peak over idle, MB", "connections", "n",
)  # fmt: skip


def run(bench: Bench) -> Part:
    """Wait with both clients; each wait is a process of its own."""
    assets = bench.choose(1000, 10_000)
    failures: list[str] = []
    measures = {f"babou, {side}": partial(_wait, bench, side, assets) for side in ("sync", "async")}
    rounds = interleave(measures, bench.choose(1, 3), failures)
    note = (
        f"Each asset is ready at its {POLLS}rd poll, on a server that takes {DELAY * 1e3:.0f} ms. "
        "The `get` is one of many in a row, from a server without latency, half of them before the "
        "wait and half after it. Idle is a client that has made such calls, with the list of ids."
    )
    table = Table(f"A wait for {assets:,} assets", HEAD, _rows(rounds), note)
    return Part([table], _goals(assets, rounds), rounds, failures=failures)


def _wait(bench: Bench, side: str, assets: int) -> dict[str, float]:
    """Return what the process and the server say about one wait."""
    say(f"  {side}")
    with (
        slow.serve(DELAY, polls=POLLS, cores=bench.server_cores) as server,
        nginx.serve(cores=bench.server_cores) as quick,
        bench.peer("babou", "wait_many.py", side, server.url, quick.url) as peer,
    ):
        measured: dict[str, Any] = peer.measure({"assets": assets})
        counted = server.counted()
    polls = counted["requests"]
    return {
        **measured,
        "polls": polls,
        "poll": measured["cpu"] / polls,
        "poll ÷ get": measured["cpu"] / polls / measured["get"],
        "over": measured["peak"] - measured["idle"],
        "connections": counted["connections"],
    }


def _rows(rounds: Rounds) -> list[list[str]]:
    rows = []
    for name, figures in rounds.items():
        middle = {kind: summary(each).median for kind, each in figures.items()}
        rows.append([
            name, f"{middle['wall']:.1f}", f"{middle['polls']:,.0f}", f"{middle['poll'] * 1e6:.0f}",
            f"{middle['get'] * 1e6:.0f}", scaled(summary(figures["poll ÷ get"]), 1, 2),
            f"{middle['idle']:.0f}", f"{middle['over']:.0f}", f"{middle['connections']:.0f}",
            str(len(figures["wall"])),
        ])  # fmt: skip
    return rows


def _goals(assets: int, rounds: Rounds) -> list[Goal]:
    goals = []
    for name, figures in rounds.items():
        what = f"`wait_many` of {assets:,}, {name}"
        over, cpu = summary(figures["over"]).median, summary(figures["poll ÷ get"]).median
        goals += [
            Goal(f"{what}: memory over an idle client", over, 40, "MB"),
            Goal(f"{what}: CPU a poll ÷ a `get`", cpu, 1.25),
            Goal(f"{what}: connections at once", max(figures["connections"]), MOST_CONNECTIONS),
        ]
    return goals
