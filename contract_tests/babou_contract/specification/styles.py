"""How the value of a parameter is written in a URL, a header or a cookie, and how it is read again.

The styles are those of OpenAPI 3.1, 4.8.12.4; `label` and `matrix` are written as `simple` is.
"""

import json
from collections.abc import Mapping
from typing import Any

from babou_contract.specification.operations import Parameter

Json = Any
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def text_of(value: object) -> str:
    """Return a value as it is written in a URL."""
    return value if isinstance(value, str) else json.dumps(value)


def pairs(parameter: Parameter, value: Json) -> list[tuple[str, str]]:
    """Return the names and texts that a value is written as; a list is one of values, or items."""
    name = parameter.name
    if parameter.media_type:
        return [(name, json.dumps(value))]
    if isinstance(value, Mapping):
        return _members(parameter, {str(key): text_of(member) for key, member in value.items()})
    items = [text_of(item) for item in (value if isinstance(value, (list, tuple)) else [value])]
    if _is_repeated(parameter) or parameter.kind != "array":
        return [(name, text) for text in items]
    return [(name, _separator(parameter).join(items))]


def _members(parameter: Parameter, members: Mapping[str, str]) -> list[tuple[str, str]]:
    name = parameter.name
    if parameter.style == "deepObject":
        return [(f"{name}[{key}]", text) for key, text in members.items()]
    if _is_repeated(parameter):
        return [*members.items()]
    between = "=" if parameter.explode else ","
    return [(name, _separator(parameter).join(f"{k}{between}{t}" for k, t in members.items()))]


def texts(parameter: Parameter, given: Mapping[str, list[str]]) -> list[str] | dict[str, str]:
    """Return what was given for a parameter: its texts, or for an object the text of each member.

    Nothing was given where that is empty. Names of headers are in lower case.
    """
    name = parameter.name.lower() if parameter.place == "header" else parameter.name
    found = given.get(name, [])
    if parameter.kind == "array" and not _is_repeated(parameter) and len(found) == 1:
        return found[0].split(_separator(parameter))
    if parameter.kind != "object" or parameter.media_type:
        return found
    if parameter.style == "deepObject":
        whole = {key: value[0] for key, value in given.items() if key.startswith(f"{name}[")}
        return {key[len(name) + 1 : -1]: text for key, text in whole.items()}
    if _is_repeated(parameter):
        members = parameter.schema.get("properties", {})
        return {key: given[key][0] for key in members if key in given}
    parts = found[0].split(_separator(parameter)) if found else []
    if parameter.explode:
        return {key: text for key, _, text in (part.partition("=") for part in parts)}
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _is_repeated(parameter: Parameter) -> bool:
    return parameter.style == "form" and parameter.explode


def _separator(parameter: Parameter) -> str:
    return _SEPARATORS.get(parameter.style, ",")
