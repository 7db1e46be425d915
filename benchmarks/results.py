"""What a part of the benchmarks hands in, and how it is written down. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Factory, field, frozen

from benchmarks.figures import Summary


@frozen
class Table:
    """A table as it is printed: texts, the first column to the left, the others to the right."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@frozen
class Goal:
    """A target, and what was measured: at most, or at least, so much."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    at_least: bool = False
    spread: tuple[float, float] | None = None
    met: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        above, below = self.measured >= self.limit, self.measured <= self.limit
        object.__setattr__(self, "met", above if self.at_least else below)


@frozen
class Part:
    """What one part of the benchmarks measured.

    Attributes:
        tables: To be printed.
        goals: Rows of the table of targets.
        raw: Every figure, by what was measured, for whoever wants to count otherwise.
        plots: The names of the SVG files that were written.
        failures: What could not be measured, and why.
    """

    tables: Sequence[Table] = ()
    goals: Sequence[Goal] = ()
    raw: Mapping[str, Any] = Factory(dict)
    plots: Sequence[str] = ()
    failures: Sequence[str] = ()


def markdown(results: Mapping[str, Any], *, plots: str = "") -> str:
    """Return all tables of a run, the targets first; `plots` is put before the plots' names."""
    parts = results["parts"]
    goals = [goal for part in parts.values() for goal in part["goals"]]
    blocks = [_about(results)]
    if goals:
        blocks.append(_table("Targets", _TARGET_HEAD, [_goal_row(goal) for goal in goals], ""))
    for part in parts.values():
        blocks += [_table(**table) for table in part["tables"]]
        blocks += [f"![{_caption(plot)}]({plots}{plot})" for plot in part["plots"]]
        blocks += [f"Not measured: {failure}" for failure in part["failures"]]
    return "\n\n".join(blocks) + "\n"


_TARGET_HEAD = ("what", "measured", "target", "met")


def _caption(plot: str) -> str:
    return plot.removesuffix(".svg").replace("-", " ")


def _about(results: Mapping[str, Any]) -> str:
    facts = results["about"]
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _goal_row(goal: Mapping[str, Any]) -> list[str]:
    unit = f" {goal['unit']}" if goal["unit"] else ""
    spread = f" ({goal['spread'][0]:.2f} to {goal['spread'][1]:.2f})" if goal["spread"] else ""
    sign = "≥" if goal["at_least"] else "≤"
    return [
        goal["what"],
        f"{goal['measured']:.3g}{unit}{spread}",
        f"{sign} {goal['limit']:g}{unit}",
        "yes" if goal["met"] else "**no**",
    ]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    lines = [f"| {' | '.join(cells)} |" for cells in [head, rule, *rows]]
    return "\n\n".join(filter(None, [f"## {title}", "\n".join(lines), note]))


def scaled(value: Summary, factor: float = 1.0, digits: int = 0) -> str:
    """Return a median and its quartiles as text."""
    middle, low, high = (
        f"{each * factor:,.{digits}f}" for each in (value.median, value.low, value.high)
    )
    return f"{middle} ({low}–{high})"
