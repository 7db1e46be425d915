"""The public names of both versions: what only the new one has, which breaks nobody."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

Json = Any


@frozen
class Addition:
    """Something that only the new version has, or takes."""

    label: str
    name: str
    what: str


def additions(old: Json, new: Json) -> Iterator[Addition]:
    """Yield what the new version has and the old one hadn't."""
    for name, found in new.items():
        before = old.get(name)
        if before is None:
            yield Addition(name, name, "new public name")
            continue
        if before["kind"] != found["kind"] or found["kind"] == "value":
            continue  # mypy has told of it
        if found["kind"] == "enum":
            values = set(found["states"].values()) - set(before["states"].values())
            yield from (Addition(f"{name}.{v}", v, "added") for v in sorted(values))
            continue
        for member in sorted(set(found["members"]) - set(before["members"])):
            yield Addition(f"{name}.{member}", member, "new attribute")
        yield from _parameters(name, before["init"] or [], found["init"] or [])
        for method, parameters in found["methods"].items():
            if method not in before["methods"]:
                yield Addition(f"{name}.{method}", method, "new method")
                continue
            place = f"{name}.{method}"
            yield from _parameters(place, before["methods"][method], parameters)


def _parameters(place: str, old: list[Json], new: list[Json]) -> Iterator[Addition]:
    before = {parameter["name"]: parameter for parameter in old}
    for parameter in new:
        name = parameter["name"]
        if name not in before:
            if old or not parameter["required"]:
                yield Addition(f"{place}.{name}", name, "new parameter")
        elif before[name]["type"] != parameter["type"]:
            what = f"takes {parameter['type']}, where it took {before[name]['type']}"
            yield Addition(f"{place}.{name}", name, what)
