"""What a wait costs on each engine: the CPU time of its servers and workers, polls included.

Each engine is started as it is, waits for assets of a mock server, and is given more waits, and
waits with more polls. What that costs more is the price of a wait, and of a poll. What it takes
while it has nothing to do is measured first and left out.
"""

import contextlib
import json
import os
import resource
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

from attrs import frozen

from babou_contract.mock_server import MockServer, by_reads
from benchmarks.bench import Bench, say
from benchmarks.processes import IN_PEER, environment, free_ports, pinned, wait_for_port

PATIENCE = 600.0
"""Seconds that an engine may take for the waits that it was given at once."""
_TICKS = os.sysconf("SC_CLK_TCK")
_AIRFLOW = (("api-server",), ("dag-processor",), ("scheduler", "-s"), ("triggerer", "-s"))

Run = Callable[[int, int], None]
"""Wait for so many assets, each of which is ready at so manieth a poll, until all waits end."""
Spent = Callable[[int, int], float]
"""Return the CPU seconds of so many waits of so many polls each."""


@frozen
class Cost:
    """CPU seconds of a wait that ends with its first poll, and of each further poll."""

    first: float
    further: float

    def of_wait(self, polls: float) -> float:
        """Return the CPU seconds of a wait of so many polls."""
        return self.first + (polls - 1) * self.further


def cost(spent: Spent, few: int, many: int, polls: tuple[int, int]) -> Cost:
    """Return what one wait more costs, and one poll more."""
    low, high = polls
    base = spent(few, low)
    further = (spent(few, high) - base) / (few * (high - low))
    return Cost((spent(many, low) - base) / (many - few) - (low - 1) * further, further)


def measure(bench: Bench, failures: list[str]) -> dict[str, Cost]:
    """Return the costs by engine; a coroutine stands for none. What fails is said in `failures`."""
    few, many = bench.choose(50, 100), bench.choose(200, 400)
    measures: dict[str, Callable[[MockServer], Cost]] = {
        "a coroutine": lambda server: _in_loop(bench, server, "babou", "client", few),
        "Celery": lambda server: _engine(bench, server, _celery, few, many),
        "Temporal": lambda server: _engine(bench, server, _temporal, few, many),
        "Airflow": lambda server: _on_airflow(bench, server, few),
    }
    costs = {}
    for name, one in measures.items():
        say(f"  {name}")
        try:
            with MockServer() as server:
                costs[name] = one(server)
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            failures.append(f"{name}: {error}")
    return costs


def _engine(
    bench: Bench,
    server: MockServer,
    engine: Callable[[Bench, MockServer], AbstractContextManager[Run]],
    few: int,
    many: int,
) -> Cost:
    with engine(bench, server) as run:
        run(few, 2)  # to warm up
        return cost(without_idle(run, bench.choose(3, 20)), few, many, (2, 12))


def _on_airflow(bench: Bench, server: MockServer, few: int) -> Cost:
    """Return what a poll of its trigger costs in a loop, and a wait in the whole of Airflow."""
    further = _in_loop(bench, server, "apache-airflow", "trigger", few).further
    few, many = bench.choose(3, 8), bench.choose(9, 32)
    with _airflow(bench, server) as run:
        run(few, 3)
        spent = without_idle(run, bench.choose(3, 20))
        return Cost((spent(many, 3) - spent(few, 3)) / (many - few) - 2 * further, further)


def _in_loop(bench: Bench, server: MockServer, home: str, what: str, few: int) -> Cost:
    """Return what waits cost in one asyncio loop, and nothing beside it."""
    with bench.peer(home, "in_loop.py", what, server.base_url, server.api_key) as peer:
        peer.measure(_assets(server, few, 12))  # to warm up

        def spent(waits: int, polls: int) -> float:
            return float(peer.measure(_assets(server, waits, polls))["cpu"])

        return cost(spent, 4 * few, 16 * few, (2, 12))


def _assets(server: MockServer, number: int, polls: int) -> list[str]:
    """Return new assets, each of which is ready at so manieth a poll."""
    states = ["processing"] * (polls - 1)
    return [server.add(lifecycle=by_reads(*states, "ready")) for _ in range(number)]


def without_idle(run: Callable[[int, int], None], seconds: float) -> Spent:
    """Look for so long at what an engine takes for nothing; return what measures its waits."""
    before = children_cpu()
    time.sleep(seconds)
    idle = (children_cpu() - before) / seconds

    def spent(waits: int, polls: int) -> float:
        before, began = children_cpu(), time.monotonic()
        run(waits, polls)
        return children_cpu() - before - idle * (time.monotonic() - began)

    return spent


