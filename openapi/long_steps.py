"""The steps of `evolve` that take long: each runs a tool in a process of its own."""  # noqa: INP001  (a script's)

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import locate
from lint import ROOT, SPEC, Problem, started
from step_outcome import Outcome, counted, disagreement, short

Json = Any

_CONTRACT = "from babou._cli import main; main()"
_BOUNDARIES = "spec-generated,spec-server,client-server"  # the other one is the step `docs`
_MYPY = ("--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context")
_MYPY_LINE = re.compile(r"(.+?):(\d+): error: (.*)")
_AT = re.compile(rf"{SPEC}:(\d+): ")
_FAST = {"HYPOTHESIS_NO_PLUGINS": "1"}  # trio's loads all of pytest, which takes half a second

_running: set["subprocess.Popen[str]"] = set()


def types() -> Outcome:
    """Hold the wrapper, and the contract check, against the generated types."""
    done = _run("-m", "mypy", *_MYPY, "-p", "babou", "-p", "babou_contract")
    if done.returncode == 0:
        return Outcome(step="types", agrees=True, said="mypy accepts the wrapper")
    found = [match for line in done.stdout.splitlines() if (match := _MYPY_LINE.match(line))]
    if not found:
        return Outcome(step="types", agrees=False, said=f"mypy did not work: {_last(done)}")
    problems = tuple(Problem(locate.line(_source(error), error[3]), error[0]) for error in found)
    return Outcome(
        step="types",
        agrees=False,
        said=counted(problems),
        problems=problems,
        remedy="keep in the spec what the code names there, or change the code",
    )


def _source(error: re.Match[str]) -> str:
    return (ROOT / error[1]).read_text(encoding="utf-8").splitlines()[int(error[2]) - 1]


def contract() -> Outcome:
    """Hold docs, spec, generated code, client and mock server against each other."""
    done = _run("-c", _CONTRACT, "contract", "--json", "--only", _BOUNDARIES)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        problem = Problem(locate.line(done.stderr), _last(done))
        said = "not judged"
        return Outcome(step="contract", agrees=False, said=said, problems=(problem,))
    if done.returncode == 0:
        said = f"{len(report['results'])} checks agree"
        return Outcome(step="contract", agrees=True, said=said)
    return Outcome(
        step="contract",
        agrees=False,
        said=report["verdict"].lower().removesuffix("."),
        problems=tuple(problem for result in report["results"] for problem in _wrong(result)),
        remedy="mend the spec, or what does not follow it",
    )


def _wrong(result: Json) -> Iterator[Problem]:
    for found in result["disagreements"]:
        told = (found["summary"], found["expected"], found["received"])
        yield disagreement(result["check"], found["spec_line"], *told)
    if result["outcome"] == "not judged":
        yield Problem(locate.line(result["reason"]), f"{result['check']}: {result['reason']}")


def compat() -> Outcome:
    """Hold the last release against this spec, and this client against the release's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        done = _run("-m", "compat", "--json", path, "--root", ROOT)
        report = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    if report is None:
        told = _last(done) if "Traceback" in done.stderr else done.stderr.strip()
        problem = Problem(locate.line(done.stderr), told)
        return Outcome(step="compat", agrees=False, said="not judged", problems=(problem,))
    seen = tuple(Problem(_line(found), _told(found)) for found in report["differences"])
    count = "1 difference" if len(seen) == 1 else f"{len(seen) or 'no'} differences"
    level = f", {report['level']}" if seen else ""
    problems = tuple(map(_unjudged, report["unjudged"]))
    return Outcome(
        step="compat",
        agrees=not problems,
        said=f"{count} since {report['released']}{level}{', not all judged' if problems else ''}",
        problems=problems,
        notes=seen,
        report=report,
    )


def _unjudged(text: str) -> Problem:
    at = _AT.match(text)
    return Problem(int(at[1]) if at else locate.line(text), text[at.end() :] if at else text)


def _line(found: Json) -> int | None:
    """Return the line of a difference in the spec as it is now: where it was, for what is gone."""
    line: int | None = locate.line_of(found["place"]) if found["gone"] else found["line"]
    return line


def _told(found: Json) -> str:
    example = f" ({short(found['example'])})" if found["example"] else ""
    who = ", ".join(found["breaks"])
    return f"{found['level']}: {found['place']}: {found['what']}; breaks {who}{example}"


def stop() -> None:
    """End what runs, so that nobody has to wait for it."""
    for process in list(_running):
        process.terminate()


def _run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    process = started(sys.executable, *arguments, settings=_FAST)
    _running.add(process)
    try:
        out, err = process.communicate()
    finally:
        _running.discard(process)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _last(done: "subprocess.CompletedProcess[str]") -> str:
    return ((done.stderr or done.stdout).strip().splitlines() or ["it said nothing"])[-1]
