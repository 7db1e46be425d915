"""The steps of `evolve`: what each does, and what it tells of the spec's lines."""  # noqa: INP001  (a script's)

import json
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import generate
import imports
import lint
import locate
from attrs import frozen
from lint import ROOT, Problem
from release import raise_version

from babou_contract.checks.docs_page import unpublished
from babou_contract.specification import exposed as listed
from babou_contract.specification import places, spec
from babou_contract.specification.operations import operations

Json = Any

_CONTRACT = "from babou._cli import main; main()"
_MYPY = ("--no-pretty", "--no-color-output", "--no-error-summary", "--hide-error-context")
_MYPY_LINE = re.compile(r"(.+?):(\d+): error: (.*)")
_MOST_NAMED = 4
_CUT = 160


@frozen(kw_only=True)
class Outcome:
    """What came of a step, in one line, and what there is to see.

    Attributes:
        agrees: None: it did not run.
        notes: What is worth knowing though nothing is wrong.
        remedy: What to do about the problems.
        report: What `compat` found, for the step that follows from it.
    """

    step: str
    agrees: bool | None
    said: str
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    remedy: str = ""
    seconds: float = 0.0
    report: Json = None


def broken(step: str, error: Exception) -> Outcome:
    """Return what came of a step that met with something it was not made for."""
    *_, last = traceback.extract_tb(error.__traceback__)
    what = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
    problem = Problem(locate.line(what), f"this is not foreseen: {what}")
    return Outcome(step=step, agrees=False, said="could not go on", problems=(problem,))


def lint_spec() -> Outcome:
    """Hold the spec to OpenAPI and to the rules of the house."""
    try:
        found = tuple(lint.problems())
    except lint.CannotLintError as error:
        return Outcome(step="lint", agrees=False, said=str(error))
    said = _counted(found) if found else "the spec is valid, 0 warnings"
    remedy = "mend the spec at these lines" if found else ""
    return Outcome(step="lint", agrees=not found, said=said, problems=found, remedy=remedy)


def built() -> generate.Files:
    """Return what the spec generates, without writing it."""
    generate.require_pinned_versions()
    return generate.build()


def generated(built: Callable[[], generate.Files]) -> Outcome:
    """Write what was built, if it is new."""
    try:
        files = built()
    except generate.GeneratorError as error:
        told = "\n      ".join(line for line in str(error).splitlines() if line.strip())
        return Outcome(
            step="generate",
            agrees=False,
            said="nothing was written",
            problems=(Problem(locate.line(str(error)), told),),
            remedy="write it so that openapi-python-client takes it",
        )
    before = generate.read(generate.PACKAGE)
    if missing := sorted(imports.needed() - imports.modules(files)):
        fresh = sorted(imports.modules(files) - imports.modules(before))
        told = f"the client imports {missing[0]}, which the spec does not generate any more"
        instead = f", but {', '.join(fresh)}" if fresh else ""
        line, text = locate.renamed() or (locate.line_of_name(), f"{told}{instead}")
        return Outcome(
            step="generate",
            agrees=False,
            said="nothing was written",
            problems=(Problem(line, text),),
            remedy="keep operationId and tag as they were, or change them in openapi/exposed.yaml "
            "and the import in wrapper/babou",
        )
    names = sorted(n for n in files.keys() | before.keys() if files.get(n) != before.get(n))
    if not names:
        return Outcome(step="generate", agrees=True, said="generated/ is current already")
    generate.replace(files)
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    said = f"{count} of generated/ changed: {', '.join(names[:_MOST_NAMED])}{more}"
    return Outcome(step="generate", agrees=True, said=said)


def exposed() -> Outcome:
    """Hold the operations against the lists of those that the client exposes or not."""
    try:
        lists = listed.load()
    except listed.ExposedError as error:
        return Outcome(step="exposed", agrees=False, said=str(error))
    found = tuple(
        Problem(places.line_of(places.pointer(*place)), text)
        for place, text in listed.unmatched(operations(spec.load()), lists)
    )
    if found:
        return Outcome(step="exposed", agrees=False, said=_counted(found), problems=found)
    count = len(lists.methods)
    said = "1 operation has its method" if count == 1 else f"{count} operations have their methods"
    more = f", {len(lists.reasons)} have none by intent" if lists.reasons else ""
    return Outcome(step="exposed", agrees=True, said=f"{said}{more}")


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
        said=_counted(problems),
        problems=problems,
        remedy="keep in the spec what the code names there, or change the code",
    )


def _source(error: re.Match[str]) -> str:
    return (ROOT / error[1]).read_text(encoding="utf-8").splitlines()[int(error[2]) - 1]


def contract() -> Outcome:
    """Hold docs, spec, generated code, client and mock server against each other."""
    done = _run("-c", _CONTRACT, "contract", "--json")
    try:
        report = json.loads(done.stdout)
    except ValueError:
        problem = Problem(locate.line(done.stderr), _last(done))
        said = "not judged"
        return Outcome(step="contract", agrees=False, said=said, problems=(problem,))
    notes = tuple(
        Problem(places.line_of(places.pointer(*place)), f"the published page lacks {name} as yet")
        for name, place in unpublished()
    )
    if done.returncode == 0:
        said = f"{len(report['results'])} checks agree"
        return Outcome(step="contract", agrees=True, said=said, notes=notes)
    return Outcome(
        step="contract",
        agrees=False,
        said=report["verdict"].lower().removesuffix("."),
        problems=tuple(_disagreement(result, d) for result, d in _disagreements(report)),
        notes=notes,
        remedy="mend the spec; if the published page is to change too, change its copy in "
        "contract_tests/babou_contract/data/published.json as well",
    )


def _disagreements(report: Json) -> list[tuple[Json, Json]]:
    return [(result, found) for result in report["results"] for found in result["disagreements"]]


def _disagreement(result: Json, found: Json) -> Problem:
    line = found["spec_line"] or locate.line(found["summary"], found["received"])
    expected, received = (_short(found[side]) for side in ("expected", "received"))
    text = f"{found['summary']} (expected {expected}; received {received}; {result['check']})"
    return Problem(line, text)


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
    problems = tuple(Problem(locate.line(text), text) for text in report["unjudged"])
    return Outcome(
        step="compat",
        agrees=not problems,
        said=f"{count} since {report['released']}{level}{', not all judged' if problems else ''}",
        problems=problems,
        notes=seen,
        report=report,
    )


def _line(found: Json) -> int | None:
    """Return the line of a difference in the spec as it is now: where it was, for what is gone."""
    line: int | None = locate.line_of(found["place"]) if found["gone"] else found["line"]
    return line


def _told(found: Json) -> str:
    example = f" ({_short(found['example'])})" if found["example"] else ""
    who = ", ".join(found["breaks"])
    return f"{found['level']}: {found['place']}: {found['what']}; breaks {who}{example}"


def version(report: Json) -> Outcome:
    """Write what follows from the report."""
    return Outcome(step="version", agrees=True, said=raise_version(ROOT, report))


def _run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603  (every argument is this file's own)
        command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False
    )


def _last(done: "subprocess.CompletedProcess[str]") -> str:
    return ((done.stderr or done.stdout).strip().splitlines() or ["it said nothing"])[-1]


def _counted(problems: tuple[Problem, ...]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _short(text: str) -> str:
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"
