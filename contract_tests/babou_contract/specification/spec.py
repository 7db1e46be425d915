"""What the API's OpenAPI document says, read from the document itself.

Whatever is added there (a member, an example, an error) is known here with no other edit.
"""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from babou_contract.specification import operations as _operations
from babou_contract.specification.operations import Operation, names_in
from babou_contract.specification.references import follow

Document = dict[str, Any]

_LONGEST_ID = 256  # where the document has no limit (D12)


def text() -> str:
    """Read the document: from the wheel, or from a source checkout."""
    packed = resources.files("babou_contract").joinpath("openapi", "babou.yaml")
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[3] / "openapi" / "babou.yaml"
    return checkout.read_text(encoding="utf-8")


@cache
def load() -> Document:
    """Return the parsed document, read once per process."""
    # The loader in C is ten times faster, and not in every build of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document: Document = yaml.load(text(), Loader=loader)  # noqa: S506  a safe loader either way
    return document


def resolve(schema: Document) -> Document:
    """Follow the schema's `$ref`, if it has one, within the document."""
    return follow(load(), schema)


class NoOperationError(LookupError):
    """The document has no operation that reads one asset."""


_read: dict[str, tuple[Document, Any]] = {}  # what was made of a document, and of which


def _once(name: str, make: Callable[[Document], Any]) -> Any:  # noqa: ANN401  (what `make` returns)
    """Make something of the document, once for each document."""
    document = load()
    if name not in _read or _read[name][0] is not document:
        _read[name] = (document, make(document))
    return _read[name][1]


def operations() -> tuple[Operation, ...]:
    """Return every operation of the document."""
    found: tuple[Operation, ...] = _once("operations", _operations.operations)
    return found


def operation(id: str) -> Operation:
    """Return the operation with an id.

    Raises:
        LookupError: There is none; the text names those that there are.
    """
    return _operations.named(operations(), id)


def operation_for(method: str, path: str) -> Operation | None:
    """Return the operation that a request is for, None where it is for none."""
    return _operations.asked_for(operations(), method, path)


def asset_operation() -> Operation:
    """Return the operation that reads one asset.

    It is GET of a path that ends with a parameter, whatever path, parameter and operation are
    called; of several, `getAsset`.
    """
    found = [o for o in operations() if o.method == "get" and o.path.endswith("}")]
    if not found:
        raise NoOperationError("the specification has no operation that reads one asset")
    return next((o for o in found if o.id == "getAsset"), found[0])


def asset_path(asset_id: str) -> str:
    """Return the path of an asset, whose id is written as a URL has it."""
    path = asset_operation().path
    return path.replace(f"{{{names_in(path)[-1]}}}", asset_id)


def server_url(base_url: str) -> str:
    """Return where a server is, without the path with which the operation's own begins."""
    base_url = base_url.rstrip("/")
    try:
        parts = asset_path("").rstrip("/").split("/")  # such as "", "api", "v1", "assets"
    except LookupError:
        return base_url
    for count in range(len(parts), 2, -1):  # one part alone may be a gateway's
        if base_url.endswith(end := "/".join(parts[:count])):
            return base_url.removesuffix(end)
    return base_url


def responses() -> Mapping[str, Document]:
    """Return the documented answers of the asset operation, by status."""
    return asset_operation().responses


def asset_schema() -> Document:
    """Return the schema of the 200 answer, with all members of its `allOf`."""
    schema: Document = _once("schema", _asset_schema)
    return schema


def _asset_schema(_document: Document) -> Document:
    content = responses().get("200", {}).get("content", {})
    return merged(content.get("application/json", {}).get("schema", {}))


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


def error() -> tuple[str, str]:
    """Return status and media type of the first error that is documented; empty without one."""
    errors = {status: a for status, a in responses().items() if not status.startswith("2")}
    found = ((status, media) for status, a in errors.items() for media in a.get("content", {}))
    return next(found, ("", ""))


def error_schema() -> Document:
    """Return the schema of the first error that is documented."""
    status, media = error()
    content = responses().get(status, {}).get("content", {})
    return merged(content.get(media, {}).get("schema", {}))


def listed(schema: Document) -> list[object]:
    """Return the values that a schema lists, those of its alternatives included."""
    whole = merged(schema)
    found = [*whole.get("enum", ()), *([whole["const"]] if "const" in whole else [])]
    for key in ("anyOf", "oneOf"):
        for part in whole.get(key, ()):
            found += listed(part)
    return list(dict.fromkeys(found))


def listed_values() -> dict[str, list[object]]:
    """Return the values that the document lists for members of an asset, open to more or not."""
    members = asset_schema()["properties"].items()
    found = {name: listed(part) for name, part in members}
    return {name: values for name, values in found.items() if values}


def asset_examples() -> dict[str, Document]:
    """Return copies of the named examples of the 200 answer.

    A required member that an example lacks gets a value made from its schema.
    """
    content = responses().get("200", {}).get("content", {}).get("application/json", {})
    examples = content.get("examples") or {"made": {"value": {}}}
    schema = asset_schema()
    known = schema.get("properties", {})
    made = {name: sample(known.get(name, {})) for name in schema.get("required", ())}
    return {
        name: example["value"] | {k: v for k, v in made.items() if k not in example["value"]}
        for name, example in examples.items()
    }


def examples(answer: Document) -> list[Document]:
    """Return the example bodies of a documented answer, of which it may have none."""
    content = answer.get("content", {}).get("application/json", {})
    return [example["value"] for example in content.get("examples", {}).values()]


def max_id_length() -> int:
    """Return how many characters an asset id can have."""
    limits = [parameter.schema.get("maxLength") for parameter in asset_operation().in_path]
    return int((limits or [None])[-1] or _LONGEST_ID)


def key_prefix() -> str:
    """Return what every API key starts with; empty where the document does not say."""
    try:
        security = asset_operation().security
    except NoOperationError:
        return ""
    schemes = [scheme for asked in security for scheme in asked.values()]
    told = (str(scheme.get("bearerFormat", "")) for scheme in schemes)
    return next((form.removesuffix("*") for form in told if form.endswith("*")), "")


def error_body(status: int, code: str | None = None) -> Document:
    """Return the documented body of an error: the example named `code`, or the status's first.

    A status that the document doesn't list gets a body of the same form, made from its name.
    """
    answer = responses().get(str(status)) or responses().get(f"{status // 100}XX")
    for body in examples(answer or {}):
        if code in (None, body.get("code")):
            return dict(body)
    if status in set(HTTPStatus):
        known = HTTPStatus(status)
        return {"error": known.phrase, "code": code or known.name}
    return {"error": f"Status {status}", "code": code or f"STATUS_{status}"}


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
