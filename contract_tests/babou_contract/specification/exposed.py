"""Which operations the client exposes, as openapi/exposed.yaml says it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Self

import yaml
from attrs import field, frozen

from babou_contract import checkout
from babou_contract.specification.operations import Operation

NAME = "exposed.yaml"


class ExposedError(ValueError):
    """The text is not of the form that openapi/exposed.yaml has; the message says what is wrong."""


@frozen
class Exposed:
    """The two lists.

    Attributes:
        methods: What sends an operation, by operationId: `assets.get`, seen from a client.
        reasons: Why no method sends an operation, by operationId.
    """

    methods: Mapping[str, str] = field(factory=dict)
    reasons: Mapping[str, str] = field(factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the lists.

        Raises:
            ExposedError: The text is something else.
        """
        try:
            lists = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise ExposedError(f"openapi/{NAME} is not YAML: {error}") from error
        if not isinstance(lists, dict) or (other := sorted(lists.keys() - _LISTS)):
            told = ", ".join(map(str, other)) if isinstance(lists, dict) else "no object"
            raise ExposedError(f"openapi/{NAME} has `exposed` and `unexposed`, not: {told}")
        return cls(*(_texts(name, lists.get(name) or {}) for name in _LISTS))


_LISTS = ("exposed", "unexposed")


def _texts(name: str, listed: Any) -> dict[str, str]:  # noqa: ANN401  (whatever YAML can say)
    if not isinstance(listed, dict):
        raise ExposedError(f"`{name}` in openapi/{NAME} should be `operationId: text` on each line")
    for operation, text in listed.items():
        if not isinstance(operation, str) or not isinstance(text, str) or not text.strip():
            raise ExposedError(f"{operation} in openapi/{NAME} should be followed by a text")
    return dict(listed)


@cache
def load() -> Exposed:
    """Return the lists of this project, or of the wheel.

    Raises:
        ExposedError: They can't be read.
    """
    try:
        return Exposed.parse((checkout.openapi() / NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise ExposedError(f"openapi/{NAME} can't be read: {error.strerror}") from error


def unmatched(
    operations: Iterable[Operation], lists: Exposed
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield where the lists and the specification differ: a place of the latter, and a sentence."""
    places = {str(one.written.get("operationId", "")): one.place for one in operations}
    listed = {**lists.methods, **lists.reasons}
    for name in (each for each in places if each not in listed):
        _, path, method = places[name]
        text = (
            f"{name} ({method.upper()} {path}) is new: name the client's method for it under "
            f"`exposed` in openapi/{NAME}, or say under `unexposed` why there is none"
        )
        yield places[name], text
    for name in (each for each in listed if each not in places):
        yield ("paths",), f"openapi/{NAME} lists {name}, which the specification does not have"
    for name in (each for each in lists.methods if each in lists.reasons):
        yield places.get(name, ("paths",)), f"{name} stands in both lists of openapi/{NAME}"
