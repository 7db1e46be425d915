"""The register of faults, and which of them strike a request.

A fault is a function of keyword parameters that returns what it does: a rewrite of the answer, or
a change of the stored file. Faults on one request apply in the order of their stages, so that any
two of them can be combined.
"""

import difflib
import inspect
import json
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum

from attrs import define, frozen

from ._known import check_members
from ._messages import Request, Response, Rewrite
from ._storage import FileChange

Effect = Rewrite | FileChange
Member = typing.NewType("Member", str)
"""A parameter that names a member of an asset."""


class Stage(IntEnum):
    """What a fault changes, in the order in which faults apply."""

    FILE = 1  # the stored file, before it is served
    MEMBERS = 2  # the members of an asset that was found
    ANSWER = 3  # the answer, which is replaced: the asset is not looked up at all
    BODY = 4  # the bytes of the body
    WIRE = 5  # how the answer is sent


@frozen
class Fault:
    """A fault that can be switched on: its name, what it does, and its parameters."""

    name: str
    about: str
    stage: Stage
    make: Callable[..., Effect]

    @property
    def on_storage(self) -> bool:
        """Whether it strikes requests for bytes, and not those to the API."""
        return self.name.startswith("storage_")

    @property
    def signature(self) -> str:
        """The parameters with their defaults, as a reader wants them."""
        parameters = inspect.signature(self.make).parameters.values()
        return ", ".join(
            p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters
        )

    def effect(self, parameters: Mapping[str, object], *, allow_unknown: bool = False) -> Effect:
        """Make the effect.

        Raises:
            ValueError: A parameter is unknown, missing, or of a wrong type, or names a member that
                is not documented, and not allowed either.
        """
        known = f"its parameters are {self.signature}" if self.signature else "it takes none"
        taken = inspect.signature(self.make).parameters
        for name in parameters:
            if name not in taken:
                raise ValueError(f"fault {self.name!r} has no parameter {name!r}; {known}")
        for name, parameter in taken.items():
            if parameter.default is parameter.empty and name not in parameters:
                raise ValueError(f"fault {self.name!r} needs the parameter {name!r}; {known}")
        hints = typing.get_type_hints(self.make)
        for name, value in parameters.items():
            if not _fits(value, hints[name]):
                raise ValueError(
                    f"fault {self.name!r}: {name} cannot be {value!r}, it is {_named(hints[name])}"
                )
            if hints[name] is Member and not allow_unknown:
                check_members([str(value)])
        return self.make(**parameters)


_WORDS = {
    int: "a whole number from 0 on",
    float: "a number from 0 on",
    str: "text",
    Member: "text",
    bool: "true or false",
    types.NoneType: "null",
}


def _named(hint: object) -> str:
    return " or ".join(_WORDS[part] for part in typing.get_args(hint) or (hint,))


def _fits(value: object, hint: object) -> bool:
    if hint is Member:
        hint = str
    if isinstance(hint, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if hint in (int, float):
        if isinstance(value, bool) or not isinstance(value, int if hint is int else int | float):
            return False
        return math.isfinite(value) and value >= 0
    return isinstance(value, hint) if isinstance(hint, type) else True


FAULTS: dict[str, Fault] = {}


_Make = typing.TypeVar("_Make", bound=Callable[..., Effect])


def fault(stage: Stage) -> Callable[[_Make], _Make]:
    """Register a function as the fault of its name, with its docstring's sentence."""

    def register(make: _Make) -> _Make:
        name = make.__name__
        about = (inspect.getdoc(make) or "").partition("\n")[0]
        FAULTS[name] = Fault(name, about, stage, make)
        return make

    return register


@define
class _Active:
    fault: Fault
    effect: Effect
    asset_id: str | None
    left: int | None


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
        if times == 0 or not _fits(times, int | None):
            raise ValueError(f"times is a whole number from 1 on, or left out; not {times!r}")
        effect = found.effect(parameters, allow_unknown=allow_unknown)
        self._active.append(_Active(found, effect, asset_id, times))
        self._active.sort(key=lambda active: active.fault.stage)

    def clear(self) -> None:
        """Switch all off."""
        self._active.clear()

    def strike(self, asset_id: str | None, *stages: Stage, storage: bool) -> list[Effect]:
        """Return what the faults of these stages do to one request, and count them down."""
        if not self._active:
            return []
        struck = [
            active
            for active in self._active
            if active.fault.stage in stages
            and active.fault.on_storage == storage
            and active.asset_id in (None, asset_id)
        ]
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
        if not isinstance(effect, FileChange):
            response = effect(request, response)
    return response


def listing() -> Iterator[tuple[str, str]]:
    """Yield each fault as `--fault` takes it, with the defaults, and what it does."""
    for found in FAULTS.values():
        parameters = inspect.signature(found.make).parameters.values()
        told = ",".join(f"{p.name}={_as_option(p.default)}" for p in parameters)
        yield f"{found.name}:{told}" if told else found.name, found.about


def _as_option(value: object) -> str:
    """Write a default so that the option would be read as that value."""
    if value is inspect.Parameter.empty:
        return "…"
    if isinstance(value, str) and value.isprintable():
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value)
