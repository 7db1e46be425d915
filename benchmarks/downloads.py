"""A large download over https beside others and curl: its rate, its CPU time, its memory."""

import json
import shutil
import tempfile
from functools import partial
from pathlib import Path

from benchmarks import nginx
from benchmarks.bench import Bench, say
from benchmarks.figures import ratio, summary
from benchmarks.processes import IN_PEER
from benchmarks.results import Goal, Part, Table, scaled
from benchmarks.turns import Rounds, available, interleave, require

CURL = "curl"
RIVALS = {"babou, sync": ("httpx, sync", "requests, sync"), "babou, async": ("httpx, async",)}
"""Whose rate is to be reached."""
FLAT = 16
"""MB that a download may need, however long it is, to be called flat."""


def run(bench: Bench) -> Part:
    """Download the same file with each in turn, each time in a process of its own."""
    blocks = bench.choose(64, 1024)
    failures: list[str] = []
    pythons = available(bench, ("httpx", "requests", "babou"), failures)
    with (
        nginx.serve(cores=bench.server_cores, media=blocks) as server,
        tempfile.TemporaryDirectory(prefix="babou-bench-", dir=_memory(blocks)) as folder,
    ):
        target = Path(folder) / "media.bin"
        commands = {CURL: _curl(server, target)}
        for name, python in pythons.items():
            for side in ("sync",) if name == "requests" else ("sync", "async"):
                script = [str(IN_PEER / "download.py"), name, side]
                commands[f"{name}, {side}"] = [python, *script, server.secure_url, str(target)]

        def measure(name: str) -> dict[str, float]:
            say(f"  {name}")
            target.unlink(missing_ok=True)
            done = bench.run(commands[name], SSL_CERT_FILE=str(server.ca))
            size = target.stat().st_size
            if size != blocks * nginx.MEBIBYTE:
                raise RuntimeError(f"{size} bytes came instead of {blocks} MiB")
            return {"cpu": done.cpu, **json.loads(done.output)}

        measures = {name: partial(measure, name) for name in commands}
        rounds = interleave(measures, bench.choose(3, 7), failures)
    require(CURL, rounds, failures)
    table = Table(
        f"A download of {blocks} MiB over https",
        ("what", "MiB/s (quartiles)", "÷ curl's rate", "CPU, s (quartiles)", "memory, MB", "n"),
        [_row(name, rounds, blocks) for name in rounds],
        "Times are of the download alone, but curl's CPU time is that of its whole process. "
        "Memory is the most over that of an idle client. All write to a file, in memory where "
        "there is room.",
    )
    return Part([table], _goals(rounds, blocks), rounds, failures=failures)


def _memory(blocks: int) -> str | None:
    """Return a folder in memory with room for a file, so that no disk is measured; None if none."""
    folder = Path("/dev/shm")  # noqa: S108 (a folder with a random name is made in it)
    room = shutil.disk_usage(folder).free if folder.is_dir() else 0
    return str(folder) if room > 2 * blocks * nginx.MEBIBYTE else None


def _curl(server: nginx.Server, target: Path) -> list[str]:
    written = '{"wall": %{time_total}}'
    program = shutil.which("curl") or "curl"
    return [
        program,
        "-sS",
        "--cacert",
        str(server.ca),
        "-o",
        str(target),
        "-w",
        written,
        server.media,
    ]


def _row(name: str, rounds: Rounds, blocks: int) -> list[str]:
    figures = rounds[name]
    return [
        name,
        scaled(summary([blocks / wall for wall in figures["wall"]])),
        f"{_rate(name, CURL, rounds):.2f}",
        scaled(summary(figures["cpu"]), 1, 2),
        f"{max(figures['over']):.0f}" if "over" in figures else "",
        str(len(figures["wall"])),
    ]


def _rate(name: str, other: str, rounds: Rounds) -> float:
    """Return the rate of one against another's."""
    return ratio(rounds[other]["wall"], rounds[name]["wall"]).median


def _goals(rounds: Rounds, blocks: int) -> list[Goal]:
    goals = []
    for name, others in RIVALS.items():
        what = f"download of {blocks} MiB, {name}"
        goals += [
            Goal(f"{what}: rate ÷ that of {other}", _rate(name, other, rounds), 1.0, at_least=True)
            for other in others
            if name in rounds and other in rounds
        ]
        if name in rounds:
            over = max(rounds[name]["over"])
            goals.append(Goal(f"{what}: memory over an idle client", over, FLAT, "MB"))
    return goals
