"""The steps of `evolve`: what each does, and what it tells of the spec's lines."""  # noqa: INP001  (a script's)

from collections.abc import Callable, Iterator
from typing import Any

import generate
import imports
import lint
import locate
from lint import OWN, ROOT, Problem
from release import raise_version
from step_outcome import Outcome, counted, disagreement

from babou_contract.checks import docs_page
from babou_contract.checks.registry import perform
from babou_contract.model import CheckResult
from babou_contract.model import Outcome as Ended
from babou_contract.specification import exposed as listed
from babou_contract.specification import places, spec
from babou_contract.specification.operations import operations

Json = Any

_MOST_NAMED = 4
_REMEDY = (
    "mend the spec; if the published page is to change too, change its copy in "
    "contract_tests/babou_contract/data/published.json as well"
)


def lint_spec() -> Outcome:
    """Hold the spec to OpenAPI and to the rules of the house."""
    try:
        found = tuple(lint.problems())
    except lint.CannotLintError as error:
        return Outcome(step="lint", agrees=False, said=str(error))
    said = counted(found) if found else "the spec is valid, 0 warnings"
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
        return Outcome(step="exposed", agrees=False, said=counted(found), problems=found)
    count = len(lists.methods)
    said = "1 operation has its method" if count == 1 else f"{count} operations have their methods"
    more = f", {len(lists.reasons)} have none by intent" if lists.reasons else ""
    return Outcome(step="exposed", agrees=True, said=f"{said}{more}")


def docs() -> Outcome:
    """Hold the spec against the published page, and the decisions where that contradicts itself."""
    wanted = [check for check in docs_page.CHECKS if check.judge not in OWN]
    found = tuple(problem for check in wanted for problem in _wrong(perform(check, None)))
    notes = tuple(
        Problem(places.line_of(places.pointer(*place)), f"the published page lacks {name} as yet")
        for name, place in docs_page.unpublished()
    )
    said = counted(found) if found else f"{len(wanted)} checks agree"
    return Outcome(
        step="docs",
        agrees=not found,
        said=said,
        problems=found,
        notes=notes,
        remedy=_REMEDY if found else "",
    )


def _wrong(result: CheckResult) -> Iterator[Problem]:
    for found in result.disagreements:
        told = (found.summary, found.expected, found.received)
        yield disagreement(result.check, found.spec_line, *told)
    if not result.disagreements and result.outcome is not Ended.passed:
        yield Problem(locate.line(result.reason), f"{result.check}: {result.reason}")


def version(report: Json) -> Outcome:
    """Write what follows from the report."""
    return Outcome(step="version", agrees=True, said=raise_version(ROOT, report))
