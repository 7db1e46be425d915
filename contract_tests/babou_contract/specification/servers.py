"""The servers of a specification: their URLs, variables filled in."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any


def urls(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URLs that the servers of a document can have; of a free variable, the default.

    What is no server, or no variable, is left out: `the-spec-is-valid` tells it.
    """
    servers = document.get("servers")
    for server in servers if isinstance(servers, list) else ():
        match server:
            case {"url": str(template), "variables": dict(told)}:
                variables = {name: one for name, one in told.items() if isinstance(one, dict)}
            case {"url": str(template)}:
                variables = {}
            case _:
                continue
        for chosen in product(*map(_values, variables.values())):
            url = template
            for name, value in zip(variables, chosen, strict=True):
                url = url.replace(f"{{{name}}}", str(value))
            yield url


def _values(variable: Mapping[str, Any]) -> list[Any]:
    listed = variable.get("enum")
    return listed if listed and isinstance(listed, list) else [variable.get("default", "")]
