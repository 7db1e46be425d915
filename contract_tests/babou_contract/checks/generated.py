"""The generated code of an operation: its function, arguments for it, bodies as it takes them."""

import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator
from datetime import date
from enum import Enum
from functools import cache
from http import HTTPStatus
from importlib import import_module
from types import ModuleType, UnionType
from typing import Any
from uuid import UUID

import httpx

from babou_contract.specification import jsontext, spec
from babou_contract.specification.operations import Operation
from babou_contract.specification.schema import fits

Json = Any

_SPELLINGS: dict[str, tuple[type[Any] | UnionType, Callable[[Any], Json]]] = {
    "date-time": (str, lambda text: jsontext.moment(text).isoformat()),
    "uuid": (str, str.lower),
    "integer": (int | float, int),
    "number": (int | float, float),
}


def respelled(schema: spec.Document, value: Json) -> Json:
    """Return a value in the one spelling of its own that the generated code takes right.

    The client brings answers into that form by itself (ARCHITECTURE.md).
    """
    schema = spec.merged(schema)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if fits(option, value):
            return respelled(option, value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: respelled(known.get(name, {}), item) for name, item in value.items()}
    if isinstance(value, list):
        return [respelled(schema.get("items", {}), item) for item in value]
    types = schema.get("type", [])
    kinds = {schema.get("format"), *([types] if isinstance(types, str) else types)}
    for kind, (spelled, spell) in _SPELLINGS.items():
        if kind in kinds and isinstance(value, spelled) and not isinstance(value, bool):
            return spell(value)
    return value


@cache
def _modules() -> dict[str, ModuleType]:
    api = import_module("babou_generated.api")
    found = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    return {_plain(one.name.rpartition(".")[2]): import_module(one.name) for one in found}


def module_of(operation: Operation) -> ModuleType:
    """Return the generated module of an operation, whose name is the id in small letters."""
    return _modules()[_plain(operation.id)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def hints(function: Any) -> dict[str, Any]:  # noqa: ANN401  generated
    """Return the types of a generated function's arguments."""
    known: dict[str, Any] = {"httpx": httpx}
    for name in ("models", "client", "types"):  # which a module may import for its types only
        known |= vars(import_module(f"babou_generated.{name}"))
    found: dict[str, Any] = typing.get_type_hints(function, known | function.__globals__)
    return found


def options(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401  any annotation
    """Return the alternatives of a type."""
    return typing.get_args(hint) or (hint,)


def arguments_of(operation: Operation, function: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield an argument for each parameter of a generated function that has no default."""
    types = hints(function)
    values = {_plain(p.name): [*p.examples, spec.sample(p.schema)][0] for p in operation.parameters}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "client" or parameter.default is not inspect.Parameter.empty:
            continue
        if name == "body":
            yield name, _body(operation, options(types[name])[0])
        else:
            yield name, _argument(values[_plain(name)], options(types[name]))


def _body(operation: Operation, kind: Any) -> Any:  # noqa: ANN401  generated
    if not hasattr(kind, "from_dict"):
        return import_module("babou_generated.types").File(b"x")
    content = next(iter(operation.bodies.values()))
    examples = [*content.examples.values(), spec.sample(content.schema)]
    return kind.from_dict(respelled(content.schema, examples[0]))


def _argument(value: Json, kinds: tuple[Any, ...]) -> Any:  # noqa: ANN401  of the annotated type
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, Enum | UUID):
            return kind(value)
        if isinstance(kind, type) and issubclass(kind, date):
            return jsontext.moment(value) if "T" in value else date.fromisoformat(value)
    return value


def status_of(operation: Operation, status: str) -> int:
    """Return a status that an answer is documented for: its own, or one of its range."""
    if status.isdigit():
        return int(status)
    known = [s.value for s in HTTPStatus if status[0] in {"d", str(s.value)[0]}]
    return next(number for number in known if str(number) not in operation.responses)
