"""Parts of what takes long: each run of CI, or each day, proves another one; eight prove all.

As a plugin of pytest it knows `--part K/N`: of the tests marked `in_parts`, every N-th from the
K-th on is run, and each test without that mark. Without the option all are run.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def read(text: str) -> tuple[int, int]:
    """Read `K/N`; without a K it is the day's, and one above N begins again.

    Raises:
        ValueError: It is something else.
    """
    number, _, of = text.partition("/")
    if (count := int(of)) < 1:
        raise ValueError(text)
    return (int(number or datetime.now(UTC).toordinal()) - 1) % count + 1, count


def chosen(units: Iterable[str], number: int, of: int) -> set[str]:
    """Return every `of`-th of the different units, from the `number`-th on, counted from 1."""
    return set(list(dict.fromkeys(units))[number - 1 :: of])


def pytest_addoption(parser: "pytest.Parser") -> None:
    """Add `--part`."""
    about = "of the tests marked in_parts, every N-th from the K-th on; /N: the day's"
    parser.addoption("--part", type=read, metavar="K/N", help=about)


def pytest_collection_modifyitems(config: "pytest.Config", items: "list[pytest.Item]") -> None:
    """Leave out what belongs to another part."""
    part: tuple[int, int] | None = config.getoption("part")
    if part is None:
        return
    units = {item.nodeid: _unit(item) for item in items}
    wanted = chosen(filter(None, units.values()), *part)
    left_out = [item for item in items if (unit := units[item.nodeid]) and unit not in wanted]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _unit(item: "pytest.Item") -> str:
    """Return what a test is run together with: itself, or a unit that its mark names."""
    mark = item.get_closest_marker("in_parts")
    return str(next(iter(mark.args), item.nodeid)) if mark else ""
