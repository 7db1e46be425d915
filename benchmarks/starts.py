"""What it costs to begin: imports, the first and the second client, a command from the shell."""

import json
from collections.abc import Mapping
from functools import partial

from benchmarks import nginx
from benchmarks.bench import Bench
from benchmarks.figures import ratio, summary
from benchmarks.processes import IN_PEER
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, available, by_commands, interleave, require

CLIENTS = ("httpx", "babou")
COMMAND = "babou get"
SCRIPT = "python -c 'import httpx; …'"
IMPORTS = ("httpx", "httpx2", "requests", "aiohttp", "pyreqwest", "openai", "runwayml", "babou")
_IMPORT = (
    "import time; wall, cpu = time.perf_counter(), time.process_time(); import {}; "
    "wall, cpu = time.perf_counter() - wall, time.process_time() - cpu; "
    "import json; print(json.dumps(dict(wall=wall, cpu=cpu)))"
)
_HTTPX = "import sys, httpx; print(httpx.get(sys.argv[1]).json())"
ASSET = "ast_abc123xyz456789012"


def imports(bench: Bench) -> Part:
    """Time `import`, each in an environment that has nothing else."""
    failures: list[str] = []
    pythons = available(bench, IMPORTS, failures)

    def measure(name: str) -> dict[str, float]:
        figures: dict[str, float] = json.loads(
            bench.run([pythons[name], "-c", _IMPORT.format(name)]).output
        )
        return figures

    measures = {name: partial(measure, name) for name in pythons}
    rounds = interleave(measures, bench.choose(5, 21), failures, discard=1)
    require("httpx", rounds, failures)
    goals = _goals("`import {}`", rounds, "httpx", "babou", 0.2)
    table = _table("Imports, each in an environment of its own", rounds, "httpx")
    return Part([table], goals, rounds, failures=failures)


def clients(bench: Bench) -> Part:
    """Time making the first client and the second, and the first call of each, over https."""
    failures: list[str] = []
    pythons = available(bench, CLIENTS, failures)
    with nginx.serve(cores=bench.server_cores) as server:

        def measure(name: str, side: str) -> dict[str, float]:
            script = str(IN_PEER / "clients.py")
            command = [pythons[name], script, name, side, server.secure_url]
            done = bench.run(command, SSL_CERT_FILE=str(server.ca))
            steps: dict[str, float] = json.loads(done.output)
            return steps

        measures = {
            f"{name}, {side}": partial(measure, name, side)
            for name in pythons
            for side in ("sync", "async")
        }
        rounds = interleave(measures, bench.choose(5, 21), failures, discard=1)
    rows = [
        [name, *(scaled(summary(each), 1e3, 2) for each in steps.values()), _n(steps)]
        for name, steps in rounds.items()
    ]
    head = ("client", "first", "its first call", "second", "its first call", "n")
    goals = [
        Goal(f"a second client: {name}", summary(steps["second"]).median * 1e3, 2.0, "ms")
        for name, steps in rounds.items()
        if name.startswith("babou")
    ]
    note = "This package loads the HTTP stack with the first client; httpx was imported before."
    table = Table("Clients over https, wall, ms (quartiles)", head, rows, note)
    return Part([table], goals, rounds, failures=failures)


def shell(bench: Bench) -> Part:
    """Time `babou get ID` from the shell beside the shortest script with httpx."""
    failures: list[str] = []
    python, ours = (bench.environments.python(name) for name in ("httpx", "babou[cli]"))
    with nginx.serve(cores=bench.server_cores) as server:
        address = f"{server.url}/api/v1/assets/{ASSET}"
        commands = {
            SCRIPT: [str(python), "-c", _HTTPX, address],
            COMMAND: [str(ours.with_name("babou")), "get", ASSET],
        }
        key = {"BABOU_API_KEY": "sk-bab-for-benchmarks-only", "BABOU_BASE_URL": server.url}
        rounds = by_commands(bench, commands, bench.choose(5, 21), failures, **key)
    require(SCRIPT, rounds, failures)
    goals = _goals("`{}`", rounds, SCRIPT, COMMAND, 1.1)
    table = _table("From the shell, cold", rounds, SCRIPT)
    return Part([table], goals, rounds, failures=failures)


def _goals(what: str, rounds: Rounds, base: str, name: str, limit: float) -> list[Goal]:
    if name not in rounds:
        return []
    found = ratio(rounds[name]["cpu"], rounds[base]["cpu"])
    text = f"{what.format(name)} ÷ {what.format(base)}, CPU"
    return [Goal(text, found.median, limit, spread=(found.low, found.high))]


def _table(title: str, rounds: Rounds, base: str) -> Table:
    rows = []
    for name, clocks in rounds.items():
        cells = [name]
        for clock in ("wall", "cpu"):
            against = ratio(clocks[clock], rounds[base][clock]).median
            cells += [scaled(summary(clocks[clock]), 1e3), f"{against:.2f}"]
        rows.append([*cells, _n(clocks)])
    head = ("what", "wall, ms (quartiles)", f"÷ {base}", "CPU, ms (quartiles)", f"÷ {base}", "n")
    return Table(title, head, rows)


def _n(figures: Mapping[str, list[float]]) -> str:
    return str(len(next(iter(figures.values()))))
