"""Lint the spec: Redocly, openapi-spec-validator, and this project's own rules on its tidiness.

    python openapi/lint.py

Each problem is told with its line. Exit codes: 0 none, 1 some, 2 it can't be linted here.
"""  # noqa: INP001  (a script, in a folder that is no package)

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen

from babou_contract.checks import docs_spec
from babou_contract.checks.registry import perform

ROOT = Path(__file__).resolve().parent.parent
SPEC = "openapi/babou.yaml"

_REDOCLY = ("--yes", "--no-update-notifier", "@redocly/cli@2.77.0", "lint", SPEC)
_SETTINGS = ("--config=openapi/redocly.yaml", "--format=json")
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
OWN = (
    docs_spec.the_spec_is_valid,
    docs_spec.the_spec_is_lint_clean,
    docs_spec.examples_obey_their_schemas,
)


class CannotLintError(Exception):
    """Says what is missing here, and what to do about it."""


@frozen(order=True)
class Problem:
    """What is wrong, and the line of the spec to look at, from 1; None where there is no one."""

    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{SPEC}{f':{self.line}' if self.line else ''}: {self.text}"


def problems() -> list[Problem]:
    """Return what is wrong with the spec, from top to bottom.

    Raises:
        CannotLintError: Redocly could not be run.
    """
    try:
        text = (ROOT / SPEC).read_text(encoding="utf-8")
        reader = yaml.SafeLoader(text)
        node = reader.get_single_node()
        parsed = reader.construct_document(node) if node else None
    except OSError as error:
        return [Problem(None, f"it can't be read ({error.strerror})")]
    except (yaml.YAMLError, ValueError) as error:
        return [_no_yaml(error)]
    if not isinstance(parsed, dict):
        return [Problem(1, "it is no object, but has to be an OpenAPI document")]
    if twice := list(_twice(node)):
        return twice  # of such a spec Redocly reads nothing
    with _redocly() as process:
        own = list(_own())  # meanwhile
        told, complaints = process.communicate()
    found = {problem.line: problem for problem in reversed([*_read(told, complaints), *own])}
    return sorted(found.values(), key=lambda problem: problem.line or 0)


def _no_yaml(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    told = str(getattr(error, "problem", None) or error)
    return Problem(line, f"it is not YAML: {told.splitlines()[0]}")


def _twice(node: yaml.Node | None) -> Iterator[Problem]:
    """Yield each key that an object has already."""
    if isinstance(node, yaml.MappingNode):
        known: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in known:
                yield Problem(key.start_mark.line + 1, f"the key {name} stands here twice")
            known.add(name)
            yield from _twice(value)
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _twice(value)


def _own() -> Iterator[Problem]:
    for check in docs_spec.check:
        if check.judge in OWN:
            result = perform(check, None)
            for found in result.disagreements:
                yield Problem(found.spec_line, f"{found.summary} ({found.received})")


def _redocly() -> "subprocess.Popen[str]":
    npx = shutil.which("npx")
    if npx is None:
        raise CannotLintError("npx is not here, which runs Redocly; run: nox -s lint")
    return started(npx, *_REDOCLY, *_SETTINGS, settings=_QUIET)


def started(*command: str | Path, settings: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a tool at the root of the checkout, with settings in its environment."""
    return subprocess.Popen(  # noqa: S603  (every argument is the callers' own)
        command,
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )


def _read(told: str, complaints: str) -> Iterator[Problem]:
    try:
        found: list[dict[str, Any]] = json.loads(told)["problems"]
    except (ValueError, LookupError):
        last = (complaints.strip().splitlines() or ["it said nothing"])[-1]
        raise CannotLintError(
            f"Redocly did not work ({last}). Can the npm registry be reached from here?"
        ) from None
    for problem in found:
        place = problem["location"][0] if problem["location"] else {}
        line = place.get("start", {}).get("line")
        yield Problem(line, f"{problem['message']} ({problem['ruleId']}, {place.get('pointer')})")


def main() -> int:
    """Lint, tell each problem, and return the exit code."""
    try:
        found = problems()
    except CannotLintError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    if not found:
        sys.stdout.write(f"{SPEC}: valid, 0 warnings\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
