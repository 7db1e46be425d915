"""The register of faults.

A fault is a function of keyword parameters that returns what it does: a rewrite of the answer, or
a change of the stored file. Faults on one request apply in the order of their stages, so that any
two of them can be combined.
"""

import inspect
import json
import math
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum

from attrs import frozen

from ._known import check_members
from ._messages import Rewrite


@frozen
class Change:
    """What a fault makes of what comes before an answer: a request, its body, a stored file."""

    change: Callable[[typing.Any], typing.Any]


Effect = Rewrite | Change
Member = typing.NewType("Member", str)
"""A parameter that names a member of an asset."""


class Stage(IntEnum):
    """What a fault changes, in the order in which faults apply."""

    INTAKE = 1  # how the body of a request is read
    REQUEST = 2  # the request, before it is looked at
    FILE = 3  # the stored file, before it is served
    MEMBERS = 4  # the members of an asset, wherever it is shown
    ANSWER = 5  # the answer, which is replaced: the request is not looked at at all
    BODY = 6  # the bytes of the body
    WIRE = 7  # how the answer is sent


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
            if not fits(value, hints[name]):
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


def fits(value: object, hint: object) -> bool:
    if hint is Member:
        hint = str
    if isinstance(hint, types.UnionType):
        return any(fits(value, part) for part in typing.get_args(hint))
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
