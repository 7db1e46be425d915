"""What is asked for every operation, made of what the specification says of it."""

import random
import string
from collections.abc import Iterator
from typing import Any

from attrs import evolve, frozen

from babou_contract.probing import query_keys
from babou_contract.probing.asks import (
    BODY,
    KEY,
    MADE_UP,
    METHOD,
    READS,
    STRANGER,
    UNLAWFUL,
    VALUE,
    Ask,
    Call,
    body_of,
    encoded,
    made,
    read,
    successes,
)
from babou_contract.probing.keys import KINDS, NO_KEY, OTHER_KEY
from babou_contract.probing.observations import Observations
from babou_contract.probing.samples import SAMPLES
from babou_contract.specification import spec
from babou_contract.specification.operations import Operation, Parameter

# Each fourteen or so keys are tried twice: together they outnumber `READS`, so a check of the key
# that is skipped one time in six is found too.
_KEY_ROUNDS = 2
_UNSAFE_READS = 3  # each of them changes something
_HUGE = 10**20
_REFUSED = frozenset({401})
_NOT_FOUND = frozenset({400, 404})
_FEW = frozenset({NO_KEY, OTHER_KEY})


def probes(observations: Observations, operation: Operation) -> Iterator[Ask]:
    """Yield the generic probes of an operation; each looks at what was seen until then."""
    calls = observations.calls[operation.id]
    yield from _reads(observations, operation, calls)
    reached = observations.reached(operation)
    [base] = (observations.steady(operation) or reached or calls)[:1]
    if operation.needs_key:
        keys = observations.keys(operation)
        for _ in range(_KEY_ROUNDS):
            yield from (_with_key(KEY, base, key) for key in keys)
            if operation.is_safe:
                yield read(base, f"{operation.id} once more")
        others = [call for call in reached if call != base] if operation.is_safe else []
        few = [key for key in keys if key.about in _FEW]
        yield from (_with_key(KEY, other, key) for other in others for key in few)
        if absent := absent_call(base, observations.settings.seed):
            yield from (_with_key(STRANGER, absent, key) for key in few)
        yield from query_keys.asks(observations, base)
    yield from _values(base)
    yield from _bodies(base)
    if operation.method == "get":
        yield from _other_methods(observations, base)
    if operation.is_safe:
        about = f"{operation.id} without compression"
        yield read(base, about, headers=(("Accept-Encoding", "identity"),))
        yield read(base, f"{operation.id} once more")


def _reads(observations: Observations, operation: Operation, calls: list[Call]) -> Iterator[Ask]:
    """Yield the known calls, in an order of chance, so that answers can be mixed up."""
    chance = random.Random(observations.settings.seed)  # noqa: S311  no secret
    for _ in range(READS if operation.is_safe else _UNSAFE_READS):
        yield from map(read, chance.sample(calls, len(calls)))


def _with_key(kind: str, call: Call, key: Any) -> Ask:  # noqa: ANN401  a KeyProbe
    suffix = ", for what does not exist" if kind == STRANGER else ""
    return Ask(kind, call, key.about + suffix, _REFUSED, key=key)


