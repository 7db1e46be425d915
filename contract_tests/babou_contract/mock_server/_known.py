"""What the documentation lists of an asset: its members and its states.

A name that is not among them is a mistake far more often than a wish, so it has to be asked for.
"""

import difflib
from collections.abc import Iterable

from babou_contract.specification import spec
from babou_contract.specification.assets import asset_schema


def members() -> tuple[str, ...]:
    """Return the documented members."""
    return tuple(asset_schema()["properties"])


def states() -> tuple[str, ...]:
    """Return the documented states."""
    return tuple(map(str, spec.listed(asset_schema()["properties"].get("state", {}))))


def check_members(names: Iterable[object]) -> None:
    """Refuse what is no documented member.

    Raises:
        ValueError: One of them is none.
    """
    _check("member", names, members())


def check_states(names: Iterable[object]) -> None:
    """Refuse what is no documented state.

    Raises:
        ValueError: One of them is none.
    """
    _check("state", names, states())


def _check(what: str, names: Iterable[object], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}."
            raise ValueError(
                f"an asset has no {what} {name!r}; {meant} allow_unknown takes it all the same"
            )
