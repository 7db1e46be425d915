"""The words of the report: who breaks, by what, how much that weighs."""

from enum import IntEnum, StrEnum

from attrs import field, frozen


class Who(StrEnum):
    """Who can be broken by a difference."""

    INSTALLED = "installed clients"
    TYPED = "type-checked callers"
    RUNTIME = "callers at run time"
    NOBODY = "nobody"


class Level(IntEnum):
    """What a difference asks of the version, in the words of SemVer."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def __str__(self) -> str:
        return self.name.lower()


class NotJudgedError(Exception):
    """Says why nothing can be said, and what to do about it."""


@frozen
class Effect:
    """What was seen to break: who, how, and a document, request or line that shows it."""

    who: Who
    what: str
    example: str


@frozen
class Difference:
    """One place at which the two versions differ.

    Attributes:
        place: In words, such as `Asset.size`.
        name: What a CHANGELOG calls it: a member, state, status, parameter or public name.
        line: Of the new spec, or of the old one for what is gone; None for what only Python has.
        gone: Whether the line is the old spec's.
        what: How it changed.
        effects: What breaks; none where nobody was seen to.
        level: What it asks of the version.
    """

    place: str
    name: str
    line: int | None
    what: str
    level: Level
    gone: bool = False
    effects: tuple[Effect, ...] = ()

    @property
    def breaks(self) -> tuple[Who, ...]:
        """Who breaks, each once."""
        seen = dict.fromkeys(effect.who for effect in self.effects)
        return tuple(seen) or (Who.NOBODY,)

    @property
    def example(self) -> str:
        """What shows it best; empty where nobody breaks."""
        return self.effects[0].example if self.effects else ""


@frozen
class Report:
    """All that was found, and what follows.

    Attributes:
        released: Version of the released wheel.
        version: Version in pyproject.toml.
        least: The least version that the differences allow.
        differences: The gravest first.
        missing: Lines that the CHANGELOG lacks, ready to paste.
        section: The CHANGELOG's section that was read.
        unjudged: What could not be judged, and why; the rest stands nevertheless.
        by_schema: The operations that were judged by the schemas, not by what a client does.
        cases: How many documents, requests and lines of usage were tried.
        seconds: How long it took.
    """

    released: str
    version: str
    least: str
    differences: tuple[Difference, ...]
    missing: tuple[str, ...] = ()
    section: str = ""
    unjudged: tuple[str, ...] = ()
    by_schema: tuple[str, ...] = ()
    cases: int = 0
    seconds: float = field(default=0.0, eq=False)

    @property
    def level(self) -> Level:
        """The gravest level among the differences."""
        return max((found.level for found in self.differences), default=Level.NONE)

    @property
    def suffices(self) -> bool:
        """Whether the version in pyproject.toml is high enough."""
        return numbers(self.version) >= numbers(self.least)

    @property
    def exit_code(self) -> int:
        """0 fine, 1 too low or the CHANGELOG is incomplete, 3 not judged."""
        if self.unjudged:
            return 3
        return 0 if self.suffices and not self.missing else 1


def numbers(version: str) -> tuple[int, ...]:
    """Return the three numbers of a version; whatever follows them is left out."""
    plain = version.partition("+")[0].partition("-")[0].split(".")[:3]
    if not all(part.isdecimal() for part in plain):
        raise NotJudgedError(f"The version {version!r} is not of the form 1.2.3; correct it.")
    return tuple(int(part) for part in plain)


def least_version(released: str, level: Level) -> str:
    """Return the least version that may follow; before 1.0 by the caret rule (0.x: x breaks)."""
    major, minor, patch = numbers(released)
    if level is Level.NONE:
        return released
    if level is Level.MAJOR:
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    if level is Level.MINOR and major:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
