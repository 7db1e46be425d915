"""What `client.assets.list` returns: assets, page by page, as they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from babou._core.operations import Asset, AssetPage


class AssetList:
    """The assets of an account, fetched a page at a time while one iterates.

    Each iteration begins anew. It raises the errors of `get`, and `APIResponseValidationError`
    where the server announces assets that it does not give.
    """

    def __init__(self, fetch: Callable[[], Generator[AssetPage, None, None]]) -> None:
        self._fetch = fetch

    def __iter__(self) -> Generator[Asset, None, None]:
        for page in self.pages():
            yield from page.assets

    def pages(self) -> Generator[AssetPage, None, None]:
        """Iterate over the pages: each with the assets that none before it had, and the total."""
        yield from self._fetch()


class AsyncAssetList:
    """The assets of an account, fetched a page at a time while one iterates.

    Each iteration begins anew. It raises the errors of `get`, and `APIResponseValidationError`
    where the server announces assets that it does not give.
    """

    def __init__(self, fetch: Callable[[], AsyncGenerator[AssetPage, None]]) -> None:
        self._fetch = fetch

    async def __aiter__(self) -> AsyncGenerator[Asset, None]:
        async for page in self.pages():
            for asset in page.assets:
                yield asset

    async def pages(self) -> AsyncGenerator[AssetPage, None]:
        """Iterate over the pages: each with the assets that none before it had, and the total."""
        async for page in self._fetch():
            yield page
