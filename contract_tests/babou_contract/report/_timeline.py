"""Lay out everything that was sent over time: a lane for each status, a bar for each while."""

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import frozen

from babou_contract.model import Exchange

_SLOTS = 60
_MOST_LANES = 8
_MOST_PURPOSES = 15
_MOST_ROWS = 200
_LOWEST = 0.15  # of a lane's height: one request among hundreds is still to be seen
NO_ANSWER = "no answer"


@frozen
class Lane:
    """The answers of one status: how many there were in each slot, and the bars' heights."""

    label: str
    kind: str
    total: int
    bars: tuple[tuple[int, float, int], ...]  # slot, height from 0 to 1, number


@frozen
class Purpose:
    """What several requests were sent for, and which statuses came."""

    label: str
    total: int
    statuses: str


@frozen
class Timeline:
    """All of it; `slot` is the length of one in seconds."""

    seconds: float
    slot: float
    slots: int
    busiest: int
    lanes: tuple[Lane, ...]
    purposes: tuple[Purpose, ...]
    rows: tuple[Exchange, ...]
    left_out: int


def lay_out(exchanges: Sequence[Exchange]) -> Timeline:
    """Return the time line of what was sent."""
    seconds = max((sent.started + sent.seconds for sent in exchanges), default=0.0)
    slot = seconds / _SLOTS or 1.0
    names = Counter(_status(sent) for sent in exchanges)
    kept = {name for name, _ in names.most_common(_MOST_LANES)}
    counts: dict[str, Counter[int]] = {}
    for sent in exchanges:
        name = _status(sent) if _status(sent) in kept else "others"
        lane = counts.setdefault(name, Counter())
        lane[min(_SLOTS - 1, max(0, int(sent.started / slot)))] += 1
    busiest = max((max(lane.values()) for lane in counts.values()), default=0)
    lanes = tuple(_lane(name, counts[name], busiest) for name in sorted(counts, key=_order))
    rows = _rows(exchanges)
    left_out = len(exchanges) - len(rows)
    purposes = tuple(_purposes(exchanges))
    return Timeline(seconds, slot, _SLOTS, busiest, lanes, purposes, rows, left_out)


def _status(sent: Exchange) -> str:
    return NO_ANSWER if sent.status is None else str(sent.status)


def _order(label: str) -> tuple[bool, str]:
    return (not label.isdigit(), label)


def _lane(label: str, counts: Counter[int], busiest: int) -> Lane:
    bars = (
        (slot, max(_LOWEST, number / busiest), number) for slot, number in sorted(counts.items())
    )
    kind = {"2": "good", "3": "idle", "4": "unsure", "5": "bad"}.get(label[0], "none")
    return Lane(label, kind, counts.total(), tuple(bars))


def _purposes(exchanges: Iterable[Exchange]) -> Iterable[Purpose]:
    statuses: dict[str, Counter[str]] = {}
    for sent in exchanges:
        statuses.setdefault(sent.purpose or "no purpose given", Counter())[_status(sent)] += 1
    by_number = sorted(statuses, key=lambda name: -statuses[name].total())
    for name in by_number[:_MOST_PURPOSES]:
        yield _purpose(name, statuses[name])
    if rest := by_number[_MOST_PURPOSES:]:
        merged = sum((statuses[name] for name in rest), Counter[str]())
        yield _purpose(f"{len(rest):,} other purposes", merged)


def _purpose(label: str, statuses: Counter[str]) -> Purpose:
    told = ", ".join(f"{number:,} × {name}" for name, number in statuses.most_common())  # noqa: RUF001  a times sign
    return Purpose(label, statuses.total(), told)


def _rows(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """Return the first and the last, where there are more than anybody reads."""
    if len(exchanges) <= _MOST_ROWS:
        return tuple(exchanges)
    half = _MOST_ROWS // 2
    return (*exchanges[:half], *exchanges[-half:])
