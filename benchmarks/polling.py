"""Polling policies against the best possible: lag, requests, and a plot of both."""

import math

import attrs

from benchmarks import plots
from benchmarks.bench import Bench, say
from benchmarks.optimum import Point, best_lag, curve
from benchmarks.policies import EARLIER, FITTED, OURS, SAMPLES, Outcome, all_for, simulate
from benchmarks.results import Goal, Part, Table
from benchmarks.times import NEAR_CONSTANT, TIMES, Times

PLOT = "lag-against-requests.svg"
_NOTE = """Simulated, with the package's own `PollPolicy.step`; a poll takes no time, and the first
is sent at once. ÷ best is the mean lag against the least that any schedule with as many requests
can have where the distribution is known, found by dynamic programming. `for_times` is shown
{earlier} times of earlier assets, and judged by others; {samples} such samples take turns.

Of near-constant times no policy that knows nothing comes near the optimum. Where nothing is known,
there is no reason for a pause to be shorter than one before it. But then none that came before the
asset is longer than the pause g in which it comes: after T seconds there have been T/g polls or
more, the lag is about g/2, and lag × requests at least T/2. At 30 s that is 15 s, {least:.1f} times
what the optimum takes with as many requests as the default. To poll seldom first and often later is
right only for those who know when, and `for_times` is told."""


def run(bench: Bench) -> Part:
    """Simulate every policy on every distribution."""
    number, grid = bench.choose(5000, 50_000), bench.choose(1200, 2400)
    tables, goals, raw, panels, note = [], [], {}, [], ""
    for times in TIMES:
        say(f"  {times.name}")
        best = curve(times, grid=grid)
        outcomes = {
            name: simulate(polls, times, number=number) for name, polls in all_for(times).items()
        }
        tables.append(_table(times.name, outcomes, best, number))
        judged = [FITTED] if times is NEAR_CONSTANT else [OURS, FITTED]
        goals += [_goal(name, times, outcomes[name], best) for name in judged]
        if times is NEAR_CONSTANT:
            blind = outcomes[OURS]
            note = _NOTE.format(
                samples=SAMPLES,
                earlier=EARLIER,
                least=15.0 / (blind.requests * best_lag(best, blind.requests)),
            )
        raw[times.name] = {
            "outcomes": {name: attrs.asdict(outcome) for name, outcome in outcomes.items()},
            "best": [{"requests": point.requests, "lag": point.lag} for point in best],
        }
        panels.append(plots.Panel(times.name, outcomes, best))
    tables[-1] = attrs.evolve(tables[-1], note=note)
    plots.polling(panels, bench.out / PLOT)
    return Part(tables, goals, raw, plots=[PLOT])


def _goal(policy: str, times: Times, outcome: Outcome, best: list[Point]) -> Goal:
    what = f"a wait, {times.name}, {policy}: lag × requests ÷ the optimum's"
    return Goal(what, outcome.lag / best_lag(best, outcome.requests), 1.25)


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
