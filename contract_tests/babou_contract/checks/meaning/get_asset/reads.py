"""The reads of known assets, as the rules look at them."""

from typing import Any
from urllib.parse import urlsplit

from babou_contract.probing.answers import Answer
from babou_contract.probing.asks import READ, Seen
from babou_contract.probing.observations import OK, Observations, document_in
from babou_contract.specification import jsontext, places
from babou_contract.specification.assets import OPERATION, asset_operation, asset_schema
from babou_contract.specification.schema import fits

Document = dict[str, Any]
Read = tuple[Document, Answer]

ID = OPERATION
NEAR, UNKNOWN = "near", "unknown"
ABSENT, LIKE_KNOWN = "absent", "like a known one"  # marks of ids that were made up
FINAL = ("ready", "error", "failed")


def asset(*names: object) -> tuple[object, ...]:
    """Return the path, in the specification, of the asset's schema, or of a member of it."""
    return places.body_of(asset_operation(), OK, "application/json", names)


def is_final(document: Document) -> bool:
    """Say whether an asset's state will never change again (D2)."""
    return document.get("state") in FINAL


def of(observations: Observations, *kinds: str) -> list[Seen]:
    """Return what was answered to some kinds of questions about assets.

    Raises:
        NotJudgedError: That is nothing.
    """
    return observations.of(*kinds, operation=ID)


def comparable(name: str, value: object) -> object:
    """Return what is compared: times by the instant, urls without what signs them."""
    if name == "url" and isinstance(value, str):
        try:
            parts = urlsplit(value)
        except ValueError:
            return value
        return f"{parts.scheme}://{parts.netloc}{parts.path}"
    if name == "created_at" and isinstance(value, str):
        try:
            return jsontext.moment(value)
        except ValueError:
            return value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def plain(value: object) -> str:
    """Return a state, or a MIME type without its parameters, in lower case."""
    return str(value).partition(";")[0].strip().lower()


def known(observations: Observations) -> tuple[str, ...]:
    """Return the ids that the server is known to have."""
    return tuple(call.subject for call in observations.calls.get(ID, ()))


def documents(observations: Observations, asset_id: str) -> list[Read]:
    """Return the lawful documents that came for a known id, in their order."""
    done, found = observations.memo.setdefault(ID, [0, {}])
    for seen in observations.seen[done:]:
        if seen.ask.kind != READ or seen.operation.id != ID:
            continue
        document = document_in(seen.answer)
        if document and document.get("id") == seen.ask.subject and fits(asset_schema(), document):
            found.setdefault(seen.ask.subject, []).append((document, seen.answer))
    observations.memo[ID][0] = len(observations.seen)
    reads: list[Read] = found.get(asset_id, [])
    return reads


def shown(observations: Observations) -> tuple[str, ...]:
    """Return the known ids that were answered with 200."""
    return tuple(call.subject for call in observations.reached(asset_operation()))


def settled(observations: Observations) -> tuple[str, ...]:
    """Return the known ids whose state was final whenever they were seen."""
    return tuple(
        asset_id
        for asset_id in shown(observations)
        if all(is_final(document) for document, _ in documents(observations, asset_id))
    )
