"""Boundary 4: what the client makes of the server's answers, seen by whoever uses the client."""

import keyword
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import babou
from babou_contract.checks.recorder import strangers
from babou_contract.checks.registry import Register, Tally
from babou_contract.model import Boundary
from babou_contract.probing.answers import Answer
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import jsontext, places, spec
from babou_contract.specification.schema import fits

check = Register(Boundary.client_server)


@check("What `get` returns equals the answer's JSON, member by member, for each known asset.")
def get_equals_the_json(observations: Observations, tally: Tally) -> None:
    """Compare `to_dict` with the document, and each attribute with its member."""
    stranger = strangers(observations)
    for asset_id in observations.shown():
        asset, error, answer = stranger.asked(asset_id)
        if stranger.hides_in(answer):
            continue
        document = document_in(answer)
        lawful = document is not None and fits(spec.asset_schema(), document)
        if document is None or not lawful or document.get("id") != asset_id:
            if answer.status == OK:
                _refused(asset, error, answer, tally)
            else:
                observations.lack(f"the client read {asset_id!r}: {answer.excerpt}")
            continue
        tally.case()
        if asset is None:
            tally.disagree(
                f"the client refused the answer for {asset_id!r}, which obeys the schema",
                expected="the asset",
                received=f"{type(error).__name__}: {error}",
                exchange=answer.exchange,
                **places.at(*places.asset()),
            )
            continue
        if asset.to_dict() != document:
            tally.disagree(
                "to_dict() is not the document that the server sent",
                expected=answer.excerpt,
                received=repr(asset.to_dict()),
                exchange=answer.exchange,
            )
        for name, expected, received in differences(asset, document):
            tally.case()
            tally.disagree(
                f"the attribute {name} is not what the member says",
                expected=expected,
                received=received,
                exchange=answer.exchange,
                **places.at(*places.asset(name)),
            )


def _refused(
    asset: babou.Asset | None,
    error: babou.BabouError | None,
    answer: Answer,
    tally: Tally,
) -> None:
    """Tell where the client took an answer for an asset that the spec does not allow."""
    tally.case()
    if asset is not None:
        tally.disagree(
            "the client accepted an answer that the spec does not allow",
            expected="APIResponseValidationError",
            received=answer.excerpt,
            exchange=answer.exchange,
        )
    elif not isinstance(error, (babou.APIResponseValidationError, babou.APIConnectionError)):
        tally.disagree(
            "an answer that the spec does not allow arrived as another error",
            expected="APIResponseValidationError",
            received=f"{type(error).__name__}: {error}",
            exchange=answer.exchange,
        )


def differences(asset: babou.Asset, document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each member whose attribute has another value, or another type than declared."""
    for name, schema in spec.asset_schema()["properties"].items():
        if name not in document:
            continue
        expected, received = document[name], _attribute(asset, name)
        if not _means(schema, expected, received):
            yield name, repr(expected), f"{received!r} ({type(received).__name__})"
    more = getattr(asset, "additional_properties", {})  # generated where the schema allows any
    for name in document.keys() - spec.asset_schema()["properties"].keys():
        if name not in more or more[name] != document[name]:
            yield name, repr(document[name]), "another value" if name in more else "nothing"


def _attribute(model: Any, name: str) -> object:  # noqa: ANN401  generated, of any class
    """Return the attribute that is generated for a member, `frame_rate` for `frameRate`."""
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^a-zA-Z0-9_]+", "_", name).lower()
    spelled += "_" if keyword.iskeyword(spelled) else ""
    return getattr(model, spelled, "no such attribute")


_READ: dict[str, Callable[[str], object]] = {
    "date-time": jsontext.moment,
    "date": date.fromisoformat,
    "uuid": UUID,
}


_NUMBERS: dict[str, type[int] | type[float]] = {"integer": int, "number": float}


def _means(schema: spec.Document, member: object, attribute: object) -> bool:
    """Say whether an attribute is a member's value, in the type that the spec declares."""
    schema = spec.merged(schema)
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if options:
        return any(fits(o, member) and _means(o, member, attribute) for o in options)
    if isinstance(member, dict) and "properties" in schema:
        known = schema["properties"]
        return all(
            _means(known.get(name, {}), value, _attribute(attribute, name))
            for name, value in member.items()
            if name in known
        )
    if isinstance(member, list) and isinstance(attribute, list):
        pairs = zip(member, attribute, strict=False)
        part = schema.get("items", {})
        return len(member) == len(attribute) and all(_means(part, m, a) for m, a in pairs)
    return _is_value(schema, member, attribute)


def _is_value(schema: spec.Document, member: object, attribute: object) -> bool:
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if isinstance(member, str) and schema.get("format") in _READ:
        wanted = _READ[schema["format"]](member)
        aware = not isinstance(wanted, datetime) or getattr(attribute, "tzinfo", None) is not None
        return type(attribute) is type(wanted) and aware and attribute == wanted
    if isinstance(member, str):
        return isinstance(attribute, str) and str(getattr(attribute, "value", attribute)) == member
    number = next((kind for name, kind in _NUMBERS.items() if name in types), None)
    if number and isinstance(member, int | float) and not isinstance(member, bool):
        return type(attribute) is number and attribute == number(member)
    return attribute == member
