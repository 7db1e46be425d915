"""Documents by chance: what no list of features thinks of, such as two members together."""

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisWarning, Unsatisfiable

from babou_contract.specification.strategies import values
from compat import bodies, corpus, evidence
from compat.evidence import Seen, Side, seen
from compat.model import NotJudgedError, Who
from compat.specification import ITEM, fits, members

Json = Any
_SEED = 20251202
_EXAMPLES = 60


class _FoundError(Exception):
    """Carries the smallest document out of hypothesis."""

    def __init__(self, found: Seen) -> None:
        super().__init__(found.effect.what)
        self.found = found


def documents(
    reader: Side, writer: Side, who: Who, known: Callable[[Seen], bool]
) -> Iterator[Seen]:
    """Give a client documents that the other's spec allows; yield the smallest that it refuses.

    Args:
        reader: Whose client reads.
        writer: Whose specification the documents are made from.
        who: Who breaks by a refusal.
        known: Whether an effect has been found already.
    """

    @seed(_SEED)
    @settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(values(writer.schema))
    def attempt(document: Json) -> None:
        if "id" in members(writer.schema) and isinstance(document.get("id"), str):
            document = {**document, "id": "ast_1"}
        found = _refused(reader, writer, who, document)
        if found is not None and not known(found):
            raise _FoundError(found)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)
            attempt()
    except _FoundError as error:
        yield error.found
    except Unsatisfiable:
        line = writer.spec.line(writer.schema_at)
        raise NotJudgedError(
            f"{writer.spec.name}:{line}: hardly any document could be made from the schema."
        ) from None


def _refused(reader: Side, writer: Side, who: Who, document: Json) -> Seen | None:
    if fits(reader.schema, document):
        return None
    outcome = bodies.fetched(reader, document)
    if not evidence.is_refusal(outcome):
        return None
    member = outcome["error"]["told"].get("member")
    parts = member.split(".") if member else ()
    path = tuple(ITEM if part.isdecimal() else part for part in parts)
    at = corpus.where(writer.spec, writer.schema_at, path)
    return seen(at, who, evidence.raised(outcome), json.dumps(document, ensure_ascii=False))
