"""Edits of a text as the tests' YAML files write them."""

from collections.abc import Iterable, Mapping
from typing import Any


def edited(text: str, edits: Iterable[Mapping[str, Any]]) -> str:
    """Return a text after edits.

    Raises:
        AssertionError: An edit does not find its place, or finds more than one.
    """
    for edit in edits:
        if "cut" in edit:
            before, start, rest = text.partition(edit["cut"])
            _, end, after = rest.partition(edit["until"])
            assert start, edit  # noqa: S101  (of tests)
            assert end, edit  # noqa: S101  (of tests)
            text = f"{before}{edit.get('as', '')}{end}{after}"
            continue
        count, many = text.count(edit["find"]), edit.get("all") or edit.get("first")
        assert count == 1 or (many and count), (count, edit)  # noqa: S101  (of tests)
        text = text.replace(edit["find"], edit["put"], 1 if edit.get("first") else -1)
    return text
