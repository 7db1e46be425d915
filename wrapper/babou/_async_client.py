"""The asynchronous client, its operations on assets, and the list of them.

`_client` is its sibling: the same methods in the same words.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from typing import TYPE_CHECKING, BinaryIO, Self, TypeVar, overload

from babou._core.asset_flows import AssetFlows, id_of
from babou._core.config import (
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT,
    DEFAULT_WAIT_TIMEOUT,
    MAX_SECONDS,
    check_base_url,
    check_content_type,
    check_most,
    check_seconds,
    key_source,
    user_agent,
)
from babou._core.content import source_url
from babou._core.operations import Asset, server_url
from babou._core.outcomes import FailedPoll, Verdict, WaitFailure, WaitResult, WaitSuccess, verdict
from babou._core.polling import Options, PollPolicy
from babou._errors import NotFoundError
from babou._http.budget import check_budget
from babou._http.runner import Head
from babou._http.transport import check_transport
from babou._storage.files import sink_for
from babou._storage.uploads import content_of

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from babou._core.batch import Event
    from babou._core.operations import AssetPage, AssetState
    from babou._errors import BabouError
    from babou._http.async_runner import AsyncRunner
    from babou._http.budget import Budget
    from babou._http.transport import AsyncTransport

_T = TypeVar("_T")


class AsyncClient:
    """Babou's asset API, for asyncio. Safe to share between the tasks of one event loop.

    Args:
        api_key: The key, or a function (asynchronous or not) that is asked for it before each
            request, so that keys can be rotated. By default the environment variable BABOU_API_KEY.
        base_url: Scheme and host, and the path before `/api/v1` if there is one; `/api/v1` itself
            may be given or left out. By default the environment variable BABOU_BASE_URL, or else
            https://api.babou.ai.
        timeout: Seconds that one call may take in all: connection, reading, retries and the pauses
            between them. A wait has its own timeout; each of its polls takes at most this.
        max_retries: Further attempts after one that failed for a passing reason.
        poll: How long a wait pauses between polls.
        budget: Limits the rate of requests: each request to the API waits for a slot, and a 429
            stops all for a while. A call fails at once if its slot is after the deadline. By
            default there is no limit.
        user_agent_suffix: Your product, such as `my-service/1.4`.
        transport: Sends the requests: `AsyncHttpxTransport` over an httpx client of yours, or an
            `AsyncTransport` of your own. By default this client makes one, over httpcore.

    Attributes:
        assets: The operations on assets.

    Raises:
        ConfigurationError: An argument, or the environment, can't be used; the text says what to
            set.
    """

    assets: AsyncAssets

    def __init__(
        self,
        api_key: str | Callable[[], str | Awaitable[str]] | None = None,
        *,
        base_url: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        poll: PollPolicy = PollPolicy(),  # noqa: B008 (a frozen value)
        budget: Budget | None = None,
        user_agent_suffix: str | None = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        key = key_source(api_key)
        self._options = Options(timeout, max_retries, poll)
        head = Head(server_url(check_base_url(base_url)), user_agent(user_agent_suffix))
        budget = check_budget(budget)
        # asyncio and httpcore take longer to load than all the rest: they come with a client.
        from babou._http.async_runner import AsyncRunner  # noqa: PLC0415

        self._owns_transport = transport is None
        if transport is None:
            from babou._http.aio import AioTransport  # noqa: PLC0415

            transport = AioTransport()
        else:
            check_transport(transport, is_async=True)
        self._runner = AsyncRunner(transport, key, head, budget=budget)
        self.assets = AsyncAssets(self._runner, self._options)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        poll: PollPolicy | None = None,
    ) -> Self:
        """Return a view of this client with other options, over the same connections.

        Closing the view leaves the connections open.
        """
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__, _owns_transport=False)
        view._options = self._options.changed(timeout, max_retries, poll)
        view.assets = type(self.assets)(self._runner, view._options)
        return view

    async def close(self) -> None:
        """Close the connections, if this client opened them."""
        if self._owns_transport:
            await self._runner.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<babou.AsyncClient {self._runner.head.base_url}>"


class AsyncAssets:
    """The operations on assets, as `client.assets`.

    Every method raises `InvalidAssetIdError` for an identifier that can't be sent (D1), and the
    errors of `get` unless it says otherwise.
    """

    def __init__(self, runner: AsyncRunner, options: Options) -> None:
        self._runner, self._options = runner, options
        self._flows = AssetFlows(runner, options)

    async def get(self, asset_id: str | Asset) -> Asset:
        """Fetch an asset as it is now (docs: GET /api/v1/assets/{assetId}).

        Raises:
            APIStatusError: The server refused; its subclass depends on the HTTP status.
            APIConnectionError: No whole answer arrived; `APITimeoutError` if the time was up.
            APIResponseValidationError: The answer isn't what the specification promises.
        """
        return await self._runner.run(self._flows.get(asset_id))

    def list(
        self,
        *,
        state: AssetState | str | None = None,
        content_type: str | None = None,
        limit: int | None = None,
    ) -> AsyncAssetList:
        """Return the account's assets, to iterate over (docs: GET /api/v1/assets).

        They are fetched a page at a time, in the server's order. Each asset is given once, even if
        it moves to another page meanwhile. An asset that is uploaded or deleted meanwhile may be
        given or not.

        Args:
            state: Only assets in this state; `failed` does not find those in `error` (D20).
            content_type: Only assets of this MIME type, such as `image/png`.
            limit: How many assets to give at most. By default all.

        Raises:
            ConfigurationError: An argument can't be used.
        """
        query, most = self._flows.query(state, content_type), check_most(limit)
        return AsyncAssetList(lambda: self._runner.iterate(self._flows.pages(query, most)))

    async def upload(
        self,
        file: str | os.PathLike[str] | bytes | BinaryIO,
        *,
        content_type: str | None = None,
        timeout: float | None = None,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> Asset:
        """Upload a file as a new asset, and return it as it is then (docs: POST /api/v1/assets).

        Usually it is not ready yet: pass it to `wait`. Each upload makes another asset, and the
        server names it (D23). So a request is repeated only if the server cannot have taken the
        file, as after a 429 or a refused connection; the text of any other error says whether the
        asset may exist.

        Args:
            file: A path; the bytes themselves; or a file opened for binary reading, which is read
                from its current position, put back there, and left open. A pipe is first copied to
                a temporary file.
            content_type: The MIME type. By default it is found from the first bytes or the name.
            timeout: Seconds that the whole upload may take. By default there is no limit, but
                no pause may be longer than the client's timeout.
            on_progress: Called with the bytes sent so far, and the total; starts again from 0 if
                the upload is repeated. It may be called in another thread.

        Raises:
            UploadError: The file can't be read, is empty, was changed, or its type is not known.
            FileTooLargeError: It has more than 100 MB (D22). If its size was known, nothing was
                sent.
        """
        opened = functools.partial(content_of, file, check_content_type(content_type))
        return await self._runner.upload(
            opened,
            self._flows.upload,
            stall=self._options.timeout,
            timeout=MAX_SECONDS if timeout is None else check_seconds(timeout, "timeout"),
            on_progress=on_progress,
        )

    async def wait(
        self,
        asset_id: str | Asset,
        *,
        timeout: float = DEFAULT_WAIT_TIMEOUT,
        started_at: datetime | None = None,
        missing_ok_for: float = 0.0,
        on_update: Callable[[Asset], object] | None = None,
        on_error: Callable[[str, BabouError], object] | None = None,
    ) -> Asset:
        """Poll until the asset is ready, and return it.

        After passing errors (no connection, 429, 5xx …) it polls again. To stop early, cancel the
        task.

        Args:
            asset_id: What to wait for: an identifier, or an asset.
            timeout: Seconds that the whole wait may take.
            started_at: When the wait began, if another process began it; `timeout` counts from
                then.
            missing_ok_for: Seconds from the beginning in which a 404 is a passing error as well,
                for an asset that can be fetched only a moment after its upload.
            on_update: Called with the asset each time it was seen; may be asynchronous.
            on_error: Called with the id and the error of each poll that failed for a passing
                reason; may be asynchronous.

        Raises:
            AssetFailedError: The asset reached `error` or `failed`.
            WaitTimeoutError: The time was up; also a `TimeoutError`.
        """
        asset: Asset | None = None
        flow = self._flows.watch(
            asset_id,
            timeout=timeout,
            started_at=started_at,
            missing_ok_for=missing_ok_for,
            raise_failed=True,
        )
        events: AsyncGenerator[Asset | FailedPoll, None] = self._runner.iterate(flow)
        async for event in events:
            await _notify(event, on_update, on_error)
            if isinstance(event, Asset):
                asset = event
        assert asset is not None  # noqa: S101 (a watch ends with an asset or an error)
        return asset

    def watch(
        self,
        asset_id: str | Asset,
        *,
        timeout: float = DEFAULT_WAIT_TIMEOUT,
        started_at: datetime | None = None,
        missing_ok_for: float = 0.0,
        on_error: Callable[[str, BabouError], object] | None = None,
    ) -> AsyncGenerator[Asset, None]:
        """Poll until the asset is ready or failed; yield it each time it was seen.

        The arguments are those of `wait`. A failed asset is yielded last, and raises no error.

        Raises:
            WaitTimeoutError: The time was up; also a `TimeoutError`.
        """
        flow = self._flows.watch(
            asset_id,
            timeout=timeout,
            started_at=started_at,
            missing_ok_for=missing_ok_for,
            raise_failed=False,
        )
        return _told(self._runner.iterate(flow), (Asset,), None, on_error)

    # One id, or a mapping, is refused. Type checkers then complain about each use of the result,
    # because it is declared as None; they would ignore code after a result of type Never.
    @overload
    def wait_many(  # type: ignore[overload-overlap]  # the narrower one comes first
        self,
        asset_ids: str | Asset | Mapping[str, object],
        *,
        timeout: float = ...,
        started_at: datetime | None = ...,
        missing_ok_for: float = ...,
        on_update: Callable[[Asset], object] | None = ...,
        on_error: Callable[[str, BabouError], object] | None = ...,
    ) -> None: ...

    @overload
    def wait_many(
        self,
        asset_ids: Iterable[str | Asset],
        *,
        timeout: float = ...,
        started_at: datetime | None = ...,
        missing_ok_for: float = ...,
        on_update: Callable[[Asset], object] | None = ...,
        on_error: Callable[[str, BabouError], object] | None = ...,
    ) -> AsyncGenerator[WaitResult, None]: ...

    def wait_many(  # type: ignore[misc]  # it never returns None
        self,
        asset_ids: Iterable[str | Asset],
        *,
        timeout: float = DEFAULT_WAIT_TIMEOUT,
        started_at: datetime | None = None,
        missing_ok_for: float = 0.0,
        on_update: Callable[[Asset], object] | None = None,
        on_error: Callable[[str, BabouError], object] | None = None,
    ) -> AsyncGenerator[WaitResult, None]:
        """Wait for many assets at once; yield the result of each as soon as its wait ends.

        They share one connection pool and one back-off: a 429 to one slows all. The arguments are
        those of `wait`. An identifier that is given twice is waited for once. No failed wait raises
        an error: either `result.asset` is the ready asset, or `result.error` is the reason.

        Raises:
            ConfigurationError: `asset_ids` is a single id, or a mapping.
        """
        batch = self._flows.many(
            asset_ids, timeout=timeout, started_at=started_at, missing_ok_for=missing_ok_for
        )
        return _told(self._runner.many(batch), (WaitSuccess, WaitFailure), on_update, on_error)

    async def check(self, asset_id: str | Asset) -> Verdict:
        """Say whether the asset can be used; the verdict is true when it can.

        Not found, failed and not ready yet are verdicts. A wrong key or a broken network says
        nothing about the asset, and raises an error (D6).
        """
        asset: Asset | None = None
        try:
            asset = await self.get(asset_id)
        except NotFoundError as error:
            if error.code is None:  # not from the API itself, but from a gateway or another server
                raise
        return verdict(id_of(asset_id), asset)

    async def url(self, asset_id: str | Asset) -> str:
        """Return where the asset's bytes are: an http, https or s3 URL (D3).

        Raises:
            DownloadError: It has none yet.
        """
        return source_url(await self.get(asset_id))

    @overload
    async def download(
        self,
        asset: str | Asset,
        destination: str | os.PathLike[str] = ...,
        *,
        overwrite: bool = ...,
        timeout: float | None = ...,
        on_progress: Callable[[int, int | None], object] | None = ...,
    ) -> Path: ...

    @overload
    async def download(
        self,
        asset: str | Asset,
        destination: BinaryIO,
        *,
        overwrite: bool = ...,
        timeout: float | None = ...,
        on_progress: Callable[[int, int | None], object] | None = ...,
    ) -> None: ...

    async def download(
        self,
        asset: str | Asset,
        destination: str | os.PathLike[str] | BinaryIO = ".",
        *,
        overwrite: bool = False,
        timeout: float | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path | None:
        """Store the asset's bytes, and return the path of the file.

        Bytes are fetched without the API key, from http, https or (with the extra `s3`) s3. They
        go to a hidden file first. If a call ends early, the next one with the same destination
        continues from that file.

        Args:
            asset: The asset, or its identifier.
            destination: A path; a directory, in which the asset's name is used; or a file opened
                for binary writing, which is left open. Symbolic links are followed; bytes can go
                to a device or FIFO.
            overwrite: Whether an existing file may be replaced.
            timeout: Seconds that the whole download may take. By default there is no limit, but
                no pause may be longer than the client's timeout.
            on_progress: Called with the bytes stored so far, and the total if it is known.

        Raises:
            DownloadError: The bytes can't be fetched or stored; the text says why.
        """
        limit = math.inf if timeout is None else check_seconds(timeout, "timeout")
        end, found = self._runner.clock() + limit, asset
        if isinstance(found, str):
            found = await self._runner.run(self._flows.get(found, limit))
        plan = self._flows.plan(found)
        with sink_for(destination, found, plan, overwrite=overwrite) as sink:
            await self._runner.download(
                plan,
                sink,
                stall=self._options.timeout,
                timeout=end - self._runner.clock(),
                on_progress=on_progress,
            )
            return sink.commit()


class AsyncAssetList:
    """The assets of an account; iterating over it fetches them a page at a time.

    Each iteration starts from the beginning. It raises the errors of `get`, and
    `APIResponseValidationError` if the server announces assets that it does not give.
    """

    def __init__(self, fetch: Callable[[], AsyncGenerator[AssetPage, None]]) -> None:
        self._fetch = fetch

    async def __aiter__(self) -> AsyncGenerator[Asset, None]:
        async with contextlib.aclosing(self.pages()) as pages:
            async for page in pages:
                for asset in page.assets:
                    yield asset

    def pages(self) -> AsyncGenerator[AssetPage, None]:
        """Iterate over the pages: each has the assets that no earlier page had, and the total."""
        return self._fetch()


async def _told(
    events: AsyncGenerator[Event, None],
    kinds: tuple[type[_T], ...],
    on_update: Callable[[Asset], object] | None,
    on_error: Callable[[str, BabouError], object] | None,
) -> AsyncGenerator[_T, None]:
    """Yield the events of some kinds, and tell the caller's functions of the others."""
    async with contextlib.aclosing(events):  # if the caller leaves early, nothing keeps running
        async for event in events:
            if isinstance(event, kinds):
                yield event
            else:
                await _notify(event, on_update, on_error)


async def _notify(
    event: Event,
    on_update: Callable[[Asset], object] | None,
    on_error: Callable[[str, BabouError], object] | None,
) -> None:
    called: object = None
    if isinstance(event, Asset) and on_update is not None:
        called = on_update(event)
    elif isinstance(event, FailedPoll) and on_error is not None:
        called = on_error(event.asset_id, event.error)
    if inspect.isawaitable(called):
        await called
