"""The faults that are switched on, and which of them strike a request."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from attrs import define, frozen

from babou_contract.specification import spec

from ._faults import FAULTS, Change, Effect, Fault, Stage, fits
from ._messages import Request, Response

Thing = TypeVar("Thing")


@frozen
class Target:
    """What a request is about: a fault strikes it where the fault is for that, or for all."""

    asset_id: str | None = None
    operation_id: str | None = None
    is_storage: bool = False


@define
class _Active:
    fault: Fault
    effect: Effect
    asset_id: str | None
    operation_id: str | None
    left: int | None

    def is_for(self, target: Target) -> bool:
        """Say whether it strikes requests about this."""
        return (
            self.fault.on_storage == target.is_storage
            and self.asset_id in (None, target.asset_id)
            and self.operation_id in (None, target.operation_id)
        )


def _first(struck: list[_Active]) -> list[_Active]:
    """Choose the one that replaces the answer: the oldest with `times`, or the newest without."""
    counted = [active for active in struck if active.left is not None]
    return counted[:1] or struck[-1:]


class ActiveFaults:
    """The faults that are switched on; the caller guards it against other threads."""

    def __init__(self) -> None:
        self._active: list[_Active] = []

    def add(
        self,
        name: str,
        *,
        asset_id: str | None,
        operation_id: str | None,
        times: int | None,
        parameters: Mapping[str, object],
        allow_unknown: bool = False,
    ) -> None:
        """Switch a fault on.

        Raises:
            ValueError: The fault or a parameter of it is unknown or unusable.
        """
        found = FAULTS.get(name)
        if found is None:
            near = difflib.get_close_matches(name, FAULTS, n=5, cutoff=0.5)
            listed = "`babou mock --list-faults` lists them all"
            meant = f"did you mean {', '.join(near)}?" if near else listed
            raise ValueError(f"no fault {name!r}; {meant}")
        if operation_id is not None:
            _check_operation(operation_id)
        if times == 0 or not fits(times, int | None):
            raise ValueError(f"times is a whole number from 1 on, or left out; not {times!r}")
        effect = found.effect(parameters, allow_unknown=allow_unknown)
        self._active.append(_Active(found, effect, asset_id, operation_id, times))
        self._active.sort(key=lambda active: active.fault.stage)

    def clear(self) -> None:
        """Switch all off."""
        self._active.clear()

    def strike(self, target: Target, *stages: Stage) -> list[Effect]:
        """Return what the faults of these stages do to one request, and count them down."""
        if not self._active:
            return []
        struck = [one for one in self._active if one.fault.stage in stages and one.is_for(target)]
        if stages == (Stage.ANSWER,):
            struck = _first(struck)
        for active in struck:
            if active.left is not None:
                active.left -= 1
        self._active = [active for active in self._active if active.left != 0]
        return [active.effect for active in struck]


def rewrite(effects: list[Effect], request: Request, response: Response) -> Response:
    """Apply the rewrites among some effects, one after the other."""
    for effect in effects:
        if not isinstance(effect, Change):
            response = effect(request, response)
    return response


def changed(effects: list[Effect], thing: Thing) -> Thing:
    """Apply the changes among some effects, one after the other."""
    for effect in effects:
        if isinstance(effect, Change):
            thing = effect.change(thing)
    return thing


def _check_operation(id: str) -> None:
    known = [operation.id for operation in spec.operations()]
    if id not in known:
        near = difflib.get_close_matches(id, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f"no operation {id!r}; {meant}")
