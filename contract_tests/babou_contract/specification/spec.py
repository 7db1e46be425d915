"""What the API's OpenAPI document says, read from the document itself.

Whatever is added there (a member, an example, an error) is known here with no other edit.
"""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from babou_contract.specification import operations as _operations
from babou_contract.specification.operations import Operation
from babou_contract.specification.references import UnusableError, follow

Document = dict[str, Any]


def text() -> str:
    """Read the document: from the wheel, or from a source checkout."""
    packed = resources.files("babou_contract").joinpath("openapi", "babou.yaml")
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[3] / "openapi" / "babou.yaml"
    return checkout.read_text(encoding="utf-8")


@cache
def load() -> Document:
    """Return the parsed document, read once per process.

    Raises:
        UnusableError: It is no object in YAML.
    """
    # The loader in C is ten times faster, and not in every build of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document: object = yaml.load(text(), Loader=loader)  # noqa: S506  a safe loader either way
    except yaml.YAMLError as error:
        mark, why = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = mark.line + 1 if mark else 1
        raise UnusableError(f"line {line}: it is not YAML: {why or error}") from error
    if not isinstance(document, dict):
        raise UnusableError("line 1: it is no object, but has to be an OpenAPI document")
    return document


def resolve(schema: Document) -> Document:
    """Follow the schema's `$ref`, if it has one, within the document."""
    return follow(load(), schema)


_known: list[tuple[Document, tuple[Operation, ...]]] = []  # a document, and what it has


def operations() -> tuple[Operation, ...]:
    """Return every operation of the document, read once for each document."""
    document = load()
    if not _known or _known[0][0] is not document:
        _known[:] = [(document, _operations.operations(document))]
    return _known[0][1]


def operation(id: str) -> Operation:
    """Return the operation with an id.

    Raises:
        NoOperationError: There is none; the text names those that there are.
    """
    return _operations.named(operations(), id)


def operation_for(method: str, path: str) -> Operation | None:
    """Return the operation that a request is for, None where it is for none."""
    return _operations.asked_for(operations(), method, path)


def server_url(base_url: str) -> str:
    """Return where a server is, without the path with which the operations' own begin."""
    base_url = base_url.rstrip("/")
    for path in (operation.path for operation in operations()):
        parts = path.partition("{")[0].rstrip("/").split("/")  # such as "", "api", "v1", "assets"
        for count in range(len(parts), 2, -1):  # one part alone may be a gateway's
            if base_url.endswith(end := "/".join(parts[:count])):
                return base_url.removesuffix(end)
    return base_url


def merged(schema: Document) -> Document:
    """Return a schema with its reference followed, and what the parts of its `allOf` say beside it.

    The parts stay: they are what a value is held against, where two of them limit the same.
    """
    whole = dict(resolve(schema))
    for part in whole.get("allOf", ()):
        one = merged(part)
        members = one.get("properties", {}) | whole.get("properties", {})
        needed = [*one.get("required", ()), *whole.get("required", ())]
        whole = one | whole
        whole |= {"properties": members} if members else {}
        whole |= {"required": list(dict.fromkeys(needed))} if needed else {}
    return whole


def listed(schema: Document) -> list[object]:
    """Return the values that a schema lists, those of its alternatives included."""
    whole = merged(schema)
    found = [*whole.get("enum", ()), *([whole["const"]] if "const" in whole else [])]
    for key in ("anyOf", "oneOf"):
        for part in whole.get(key, ()):
            found += listed(part)
    return list(dict.fromkeys(found))


def examples(answer: Document) -> list[Document]:
    """Return the example bodies of a documented answer, of which it may have none."""
    content = answer.get("content", {}).get("application/json", {})
    return [example["value"] for example in content.get("examples", {}).values()]


def key_prefix() -> str:
    """Return what every API key starts with; empty where the document does not say."""
    asked = (one for operation in operations() for one in operation.security)
    told = (str(scheme.get("bearerFormat", "")) for one in asked for scheme in one.values())
    return next((form.removesuffix("*") for form in told if form.endswith("*")), "")


def is_nullable(schema: Document) -> bool:
    """Say whether null is a value of this schema."""
    schema = merged(schema)
    types = schema.get("type", [])
    if "const" in schema or "enum" in schema:
        return None in schema.get("enum", [schema.get("const", ...)])
    if "null" in ([types] if isinstance(types, str) else types):
        return True
    return any(is_nullable(part) for key in ("anyOf", "oneOf") for part in schema.get(key, []))


def sample(schema: Document) -> object:
    """Make a value of the schema: its own example, null where it is allowed, or a plain one."""
    schema = merged(schema)
    given = [*schema.get("examples", ()), *schema.get("enum", ())]
    given += [schema[key] for key in ("const", "default") if key in schema]
    if given:
        return given[0]
    if is_nullable(schema):
        return None
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return sample(schema[key][0])
    return _plain(schema)


def _plain(schema: Document) -> object:
    """Make a value of a schema's type, with what it requires."""
    kind = "object" if "properties" in schema else schema.get("type")
    if kind == "object":
        known = schema.get("properties", {})
        return {name: sample(known.get(name, {})) for name in schema.get("required", ())}
    if kind == "array":
        return [sample(schema.get("items", {}))] * int(schema.get("minItems", 0))
    if kind == "string":
        dated = schema.get("format") == "date-time"
        return "2025-12-02T10:00:00Z" if dated else "x" * int(schema.get("minLength", 1))
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    return False if kind == "boolean" else None
