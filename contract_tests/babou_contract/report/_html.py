"""Write a report as one page that needs nothing else: no script, no request, no colour.

Whatever the templates print is made visible and escaped without their doing, so that no place can
be forgotten: bodies are written by whoever runs the server.
"""

from collections import Counter
from datetime import datetime
from functools import cache

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from babou_contract.model import (
    Boundary,
    CheckResult,
    CoverageState,
    Disagreement,
    Exchange,
    Outcome,
    Report,
    boundary_outcome,
)
from babou_contract.report._bodies import show
from babou_contract.report._timeline import lay_out
from babou_contract.report._words import Badge, badge, place
from babou_contract.report.plain import shorten, visible

_MOST_FAILURES = 100  # shown whole; a page with more is not read
_MOST_HEADERS = 40
_VERDICTS = {0: ("good", "✓"), 1: ("bad", "✗")}


@frozen
class BoundaryView:
    """A boundary, how it ended, and its checks."""

    boundary: Boundary
    badge: Badge
    results: tuple[CheckResult, ...]
    disagreements: int
    tally: str


@frozen
class Failure:
    """A disagreement with its number and its check."""

    number: int
    result: CheckResult
    found: Disagreement


def render(report: Report) -> str:
    """Return the page."""
    failed = [
        Failure(number, result, found)
        for number, (result, found) in enumerate(
            ((result, found) for result in report.results for found in result.disagreements), 1
        )
    ]
    kind, sign = _VERDICTS.get(report.exit_code, ("unsure", "?"))
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            verdict=Badge(kind, sign, report.verdict),
            boundaries=[_boundary(report, boundary) for boundary in Boundary],
            failures=failed[:_MOST_FAILURES],
            failures_left=len(failed[_MOST_FAILURES:]),
            first_of={item.result.check: item.number for item in reversed(failed)},
            covered=_covered(report),
            timeline=lay_out(report.exchanges),
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("babou_contract.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "badge": badge,
        "body": show,
        "cut": shorten,
        "headers": _headers,
        "line": request_line,
        "moment": _moment,
        "place": place,
        "seconds": _seconds,
    }
    return environment


def _finalize(value: object) -> object:
    if isinstance(value, Markup):
        return value
    return visible(value) if isinstance(value, str) else value


def _boundary(report: Report, boundary: Boundary) -> BoundaryView:
    results = report.of_boundary(boundary)
    number = sum(len(result.disagreements) for result in results)
    counts = Counter(result.outcome for result in results)
    told = ", ".join(f"{counts[state]} {state.value}" for state in Outcome if counts[state])
    return BoundaryView(
        boundary, badge(boundary_outcome(results)), results, number, told or "no check was run"
    )


def _covered(report: Report) -> str:
    counts = Counter(covered.state for covered in report.coverage)
    return ", ".join(f"{counts[state]} {state.value}" for state in CoverageState)


def request_line(sent: Exchange) -> str:
    """Return method and URL, without what all URLs have in common."""
    _, slashes, rest = sent.url.partition("://")
    _, slash, path = rest.partition("/")
    return f"{sent.method} {slash + path if slashes and slash else sent.url}"


def _headers(pairs: tuple[tuple[str, str], ...]) -> str:
    lines = [f"{name}: {shorten(value, 300)}" for name, value in pairs[:_MOST_HEADERS]]
    if len(pairs) > _MOST_HEADERS:
        lines.append(f"… and {len(pairs) - _MOST_HEADERS} more")
    return "\n".join(lines)


def _seconds(value: float) -> str:
    """Return a time as a person says it."""
    if value < 0.9995:  # noqa: PLR2004  what would be rounded to 1000 ms is a second
        return f"{value * 1000:.0f}\N{NO-BREAK SPACE}ms"
    return f"{value:,.1f}\N{NO-BREAK SPACE}s"


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat(" ", "seconds")
    except ValueError:
        return text
