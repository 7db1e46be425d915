"""The servers of a specification: their URLs, variables filled in."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any


def urls(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URLs that the servers of a document can have; of a free variable, the default."""
    for server in document.get("servers") or ():
        variables: Mapping[str, Any] = server.get("variables") or {}
        values = [one.get("enum") or [one.get("default", "")] for one in variables.values()]
        for chosen in product(*values):
            url = str(server["url"])
            for name, value in zip(variables, chosen, strict=True):
                url = url.replace(f"{{{name}}}", str(value))
            yield url
