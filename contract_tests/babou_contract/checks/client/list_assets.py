"""`assets.list`: the pages in their order, each asset once (D18, D19, D20)."""

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING

from hypothesis import strategies as st

import babou
from babou_contract.checks.client import Arguments, Driver, Json, Path
from babou_contract.checks.meaning.get_asset import reads

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations

_MOST = 150  # two pages of a server that has so many
_TYPES = ("image/png", "video/mp4", "image/svg+xml; charset=utf-8", "a/b&limit=1")


class _ListAssets(Driver):
    operation_id = "listAssets"

    def arguments(self, document: Json) -> Arguments:  # noqa: ARG002  any page answers it
        return {}

    def answers(
        self, client: babou.Client, arguments: Arguments
    ) -> Generator[Sequence[object], None, None]:
        for page in client.assets.list(**arguments).pages():
            yield [page, *page.assets]

    async def async_answers(
        self, client: babou.AsyncClient, arguments: Arguments
    ) -> AsyncGenerator[Sequence[object], None]:
        async for page in client.assets.list(**arguments).pages():
            yield [page, *page.assets]

    def parts(
        self, documents: Sequence[Json], arguments: Arguments
    ) -> list[tuple[int, Path, Json]]:
        known: set[str] = set()
        made: list[tuple[int, Path, Json]] = []
        for number, document in enumerate(documents):
            new = {a["id"]: (i, a) for i, a in enumerate(document["assets"])}
            left = arguments.get("limit", len(known) + len(new)) - len(known)
            given = [pair for name, pair in new.items() if name not in known][:left]
            if given or not number:
                made.append((number, ("pagination",), document["pagination"]))
            made += [(number, ("assets", index), asset) for index, asset in given]
            known.update(asset["id"] for _, asset in given)
        return made

    def is_answer(self, documents: Sequence[Json], arguments: Arguments) -> bool:
        ids = {asset["id"] for document in documents for asset in document["assets"]}
        total = documents[-1]["pagination"]["total"] if documents else 0
        return bool(len(ids) >= min(total, arguments.get("limit", total)))

    def drawn(self) -> st.SearchStrategy[Arguments]:
        optional: dict[str, st.SearchStrategy[object]] = {
            "state": st.sampled_from([*babou.AssetState, *map(str, babou.AssetState)]),
            "content_type": st.sampled_from(_TYPES),
            "limit": st.integers(1, 10**6),
        }
        return st.fixed_dictionaries({}, optional=optional)

    def can_be_sent(self, arguments: Arguments) -> bool:  # noqa: ARG002  all that are drawn
        return True

    def sent(self, arguments: Arguments) -> dict[str, str]:
        found = {"state": arguments.get("state"), "contentType": arguments.get("content_type")}
        return {name: str(value) for name, value in found.items() if value is not None}

    def refused(self) -> list[tuple[Arguments, type[Exception]]]:
        wrong: list[Arguments] = [
            *({"state": state} for state in ("", "none", "READY")),
            *({"content_type": text} for text in ("", "png", "image/")),
            *({"limit": limit} for limit in (-1, 0.5, "2")),
        ]
        return [(arguments, babou.ConfigurationError) for arguments in wrong]

    def known(self, observations: "Observations") -> list[Arguments]:
        shown = [reads.documents(observations, asset_id) for asset_id in reads.shown(observations)]
        last = [documents[-1][0] for documents in shown if documents]
        first = [{"state": last[0]["state"]}, {"content_type": last[0]["content_type"]}]
        return [{"limit": _MOST}, *({"limit": 5, **each} for each in (first if last else ()))]


DRIVER = _ListAssets()
