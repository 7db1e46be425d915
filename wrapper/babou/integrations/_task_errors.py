"""Carry errors through JSON, as classes of this package.

A task queue that stores results as JSON stores the module, the name and the `args` of an error, and
restores it by calling the class with these `args`. The errors of this package take keyword
arguments. So each has a subclass here whose `args` are its text and its attributes, without a body.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import babou
from babou import Asset, BabouError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _Carried(BabouError):  # noqa: N818 (its subclasses have the names)
    """An error that came out of a task."""

    def __init__(self, text: str, state: Mapping[str, Any]) -> None:
        self.args = (text, state)
        for name, value in state.items():
            _, restored = _AS_JSON.get(name, (None, _same))
            setattr(self, name, None if value is None else restored(value))

    def __str__(self) -> str:
        return str(self.args[0])


@functools.cache
def _subclass(name: str) -> Any:  # noqa: ANN401 (a class that is made here)
    return type(name, (_Carried, getattr(babou, name)), {"__module__": __name__})


def __getattr__(name: str) -> Any:  # noqa: ANN401 (the task queue looks up a class here)
    if name.endswith("Error") and name in babou.__all__:
        return _subclass(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def carried(error: BabouError) -> BabouError:
    """Return an error as an instance of its class's subclass."""
    made: BabouError = _subclass(type(error).__name__)(*_error_as_json(error))
    return made


def _error_as_json(error: BabouError) -> tuple[str, dict[str, Any]]:
    state = {}
    for name, value in vars(error).items():
        plain, _ = _AS_JSON.get(name, (_same, None))
        state[name] = None if value is None else plain(value)
    return str(error), state


def _same(value: Any) -> Any:  # noqa: ANN401 (JSON)
    return value


_AS_JSON: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "asset": (lambda asset: asset.to_dict(), Asset.from_dict),
    "body": (lambda _: "", lambda _: b""),  # it may be a megabyte of another server's page
    "last_error": (
        lambda error: [type(error).__name__, *_error_as_json(error)],
        lambda parts: _subclass(parts[0])(*parts[1:]),
    ),
}
"""How attributes that are no JSON are written, and restored."""
