"""Boundary 2: the spec, what is generated from it, and what the client makes of both."""

import json
from collections.abc import Iterator, Sized
from functools import partial
from typing import Any, NoReturn

from attrs import evolve
from hypothesis import strategies as st

from babou_contract.checks.client import driver_of
from babou_contract.checks.comparing import changes
from babou_contract.checks.decoders import Decoder, RefusedError, decoder_of
from babou_contract.checks.examples import FoundError, explore, tell
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.settings import Settings
from babou_contract.specification import mutations, places, spec, strategies
from babou_contract.specification.bodies import Body, json_bodies
from babou_contract.specification.mutations import Mutation

check = Register(Boundary.spec_generated)

Json = Any

_FEWEST = 10  # bodies made by chance of each schema


def _decoded() -> list[tuple[Body, Decoder]]:
    """Return each body with who decodes it, those of one schema and one decoder once."""
    found = {}
    for body in json_bodies(spec.operations()):
        driver = driver_of(body.operation) if body.is_success else None
        key = (body.name, driver, body.operation.id if body.is_success else bool(body.status))
        if key not in found:
            found[key] = body, decoder_of(body, driver)
    return list(found.values())


def _shared(run: Settings, bodies: Sized) -> Settings:
    """Return settings with each body's share of what is made by chance, and some at least."""
    return evolve(run, max_examples=max(_FEWEST, run.max_examples // max(1, len(bodies))))


def _examples(body: Body) -> list[Json]:
    """Return the examples of a body; a required member that one lacks is made from its schema."""
    schema = spec.merged(body.schema)
    known = schema.get("properties", {})
    made = {name: spec.sample(known.get(name, {})) for name in schema.get("required", ())}
    given = list(body.content.examples.values()) or [made or spec.sample(schema)]
    return [made | each if isinstance(each, dict) else each for each in given]


@check("Every body that the schema allows decodes to the declared types, and back to an equal one.")
def allowed_bodies_decode(run: Settings, tally: Tally) -> None:
    """Make bodies from the schema; compare members, types, and the document that comes back."""
    decoded = _decoded()
    share = _shared(run, decoded)
    for body, decoder in decoded:
        hold = partial(_hold_allowed, body, decoder)
        wrong = 0
        for document in mutations.corners(body.schema, _examples(body)):
            tally.case()
            try:
                hold(document)
            except FoundError as found:
                wrong += 1
                tell(found, tally, body.place, seed=run.seed)
        if not wrong:  # else a smaller one would say no more
            explore(share, tally, strategies.values(body.schema), hold, body.place)


def _hold_allowed(body: Body, decoder: Decoder, document: Json) -> None:
    document = decoder.fitted(document)
    fail = partial(FoundError, document)
    try:
        made = decoder.decoded(json.dumps(document).encode(), document)
    except Exception as error:  # noqa: BLE001  generated code raises anything
        summary = f"a body of {body.title} that the schema allows is refused"
        _raise(fail(summary, "a model", f"{type(error).__name__}: {error}"))
    for one in made:
        for summary, expected, received in changes(one.model, one.document, one.schema):
            raise fail(f"{summary} ({body.title})", expected, received)


def _raise(error: Exception) -> NoReturn:
    raise error from None


@check("Every body that the schema forbids, by one mutation, is refused, naming the member.")
def forbidden_bodies_are_refused(run: Settings, tally: Tally) -> None:
    """Apply each mutation to an example of the spec, and some to bodies made by chance."""
    decoded = _decoded()
    share = _shared(run, decoded)
    for body, decoder in decoded:
        document = decoder.fitted(_examples(body)[0])
        known = list(mutations.mutations(body.schema, document))
        for mutation in known:
            tally.case()
            for found in _accepted(body, decoder, document, mutation):
                tell(found, tally, (*body.place, *mutation.member.path))
        for about, raw in mutations.wrong_bodies(document):
            tally.case()
            received = _received(decoder, document, raw)
            if received is not None:
                tally.disagree(
                    f"a body of {body.title} that is {about} is not refused",
                    expected="a refusal",
                    received=received,
                    **places.at(*body.place),
                )
        if known:
            drawn = st.tuples(strategies.values(body.schema), st.sampled_from(known))
            explore(share, tally, drawn, partial(_hold_drawn, body, decoder), body.place)


def _hold_drawn(body: Body, decoder: Decoder, drawn: tuple[Json, Mutation]) -> None:
    document = decoder.fitted(drawn[0])
    try:
        drawn[1].apply(document)
    except LookupError:
        return  # what was drawn has no such place
    for found in _accepted(body, decoder, document, drawn[1]):
        raise found


def _accepted(
    body: Body, decoder: Decoder, document: Json, mutation: Mutation
) -> Iterator[FoundError]:
    changed = mutation.apply(document)
    fail = partial(FoundError, changed)
    expected = f"a refusal that names {mutation.member.name}"
    try:
        made = decoder.decoded(json.dumps(changed).encode(), document)
    except RefusedError as error:
        if not mutation.is_named_by(error.member):
            summary = f"a refusal names another member ({mutation.about}; {body.title})"
            yield fail(summary, expected, f"{error.member}: {error}")
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        summary = f"refused for another reason ({mutation.about}; {body.title})"
        yield fail(summary, expected, repr(error))
    else:
        received = repr([one.model for one in made])
        summary = f"accepted though forbidden: {mutation.about} ({body.title})"
        yield fail(summary, expected, received)


def _received(decoder: Decoder, document: Json, raw: bytes) -> str | None:
    """Return what came of a body that is to be refused; None where it was."""
    try:
        return repr(decoder.decoded(raw, document))
    except RefusedError:
        return None
    except Exception as error:  # noqa: BLE001  anything else is what is looked for
        return repr(error)
