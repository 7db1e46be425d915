"""Meaning of getAsset: identity, near misses, the life of an asset."""

from collections.abc import Iterator
from typing import Any

from babou_contract.checks.meaning.get_asset import life, lookup, probes, questions
from babou_contract.probing.observations import Meaning
from babou_contract.settings import Settings
from babou_contract.specification.assets import OPERATION, asset_operation


def known(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield the ids that were named, as arguments."""
    name = asset_operation().in_path[-1].name
    yield from ({name: asset_id} for asset_id in settings.assets)


MEANING = Meaning(
    OPERATION,
    known=known,
    needs="name an asset that the server has, --asset ID",
    probes=probes.probes,
    again=probes.again,
    checks=(*lookup.check, *life.check),
    questions=tuple(questions.QUESTIONS),
)
