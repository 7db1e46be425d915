"""Time the contract check against the mock server: the whole, and each edge by itself.

    python benchmarks/contract_check.py [ROUNDS]     where babou[contract] is installed

Wall and CPU seconds of the command from a shell, start-up included, medians of interleaved rounds.
It fails on no time; the targets stand beside what was measured.
"""  # noqa: INP001  (a script, in a folder that is no package)

import resource
import statistics
import subprocess
import sys
import time

TARGETS = {"whole": 15.0, "1": 5.0, "2": 5.0, "3": 5.0, "4": 5.0}


def measure(edge: str) -> tuple[float, float]:
    """Run the check once; return its wall and CPU seconds."""
    only = [] if edge == "whole" else ["--only", edge]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = ["babou", "contract", "--json", *only]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 (our own command)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, and print one table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    runs = [(edge, measure(edge)) for _ in range(rounds) for edge in TARGETS]
    print("| edge | wall, s | slowest | CPU, s | target, s |\n|---|--:|--:|--:|--:|")
    for edge, target in TARGETS.items():
        walls, cpus = zip(*(figures for name, figures in runs if name == edge), strict=True)
        wall, cpu = statistics.median(walls), statistics.median(cpus)
        print(f"| {edge} | {wall:.1f} | {max(walls):.1f} | {cpu:.1f} | {target:g} |")


if __name__ == "__main__":
    main()
