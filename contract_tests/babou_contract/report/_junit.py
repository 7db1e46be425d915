"""Write a report as JUnit's XML: a suite for each boundary, a case for each check.

There is no standard. What is written is valid by both schemas that consumers use: Windy Road's
`JUnit.xsd`, which is the stricter one, and the `junit-10.xsd` of Jenkins's xUnit plugin.
"""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from babou_contract.model import Boundary, CheckResult, Coverage, Finding, Outcome, Report
from babou_contract.report._words import facts
from babou_contract.report.plain import one_line, shorten, visible

_MOST_SHOWN = 10  # disagreements of one check
_WITH_REASON = {Outcome.not_exercised: "skipped", Outcome.not_judged: "error"}


def render(report: Report) -> str:
    """Return the document."""
    root = ET.Element("testsuites")  # the stricter schema allows it no attributes
    for number, boundary in enumerate(Boundary):
        root.append(_suite(report, boundary, number))
    ET.indent(root)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report, boundary: Boundary, number: int) -> ET.Element:
    results = report.of_boundary(boundary)
    outcomes = [result.outcome for result in results]
    suite = ET.Element(
        "testsuite",
        {
            "name": f"{boundary.number} {boundary.title}",
            "package": f"babou.contract.{boundary.slug}",
            "id": str(number),
            "timestamp": _timestamp(report.started_at),
            "hostname": one_line(_host(report.target)) or "localhost",
            "tests": str(len(outcomes)),
            "failures": str(outcomes.count(Outcome.failed)),
            "errors": str(outcomes.count(Outcome.not_judged)),
            "skipped": str(outcomes.count(Outcome.not_exercised)),
            "time": f"{sum(result.seconds for result in results):.3f}",
        },
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts_of_run(report).items():
        ET.SubElement(properties, "property", {"name": one_line(name), "value": one_line(value)})
    suite.extend(_case(result) for result in results)
    is_server = boundary is Boundary.spec_server
    lines = [*map(_row, report.coverage), *map(_finding, report.findings)] if is_server else []
    ET.SubElement(suite, "system-out").text = "\n".join(lines)
    ET.SubElement(suite, "system-err")
    return suite


def _case(result: CheckResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "name": one_line(result.check.rpartition("/")[2]),
            "classname": f"babou.contract.{result.boundary.slug}",
            "time": f"{result.seconds:.3f}",
        },
    )
    if result.outcome is Outcome.failed:
        case.append(_failure(result))
    elif tag := _WITH_REASON.get(result.outcome):
        reason = one_line(result.reason or result.outcome.value, 1000)
        told = {"message": reason, "type": result.outcome.value}
        ET.SubElement(case, tag, told).text = reason
    return case


def _failure(result: CheckResult) -> ET.Element:
    found = result.disagreements
    message = found[0].summary if found else result.reason or result.promise
    if len(found) > 1:
        message = f"{message} (and {len(found) - 1} more)"
    parts = [visible(result.promise)]
    for one in found[:_MOST_SHOWN]:
        lines = [visible(shorten(one.summary, 1000))]
        lines += [f"{name}: {text}" for name, text in facts(one)]
        if one.exchange is not None:
            came = one.exchange.status or one.exchange.error or "no answer"
            lines.append(f"Answer: {visible(str(came))}")
        parts.append("\n".join(lines))
    if len(found) > _MOST_SHOWN:
        parts.append(f"{len(found) - _MOST_SHOWN} more are in contract.json")
    if found and result.reason:
        parts.append(visible(result.reason))
    failure = ET.Element("failure", {"message": one_line(message, 1000), "type": "Disagreement"})
    failure.text = "\n\n".join(parts)
    return failure


def _facts_of_run(report: Report) -> dict[str, str]:
    told = {"target": report.target, "mode": report.mode, "seed": str(report.seed)}
    told["verdict"] = report.verdict
    return told | {f"version {name}": value for name, value in report.versions.items() if name}


def _row(row: Coverage) -> str:
    what = f"{row.operation} {row.status} {row.media_type}"
    return one_line(f"{what}: {row.state.value}, {row.reason or f'{row.answers} answers'}", 1000)


def _finding(finding: Finding) -> str:
    return one_line(f"{finding.id}: {finding.question} {finding.answer} ({finding.evidence})", 1000)


def _timestamp(moment: str) -> str:
    """Return the moment in UTC without saying so, as the stricter schema wants it."""
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        parsed = datetime.fromtimestamp(0, UTC)
    if parsed.tzinfo is not None:
        parsed = parsed.astimezone(UTC)
    return parsed.strftime("%Y-%m-%dT%H:%M:%S")


def _host(target: str) -> str:
    try:
        return urlsplit(target).hostname or ""
    except ValueError:
        return ""
