"""Run the kill matrix: each fault alone has to be found, each right variant to pass.

python -m kill_matrix --part 1/1         everything
python -m kill_matrix --part 3/8         every eighth case, from the third on; 11/8 is the same
python -m kill_matrix --part /8          the part of today
python -m kill_matrix --only NAME        one case (repeatable)
python -m kill_matrix --write            everything, and docs/kill-matrix.md
"""

import argparse
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import parts
from kill_matrix import alone, results, table
from kill_matrix.catalogue import FAULTS, VARIANTS, part
from kill_matrix.judge import judge
from kill_matrix.model import Fault, Variant
from kill_matrix.verdict import Verdict, verdict

Case = Fault | Variant
_ALL: tuple[Case, ...] = (*FAULTS, *VARIANTS)
_CASES = {case.name: case for case in _ALL}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line says; return 1 where the check failed its proof."""
    asked = _parser().parse_args(arguments)
    verdicts = results.read(asked.results) if asked.results else {}
    names = [name for name in _wanted(asked) if name not in verdicts]
    for done, found in enumerate(
        _carry_out(names, asked.jobs, alone=asked.alone, whole=asked.whole), 1
    ):
        verdicts[found.name] = found
        _tell(found, f"{done}/{len(names)}")
        if asked.results:
            results.add(asked.results, found)
    _say(*table.summary(verdicts))
    if asked.write:
        table.write(verdicts)
    bad = [found for found in verdicts.values() if not found.is_good]
    for found in bad:
        _say(f"\n{found.name}: {found.fate.value}\n{_CASES[found.name].about}\n{found.why}")
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("kill_matrix", description="Prove the contract check.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--part", type=parts.read, metavar="K/N", help="every N-th case, from the K-th on"
    )
    which.add_argument("--only", action="append", choices=sorted(_CASES), metavar="NAME")
    which.add_argument("--write", action="store_true", help="run all and write docs/kill-matrix.md")
    parser.add_argument("--alone", action="store_true", help="ask schemathesis alone as well")
    parser.add_argument(
        "--whole", action="store_true", help="all boundaries, not only the fault's own"
    )
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep and reuse verdicts")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time")
    return parser


def _wanted(asked: argparse.Namespace) -> Iterator[str]:
    if asked.only:
        yield from asked.only
        return
    faults, variants = part(*asked.part) if asked.part else (FAULTS, VARIANTS)
    yield from (variant.name for variant in variants)
    yield from (fault.name for fault in faults)


def _carry_out(names: Iterable[str], jobs: int, *, alone: bool, whole: bool) -> Iterator[Verdict]:
    """Yield verdicts as they come; each process carries out one case after the other."""
    # Forked processes would share the threads' locks of this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running = [pool.submit(one, name, ask_alone=alone, whole=whole) for name in names]
        for done in as_completed(running):
            yield done.result()


def one(name: str, *, ask_alone: bool = False, whole: bool = False) -> Verdict:
    """Carry one case out."""
    case = _CASES[name]
    seen = judge(case, whole=whole)
    found = alone.finds(case) if ask_alone and isinstance(case, Fault) else None
    return verdict(case, seen, alone=found)


def _tell(found: Verdict, count: str) -> None:
    mark = "ok " if found.is_good else "BAD"
    _say(f"{mark} {count:>8} {found.seconds:6.1f} s  {found.name}: {found.fate.value}")


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
