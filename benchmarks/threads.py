"""Twenty threads that share one client: what a call costs then."""

from contextlib import ExitStack
from functools import partial

from benchmarks import nginx
from benchmarks.bench import Bench
from benchmarks.figures import Summary, ratio, summary
from benchmarks.processes import Peer
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, interleave, start

OURS = "babou"
STACKS = {
    "pyreqwest": ("pyreqwest", "pyreqwest"),
    "httpx": ("httpx", "httpx"),
    OURS: ("babou", "babou"),
}
THREADS = 20
CALLS = 1000


def run(bench: Bench) -> Part:
    """Make the same calls from one thread and from twenty, in turn."""
    failures: list[str] = []
    with nginx.serve(cores=bench.server_cores) as server, ExitStack() as stack:
        calls = {name: (*each, server.url) for name, each in STACKS.items()}
        peers = start(bench, stack, calls, _order(THREADS), failures)
        measures = {
            f"{name}, {number}": partial(_measure, peer, number)
            for name, peer in peers.items()
            for number in (1, THREADS)
        }
        rounds = interleave(measures, bench.choose(5, 21), failures)
    whole = [name for name in STACKS if {f"{name}, 1", f"{name}, {THREADS}"} <= rounds.keys()]
    table = Table(
        f"{THREADS} threads that share one client",
        (
            "stack",
            "CPU of a call, µs, from one thread (quartiles)",
            f"from {THREADS} (quartiles)",
            "÷ (95 %)",
            f"calls a second, from {THREADS} (quartiles)",
            "n",
        ),
        [_row(name, rounds) for name in whole],
    )
    goals = []
    if OURS in whole:
        found = _dearer(OURS, rounds)
        what = f"`get`, {THREADS} threads on one client, CPU ÷ that of one thread"
        goals.append(Goal(what, found.median, 1.25, spread=(found.low, found.high)))
    return Part([table], goals, rounds, failures=failures)


def _order(threads: int) -> dict[str, object]:
    return {"calls": CALLS, "at_once": False, "threads": threads}


def _measure(peer: Peer, threads: int) -> dict[str, float]:
    return {kind: seconds / CALLS for kind, seconds in peer.measure(_order(threads)).items()}


def _dearer(name: str, rounds: Rounds) -> Summary:
    return ratio(rounds[f"{name}, {THREADS}"]["cpu"], rounds[f"{name}, 1"]["cpu"])


def _row(name: str, rounds: Rounds) -> list[str]:
    one, many = rounds[f"{name}, 1"], rounds[f"{name}, {THREADS}"]
    dearer = _dearer(name, rounds)
    return [
        name,
        scaled(summary(one["cpu"]), 1e6),
        scaled(summary(many["cpu"]), 1e6),
        f"{dearer.median:.2f} ({dearer.low:.2f}–{dearer.high:.2f})",
        scaled(summary([1 / seconds for seconds in many["wall"]])),
        str(len(many["wall"])),
    ]
