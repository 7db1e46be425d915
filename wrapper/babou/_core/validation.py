"""Hold a document against the specification's schemas: right, or what is wrong with it. Pure.

The validator is generated code (`babou_generated.validators`), written by the command that also
writes the generated models.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from babou._core.formats import FORMATS
from babou._core.schema import MISSING, describe
from babou_generated import validators

if TYPE_CHECKING:
    from collections.abc import Callable

_validate: Callable[..., Any] = validators.validate
_PREFIX = 2  # "data" and the schema's name stand before the path in the document


def fault(name: str, document: object) -> tuple[str | None, str, object] | None:
    """Return which member is wrong, what was expected and what came; None if all is right."""
    try:
        _validate({name: document}, FORMATS)
    except validators.JsonSchemaValueException as error:
        return _explain(error)
    return None


def _explain(error: Any) -> tuple[str | None, str, object]:  # noqa: ANN401 (generated, untyped)
    path = [part for part in re.split(r"[.\[\]]+", error.name) if part][_PREFIX:]
    if error.rule == "required":
        missing = [name for name in error.definition["required"] if name not in error.value]
        return ".".join([*path, missing[0]]), "a value", MISSING
    if error.rule == "type" and not path:
        return None, "a JSON object", error.value
    return ".".join(path) or None, describe(error.definition), error.value
