"""`python -m benchmarks [PART …] [--quick] [--out FOLDER]`."""

import argparse
import datetime as dt
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from benchmarks import (
    at_once,
    checks,
    downloads,
    fleet,
    page,
    polling,
    single,
    starts,
    threads,
    through_pages,
    wait_many,
)
from benchmarks.bench import Bench, say
from benchmarks.environments import VERSION, Environments
from benchmarks.processes import ROOT, cores
from benchmarks.results import Part, markdown

PARTS: dict[str, Callable[[Bench], Part]] = {
    "get": single.run,
    "threads": threads.run,
    "at-once": at_once.run,
    "wait-many": wait_many.run,
    "pages": through_pages.run,
    "polling": polling.run,
    "imports": starts.imports,
    "clients": starts.clients,
    "shell": starts.shell,
    "download": downloads.run,
    "specification": checks.specification,
    "contract": checks.contract,
}
FLEET: dict[str, Callable[[Bench], Part]] = {"fleet": fleet.run}
"""Measured when it is asked for: it needs Redis, and some minutes."""


def main(arguments: list[str]) -> int:
    """Measure, write and print; return 1 where something could not be measured."""
    options = _parser().parse_args(arguments)
    out: Path = page.FOLDER if options.docs else options.out
    out.mkdir(parents=True, exist_ok=True)
    load = os.getloadavg()[0]
    clients, server = cores()
    environments = Environments()
    bench = Bench(options.quick, out, environments, clients, server)
    names = list(FLEET) if options.fleet else options.parts or list(PARTS)
    try:
        parts = {name: _measured(name, bench) for name in names}
    finally:
        environments.close()
    results = {
        "about": _about(bench, arguments, load),
        "parts": {name: attrs.asdict(part) for name, part in parts.items()},
    }
    text = markdown(results)
    (out / "results.json").write_text(json.dumps(_rounded(results), indent=1) + "\n", "utf-8")
    if options.docs:
        page.write()
    else:
        (out / "table.md").write_text(text, "utf-8")
    print(text)
    return 1 if any(part.failures for part in parts.values()) else 0


def _measured(name: str, bench: Bench) -> Part:
    say(f"== {name}")
    began = time.perf_counter()
    try:
        part = (PARTS | FLEET)[name](bench)
    except (OSError, RuntimeError) as error:
        part = Part(failures=[f"{name}: {error}"])
    say(f"   {time.perf_counter() - began:.0f} s")
    return part


def _rounded(value: Any) -> Any:  # noqa: ANN401 (whatever JSON can say)
    """Return it with each float to six digits: what was measured has no more."""
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.6g}")  # JSON has no NaN
    return value


def _about(bench: Bench, arguments: list[str], load: float) -> dict[str, str]:
    pinned = "client and server each on its own" if bench.server_cores else "nothing is pinned"
    return {
        "command": " ".join(["nox -s bench --", *arguments]).removesuffix(" --"),
        "when": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores ({pinned})",
        "load of the machine before": f"{load:.1f}",
        "Python": platform.python_version(),
        "babou": VERSION,
        "versions": bench.environments.shown(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[[], *PARTS],
        metavar="PART",
        help=f"{', '.join(PARTS)}; all by default",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds: two minutes in all")
    parser.add_argument("--fleet", action="store_true", help="waits by the hundred thousand, alone")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out", help="default: bench-out")
    parser.add_argument("--docs", action="store_true", help="write the page of the docs as well")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
