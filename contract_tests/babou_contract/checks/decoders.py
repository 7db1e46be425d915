"""Who decodes the bodies of an operation: the client's own method, or the generated code."""

import re
from datetime import date
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID

from attrs import frozen

import babou
from babou_contract.checks.client import Driver
from babou_contract.checks.examples import BASE, KEY, Loop, Loopback
from babou_contract.checks.generated import (
    arguments_of,
    hints,
    module_of,
    options,
    respelled,
    status_of,
)
from babou_contract.specification import jsontext, spec
from babou_contract.specification.bodies import Body, json_bodies

Json = Any


class RefusedError(Exception):
    """The body was refused as one that the spec does not allow; `member` says where."""

    def __init__(self, member: str | None, text: str) -> None:
        super().__init__(text)
        self.member = member


@frozen
class Made:
    """A model, what it was made of, and the schema of that."""

    model: Any
    document: Json
    schema: spec.Document


class Decoder(Protocol):
    """Makes models of bodies."""

    def fitted(self, document: Json) -> Json:
        """Return an allowed document as it can be decoded."""

    def decoded(self, raw: bytes, document: Json) -> list[Made]:
        """Return what is made of a body; `document` is what it was before it was changed.

        Raises:
            RefusedError: The body was refused.
        """


def decoder_of(body: Body, driver: Driver | None) -> Decoder:
    """Return who decodes a body: the client where it has a method for that, or generated code."""
    if driver is not None and body.is_success:
        return _OfClient(body, driver)
    return _OfAnswer(body) if body.status else _OfRequest(body)


class _OfClient:
    """The public method that sends the operation."""

    def __init__(self, body: Body, driver: Driver) -> None:
        self.loop, self.driver, self.body = Loop(), driver, body
        first = next(each for each in json_bodies([body.operation]) if each.is_success)
        self.is_own = body.name == first.name  # or it is no answer that the driver knows of
        self.example = [*first.content.examples.values(), spec.sample(first.schema)][0]

    def fitted(self, document: Json) -> Json:
        return self.driver.fitted(document) if self.is_own else document

    def decoded(self, raw: bytes, document: Json) -> list[Made]:
        arguments = self.driver.arguments(document if self.is_own else self.example)
        status = int(self.body.status)
        try:
            models = self.loop.answered(self.driver, arguments, raw, status)
        except babou.APIResponseValidationError as error:
            raise RefusedError(error.member, str(error)) from error
        whole: list[tuple[int, tuple[str | int, ...], Json]] = [(0, (), document)]
        parts = self.driver.parts([document], arguments) if self.is_own else whole
        return [
            Made(model, part, schema_at(self.body.schema, path))
            for model, (_, path, part) in zip(models, parts, strict=True)
        ]


class _OfAnswer:
    """The generated function of the operation, after the generated validator."""

    def __init__(self, body: Body) -> None:
        self.body, self.transport = body, Loopback()
        self.function = module_of(body.operation).sync_detailed
        self.client = import_module("babou_generated.client").AuthenticatedClient(
            BASE, KEY, httpx_args={"transport": self.transport}
        )
        self.status = status_of(body.operation, body.status)
        self.arguments = dict(arguments_of(body.operation, self.function))

    def fitted(self, document: Json) -> Json:
        return respelled(self.body.schema, document)

    def decoded(self, raw: bytes, document: Json) -> list[Made]:  # noqa: ARG002  as the client has it
        value = _validated(self.body.name, raw)
        self.transport.status, self.transport.bodies = self.status, [raw]
        model = self.function(client=self.client, **self.arguments).parsed
        return [Made(model, value, self.body.schema)]


class _OfRequest:
    """The generated model of a request's body, after the generated validator."""

    def __init__(self, body: Body) -> None:
        self.body = body
        hint = hints(module_of(body.operation).sync_detailed)["body"]
        self.models = [one for one in options(hint) if hasattr(one, "from_dict")]

    def fitted(self, document: Json) -> Json:
        return respelled(self.body.schema, document)

    def decoded(self, raw: bytes, document: Json) -> list[Made]:  # noqa: ARG002  as the client has it
        value = _validated(self.body.name, raw)
        model = self.models[0].from_dict(value) if self.models else value
        return [Made(model, value, self.body.schema)]


def schema_at(schema: spec.Document, path: tuple[str | int, ...]) -> spec.Document:
    """Return the schema of what stands at a place of a document."""
    for part in path:
        whole = spec.merged(schema)
        schema = whole["items"] if isinstance(part, int) else whole["properties"][part]
    return schema


def _validated(name: str, raw: bytes) -> Json:
    validators = import_module("babou_generated.validators")
    try:
        value = jsontext.strict(raw)
        validators.validate({name: value}, _FORMATS)
    except validators.JsonSchemaValueException as error:
        path = [part for part in re.split(r"[.\[\]]+", error.name) if part][2:]
        if error.rule == "required":
            path += [each for each in error.definition["required"] if each not in error.value][:1]
        raise RefusedError(".".join(path), str(error)) from error
    except ValueError as error:
        raise RefusedError(None, str(error)) from error
    return value


def _is(read: Any) -> Any:  # noqa: ANN401  a function that raises ValueError
    def holds(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return holds


_FORMATS = {
    "date-time": jsontext.is_time,
    "date": _is(lambda text: date.fromisoformat(text) if len(text) == 10 else int("")),  # noqa: PLR2004  no other form
    "uuid": _is(lambda text: UUID(text) if len(text) == 36 else int("")),  # noqa: PLR2004  as above
}