def like(text: str, seed: int) -> str:
    """Return a text of exactly the same form, made of the same kinds of characters.

    The first half stays as it is: prefixes, the version of a UUID and the time of a ULID are there.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    middle = len(text) // 2
    pools = [string.digits, *([c for c in text if c in kind] for kind in KINDS[1:])]
    changed = (chance.choice(next((p for p in pools if c in p), [c])) for c in text[middle:])
    return text[:middle] + "".join(changed)


def absent_call(call: Call, seed: int) -> Call | None:
    """Return the call for something that does not exist; None where nothing is looked up."""
    names = {p.name: str(call.arguments.get(p.name, "")) for p in call.operation.in_path}
    made_up = {name: like(value, seed) for name, value in names.items()}
    if not made_up or made_up == names:
        return None
    return evolve(call.but(**made_up), known=False, subject=next(iter(made_up.values())))


@frozen
class _Value:
    value: Any
    about: str
    lawful: bool = False
    odd: bool = False


def _values(base: Call) -> Iterator[Ask]:
    """Yield each parameter at, under and over its limits, of another type, left out, repeated."""
    operation = base.operation
    for parameter in operation.parameters:
        in_head = parameter.place in {"header", "cookie"}  # where not every text can be
        for one in _values_of(parameter):
            if in_head and (one.odd or one.value == ""):
                continue
            lawful = one.lawful and parameter.place == "query" and base.known
            call = evolve(base.but(**{parameter.name: one.value}), subject="", known=lawful)
            about = f"{parameter.name} {one.about}"
            if parameter.place == "path":
                yield Ask(MADE_UP, call, about, _NOT_FOUND, odd=one.odd)
            else:
                expects = successes(operation) if lawful else frozenset()
                yield Ask(VALUE, call, about, expects, odd=one.odd)
        if parameter.place == "path":
            continue
        present = parameter.name in base.arguments
        if present:
            call = evolve(base.but(**{parameter.name: None}), known=not parameter.required)
            yield Ask(VALUE, call, f"without {parameter.name}")
        if in_head or parameter.kind != "scalar":
            continue
        value = base.arguments.get(parameter.name, _lawful(parameter))
        call = evolve(base.but(**{parameter.name: [value, value]}), known=False)
        yield Ask(VALUE, call, f"{parameter.name} given twice")
    unknown = (("unknown_parameter", "1"),)
    yield Ask(VALUE, evolve(base, more=unknown, known=False), "a parameter that is not documented")


def _lawful(parameter: Parameter) -> Any:  # noqa: ANN401  a value
    return parameter.examples[0] if parameter.examples else spec.sample(parameter.schema)


def _values_of(parameter: Parameter) -> Iterator[_Value]:
    schema = spec.merged(parameter.schema)
    types = schema.get("type", "string")
    kinds = [types] if isinstance(types, str) else types
    for value in parameter.examples[:1]:
        yield _Value(value, f"{value!r}, as in the example", lawful=True)
    if parameter.kind != "scalar":
        yield from _lists(schema) if parameter.kind == "array" else ()
        return
    if {"integer", "number"} & set(kinds):
        yield from _numbers(schema, whole="integer" in kinds)
    elif "boolean" in kinds:
        yield from (_Value(each, str(each).lower(), lawful=True) for each in (True, False))
        yield _Value("maybe", "'maybe'")
    elif "string" in kinds:
        yield from _texts(schema)
    yield _Value("", "empty", odd=parameter.place == "path")


def _numbers(schema: spec.Document, *, whole: bool) -> Iterator[_Value]:
    steps = {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 0}
    for name, step in steps.items():
        limit = schema.get(name)
        if limit is None:
            continue
        if step:
            yield _Value(limit, f"{limit}, at its limit", lawful=True)
        yield _Value(limit + step, f"{limit + step}, beyond its limit")
    yield _Value("x", "'x', which is no number")
    if whole:
        yield _Value(1.5, "1.5, which is not whole")
    yield _Value(_HUGE, f"{_HUGE}")


def _lists(schema: spec.Document) -> Iterator[_Value]:
    items = spec.merged(schema.get("items", {}))
    one = spec.sample(items)
    if (most := schema.get("maxItems")) is not None:
        yield _Value([one] * (most + 1), f"of {most + 1} items, too many")
    if (least := schema.get("minItems", 0)) > 1:
        yield _Value([one] * (least - 1), f"of {least - 1} items, too few")
    if items.get("type") in {"integer", "number", "boolean"} or spec.listed(items):
        yield _Value(["none of these"], "with an item 'none of these'")


def _texts(schema: spec.Document) -> Iterator[_Value]:
    free = not {"pattern", "format", "enum", "const"} & schema.keys()
    least, most = schema.get("minLength"), schema.get("maxLength")
    if least is not None and free:
        yield _Value("z" * least, f"of {least} characters, the fewest", lawful=True)
        yield _Value("z" * (least - 1), f"of {least - 1} characters, too few", odd=least == 1)
    if most is not None:
        if free:
            yield _Value("z" * most, f"of {most} characters, the most", lawful=True)
        yield _Value("z" * (most + 1), f"of {most + 1} characters, too many", odd=True)
    for value in spec.listed(schema):
        yield _Value(value, f"{value!r}")  # which a server need not use
    if not free:
        yield _Value("none of these", "'none of these'")
    yield _Value("\0", "a zero byte", odd=True)


def _bodies(base: Call) -> Iterator[Ask]:
    """Yield bodies of each documented media type, of another one, none, and broken ones."""
    operation = base.operation
    for media, documented in operation.bodies.items():
        if media != base.media_type:
            known = base.known and (media in SAMPLES or bool(documented.examples))
            sent = body_of(operation, media)[1]
            call = evolve(base, media_type=media, content=sent, known=known)
            expects = successes(operation) if known else frozenset()
            yield Ask(BODY, call, f"a body of {media}", expects)
    if not operation.bodies:
        return
    other = evolve(base, media_type="application/x-not-documented", known=False)
    any_type = any("*" in media for media in operation.bodies)
    about = "a body of a media type that is not documented"
    yield Ask(BODY, other, about, marks=frozenset() if any_type else UNLAWFUL)
    yield Ask(BODY, evolve(base, media_type="", known=False), "a body without a media type")
    empty = evolve(base, content=b"", known=False)
    marks = UNLAWFUL if operation.body_required else frozenset()
    yield Ask(BODY, empty, "an empty body", marks=marks)
    if "json" not in base.media_type:
        return
    broken_off = evolve(base, content=b"{", known=False)
    yield Ask(BODY, broken_off, "a body that is not JSON", marks=UNLAWFUL)
    schema = spec.merged(operation.bodies[base.media_type].schema)
    whole = made(schema)
    if not isinstance(whole, dict):
        return
    for name in schema.get("required", ()):
        broken = {key: value for key, value in whole.items() if key != name}
        lacking = evolve(base, content=encoded(base.media_type, broken), known=False)
        yield Ask(BODY, lacking, f"a body without {name}", marks=UNLAWFUL)
    for name in schema.get("properties", {}):
        content = encoded(base.media_type, {**whole, name: {"not": ["a", "value"]}})
        yield Ask(BODY, evolve(base, content=content, known=False), f"a body with an odd {name}")


def _other_methods(observations: Observations, base: Call) -> Iterator[Ask]:
    yield Ask(METHOD, base, "HEAD", other_method="HEAD")
    if base.operation.needs_key:
        missing = observations.keys(base.operation)[0]
        yield Ask(METHOD, base, "HEAD without a key", other_method="HEAD", key=missing)
    yield Ask(METHOD, base, "OPTIONS", other_method="OPTIONS")
    if absent := absent_call(base, observations.settings.seed):
        yield Ask(METHOD, absent, "HEAD of what does not exist", other_method="HEAD")
