"""What the API's OpenAPI document says, read from the document itself.

Whatever is added there (a member, an example, an error) is known here with no other edit.
"""

from functools import cache
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]

ASSET_PATH = "/api/v1/assets/{assetId}"


def text() -> str:
    """Read the document: from the wheel, or from a source checkout."""
    packed = resources.files("babou_contract").joinpath("openapi", "babou.yaml")
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[2] / "openapi" / "babou.yaml"
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
    while "$ref" in schema:
        found = load()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        schema = found
    return schema


def responses() -> Document:
    """Return the documented answers of the asset operation, by status."""
    found: Document = load()["paths"][ASSET_PATH]["get"]["responses"]
    return found


def asset_schema() -> Document:
    """Return the schema of the 200 answer."""
    return resolve(responses()["200"]["content"]["application/json"]["schema"])


def listed_values() -> dict[str, list[str]]:
    """Return the values that the document lists for members of an asset that are open to more."""
    found = {}
    for name, schema in asset_schema()["properties"].items():
        options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        values = [value for option in options for value in resolve(option).get("enum", ())]
        if values:
            found[name] = values
    return found


def asset_examples() -> dict[str, Document]:
    """Return copies of the named examples of the 200 answer.

    A required member that an example lacks gets a value made from its schema.
    """
    examples = responses()["200"]["content"]["application/json"]["examples"]
    schema = asset_schema()
    made = {name: sample(schema["properties"].get(name, {})) for name in schema["required"]}
    return {
        name: example["value"] | {k: v for k, v in made.items() if k not in example["value"]}
        for name, example in examples.items()
    }


def examples(answer: Document) -> list[Document]:
    """Return the example bodies of a documented answer, of which it may have none."""
    content = resolve(answer).get("content", {}).get("application/json", {})
    return [example["value"] for example in content.get("examples", {}).values()]


def max_id_length() -> int:
    """Return how many characters an asset id can have."""
    parameters = load()["paths"][ASSET_PATH]["get"]["parameters"]
    [in_path] = [parameter for parameter in parameters if parameter["in"] == "path"]
    length: int = in_path["schema"]["maxLength"]
    return length


def key_prefix() -> str:
    """Return what every API key starts with."""
    scheme: str = load()["components"]["securitySchemes"]["bearerAuth"]["bearerFormat"]
    return scheme.removesuffix("*")


def error_body(status: int, code: str | None = None) -> Document:
    """Return the documented body of an error: the example named `code`, or the status's first.

    A status that the document doesn't list gets a body of the same form, made from its name.
    """
    answer = responses().get(str(status)) or responses().get(f"{status // 100}XX")
    examples = answer["content"]["application/json"]["examples"] if answer else {}
    for name, example in examples.items():
        if code in (None, name):
            return dict(example["value"])
    if status in set(HTTPStatus):
        known = HTTPStatus(status)
        return {"error": known.phrase, "code": code or known.name}
    return {"error": f"Status {status}", "code": code or f"STATUS_{status}"}


def is_nullable(schema: Document) -> bool:
    """Say whether null is a value of this schema."""
    schema = resolve(schema)
    types = schema.get("type", [])
    if "null" in ([types] if isinstance(types, str) else types):
        return True
    return any(is_nullable(part) for key in ("anyOf", "oneOf") for part in schema.get(key, []))


_PLAIN: Document = {"boolean": False, "array": [], "object": {}, "null": None}


def sample(schema: Document) -> object:
    """Make a value of the schema: its own example, null where it is allowed, or a plain one."""
    schema = resolve(schema)
    given = [*schema.get("examples", ()), *schema.get("enum", ())]
    given += [schema[key] for key in ("const", "default") if key in schema]
    if given:
        return given[0]
    if is_nullable(schema):
        return None
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return sample(schema[key][0])
    kind = schema.get("type")
    if kind == "string":
        dated = schema.get("format") == "date-time"
        return "2025-12-02T10:00:00Z" if dated else "x" * int(schema.get("minLength", 1))
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return _PLAIN.get(str(kind))
