"""Meaning: for each operation, what no specification can say, in a module or folder of its own.

A module has a `MEANING`. It is found by being here: nothing else has to be edited, and an operation
without one is asked and judged by what the specification says of it.
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from babou_contract.probing.observations import Meaning


@cache
def found() -> Mapping[str, Meaning]:
    """Return the meanings by the ids of their operations."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    meanings: list[Meaning] = [import_module(f"{__name__}.{name}").MEANING for name in names]
    return {meaning.operation: meaning for meaning in meanings}
