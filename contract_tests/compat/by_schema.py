"""All that is judged of the operations that the client has no method for."""

from collections.abc import Collection, Iterator

from compat import answered_by_schema, sent_by_schema, unexposed
from compat.evidence import Seen
from compat.specification import Versions
from compat.unexposed import Key

_STEPS = (
    sent_by_schema.parameters,
    sent_by_schema.bodies,
    unexposed.security,
    answered_by_schema.answers,
)


def judged(specs: Versions, driven: Collection[Key]) -> Iterator[Seen]:
    """Yield who breaks by each operation but the driven ones."""
    yield from unexposed.removed(specs, driven)
    for pair in unexposed.pairs(specs, driven):
        for step in _STEPS:
            yield from step(pair)
