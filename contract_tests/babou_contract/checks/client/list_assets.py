"""`assets.list`: the pages in their order, each asset once (D18, D19, D20)."""

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING

from hypothesis import strategies as st

import babou
from babou_contract.checks.client import Arguments, Driver, Json, Path
from babou_contract.checks.meaning.get_asset import reads
from babou_contract.specification import spec
from babou_contract.specification.assets import asset_examples

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations

_LARGEST = 100  # assets of a page (D18), where the specification has no limit
_MOST = 150  # two pages of a server that has so many
_ALL, _FIRST = 5, 3  # assets of a list that is read in two pages, and of its first one
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

    def replies(self, arguments: Arguments) -> list[Json]:
        """Return two pages of five assets: three, and those from the third on."""
        limit = self._limit(arguments)
        made = [{**asset_examples()["image"], "id": f"ast_{number}"} for number in range(_ALL)]
        return [
            {
                "assets": made[offset : offset + min(limit, _FIRST)],
                "pagination": {"limit": min(limit, _FIRST), "offset": offset, "total": _ALL},
            }
            for offset in (0, _FIRST - 1)
        ]

    def sent(self, arguments: Arguments) -> list[dict[str, str]]:
        """A page begins with the last asset of the page before, to see that none moved."""
        limit = self._limit(arguments)
        names = {"state": "state", "content_type": "contentType"}
        told = {name: str(arguments[own]) for own, name in names.items() if own in arguments}
        offsets = (0,) if arguments.get("limit", _ALL) <= _FIRST else (0, _FIRST - 1)
        return [{**told, "limit": str(limit), "offset": str(offset)} for offset in offsets]

    def _limit(self, arguments: Arguments) -> int:
        known = [one.schema for one in self.operation.parameters if one.name == "limit"]
        largest: int = spec.merged(known[0]).get("maximum", _LARGEST) if known else _LARGEST
        asked: int = arguments.get("limit", largest)
        return min(largest, asked)

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
        first = [{name: asset[name]} for asset in last[:1] for name in ("state", "content_type")]
        return [{"limit": _MOST}, *({"limit": 5, **each} for each in first)]


DRIVER = _ListAssets()