def children_cpu() -> float:
    """Return the CPU seconds of all that this process has started, and what that has started."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + _ticks_of_children("self") / _TICKS


def _ticks_of_children(process: str) -> int:
    ticks = 0
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        for child in listed.read_text("utf-8").split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
                fields = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15])) + _ticks_of_children(child)
    return ticks


class _Programs:
    """Starts programs on the clients' cores, in a folder of theirs, with the key at hand."""

    def __init__(self, bench: Bench, server: MockServer, stack: ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.environment = environment(
            HOME=str(self.folder), BABOU_API_KEY=server.api_key, BABOU_BASE_URL=server.base_url
        )
        self._before, self._stack = pinned(bench.client_cores), stack

    def start(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program that runs until the end."""
        process = subprocess.Popen(
            command, cwd=IN_PEER, env=self.environment, preexec_fn=self._before,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process

    def run(self, *command: str | Path, given: object = None) -> None:
        """Run a program to its end; it is given a line of JSON."""
        subprocess.run(
            command, cwd=IN_PEER, env=self.environment, preexec_fn=self._before,
            input=json.dumps(given).encode(), capture_output=True, check=True, timeout=PATIENCE,
        )  # fmt: skip


@contextmanager
def _celery(bench: Bench, server: MockServer) -> Iterator[Run]:
    """Run Redis and a worker."""
    python, (port,) = bench.environments.python("celery"), free_ports(1)
    with ExitStack() as stack:
        programs = _Programs(bench, server, stack)
        programs.environment["BENCH_REDIS"] = f"redis://127.0.0.1:{port}"
        own = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(programs.folder)]
        wait_for_port(port, programs.start("redis-server", *own, "--save", ""))
        options = ["--pool=solo", "--without-gossip", "--without-mingle"]
        programs.start(python, "-m", "celery", "-A", "on_celery", "worker", *options)
        yield lambda waits, polls: programs.run(
            python, "on_celery.py", given=_assets(server, waits, polls)
        )


@contextmanager
def _temporal(bench: Bench, server: MockServer) -> Iterator[Run]:
    """Run Temporal's server for development and a worker."""
    python, (port,) = bench.environments.python("temporalio"), free_ports(1)
    with ExitStack() as stack:
        programs = _Programs(bench, server, stack)
        programs.environment["BENCH_TEMPORAL"] = f"127.0.0.1:{port}"
        temporal = Path(sys.executable).with_name("temporal")
        own = ["--ip", "127.0.0.1", "--port", str(port), "--headless"]
        engine = programs.start(temporal, "server", "start-dev", *own)
        wait_for_port(port, engine, timeout=60)
        programs.start(python, "on_temporal.py", "worker")
        yield lambda waits, polls: programs.run(
            python, "on_temporal.py", "start", given=_assets(server, waits, polls)
        )


@contextmanager
def _airflow(bench: Bench, server: MockServer) -> Iterator[Run]:
    """Run Airflow's scheduler with its workers, its triggerer, API server and DAG processor."""
    (port,) = free_ports(1)
    command = bench.environments.python("apache-airflow").with_name("airflow")
    key = {"conn_type": "babou", "password": server.api_key, "host": server.base_url}
    with ExitStack() as stack:
        programs = _Programs(bench, server, stack)
        programs.environment |= {
            "AIRFLOW_CONN_BABOU_DEFAULT": json.dumps(key),
            "AIRFLOW_HOME": str(programs.folder),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(IN_PEER / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }
        programs.run(command, "db", "migrate")
        for index, service in enumerate(_AIRFLOW):
            process = programs.start(command, *service)
            if index == 0:  # the others ask it
                wait_for_port(port, process, timeout=120)
        database = programs.folder / "airflow.db"
        _await(database, "select count(*) from dag", 1)
        runs = 0

        def run(waits: int, polls: int) -> None:
            nonlocal runs
            runs += 1
            conf = json.dumps({"ids": _assets(server, waits, polls)})
            programs.run(command, "dags", "trigger", "waits", "--conf", conf)
            _await(database, "select count(*) from dag_run where state = 'success'", runs)

        yield run


def _await(database: Path, query: str, count: int) -> None:
    """Return when a query counts so many; raise if a run fails, or it takes too long."""
    end = time.monotonic() + PATIENCE
    failed = "select count(*) from dag_run where state = 'failed'"
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        while connection.execute(query).fetchone()[0] < count:
            if time.monotonic() > end or connection.execute(failed).fetchone()[0]:
                raise RuntimeError(f"it did not come to {query!r} = {count}")
            time.sleep(0.2)
