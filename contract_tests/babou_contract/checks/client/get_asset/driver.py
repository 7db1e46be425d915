"""`assets.get`: the asset that was asked for, or an error (D1, D12)."""

import re
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING

from hypothesis import strategies as st

import babou
from babou_contract.checks.client import Arguments, Driver, Json
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.specification.assets import OPERATION, max_id_length

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations

_UNKNOWN = ("ast_none", "00000000-0000-4000-8000-000000000000", " ", "a/b")


class _GetAsset(Driver):
    operation_id = OPERATION

    def fitted(self, document: Json) -> Json:
        return document if _is_sendable(document["id"]) else {**document, "id": "ast_x"}

    def arguments(self, document: Json) -> Arguments:
        return {"asset_id": document.get("id")}

    def answers(
        self, client: babou.Client, arguments: Arguments
    ) -> Generator[Sequence[object], None, None]:
        yield [client.assets.get(**arguments)]

    async def async_answers(
        self, client: babou.AsyncClient, arguments: Arguments
    ) -> AsyncGenerator[Sequence[object], None]:
        yield [await client.assets.get(**arguments)]

    def is_answer(self, documents: Sequence[Json], arguments: Arguments) -> bool:
        return all(document["id"] == arguments["asset_id"] for document in documents)

    def drawn(self) -> st.SearchStrategy[Arguments]:
        letters = st.characters(exclude_categories=["Cs"])
        texts = st.text(letters, max_size=max_id_length() + 1)
        ids = st.one_of(texts, st.text("az09_-./?#%\\ ", max_size=8))
        return st.fixed_dictionaries({"asset_id": ids})

    def can_be_sent(self, arguments: Arguments) -> bool:
        return _is_sendable(arguments["asset_id"])

    def sent(self, arguments: Arguments) -> list[dict[str, str]]:
        [parameter] = self.operation.in_path
        return [{parameter.name: arguments["asset_id"]}]

    def refused(self) -> list[tuple[Arguments, type[Exception]]]:
        too_long = "z" * (max_id_length() + 1)
        ids = ("", ".", "..", "a\0b", "a\nb", "\ud800", too_long)
        return [({"asset_id": asset_id}, babou.InvalidAssetIdError) for asset_id in ids]

    def known(self, observations: "Observations") -> list[Arguments]:
        return [{"asset_id": asset_id} for asset_id in reads.shown(observations)]

    def failing(self, observations: "Observations") -> list[Arguments]:
        ids = [asset_id for asset_id in _UNKNOWN if asset_id not in reads.known(observations)]
        return [{"asset_id": asset_id} for asset_id in ids]


def _is_sendable(asset_id: str) -> bool:
    within = 0 < len(asset_id) <= max_id_length() and asset_id not in {".", ".."}
    return within and not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", asset_id)


DRIVER = _GetAsset()
