"""Write the page of the docs from the figures that are kept beside it.

python -m benchmarks.page
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.processes import ROOT
from benchmarks.results import markdown

FOLDER = ROOT / "docs" / "performance"
"""Where the figures and plots of the docs are kept."""
PAGE = FOLDER.with_suffix(".md")


class Before(NamedTuple):
    """What the release before measured, and why a figure may be worse now."""

    figure: float
    reason: str


_PARSER = "half of a call is in httpcore and h11, which 0.1.1 used past their public interface"
_LOOP = (
    "httpcore takes a lock twice a call, each time with a turn of the event loop, and anyio's "
    "deadline and waiting cost more than asyncio's own, which 0.1.1 used; they run in trio as well"
)
_PIECES = "0.1.1 read from the socket into one buffer; each piece goes through TLS in memory now"
BEFORE = {
    "`get`, sync, CPU: babou ÷ httpx": Before(0.63, _PARSER),
    "`get`, async, CPU: babou ÷ httpx": Before(0.38, _LOOP),
    "1,000 at once, 50 ms: share of what its connections could do": Before(0.937, _LOOP),
    "download of 1024 MiB, babou, sync: rate ÷ that of httpx, sync": Before(2.07, _PIECES),
    "download of 1024 MiB, babou, async: rate ÷ that of httpx, async": Before(3.82, _PIECES),
}
"""Figures of 0.1.1, by the names of the targets; a figure that got worse needs its reason here."""

_CALL = (
    "of some 215 µs httpcore takes 60, h11 80, sending and receiving 25; checking and decoding the "
    "answer 20, and all else of this package 30"
)
_TURNS = (
    "httpcore's lock is taken twice, each time with a cancel scope of anyio and a turn of the "
    "event loop, beside what a synchronous call takes"
)
_WAITING = (
    "a call whose answer takes 5 ms costs more than one of many in a row, 1.6 to 2.4 times as much "
    "in a single thread"
)
_BUFFERS = (
    "TLS between two buffers in memory copies each piece once more than urllib3, which requests "
    "uses and which lets OpenSSL read from the socket"
)
MISSED = {
    "`get`, sync, CPU: babou ÷ httpx": _CALL,
    "`get`, async, CPU: babou ÷ httpx": _TURNS,
    "`wait_many` of 10,000, babou, sync: CPU a poll ÷ a `get`": _WAITING,
    "download of 1024 MiB, babou, sync: rate ÷ that of requests, sync": _BUFFERS,
}
"""What takes the time where a target is missed, as profiles tell where there are any, by target."""

_TEXT = """# Performance

What this client costs beside bare HTTP libraries and other SDKs, measured side by side in one run,
and how near its polling is to the best possible. Every figure on this page was made by

    {command}

which also wrote the page. In two minutes, on your machine:

    nox -s bench -- --quick

Each peer has an environment of its own. nginx serves them all, on a core of its own where there is
more than one. The stacks take turns, round after round, so that what disturbs the machine disturbs
them all; the tables show medians with quartiles, and ratios with a bootstrap interval of 95 %. CPU
time is that of the client's process with all its threads, and is the steadier figure. Take the
ratios, not the absolute figures. No run fails on a time. Every single figure is in
[results.json](performance/results.json).

The peers are installed as pip installs them. For an asynchronous call that leaves something out:
httpcore 1.0.9, which httpx sends with, tries four times a call to import sniffio, and nothing
installs that any more. The stack "httpx, with sniffio" has it; this client does not need it.

{tables}{missed}{worse}"""


def render(results_json: str) -> str:
    """Return the page for the results of a run."""
    results = json.loads(results_json)
    return _TEXT.format(
        command=results["about"]["command"],
        tables=markdown(results, plots="performance/"),
        missed="\n".join(_missed(results)),
        worse="\n".join(_worse(results)),
    )


def _goals(results: Mapping[str, Any]) -> dict[str, Any]:
    return {goal["what"]: goal for part in results["parts"].values() for goal in part["goals"]}


def _missed(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section on targets that were missed, if a reason is known for one."""
    goals = _goals(results)
    rows = [
        f"| {what} | {goals[what]['measured']:.3g} | {goals[what]['limit']:g} | {reason} |"
        for what, reason in MISSED.items()
        if what in goals and not goals[what]["met"]
    ]
    if rows:
        yield "\n## Targets that are missed\n"
        yield "| what | measured | target | what takes the time |\n| --- | --: | --: | --- |"
        yield from rows
        yield ""


def _worse(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the section on what got worse than in 0.1.1, if anything did."""
    goals = _goals(results)
    rows = []
    for what, before in BEFORE.items():
        goal = goals.get(what)
        if goal is None or goal["measured"] == before.figure:
            continue
        if (goal["measured"] < before.figure) == goal["at_least"]:
            rows.append(
                f"| {what} | {goal['measured']:.3g} | {before.figure:g} | {before.reason} |"
            )
    if rows:
        yield "\n## Worse than in 0.1.1\n"
        yield "| what | measured | 0.1.1 | why |\n| --- | --: | --: | --- |"
        yield from rows


def write(folder: Path = FOLDER, page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(render((folder / "results.json").read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    write()
