"""Take measures in turn, so that what disturbs the machine for a while disturbs them all."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial

from benchmarks.bench import Bench, say
from benchmarks.processes import Peer

Measure = Callable[[], Mapping[str, float]]
Rounds = dict[str, dict[str, list[float]]]
"""Figures by what was measured, and by kind, such as "wall" and "cpu" in seconds; one a round."""


def interleave(
    measures: Mapping[str, Measure], number: int, failures: list[str], *, discard: int = 0
) -> Rounds:
    """Measure all in turn, so many rounds; the first ones that are to be discarded come on top.

    What fails is left out altogether, and said in `failures`.
    """
    rounds: Rounds = {name: {} for name in measures}
    for turn in range(discard + number):
        for name in list(rounds):
            try:
                figures = measures[name]()
            except RuntimeError as error:
                failures.append(f"{name}: {error}")
                del rounds[name]
                continue
            if turn >= discard:
                for kind, figure in figures.items():
                    rounds[name].setdefault(kind, []).append(figure)
    return rounds


def start(
    bench: Bench,
    stack: ExitStack,
    calls: Mapping[str, tuple[str, str, str]],
    warm_up: Mapping[str, object],
    failures: list[str],
) -> dict[str, Peer]:
    """Start a peer for each name: its environment, what it calls, and where; warm it up."""
    peers = {}
    for name, (environment, function, url) in calls.items():
        try:
            peer = stack.enter_context(bench.peer(environment, "calls.py", function, url))
            peer.measure(warm_up)
        except RuntimeError as error:
            failures.append(f"{name}: {error}")
        else:
            peers[name] = peer
    return peers


def by_peers(
    peers: Mapping[str, Peer], order: Mapping[str, int], number: int, failures: list[str]
) -> Rounds:
    """Give the peers the same order in turn; return the seconds of each call of it."""

    def measure(peer: Peer) -> dict[str, float]:
        return {kind: seconds / order["calls"] for kind, seconds in peer.measure(order).items()}

    measures = {name: partial(measure, peer) for name, peer in peers.items()}
    return interleave(measures, number, failures)


def by_commands(
    bench: Bench,
    commands: Mapping[str, list[str]],
    number: int,
    failures: list[str],
    **variables: str,
) -> Rounds:
    """Run the commands in turn, after a first time that fills caches and is not counted."""

    def measure(name: str) -> dict[str, float]:
        say(f"  {name}")
        done = bench.run(commands[name], **variables)
        return {"wall": done.wall, "cpu": done.cpu}

    measures = {name: partial(measure, name) for name in commands}
    return interleave(measures, number, failures, discard=1)


def available(bench: Bench, names: Iterable[str], failures: list[str]) -> dict[str, str]:
    """Return the interpreters of the environments that can be made."""
    pythons = {}
    for name in names:
        try:
            pythons[name] = str(bench.environments.python(name))
        except RuntimeError as error:
            failures.append(f"{name}: {error}")
    return pythons


def require(name: str, measured: Mapping[str, object], failures: Iterable[str]) -> None:
    """Raise, with all that failed, if what the others are compared with was not measured."""
    if name not in measured:
        raise RuntimeError(
            "; ".join([f"{name} is missing, with which the others are compared", *failures])
        )
