"""The table of the kill matrix, for a terminal and for docs/kill-matrix.md."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median

from kill_matrix.catalogue import FAULTS, VARIANTS
from kill_matrix.judge import ROOT
from kill_matrix.model import Fault, Group
from kill_matrix.verdict import Fate, Verdict

FILE = ROOT / "docs" / "kill-matrix.md"

Verdicts = Mapping[str, Verdict]

_HEAD = """\
# The kill matrix

What proves that `babou contract` finds what is wrong, and accuses nobody who is right. Written by
`nox -s kill_matrix -- --write`; each line is one run of the check, with nothing else wrong.

- **Fault**: one thing that is wrong, in the spec, in the generated code or in a server. The check
  has to fail, and the check that is named for the fault has to say so, in words that belong to it.
- **Variant**: a server that is right though unusual. The check has to pass.
"""


def summary(verdicts: Verdicts) -> Iterator[str]:
    """Yield the totals, in lines."""
    faults = [verdicts[fault.name] for fault in FAULTS if fault.name in verdicts]
    variants = [verdicts[variant.name] for variant in VARIANTS if variant.name in verdicts]
    for title, found in (("faults", faults), ("variants", variants)):
        if found:
            fates = [f"{_count(found, fate)} {fate.value}" for fate in Fate if _count(found, fate)]
            yield f"{len(found)} {title}: {', '.join(fates)}; median {_median(found)}"
    asked = [one.alone for one in faults if one.alone is not None]
    if asked:
        yield f"schemathesis alone finds {sum(asked)} of {len(asked)}"


def write(verdicts: Verdicts) -> None:
    """Write docs/kill-matrix.md."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(_document(verdicts)) + "\n", encoding="utf-8", newline="\n")


def _document(verdicts: Verdicts) -> Iterator[str]:
    yield _HEAD
    yield "| | faults | killed | can't be found | median |"
    yield "|---|---:|---:|---:|---:|"
    for group in Group:
        yield _total(group.title, _of(group), verdicts)
    yield _total("**all**", FAULTS, verdicts)
    variants = [verdicts[variant.name] for variant in VARIANTS]
    passed = _count(variants, Fate.passed)
    yield f"\n{passed} of {len(variants)} variants pass; median {_median(variants)}.\n"
    yield (
        "The times are of two runs side by side on two cores. A fault is held against the boundary "
        "of the check that is named for it, a variant against both boundaries with a server; an "
        "edit runs in a process of its own, whose start is counted."
    )
    for group in Group:
        yield f"\n## Faults: {group.title}\n"
        yield "| fault | what is wrong | found by |"
        yield "|---|---|---|"
        yield from (_row(fault, verdicts[fault.name]) for fault in _of(group))
    yield "\n## Variants\n"
    yield "| variant | what is unusual | exit code |"
    yield "|---|---|---|"
    for variant in VARIANTS:
        right = " or ".join(map(str, variant.codes))
        fate = verdicts[variant.name].fate
        result = right if fate is Fate.passed else f"**{fate.value}**"
        yield f"| {variant.name} | {_cell(variant.about)} | {result} |"


def _of(group: Group) -> list[Fault]:
    return [fault for fault in FAULTS if fault.group is group]


def _total(title: str, faults: Iterable[Fault], verdicts: Verdicts) -> str:
    found = [verdicts[fault.name] for fault in faults]
    killed, beyond = _count(found, Fate.killed), _count(found, Fate.beyond)
    return f"| {title} | {len(found)} | {killed} | {beyond} | {_median(found)} |"


def _row(fault: Fault, found: Verdict) -> str:
    own = [check for check in fault.killers if check in found.by]
    by = ", ".join(f"`{check}`" for check in own)
    if found.fate is Fate.beyond:
        by = f"nothing: {fault.beyond}"
    elif found.fate is not Fate.killed:
        by = f"**{found.fate.value}**"
    elif others := len(found.by) - len(own):
        by += f" and {others} more"
    return f"| {fault.name} | {_cell(fault.about)} | {by} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _count(found: Iterable[Verdict], fate: Fate) -> int:
    return sum(one.fate is fate for one in found)


def _median(found: Iterable[Verdict]) -> str:
    return f"{median(one.seconds for one in found):.1f} s"
