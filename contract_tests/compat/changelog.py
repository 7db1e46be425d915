"""Whether the CHANGELOG tells of every difference that a user can notice."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from compat.model import Difference, Level, Who

_SECTION = re.compile(r"^## \[?([^\]\s]+)\]?.*$", re.MULTILINE)
_ITEM = re.compile(r"^[-*] ", re.MULTILINE)
_SPAN = re.compile(r"`+([^`]+)`+")
_OPERATION = re.compile(r"[A-Z]+ /\S*")
UNRELEASED = "Unreleased"


def section(text: str, version: str, released: str) -> tuple[str, str]:
    """Return the name and the text of the section that a report is held against."""
    found = list(_SECTION.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    parts = {m[1]: text[m.end() : end] for m, end in zip(found, ends, strict=True)}
    if version != released and version in parts:
        return version, parts[version]
    return UNRELEASED, parts.get(UNRELEASED, "")


def missing(text: str, differences: Iterable[Difference]) -> Iterator[str]:
    """Yield the lines that a section lacks, ready to paste."""
    entries = list(_entries(text))
    told = [found for found in differences if found.level >= Level.MINOR]
    names = Counter(found.name for found in told if _OPERATION.match(found.place))
    for found in told:
        wanted = [found.name]
        operation = _OPERATION.match(found.place)
        if operation and names[found.name] > 1:  # such as a parameter of two operations
            wanted.append(operation[0])
        telling = [
            breaking for spans, breaking in entries if all(_names(spans, name) for name in wanted)
        ]
        if not telling or (found.level is Level.MAJOR and not any(telling)):
            yield line(found)


def line(found: Difference) -> str:
    """Return what a CHANGELOG says of a difference."""
    breaking = "**Breaking** " if found.level is Level.MAJOR else ""
    who = f" ({', '.join(found.breaks)})" if found.breaks != (Who.NOBODY,) else ""
    return f"- {breaking}`{found.place}`: {found.what}{who}."


def _entries(text: str) -> Iterator[tuple[list[str], bool]]:
    """Yield the code spans of each entry, and whether it is told to be breaking."""
    for block in re.split(r"^### ", text, flags=re.MULTILINE):
        heading, _, body = block.partition("\n")
        for item in _ITEM.split(body):
            breaking = "breaking" in heading.lower() or "**breaking" in item.lower()
            yield _SPAN.findall(item), breaking


def _names(spans: Iterable[str], name: str) -> bool:
    wanted = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-]|/[\w{{])")
    return any(wanted.search(span) for span in spans)
