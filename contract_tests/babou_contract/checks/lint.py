"""Rules for the spec's own tidiness, each a function that yields places and problems."""

from collections.abc import Callable, Iterator
from typing import Any

from babou_contract.specification import patterns, spec, usable
from babou_contract.specification.operations import operations as all_operations
from babou_contract.specification.references import Place, complete, nodes

Problem = tuple[Place, str]
Rule = Callable[[spec.Document], Iterator[Problem]]


def operations(document: spec.Document) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield each operation with its place, complete in itself."""
    for operation in all_operations(document):
        yield operation.place, operation.written


def examples(document: spec.Document) -> Iterator[tuple[Place, spec.Document, Any]]:
    """Yield the place of each example and default, the schema it stands beside, and its value."""
    for place, node in nodes(complete(document)):
        if "value" in place or "example" in place or "default" in place:
            continue  # within an example
        is_schema = "schema" not in node and isinstance(node.get("examples"), list)
        schema = node if is_schema else node.get("schema", node)
        if is_schema:
            for index, value in enumerate(node["examples"]):
                yield (*place, "examples", index), schema, value
        elif isinstance(node.get("examples"), dict) and "schema" in node:
            for name, example in node["examples"].items():
                if "value" in example:
                    yield (*place, "examples", name, "value"), schema, example["value"]
        for key in ("example", "default"):
            if key in node and ("type" in schema or "$ref" in schema):
                yield (*place, key), schema, node[key]


def version(document: spec.Document) -> Iterator[Problem]:
    """Every document is OpenAPI 3.1: in 3.0 the same words mean something else."""
    yield from usable.unsupported(document)


def operation_ids(document: spec.Document) -> Iterator[Problem]:
    """Every operation has an operationId of its own."""
    known: set[str] = set()
    for place, operation in operations(document):
        name = operation.get("operationId")
        if not name or name in known:
            yield place, f"the operationId {name!r} is missing, or there twice"
        known.add(str(name))


def descriptions(document: spec.Document) -> Iterator[Problem]:
    """Every operation, parameter, answer and header is described."""
    for place, operation in operations(document):
        parts: list[tuple[Place, dict[str, Any]]] = [(place, operation)]
        given = operation.get("parameters", ())
        parts += [((*place, "parameters", p.get("name")), p) for p in given]
        for status, answer in operation.get("responses", {}).items():
            where = (*place, "responses", status)
            parts.append((where, answer))
            for name, header in answer.get("headers", {}).items():
                parts.append(((*where, "headers", name), header))
        yield from ((at, "there is no description") for at, part in parts if not _described(part))
        if not operation.get("summary"):
            yield place, "there is no summary"


def described_members(document: spec.Document) -> Iterator[Problem]:
    """Every schema is described, and every member is described and has an example."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        place = ("components", "schemas", name)
        if not _described(schema):
            yield place, f"the schema {name} has no description"
        for member, part in schema.get("properties", {}).items():
            if not _described(part):
                yield (*place, "properties", member), f"the member {member} has no description"
            if not part.get("examples") and "$ref" not in part:
                yield (*place, "properties", member), f"the member {member} has no example"


def _described(part: dict[str, Any]) -> bool:
    return bool(part.get("description") or "$ref" in part)


def required_members(document: spec.Document) -> Iterator[Problem]:
    """Every required member is one that the schema has, once."""
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        required = schema.get("required", [])
        for member in required:
            if member not in schema.get("properties", {}) or required.count(member) > 1:
                where = ("components", "schemas", name, "required")
                yield where, f"the required member {member} is not there, or there twice"


def readable_patterns(document: spec.Document) -> Iterator[Problem]:
    """Every pattern can be read, so that values can be held against it."""
    for place, error in patterns.unreadable(document):
        yield place, str(error)


def security(document: spec.Document) -> Iterator[Problem]:
    """Every operation names a security scheme that the document defines, or none on purpose."""
    known = document.get("components", {}).get("securitySchemes", {})
    for place, operation in operations(document):
        wanted = operation.get("security")
        if wanted is None or not all(wanted):
            yield place, "an operation that asks for no key; if that is meant, write `security: []`"
        for scheme in (name for item in wanted or () for name in item):
            if scheme not in known:
                yield (*place, "security"), f"there is no scheme {scheme}"


def path_parameters(document: spec.Document) -> Iterator[Problem]:
    """Every parameter in a path is declared, required, and has a schema."""
    for place, operation in operations(document):
        path = str(place[1])
        declared = {p["name"]: p for p in operation.get("parameters", ()) if p.get("in") == "path"}
        named = {part.partition("}")[0] for part in path.split("{")[1:]}
        for name in named ^ declared.keys():
            yield place, f"the path parameter {name} is only in the path, or only declared"
        for name, parameter in declared.items():
            if parameter.get("required") is not True or "schema" not in parameter:
                yield place, f"the path parameter {name} is not required, or has no schema"


def error_answers(document: spec.Document) -> Iterator[Problem]:
    """Every operation documents a success and errors, each with a schema and an example."""
    for place, operation in operations(document):
        answers = operation.get("responses", {})
        if not any(str(status).startswith("2") for status in answers):
            yield place, "an operation without a success"
        if not any(str(status).startswith("4") for status in answers):
            yield place, "an operation without an error"
        for status, answer in answers.items():
            for media_type, content in answer.get("content", {}).items():
                where = (*place, "responses", status, "content", media_type)
                if "schema" not in content:
                    yield where, "a body without schema"
                if not content.get("examples") and "example" not in content:
                    yield where, "a body without example"


def references(document: spec.Document) -> Iterator[Problem]:
    """Every reference leads somewhere within the document."""
    for place, error in usable.dangling(document):
        yield place, str(error)


def unused_components(document: spec.Document) -> Iterator[Problem]:
    """Every component is used."""
    used = {node["$ref"] for _, node in nodes(document) if isinstance(node.get("$ref"), str)}
    secured = {n for _, o in operations(document) for item in o.get("security", ()) for n in item}
    for kind, components in document.get("components", {}).items():
        for name in components:
            is_used = f"#/components/{kind}/{name}" in used
            if not is_used and not (kind == "securitySchemes" and name in secured):
                yield ("components", kind, name), f"the component {name} is not used"


RULES: tuple[Rule, ...] = (
    version,
    operation_ids,
    descriptions,
    described_members,
    required_members,
    readable_patterns,
    security,
    path_parameters,
    error_answers,
    references,
    unused_components,
)
