"""What was seen: two versions of one client, each with an answer, and what follows from both."""

import json
import reprlib
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from compat.model import Effect, Who
from compat.party import Answer, Client, Sent
from compat.specification import GONE, ITEM, Parts, Specification
from compat.textdiff import Place, place_of

Json = Any
_CUT = 160


@frozen
class Seen:
    """One effect, at its place in the new specification, or in the old one for what is gone."""

    place: Place
    effect: Effect


@frozen(eq=False)
class Side:
    """A version: its specification and its client, and one operation of both.

    Attributes:
        spec: The specification.
        client: The client.
        schema: Of the answer that is tried: the operation's first success.
        schema_at: Where that schema is.
        operation: What the specification says of the operation.
        call: The client's method for it.
        status: The status of the answer that is tried.
    """

    spec: Specification
    client: Client
    schema: Json = None
    schema_at: Parts = field(default=())
    operation: Any = None  # an Operation
    call: str = "get"
    status: str = "200"

    def meet(self, answer: Answer, **arguments: Json) -> tuple[Json, list[Sent]]:
        """Let the client make its call, and return what it made of the answer, and what it sent."""
        told: tuple[Json, list[Sent]] = self.client.meet(self.call, answer, **arguments)
        return told


def seen(parts: Parts, who: Who, what: str, example: str) -> Seen:
    """Return an effect at a place of the text."""
    return Seen(place_of(parts), Effect(who, what, example))


def is_refusal(outcome: Json) -> bool:
    """Say whether a call ended with an error."""
    return "error" in outcome


def is_crash(outcome: Json) -> bool:
    """Say whether a call ended with an error that babou does not raise on purpose."""
    return is_refusal(outcome) and "BabouError" not in outcome["error"]["kinds"]


def raised(outcome: Json) -> str:
    """Say which error was raised."""
    error = outcome["error"]
    told = error["told"]
    if "expected" in told:  # of all the text what belongs to this case
        what = f"{told.get('member') or 'the body'} should be {told['expected']}"
    else:
        what = error["text"].partition("\n")[0]
    return f"{error['kinds'][0]}: {what}"


def shown(path: Parts, value: Json) -> str:
    """Write a feature of a document for a person: `"size": 0.5`."""
    name = named(path)
    if value is GONE:
        return f'no "{name}"'
    text = json.dumps(value, ensure_ascii=False)
    return f'"{name}": {text if len(text) <= _CUT else text[: _CUT - 1] + "…"}'


def named(path: Parts) -> str:
    """Write the path of a member for a person: `things[].size`."""
    return ".".join(path).replace(f".{ITEM}", ITEM)


def value_changes(old: Json, new: Json) -> Iterator[tuple[str, str]]:
    """Yield the attributes whose values callers of the old version would not know again.

    A value is known again if it is equal and still of the same type or of one derived from it.
    """
    for name, before in old["given"].items():
        after = new["given"].get(name)
        if after is None:
            yield name, f"{name} is gone"
        elif not same(before, after):
            yield name, f"{name} was {_written(before)}, and is {_written(after)}"


def same(before: Json, after: Json) -> bool:
    """Say whether a value serves whoever knew the one before."""
    return before["types"][0] in after["types"] and before["value"] == after["value"]


def _written(value: Json) -> str:
    return f"{reprlib.repr(value['value'])} ({value['types'][0]})"


def told_changes(old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield what one error tells and another not, or not so: name, and both values."""
    before, after = old["error"]["told"], new["error"]["told"]
    for name, value in before.items():
        if after.get(name) != value:
            yield name, value, after.get(name)
