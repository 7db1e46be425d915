"""What one schema allows and another does not: found by trying values at each of their members."""

import warnings
from collections.abc import Iterator
from typing import Any

from attrs import frozen
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException, HypothesisWarning

from babou_contract.specification.keywords import ANNOTATIONS
from babou_contract.specification.strategies import values
from compat import corpus
from compat.specification import GONE, Parts, fits, required

Json = Any

UNLISTED = "x-unlisted"
_SEED = 20251202
_EXAMPLES = 40
_AROUND = {"properties", "required", "additionalProperties", "items", *ANNOTATIONS}
_LEAST, _MOST = ("minLength", "minItems"), ("maxLength", "maxItems")


@frozen
class Differing:
    """A value of a member that only one of two schemas allows.

    Attributes:
        path: The member's; of a list's items it goes through `[]`.
        value: `GONE` where the member's absence is meant.
        by_old: Whether the old schema allows it.
        by_new: Whether the new one does.
        unnamed: Whether one of them does not name the member, so that it promises nothing of it.
        told: What to show for the value, where it is too long to be made.
    """

    path: Parts
    value: Json
    by_old: bool
    by_new: bool
    unnamed: bool = False
    told: str = ""


def differing(old: Json, new: Json) -> Iterator[Differing]:
    """Yield values, for each member alone, that only one of two schemas allows."""
    yield from _at((), old, new)
    for path in dict.fromkeys([*corpus.paths(old), *corpus.paths(new)]):
        before, after = (corpus.part_at(schema, path) for schema in (old, new))
        around = [corpus.part_at(schema, path[:-1]) for schema in (old, new)]
        if None in around:
            continue  # the one around it is gone, or is new
        by_old, by_new = (path[-1] not in required(schema) for schema in around)
        if by_old != by_new:
            yield Differing(path, GONE, by_old, by_new)
        if before is None or after is None:
            value = corpus.allowed_value(before if after is None else after)
            yield Differing(path, value, before is not None, after is not None, unnamed=True)
            continue
        yield from _at(path, before, after)


def _at(path: Parts, old: Json, new: Json) -> Iterator[Differing]:
    """Yield what differs at one place, whatever is in it."""
    closed = [schema.get("additionalProperties") is False for schema in (old, new)]
    if closed[0] != closed[1]:
        yield Differing((*path, UNLISTED), 1, not closed[0], not closed[1])
    old, new = (_alone(schema) for schema in (old, new))
    if old == new:
        return
    found = False
    for value in (*corpus.candidates(old, new), *_by_chance(old), *_by_chance(new)):
        by_old, by_new = fits(old, value), fits(new, value)
        if by_old != by_new:
            found = True
            yield Differing(path, value, by_old, by_new)
    if not found:
        yield from _by_limits(path, old, new)


def _alone(schema: Json) -> Json:
    """Return a schema without what it says of its members, which are told of by themselves."""
    return {key: value for key, value in schema.items() if key not in _AROUND}


def _by_chance(schema: Json) -> list[Json]:
    """Return some values of a schema, the same in each run: for what no candidate shows."""
    found: list[Json] = []

    @seed(_SEED)
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(values(schema))
    def collect(value: Json) -> None:
        found.append(value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        try:
            collect()
        except HypothesisException:
            return found  # hardly any value can be made; the candidates have to do
    return found


def _by_limits(path: Parts, old: Json, new: Json) -> Iterator[Differing]:
    """Yield what differs by a limit so high that no value is made to show it."""
    for key in (*_LEAST, *_MOST):
        before, after = (schema.get(key) for schema in (old, new))
        if before == after:
            continue
        higher = before is not None and after is not None and after > before
        lower = before is not None and after is not None and after < before
        widened = after is None or (higher if key in _MOST else lower)
        limit = before if widened else after
        told = f"past {key}: {limit}"
        yield Differing(path, None, not widened, widened, told=told)
