"""A specification in the form in which two versions are compared: only what differs, differs.

Each operation is complete in itself, its schemas are in normal form, and what is so by default is
left out. Only components that both versions have keep their names.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from babou_contract.specification.normal_form import normal
from babou_contract.specification.operations import Operation, names_in
from babou_contract.specification.references import follow, formed

Json = Any
Document = dict[str, Any]

_STYLES = {"query": "form", "cookie": "form"}
_OFF = ("required", "deprecated", "allowReserved", "allowEmptyValue")
_WORDS = {"description", "bearerFormat"}
_ELSEWHERE = {"paths", "components", "security"}


def document(
    whole: Document,
    written: Iterable[Operation],
    named: Mapping[str, frozenset[str]],
    renamed: Mapping[str, str],
) -> Document:
    """Return a document to be compared, made from all that is written of its operations."""
    schemas, schemes = (named.get(kind, frozenset()) for kind in ("schemas", "securitySchemes"))

    def form(schema: Json) -> Json:
        return normal(schema, whole, schemas)

    paths: dict[str, Document] = {}
    for one in written:
        made = operation(one, renamed, form)
        told = {
            **made.written,
            "parameters": _parameters(one, made),
            "security": _security(made, schemes),
        }
        paths.setdefault(made.path, {})[made.method] = _without_defaults(told)
    components = whole.get("components") or {}
    return {
        **{key: value for key, value in whole.items() if key not in _ELSEWHERE},
        "paths": paths,
        "components": {
            "schemas": {n: form(components["schemas"][n]) for n in schemas},
            "securitySchemes": {
                n: follow(whole, components["securitySchemes"][n]) for n in schemes
            },
        },
    }


def operation(
    written: Operation, renamed: Mapping[str, str], form: Callable[[Json], Json]
) -> Operation:
    """Return an operation under the names of the other version, its schemas brought into a form."""
    path = renamed.get(written.path, written.path)
    pairs = zip(names_in(written.path), names_in(path), strict=True)
    names = {("path", own): theirs for own, theirs in pairs}
    made = formed(written.written, form)
    made["parameters"] = [
        {**p, "name": names.get((p["in"], p["name"]), p["name"])}
        for p in made.get("parameters", ())
    ]
    return evolve(written, path=path, written=made)


def _parameters(written: Operation, made: Operation) -> Document:
    """Return the parameters by name: the other version's, where it has another for the same."""
    found: Document = {}
    for own, theirs in zip(
        *(one.written.get("parameters", ()) for one in (written, made)), strict=True
    ):
        name = theirs["name"]  # a second one of this name is told by its place as well
        key = f"{name} in {theirs['in']}" if name in found else name
        found[key] = {**theirs, "name": own["name"]}
    return found


def _security(made: Operation, named: frozenset[str]) -> Json:
    """Return the alternatives in order, with what is asked for where a scheme keeps no name."""
    alternatives = [
        {
            name if name in named else _told(scheme): scopes
            for (name, scheme), scopes in zip(asked.items(), scopes_of.values(), strict=True)
        }
        for asked, scopes_of in zip(
            made.security, made.written.get("security") or [{}], strict=True
        )
    ]
    if not all(alternatives):  # nothing has to be sent
        return []
    return sorted(alternatives, key=lambda one: json.dumps(one, sort_keys=True))


def _told(scheme: Document) -> str:
    """Return what a security scheme asks for, in words that are the same for the same."""
    return ", ".join(f"{key}: {scheme[key]}" for key in sorted(scheme.keys() - _WORDS))


def _without_defaults(item: Json) -> Json:
    """Return a part of an operation without what would be so if it were not written."""
    if not isinstance(item, dict):
        return item
    style = _STYLES.get(item.get("in", "header"), "simple")
    given = item.get("style", style)
    defaults = {"style": style, "explode": given == "form"} | dict.fromkeys(_OFF, False)
    defaults |= {"headers": {}, "content": {}, "links": {}, "parameters": {}, "examples": {}}
    return {
        key: value if key in {"schema", "examples", "example"} else _without_defaults(value)
        for key, value in item.items()
        if key not in defaults or defaults[key] != value
    }
