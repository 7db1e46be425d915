"""What callers can write: a module made from the public names, one function for each use.

Reading is written as an assignment to a variable of the type that was promised, since a narrower
type breaks no reader; making, as a call with each argument of its type.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

Json = Any

IMPORTS = """\
import collections.abc
import datetime
import os
import pathlib
import threading
from collections.abc import (
    AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable,
    Iterator, Mapping, Sequence,
)
from pathlib import Path
from typing import Any, BinaryIO, Literal

import httpx

import babou
"""
_KNOWN = set(re.findall(r"\w+", IMPORTS)) | {
    *("str", "int", "float", "bool", "bytes", "object", "None", "dict", "list", "tuple", "set"),
    *("type", "PathLike", "frozenset", "True", "False"),
}
_NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*")  # the first of a dotted name, and no text
_POSITIONAL = {"POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD"}
_VARIADIC = {"VAR_POSITIONAL", "VAR_KEYWORD"}


@frozen
class Use:
    """One use of a public name: a function of the module that mypy reads.

    Attributes:
        place: What is used, such as `Assets.wait` or `Asset.size`.
        head: The function's first line.
        body: Its other line.
        shown: What a caller would write.
        reveals: The expression whose type is yet to be asked for, or nothing.
    """

    place: str
    head: str
    body: str
    shown: str
    reveals: str = ""

    @property
    def name(self) -> str:
        """What a CHANGELOG calls it: the last name of the place."""
        return self.place.rpartition(".")[2]


def probes(surface: Json) -> Iterator[Use]:
    """Yield a use for each expression whose type only mypy can tell."""
    public = set(surface)
    for name, found in surface.items():
        for member in found.get("members", ()):
            yield _reading(name, member)
        for method, parameters in found.get("methods", {}).items():
            yield _call(name, method, found, _needed(parameters, public), reveals=True)


def typed(probe: Use, revealed: str, public: Iterable[str]) -> Use:
    """Return the use that holds an expression to the type it was found to have."""
    wanted = as_written(revealed, set(public)) or "object"
    return Use(
        probe.place,
        probe.head,
        f"    _value: {wanted} = {probe.reveals}",
        f"value: {wanted.replace('babou.', '')} = {probe.shown}",
    )


def uses(surface: Json) -> Iterator[Use]:
    """Yield the uses that need no type to be asked for."""
    public = set(surface)
    for name, found in surface.items():
        kind = found["kind"]
        if kind == "value":
            yield Use(name, f"def {{}}() -> None:  # {name}", f"    print(babou.{name})", name)
            continue
        if kind == "enum":
            yield from _states(name, found["states"])
            continue
        yield from _bases(name, found["bases"], public)
        if found["init"] is not None and _is_callable(found["init"], public):
            yield from _calls(name, "", found, found["init"], public)
        for method, parameters in found["methods"].items():
            yield from _calls(name, method, found, parameters, public)


def _states(name: str, states: Mapping[str, str]) -> Iterator[Use]:
    for member, value in states.items():
        shown = f"{name}.{member}"
        yield Use(
            f"{name}.{value}",
            "def {}() -> None:",
            f"    _value: babou.{name} = babou.{shown}",
            shown,
        )


def _bases(name: str, bases: Iterable[str], public: set[str]) -> Iterator[Use]:
    builtins = {"Exception", "ValueError", "TimeoutError"}
    for base in bases:
        if base == name or base not in public | builtins:
            continue
        written = f"babou.{base}" if base in public else base
        yield Use(
            name,
            f"def {{}}(it: babou.{name}) -> None:",
            f"    _value: {written} = it",
            f"except {base}:  # catches {name}",
        )


def _reading(name: str, member: str) -> Use:
    return Use(
        f"{name}.{member}",
        f"def {{}}(it: babou.{name}) -> None:",
        f"    reveal_type(it.{member})",
        f"{name.lower()}.{member}",
        reveals=f"it.{member}",
    )


def _calls(
    name: str, method: str, found: Json, parameters: list[Json], public: set[str]
) -> Iterator[Use]:
    """Yield a call with what is needed, and one with each of the other arguments."""
    needed = _needed(parameters, public)
    yield _call(name, method, found, needed)
    for parameter in _given(parameters):
        if not parameter["required"]:
            yield _call(name, method, found, [*needed, (parameter, _type(parameter, public))])
    if len(needed) > 1 and all(p["kind"] in _POSITIONAL for p, _ in needed):
        yield _call(name, method, found, needed, positional=True)


def _call(
    name: str,
    method: str,
    found: Json,
    given: list[tuple[Json, str]],
    *,
    reveals: bool = False,
    positional: bool = False,
) -> Use:
    positional = positional or method.startswith("__")
    is_class = not method or method in found["classmethods"]
    receiver = f"babou.{name}" if is_class else "it"
    called = f"{receiver}.{method}" if method else receiver
    arguments = ", ".join(p["name"] if positional else f"{p['name']}={p['name']}" for p, _ in given)
    awaited = "await " if method in found["coroutines"] else ""
    expression = f"{awaited}{called}({arguments})"
    takes = [] if is_class else [f"it: babou.{name}"]
    takes += [f"{parameter['name']}: {kind}" for parameter, kind in given]
    place = f"{name}.{method}" if method else name
    return Use(
        place,
        f"{'async ' if awaited else ''}def {{}}({', '.join(takes)}) -> None:",
        f"    reveal_type({expression})" if reveals else f"    {expression}",
        f"{awaited}{place}({arguments})",
        reveals=expression if reveals else "",
    )


def _given(parameters: Iterable[Json]) -> list[Json]:
    named = (p for p in parameters if p["kind"] not in _VARIADIC)
    return [p for p in named if p["name"] not in {"self", "cls"}]


def _needed(parameters: Iterable[Json], public: set[str]) -> list[tuple[Json, str]]:
    return [(p, _type(p, public)) for p in _given(parameters) if p["required"]]


def _type(parameter: Json, public: set[str]) -> str:
    return as_written(parameter["type"], public) or "Any"


def _is_callable(init: Iterable[Json], public: set[str]) -> bool:
    """Say whether a caller can make one: whether all that is needed has a public type."""
    needed = [p for p in _given(init) if p["required"]]
    return all(as_written(p["type"], public) for p in needed)


def as_written(text: str, public: set[str]) -> str | None:
    """Return a type as a caller can write it, or None where it names what is private."""
    text = re.sub(r"\bbuiltins\.|\btyping\.|\bpathlib\.(?=Path)", "", text)
    text = re.sub(r"\bbabou(?:_generated)?(?:\.\w+)*\.(\w+)", r"\1", text)
    text = re.sub(r"\bdatetime\b(?!\.)(?<!datetime\.datetime)", "datetime.datetime", text)
    names = set(_NAME.findall(text))
    if not text or "def (" in text or not names <= _KNOWN | public:
        return None
    return _NAME.sub(lambda m: f"babou.{m[0]}" if m[0] in public else m[0], text)


def module(all_uses: Iterable[Use]) -> tuple[str, dict[int, Use]]:
    """Return the text of the module, and which use each line is of."""
    lines = IMPORTS.splitlines()
    at: dict[int, Use] = {}
    for number, use in enumerate(all_uses):
        lines += ["", "", use.head.format(f"use_{number}"), use.body]
        at |= {len(lines) - 1: use, len(lines): use}
    return "\n".join(lines) + "\n", at
