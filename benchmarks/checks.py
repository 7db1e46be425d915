"""This project's own checks: the specification's tools, and the contract check."""

import os
from collections.abc import Mapping

from benchmarks.bench import Bench
from benchmarks.figures import summary
from benchmarks.processes import ROOT
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, by_commands

SPEC_STEPS = {
    "regenerate and compare (`openapi/generate.py --check`)": ["openapi/generate.py", "--check"],
    "lint (`openapi/lint.py`)": ["openapi/lint.py"],
    "compare with the last release (`python -m compat`)": ["-m", "compat"],
}
BOUNDARIES = ("1", "2", "3", "4")


def specification(bench: Bench) -> Part:
    """Time what a change of the specification has to pass."""
    failures: list[str] = []
    commands = {name: ["python", *arguments] for name, arguments in SPEC_STEPS.items()}
    rounds = _rounds(bench, commands, bench.choose(1, 5), failures)
    goals = []
    if rounds.keys() == commands.keys():
        walls = (summary(clocks["wall"]).median for clocks in rounds.values())
        goals.append(Goal("regenerate, lint and compare", sum(walls), 5.0, "s"))
    return Part([_table("The specification's tools", rounds)], goals, rounds, failures=failures)


def contract(bench: Bench) -> Part:
    """Time the contract check against the mock server, from the shell: all, and each boundary."""
    failures: list[str] = []
    boundaries = {} if bench.quick else BOUNDARIES
    commands = {
        "`babou contract`": ["babou", "contract", "--json"],
        **{
            f"`babou contract --only {boundary}`": [
                "babou",
                "contract",
                "--json",
                "--only",
                boundary,
            ]
            for boundary in boundaries
        },
    }
    rounds = _rounds(bench, commands, bench.choose(1, 3), failures)
    goals = [
        Goal(name, summary(clocks["wall"]).median, 5.0 if "--only" in name else 15.0, "s")
        for name, clocks in rounds.items()
    ]
    return Part([_table("The contract check", rounds)], goals, rounds, failures=failures)


def _rounds(
    bench: Bench, commands: Mapping[str, list[str]], number: int, failures: list[str]
) -> Rounds:
    """Run the commands in an environment for work on the project."""
    folder = bench.environments.python("checkout").parent
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    there = {name: [str(folder / program), *rest] for name, (program, *rest) in commands.items()}
    tests = str(ROOT / "contract_tests")
    return by_commands(bench, there, number, failures, PATH=path, PYTHONPATH=tests)


def _table(title: str, rounds: Rounds) -> Table:
    rows = [
        [name, *(scaled(summary(each), 1, 1) for each in clocks.values()), str(len(clocks["wall"]))]
        for name, clocks in rounds.items()
    ]
    return Table(title, ("what", "wall, s (quartiles)", "CPU, s (quartiles)", "n"), rows)
