"""`assets.upload`: the bytes as they are, with their MIME type (D21, D23, D24)."""

from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING

from hypothesis import strategies as st

import babou
from babou_contract.checks.client import Arguments, Driver, Json
from babou_contract.probing.samples import BINARY

if TYPE_CHECKING:
    from babou_contract.probing.observations import Observations


_TYPE = "image/gif"  # of `BINARY`, whose first bytes tell it


class _UploadAsset(Driver):
    operation_id = "uploadAsset"

    def arguments(self, document: Json) -> Arguments:  # noqa: ARG002  any asset answers it
        return {"file": BINARY}

    def answers(
        self, client: babou.Client, arguments: Arguments
    ) -> Generator[Sequence[object], None, None]:
        yield [client.assets.upload(**arguments)]

    async def async_answers(
        self, client: babou.AsyncClient, arguments: Arguments
    ) -> AsyncGenerator[Sequence[object], None]:
        yield [await client.assets.upload(**arguments)]

    def drawn(self) -> st.SearchStrategy[Arguments]:
        types = st.sampled_from(list(self.operation.bodies))
        named = st.fixed_dictionaries({"file": st.binary(max_size=64), "content_type": types})
        told = st.fixed_dictionaries({"file": st.binary(max_size=64).map(BINARY.__add__)})
        return st.one_of(named, told)

    def can_be_sent(self, arguments: Arguments) -> bool:
        return bool(arguments["file"])

    def sent(self, arguments: Arguments) -> list[dict[str, str]]:  # noqa: ARG002  one, without any
        return [{}]

    def body(self, arguments: Arguments) -> tuple[str, bytes]:
        return arguments.get("content_type", _TYPE), arguments["file"]

    def refused(self) -> list[tuple[Arguments, type[Exception]]]:
        return [
            ({"file": b"", "content_type": _TYPE}, babou.UploadError),
            ({"file": b"of no type"}, babou.UploadError),
            ({"file": "no/such/file.gif"}, babou.UploadError),
            ({"file": BINARY, "content_type": "gif"}, babou.ConfigurationError),
        ]

    def known(self, observations: "Observations") -> list[Arguments]:  # noqa: ARG002  of any server
        return [{"file": BINARY}, {"file": BINARY, "content_type": _TYPE}]


DRIVER = _UploadAsset()
