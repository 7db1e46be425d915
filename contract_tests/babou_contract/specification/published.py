"""What the API's public documentation shows: its examples and tables, copied as data."""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def load() -> dict[str, Any]:
    """Return the published facts.

    `operations` has what the pages show of each operation, `schemas` their members by a name of
    ours, `statuses` and `codes` what the errors' page says of all operations, `values` the lists
    that members and parameters refer to.
    """
    file = resources.files("babou_contract").joinpath("data", "published.json")
    facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return facts


def codes() -> dict[int, frozenset[str]]:
    """Return the published codes of each status; a status that is missing has none published."""
    return {int(status): frozenset(names) for status, names in load()["codes"].items()}
