"""Write a report, or any part of it, as JSON has it."""

import base64
from enum import Enum
from typing import Any, cast

import attrs

from babou_contract.model import Boundary, Json


def to_json(value: object) -> Any:  # noqa: ANN401  any JSON value
    """Return the value as JSON has it.

    Members are named as the attributes are; a boundary is an object of number, name and title; a
    body is `{"text": …}` where it is UTF-8 and `{"base64": …}` where not; headers are pairs.
    """
    if isinstance(value, Boundary):
        return {"number": value.number, "name": value.slug, "title": value.title}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return _bytes_to_json(value)
    if attrs.has(type(value)):
        value = attrs.asdict(cast("attrs.AttrsInstance", value), recurse=False)
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value] if isinstance(value, (tuple, list)) else value


def _bytes_to_json(value: bytes) -> Json:
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode("ascii")}
