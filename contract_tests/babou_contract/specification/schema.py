"""Hold a value against a schema of the spec, and say where and why it does not fit."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from attrs import frozen
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from babou_contract.specification import patterns, spec
from babou_contract.specification.jsontext import is_time, is_uri

_CUT = 200

# What has a type of its own holds for the client as well; the others explain, and bind the server.
FORMATS = FormatChecker(formats=("date", "uuid"))
FORMATS.checks("date-time")(is_time)
_SERVERS_FORMATS = FormatChecker(formats=("date", "uuid"))
_SERVERS_FORMATS.checks("date-time")(is_time)
_SERVERS_FORMATS.checks("uri")(is_uri)


@frozen
class Misfit:
    """What is wrong: the member's path, what the schema wants there, what came."""

    path: tuple[str | int, ...]
    rule: str
    message: str

    @property
    def member(self) -> str:
        """The member's path as a person writes it, or `the body`."""
        return ".".join(str(part) for part in self.path) or "the body"


def misfits(schema: spec.Document, value: object) -> Iterator[Misfit]:
    """Yield what is wrong with a value that a server sent, a misfit for each member."""
    judge = validator(_key(schema)).evolve(format_checker=_SERVERS_FORMATS)
    for error in sorted(judge.iter_errors(value), key=lambda e: list(e.path)):
        path = tuple(error.absolute_path)
        if error.validator == "required" and isinstance(error.instance, dict):
            missing = [name for name in error.validator_value if name not in error.instance]
            wanted = next((name for name in missing if f"'{name}'" in error.message), missing[0])
            path = (*path, wanted)
        yield Misfit(path, str(error.validator), _message(error))


def fits(schema: spec.Document, value: object) -> bool:
    """Say whether a client has to take a value: it obeys the schema, but for what only explains."""
    return bool(validator(_key(schema)).is_valid(value))


_known: dict[int, spec.Document] = {}


def _key(schema: spec.Document) -> int:
    _known[id(schema)] = schema
    return id(schema)


@cache
def validator(key: int) -> Any:  # noqa: ANN401  jsonschema has no types
    """Return the validator of a schema of the spec, its references and formats included."""
    return made(_known[key], spec.load()["components"].get("schemas", {}))


def made(schema: spec.Document, schemas: Mapping[str, spec.Document] = MappingProxyType({})) -> Any:  # noqa: ANN401
    """Return the validator of a schema that refers to no others than these of the components."""
    components = {"schemas": {name: patterns.in_python(part) for name, part in schemas.items()}}
    whole = {"components": components, **patterns.in_python(schema)}
    return Draft202012Validator(whole, format_checker=FORMATS)


def _message(error: ValidationError) -> str:
    wants = {"type": "type", "minimum": "at least", "format": "a"}
    if error.validator == "pattern":
        schema: Any = error.schema
        return f"should be matching {patterns.as_written(schema)}"
    if error.validator in wants:
        return f"should be {wants[str(error.validator)]} {error.validator_value}"
    return str(error.message)[:_CUT]
