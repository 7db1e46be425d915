"""Boundary 1: the published page, the spec, and the decisions where the page contradicts itself."""

import ast
import re
from pathlib import Path
from typing import Any

from babou_contract import checkout
from babou_contract.checks import lint
from babou_contract.checks.registry import NotExercisedError, Register, Tally
from babou_contract.model import Boundary
from babou_contract.specification import places, spec
from babou_contract.specification.schema import misfits

check = Register(Boundary.docs_spec)

_DECISION = re.compile(r"^## (D\d+)\b.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
_PARTS = ("The docs say", "We chose", "The test that holds it", "How to ask a live server")


@check("The spec is a valid OpenAPI document.")
def the_spec_is_valid(_observations: object, tally: Tally) -> None:
    """Ask openapi-spec-validator."""
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415  slow to import
    except ImportError as error:
        raise NotExercisedError("openapi-spec-validator is not installed") from error
    _need(lint.references)
    tally.case()
    problems: Any = OpenAPIV31SpecValidator(spec.load())
    for problem in problems.iter_errors():
        tally.disagree(
            "the spec is not valid",
            expected="a document that obeys OpenAPI 3.1",
            received=str(problem.message),
            **places.at(*problem.absolute_path),
        )


@check("The spec is lint-clean: all is named, described, used, secured and shown by an example.")
def the_spec_is_lint_clean(_observations: object, tally: Tally) -> None:
    """Apply the rules of `lint`."""
    document = spec.load()
    whole = not any(lint.references(document))
    for rule in lint.RULES if whole else [lint.references]:
        tally.case()
        for place, problem in rule(document):
            tally.disagree(
                problem,
                expected=(rule.__doc__ or "").strip(),
                received=places.pointer(*place) or "the document",
                **places.at(*place),
            )


@check("Every example in the spec obeys its schema, formats included.")
def examples_obey_their_schemas(_observations: object, tally: Tally) -> None:
    """Validate each example and default, wherever it stands."""
    _need(lint.references, lint.readable_patterns)
    for place, schema, value in lint.examples(spec.load()):
        tally.case()
        for misfit in misfits(schema, value):
            tally.disagree(
                f"an example does not obey its schema: {misfit.member} {misfit.message}",
                expected=misfit.message,
                received=repr(value),
                **places.at(*place, *misfit.path),
            )


def _need(*rules: lint.Rule) -> None:
    """Leave to `the_spec_is_lint_clean` a spec that cannot be looked at."""
    for rule in rules:
        for _, problem in rule(spec.load()):
            raise NotExercisedError(f"{problem}, which `the-spec-is-lint-clean` tells")


@check("Each decision is whole, and names tests that exist.")
def decisions_name_tests_that_exist(_observations: object, tally: Tally) -> None:
    """Look up each test of DECISIONS.md, and each decision that the spec names."""
    root = checkout.root()
    if root is None:
        raise NotExercisedError("the tests are only in a source checkout")
    text = (root / "openapi" / "DECISIONS.md").read_text(encoding="utf-8")
    decisions = {match[1]: match[0] for match in _DECISION.finditer(text)}
    for name, entry in decisions.items():
        missing = [part for part in _PARTS if f"**{part}**" not in entry]
        tests = _TEST.findall(entry)
        tally.case(len(tests) or 1)
        if missing or not tests:
            lack = ", ".join(missing) or "a test"
            tally.disagree(f"{name} lacks {lack}", expected=lack, received="nothing")
        for path, test in tests:
            if test not in _tests_in(root / path):
                tally.disagree(
                    f"{name} names a test that does not exist",
                    expected=f"{path}::{test}",
                    received="no such test",
                )
    for name in sorted(set(re.findall(r"\bD\d+\b", spec.text())) - decisions.keys()):
        tally.disagree(
            f"the spec names {name}, which is no decision", expected="an entry", received="none"
        )


def _tests_in(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
