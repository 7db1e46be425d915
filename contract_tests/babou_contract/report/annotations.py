"""Tell GitHub: annotations on the spec's lines, and a summary on the run's page."""

import re
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

from babou_contract.model import (
    NOT_JUDGED,
    Boundary,
    CheckResult,
    CoverageState,
    Disagreement,
    Outcome,
    Report,
    boundary_outcome,
)
from babou_contract.report._words import SPEC_FILE, badge, facts
from babou_contract.report.plain import one_line, shorten, visible

_MOST_ANNOTATIONS = 10  # of one kind and step; GitHub drops the others without a word
_MOST_TOLD = 20  # disagreements in the summary, which may have a megabyte


def publish(report: Report, environ: Mapping[str, str]) -> list[str]:
    """Add the summary to the run's page, and return the lines to print; none outside GitHub."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return []
    told, lines = summary(report), annotations(report)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(told)
    return lines


def fence() -> tuple[str, str]:
    """Return the lines before and after output in which GitHub must not look for commands.

    What a server sends is printed too, and a line `::add-path::…` in it would be obeyed.
    """
    token = token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"


def annotations(report: Report, *, spec_file: str = SPEC_FILE) -> list[str]:
    """Return a workflow command for each disagreement, and for a run that could not be judged."""
    failed = [(result, found) for result in report.results for found in result.disagreements]
    kept = len(failed) if len(failed) <= _MOST_ANNOTATIONS else _MOST_ANNOTATIONS - 1
    lines = [_annotation(result, found, spec_file) for result, found in failed[:kept]]
    if len(failed) > kept:
        left = f"{len(failed) - kept} more disagreements are in the report."
        lines.append(_command("error", left, title="Contract"))
    if report.exit_code == NOT_JUDGED:
        lines.append(_command("warning", report.verdict, title="Contract: not judged"))
    return lines


def summary(report: Report) -> str:
    """Return the run as Markdown for `$GITHUB_STEP_SUMMARY`."""
    told = [f"## Contract: {_inline(report.verdict)}", ""]
    told += [f"Target {_code(report.target)}, {report.seconds:.1f} s, seed `{report.seed}`", ""]
    told += ["| boundary | | checks | disagreements |", "|---|---|--:|--:|"]
    told += [_row(report, boundary) for boundary in Boundary]
    told += ["", f"Checks: {report.counts}.", "", _coverage(report), ""]
    failed = [(result, found) for result in report.results for found in result.disagreements]
    for result, found in failed[:_MOST_TOLD]:
        told += _told(result, found)
    if len(failed) > _MOST_TOLD:
        told += [f"{len(failed) - _MOST_TOLD} more are in the report.", ""]
    for result in report.results:
        if result.outcome is Outcome.not_judged:
            told += [f"- {_code(result.check)} was not judged: {_inline(result.reason)}"]
    return "\n".join(told).rstrip() + "\n"


def _annotation(result: CheckResult, found: Disagreement, spec_file: str) -> str:
    where = {"file": spec_file, "line": str(found.spec_line)} if found.spec_line else {}
    lines = [found.summary, *(f"{name}: {text}" for name, text in facts(found, limit=500))]
    return _command("error", "\n".join(lines), **where, title=f"Contract: {result.check}")


def _command(name: str, message: str, **properties: str) -> str:
    """Return a workflow command, escaped as GitHub's own toolkit does it."""
    data = _escape(visible(shorten(message, 4000)))
    told = ",".join(
        f"{key}={_escape(one_line(value)).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in properties.items()
    )
    return f"::{name} {told}::{data}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _row(report: Report, boundary: Boundary) -> str:
    results = report.of_boundary(boundary)
    shown = badge(boundary_outcome(results))
    number = sum(len(result.disagreements) for result in results)
    state = f"{shown.sign} {shown.word}"
    return f"| {boundary.number} {boundary.title} | {state} | {len(results)} | {number} |"


def _coverage(report: Report) -> str:
    counts = (
        (sum(covered.state is state for covered in report.coverage), state.value)
        for state in CoverageState
    )
    told = ", ".join(f"{number} {word}" for number, word in counts)
    return f"Operations, statuses and media types of the spec: {told}."


def _told(result: CheckResult, found: Disagreement) -> list[str]:
    block = "\n".join(f"{name}: {text}" for name, text in facts(found, limit=1000))
    ticks = "`" * (3 + max(map(len, re.findall("`+", block)), default=0))
    title = f"### ✗ {_inline(result.check)}: {_inline(found.summary)}"
    return [title, "", f"{ticks}text", block, ticks, ""]


def _inline(text: str) -> str:
    """Return text that Markdown takes for nothing but text."""
    return re.sub(r"([\\`*_{}\[\]()<>#|~!@&])", r"\\\1", one_line(text))


def _code(text: str) -> str:
    """Return text as code, also within a table."""
    shown = one_line(text).replace("`", "'").replace("|", "\\|")
    return f"`{shown}`"
