"""Many different assets fetched at once, from a server that takes its time with each."""

import math
from collections.abc import Mapping
from contextlib import ExitStack

from benchmarks import nginx, slow
from benchmarks.bench import Bench, say
from benchmarks.figures import Summary, ratio, summary
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, by_peers, start

NUMBER = 1000
DELAY = 0.05
BASE = "httpx"
OURS = "babou"
STACKS = {
    "raw sockets": ("plain", "bare_sockets_async"),
    "aiohttp": ("aiohttp", "aiohttp_async"),
    "pyreqwest": ("pyreqwest", "pyreqwest_async"),
    BASE: ("httpx", "httpx_async"),
    "httpx2": ("httpx2", "httpx2_async"),
    OURS: ("babou", "babou_async"),
}
ORDER = {"calls": NUMBER, "at_once": True}
WARM_UP = ORDER | {"calls": 20}


def run(bench: Bench) -> Part:
    """Measure all stacks in turn, with latency and then without."""
    failures: list[str] = []
    say("  with latency")
    late, connections = _with_latency(bench, failures)
    say("  without latency")
    with nginx.serve(cores=bench.server_cores) as server, ExitStack() as stack:
        calls = {name: (*STACKS[name], server.url) for name in late}
        peers = start(bench, stack, calls, WARM_UP, failures)
        prompt = by_peers(peers, ORDER, bench.choose(2, 3), failures)
    tables = [
        _table(f"{NUMBER:,} at once, a server that takes {DELAY * 1e3:.0f} ms", late, connections),
        _table(f"{NUMBER:,} at once, a server without latency", prompt, {}),
    ]
    raw = {"50 ms": late, "connections": connections, "0 ms": prompt}
    return Part(tables, _goals(late, connections), raw, failures=failures)


def _with_latency(bench: Bench, failures: list[str]) -> tuple[Rounds, dict[str, int]]:
    """Give each stack a server of its own, which counts its connections."""
    # httpx takes half a minute and more.
    names = [name for name in STACKS if name != BASE or not bench.quick]
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(slow.serve(DELAY, polls=1, cores=bench.server_cores))
            for name in names
        }
        calls = {name: (*STACKS[name], servers[name].url) for name in names}
        peers = start(bench, stack, calls, WARM_UP, failures)
        rounds = by_peers(peers, ORDER, bench.choose(2, 3), failures)
        return rounds, {name: servers[name].counted()["connections"] for name in rounds}


def _table(title: str, rounds: Rounds, connections: Mapping[str, int]) -> Table:
    head = ["stack", "a second (quartiles)", "CPU each, ms (quartiles)", "× httpx's rate", "n"]
    if connections:
        head += ["connections", "of what they could do at best"]
    rows = []
    for name, clocks in rounds.items():
        rate, cpu, against = _figures(rounds, name)
        against_text = "" if math.isnan(against) else f"{against:.1f}"
        row = [name, scaled(rate), scaled(cpu, 1e3, 2), against_text, str(len(clocks["wall"]))]
        if connections:
            row += [f"{connections[name]}", f"{rate.median * DELAY / connections[name]:.2f}"]
        rows.append(row)
    note = "At best is connections ÷ latency. The raw sockets show what the server can do."
    return Table(title, head, rows, note if connections else "")


def _figures(rounds: Rounds, name: str) -> tuple[Summary, Summary, float]:
    """Return requests a second, CPU seconds each, and the rate against httpx's; NaN without it."""
    rate = summary([1 / seconds for seconds in rounds[name]["wall"]])
    base = rounds.get(BASE)
    against = ratio(base["wall"], rounds[name]["wall"]).median if base else math.nan
    return rate, summary(rounds[name]["cpu"]), against


def _goals(rounds: Rounds, connections: Mapping[str, int]) -> list[Goal]:
    if OURS not in rounds:
        return []
    rate = _figures(rounds, OURS)[0]
    share = rate.median / (connections[OURS] / DELAY)
    what = f"{NUMBER:,} at once, {DELAY * 1000:.0f} ms: share of what its connections could do"
    return [Goal(what, share, 0.9, at_least=True)]
