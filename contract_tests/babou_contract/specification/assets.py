"""The asset, as the specification has it: what `getAsset` answers with.

This is the one module of this folder that knows an operation by its name.
"""

from babou_contract.specification import spec
from babou_contract.specification.operations import Operation, names_in
from babou_contract.specification.references import MissingError

OPERATION = "getAsset"

_LONGEST_ID = 256  # where the document has no limit (D12)


def asset_operation() -> Operation:
    """Return the operation that reads one asset.

    Raises:
        NoOperationError: The document has none of this id.
    """
    return spec.operation(OPERATION)


def asset_path(asset_id: str) -> str:
    """Return the path of an asset, whose id is written as a URL has it."""
    path = asset_operation().path
    return path.replace(f"{{{names_in(path)[-1]}}}", asset_id)


def max_id_length() -> int:
    """Return how many characters an asset id can have."""
    limits = [parameter.schema.get("maxLength") for parameter in asset_operation().in_path]
    return int((limits or [None])[-1] or _LONGEST_ID)


def asset_schema() -> spec.Document:
    """Return the schema of the 200 answer, with all members of its `allOf`.

    Raises:
        MissingError: There is no such answer, or it has no members.
    """
    content = asset_operation().answers.get(("200", "application/json"))
    schema = spec.merged(content.schema) if content else {}
    if "properties" not in schema:
        raise MissingError(f"{OPERATION} has no answer 200 in JSON with members")
    return schema


def asset_examples() -> dict[str, spec.Document]:
    """Return copies of the named examples of the 200 answer.

    A required member that an example lacks gets a value made from its schema.
    """
    schema = asset_schema()
    content = asset_operation().answers["200", "application/json"]
    known = schema["properties"]
    made = {name: spec.sample(known.get(name, {})) for name in schema.get("required", ())}
    return {
        name: {**example, **{k: v for k, v in made.items() if k not in example}}
        for name, example in (content.examples or {"made": {}}).items()
    }


def listed_values() -> dict[str, list[object]]:
    """Return the values that the document lists for members of an asset, open to more or not."""
    found = {name: spec.listed(part) for name, part in asset_schema()["properties"].items()}
    return {name: values for name, values in found.items() if values}
