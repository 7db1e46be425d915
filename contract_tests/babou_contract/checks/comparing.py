"""Hold a model of the client, or of the generated code, against the document it was made from."""

import json
import keyword
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from babou_contract.specification import jsontext, spec
from babou_contract.specification.schema import fits


def changes(
    model: Any,  # noqa: ANN401  of any class
    document: Any,  # noqa: ANN401  any JSON value
    schema: spec.Document,
) -> Iterator[tuple[str, str, str]]:
    """Yield what a model says otherwise than the document that it was made of."""
    if hasattr(model, "to_dict") and model.to_dict() != document:
        summary = "a body does not come back as it was from to_dict()"
        yield summary, written(document), written(model.to_dict())
    if isinstance(document, dict):
        for name, expected, received in differences(model, document, schema):
            yield f"{name} has another value or type than declared", expected, received
    elif not means(schema, document, model):
        summary = "a body has another value or type than declared"
        yield summary, written(document), repr(model)


def written(value: object) -> str:
    """Return a value as JSON, for a person."""
    return json.dumps(value, ensure_ascii=False, default=repr)


def differences(
    model: Any,  # noqa: ANN401  of any class
    document: dict[str, Any],
    schema: spec.Document,
) -> Iterator[tuple[str, str, str]]:
    """Yield each member whose attribute has another value, or another type than declared."""
    members = spec.merged(schema).get("properties", {})
    for name, part in members.items():
        if name not in document:
            continue
        expected, received = document[name], _attribute(model, name)
        if not means(part, expected, received):
            yield name, repr(expected), f"{received!r} ({type(received).__name__})"
    if not hasattr(model, "to_dict"):
        return  # a view of some members, and no model of the document
    more = getattr(model, "additional_properties", {})  # generated where the schema allows any
    for name in document.keys() - members.keys():
        if name not in more or more[name] != document[name]:
            yield name, repr(document[name]), "another value" if name in more else "nothing"


def _attribute(model: Any, name: str) -> object:  # noqa: ANN401  generated, of any class
    """Return the attribute that is generated for a member, `frame_rate` for `frameRate`."""
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^a-zA-Z0-9_]+", "_", name).lower()
    spelled += "_" if keyword.iskeyword(spelled) else ""
    return getattr(model, spelled, "no such attribute")


_READ: dict[str, Callable[[str], object]] = {
    "date-time": jsontext.moment,
    "date": date.fromisoformat,
    "uuid": UUID,
}


_NUMBERS: dict[str, type[int] | type[float]] = {"integer": int, "number": float}


def means(schema: spec.Document, member: object, attribute: object) -> bool:
    """Say whether an attribute is a member's value, in the type that the spec declares."""
    schema = spec.merged(schema)
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if options:
        return any(fits(o, member) and means(o, member, attribute) for o in options)
    if isinstance(member, dict) and "properties" in schema:
        known = schema["properties"]
        return all(
            means(known.get(name, {}), value, _attribute(attribute, name))
            for name, value in member.items()
            if name in known
        )
    if isinstance(member, list) and isinstance(attribute, list):
        pairs = zip(member, attribute, strict=False)
        part = schema.get("items", {})
        return len(member) == len(attribute) and all(means(part, m, a) for m, a in pairs)
    if isinstance(member, dict) and hasattr(attribute, "to_dict"):
        return bool(attribute.to_dict() == member)  # an object whose members are not declared
    return _is_value(schema, member, attribute)


def _is_value(schema: spec.Document, member: object, attribute: object) -> bool:
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(member, str) and schema.get("format") in _READ:
        wanted = _READ[schema["format"]](member)
        aware = not isinstance(wanted, datetime) or getattr(attribute, "tzinfo", None) is not None
        return type(attribute) is type(wanted) and aware and attribute == wanted
    if isinstance(member, str):
        return isinstance(attribute, str) and str(getattr(attribute, "value", attribute)) == member
    number = next((kind for name, kind in _NUMBERS.items() if name in types), None)
    if number and isinstance(member, int | float) and not isinstance(member, bool):
        return type(attribute) is number and attribute == number(member)
    return attribute == member
