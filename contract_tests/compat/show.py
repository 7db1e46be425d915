"""The report for a person on a terminal, for a pull request, and for a program."""

import json
from collections.abc import Iterator
from typing import TextIO

from attrs import asdict
from rich.console import Console
from rich.text import Text

from compat.model import Difference, Level, Report, Who

_STYLES = {Level.MAJOR: "bold red", Level.MINOR: "yellow", Level.PATCH: "green"}
_IN = 7
_LONGEST = 400
Line = tuple[Text, Text]  # what stands before its first line, and leaves a margin; the text


def terminal(report: Report, out: TextIO) -> None:
    """Write the report for a person."""
    console = Console(file=out, highlight=False)
    for before, text in _lines(report):
        margin = before.cell_len
        wrapped = text.wrap(console, max(console.width - margin, 20)) if text else [text]
        for number, line in enumerate(wrapped):
            whole = (Text(" " * margin) if number else before.copy()).append_text(line)
            whole.rstrip()
            console.print(whole, soft_wrap=True)
    for entry in report.missing:
        console.print(Text(entry), soft_wrap=True)  # in one piece, to be pasted
    console.print(Text(_effort(report)))


def _lines(report: Report) -> Iterator[Line]:
    yield _margin(), Text(f"babou {report.released}, the last release, and this checkout")
    for found in report.differences:
        yield _margin(), Text()
        yield from _difference(found)
    yield _margin(), Text()
    for line in verdict(report):
        yield _margin(), Text(line)


def _difference(found: Difference) -> Iterator[Line]:
    level = Text(f"{found.level!s:{_IN}}", _STYLES[found.level])
    yield level, Text.assemble((found.place, "bold"), (f"  {where(found)}", "dim"))
    yield _margin(_IN), Text(_cut(found.what))
    for who in found.breaks:
        yield _margin(_IN), Text.assemble("breaks ", (who, "" if who is Who.NOBODY else "bold"))
        for effect in found.effects:
            if effect.who is who:
                yield _margin(_IN + 2), Text(_cut(effect.example))
                yield _margin(_IN + 4), Text(_cut(effect.what), style="dim")


def _margin(width: int = 0) -> Text:
    return Text(" " * width)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def where(found: Difference) -> str:
    """Return file and line of a difference, nothing for what only Python has."""
    if found.line is None:
        return ""
    return f"openapi/babou.yaml:{found.line}{' of the last release' if found.gone else ''}"


def verdict(report: Report) -> Iterator[str]:
    """Yield what follows: level, least version, what is to be done."""
    if report.by_schema:
        yield f"Judged by the schemas, for the client has no method: {', '.join(report.by_schema)}."
    for text in report.unjudged:
        yield f"Not judged: {text}"
    if report.differences:
        count = len(report.differences)
        yield (
            f"{count} difference{'' if count == 1 else 's'}, {report.level}: "
            f"after {report.released} comes {report.least} at least."
        )
    else:
        yield f"Nothing differs from {report.released}."
    if report.suffices:
        yield f"The version in pyproject.toml, {report.version}, is high enough."
    else:
        yield (
            f"The version in pyproject.toml, {report.version}, is too low: write "
            f'version = "{report.least}".'
        )
    if report.missing:
        yield f"CHANGELOG.md, section {report.section}, lacks:"


def _effort(report: Report) -> str:
    return f"({report.cases} cases, {report.seconds:.1f} s)"


def as_json(report: Report) -> str:
    """Return the report for a program."""
    members = asdict(report)
    members |= {"level": str(report.level), "suffices": report.suffices}
    members |= {"exit_code": report.exit_code}
    for found, written in zip(report.differences, members["differences"], strict=True):
        written |= {"level": str(found.level), "breaks": found.breaks, "example": found.example}
    return json.dumps(members, indent=2, ensure_ascii=False) + "\n"


def as_markdown(report: Report) -> str:
    """Return the report for a comment on a pull request."""
    return "\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"## Compatibility with babou {report.released}: {report.level}"
    yield ""
    if report.differences:
        yield "| level | place | what | breaks | example |"
        yield "|---|---|---|---|---|"
    for found in report.differences:
        cells = [str(found.level), f"`{found.place}` {where(found)}".rstrip(), _cut(found.what)]
        cells += [", ".join(found.breaks), f"`{_cut(found.example)}`" if found.example else ""]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    for line in verdict(report):
        yield f"{line}  "
    if report.missing:
        yield from ("", "```markdown", *report.missing, "```", "")
    yield _effort(report)


def failure(text: str, out: TextIO) -> None:
    """Write why nothing can be said."""
    out.write(f"compat: not judged: {text}\n")
