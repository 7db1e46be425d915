"""One call, over and over: this client beside the bare HTTP libraries and others' SDKs."""

from contextlib import ExitStack

from benchmarks import nginx, plots
from benchmarks.bench import Bench, say
from benchmarks.figures import Summary, ratio, summary
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, by_peers, require, start

BASE = "httpx"
OURS = "babou"
PLOT = "cpu-of-a-call.svg"

STACKS = {
    "sync": {
        "raw socket and json": ("plain", "bare_socket"),
        "pyreqwest": ("pyreqwest", "pyreqwest"),
        "urllib3": ("urllib3", "urllib3"),
        BASE: ("httpx", "httpx"),
        "httpx2": ("httpx2", "httpx2"),
        "requests": ("requests", "requests"),
        "openapi-python-client's output": ("babou", "generated"),
        "openai": ("openai", "openai"),
        "runwayml": ("runwayml", "runwayml"),
        OURS: ("babou", "babou"),
    },
    "async": {
        "pyreqwest": ("pyreqwest", "pyreqwest_async"),
        "aiohttp": ("aiohttp", "aiohttp_async"),
        BASE: ("httpx", "httpx_async"),
        "httpx, with sniffio": ("httpx[sniffio]", "httpx_async"),
        "httpx2": ("httpx2", "httpx2_async"),
        "openapi-python-client's output": ("babou", "generated_async"),
        "openai": ("openai", "openai_async"),
        "runwayml": ("runwayml", "runwayml_async"),
        OURS: ("babou", "babou_async"),
    },
}
"""For each side, what is called: the environment it runs in, and its name in in_peer/calls.py."""

LIMITS = {
    BASE: {"sync": 0.62, "async": 0.45},
    "openai": {"sync": 0.5, "async": 0.5},
    "runwayml": {"sync": 0.5, "async": 0.5},
}
"""The share of their CPU time that a `get` may take."""


def run(bench: Bench) -> Part:
    """Measure `get` and its like, all stacks in turn, round after round."""
    tables: list[Table] = []
    goals: list[Goal] = []
    failures: list[str] = []
    raw: dict[str, Rounds] = {}
    with nginx.serve(cores=bench.server_cores) as server:
        for side in STACKS:
            say(f"  {side}")
            rounds = _measure(bench, side, server.url, failures)
            require(BASE, rounds, failures)
            raw[side] = rounds
            tables.append(_table(side, rounds))
            goals += _goals(side, rounds)
    panels = {side: _ratios(rounds) for side, rounds in raw.items()}
    plots.bars(panels, "CPU time of a call ÷ httpx's", bench.out / PLOT)
    return Part(tables, goals, raw, [PLOT], failures)


def _measure(bench: Bench, side: str, url: str, failures: list[str]) -> Rounds:
    order = {"calls": bench.choose(60, 100), "at_once": False}
    calls = {name: (*stack, url) for name, stack in STACKS[side].items()}
    with ExitStack() as stack:  # the first calls connect, fill caches, and import what is late
        peers = start(bench, stack, calls, order | {"calls": 200}, failures)
        return by_peers(peers, order, bench.choose(11, 41), failures)


def _table(side: str, rounds: Rounds) -> Table:
    rows = []
    for name, clocks in rounds.items():
        cells = [name]
        for clock in ("wall", "cpu"):
            against = ratio(clocks[clock], rounds[BASE][clock])
            interval = "" if name == BASE else f" ({against.low:.2f}–{against.high:.2f})"
            cells += [scaled(summary(clocks[clock]), 1e6), f"{against.median:.2f}{interval}"]
        rows.append([*cells, str(len(clocks["wall"]))])
    return Table(
        f"One call, {side}: fetch a small object, over and over",
        (
            "stack",
            "wall, µs (quartiles)",
            "÷ httpx (95 %)",
            "CPU, µs (quartiles)",
            "÷ httpx (95 %)",
            "n",
        ),
        rows,
    )


def _ratios(rounds: Rounds) -> dict[str, Summary]:
    base = rounds[BASE]["cpu"]
    return {name: ratio(clocks["cpu"], base) for name, clocks in rounds.items()}


def _goals(side: str, rounds: Rounds) -> list[Goal]:
    goals = []
    for theirs, limits in LIMITS.items():
        if OURS in rounds and theirs in rounds:
            found = ratio(rounds[OURS]["cpu"], rounds[theirs]["cpu"])
            what = f"`get`, {side}, CPU: {OURS} ÷ {theirs}"
            spread = (found.low, found.high)
            goals.append(Goal(what, found.median, limits[side], spread=spread))
    return goals
