"""Polling policies against the best possible: lag, requests, and a plot of both."""

import math

import attrs

from benchmarks import plots
from benchmarks.bench import Bench, say
from benchmarks.optimum import Point, best_lag, curve
from benchmarks.policies import OURS, POLICIES, Outcome, simulate
from benchmarks.results import Goal, Part, Table
from benchmarks.times import TIMES

PLOT = "lag-against-requests.svg"
_NOTE = (
    "Simulated, with the package's own `PollPolicy.step`; a poll takes no time, and the first is "
    "sent at once. ÷ best is the mean lag against the least that any schedule with as many "
    "requests can have where the distribution is known, found by dynamic programming. "
    "Near-constant times show the price of not knowing them: their best schedule hardly polls "
    "before they come."
)


def run(bench: Bench) -> Part:
    """Simulate every policy on every distribution."""
    number, grid = bench.choose(5000, 50_000), bench.choose(1200, 2400)
    tables, goals, raw, panels = [], [], {}, []
    for times in TIMES:
        say(f"  {times.name}")
        best = curve(times, grid=grid)
        outcomes = {name: simulate(polls, times, number=number) for name, polls in POLICIES.items()}
        tables.append(_table(times.name, outcomes, best, number))
        ours = outcomes[OURS]
        against = ours.lag / best_lag(best, ours.requests)
        goals.append(Goal(f"a wait, {times.name}: lag × requests ÷ the optimum's", against, 1.25))
        raw[times.name] = {
            "outcomes": {name: attrs.asdict(outcome) for name, outcome in outcomes.items()},
            "best": [{"requests": point.requests, "lag": point.lag} for point in best],
        }
        panels.append(plots.Panel(times.name, outcomes, best))
    tables[-1] = attrs.evolve(tables[-1], note=_NOTE)
    plots.polling(panels, bench.out / PLOT)
    return Part(tables, goals, raw, plots=[PLOT])


def _table(name: str, outcomes: dict[str, Outcome], best: list[Point], number: int) -> Table:
    rows = [
        [
            policy,
            f"{one.missed:.1%}" if one.missed else "0",
            _pair(one.lag, one.lag_95, 2),
            _pair(100 * one.share, 100 * one.share_95, 0, " %"),
            f"{one.requests:.1f}",
            "–" if one.missed else f"{one.lag / best_lag(best, one.requests):.2f}",
        ]
        for policy, one in outcomes.items()
    ]
    head = (
        "policy", "never seen ready", "lag, s: mean / 95th", "lag ÷ time to ready: mean / 95th",
        "requests", "÷ best",
    )  # fmt: skip
    return Table(f"Waits, {name} ({number:,} each)", head, rows)


def _pair(mean: float, high: float, digits: int, unit: str = "") -> str:
    return "–" if math.isnan(mean) else f"{mean:.{digits}f} / {high:.{digits}f}{unit}"
