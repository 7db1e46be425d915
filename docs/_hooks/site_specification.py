"""The HTTP API's page, from the OpenAPI document."""

from __future__ import annotations

import functools
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2

from babou_contract.specification import exposed, spec
from babou_contract.specification.references import METHODS, complete
from site_tables import cell

Document = dict[str, Any]

_RULES = {
    "format": "format {}",
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} character{s}",
    "maxLength": "at most {} character{s}",
    "pattern": "pattern `{}`",
    "minItems": "at least {} item{s}",
    "maxItems": "at most {} item{s}",
    "default": "by default `{}`",
}
_RANGES = {
    "2": "any other success",
    "3": "any other redirect",
    "4": "any other client error",
    "5": "any other server error",
}


def page(document: Document | None = None) -> str:
    """Return the page of a document; by default that of the specification."""
    document = complete(spec.load() if document is None else document)
    environment = jinja2.Environment(  # noqa: S701 (it writes Markdown of our own document)
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "cell": cell,
        "json": functools.partial(json.dumps, indent=2, ensure_ascii=False),
        "alike": alike,
        "deeper": deeper,
        "meaning": meaning,
        "type": type_of,
        "rules": rules,
    }
    template = environment.get_template("specification.md.jinja")
    return template.render(document=document, methods=METHODS, sent_by=sent_by)


def sent_by(operation_id: str) -> str:
    """Return the method of the client that sends an operation, or why there is none."""
    lists = exposed.load()
    method = lists.methods.get(operation_id)
    return f"`client.{method}`" if method else lists.reasons.get(operation_id, "")


def alike(content: Document) -> list[tuple[str, Document]]:
    """Return the bodies of a content, with the media types of those that are the same."""
    found: list[tuple[list[str], Document]] = []
    for media_type, body in content.items():
        same = next((names for names, known in found if known == body), None)
        if same is None:
            found.append(([media_type], body))
        else:
            same.append(media_type)
    return [("`, `".join(names), body) for names, body in found]


def deeper(markdown: str) -> str:
    """Return a text with its headings one level further down."""
    return re.sub(r"^(?=#)", "#", markdown, flags=re.MULTILINE)


def meaning(status: str) -> str:
    """Return what a status stands for: `Not Found`, or `any other server error`."""
    if not status.isdecimal():
        return _RANGES.get(status[0], "anything else")
    known = {each.value: each.phrase for each in HTTPStatus}
    return known.get(int(status), "")


def type_of(schema: Document) -> str:
    """Return a schema's type in words: `integer or null`, `array of Asset`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for keyword, between in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if keyword in schema:
            return between.join(map(type_of, schema[keyword]))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    types = schema.get("type", "anything")
    names = [types] if isinstance(types, str) else types
    return " or ".join(
        f"array of {type_of(schema['items'])}" if name == "array" and "items" in schema else name
        for name in names
    )


def rules(schema: Document) -> str:
    """Return what else a schema demands, in words."""
    told = [
        words.format(schema[key], s="" if schema[key] == 1 else "s")
        for key, words in _RULES.items()
        if key in schema
    ]
    if "enum" in schema:
        told.append("one of " + ", ".join(f"`{value}`" for value in schema["enum"]))
    return "; ".join(told)
