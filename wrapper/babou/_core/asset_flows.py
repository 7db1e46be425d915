"""Check the arguments of the operations, and build their flows: the same for both clients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from babou._core import flows, schema
from babou._core.batch import Batch
from babou._core.calls import Query
from babou._core.config import (
    check_asset_id,
    check_asset_ids,
    check_content_type,
    check_number,
    check_seconds,
    check_started_at,
)
from babou._core.content import source_url
from babou._core.download import Plan
from babou._core.operations import Asset, AssetState
from babou._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime

    from babou._core.calls import Answer
    from babou._core.flows import Content
    from babou._core.messages import Step
    from babou._core.operations import AssetPage
    from babou._core.outcomes import FailedPoll
    from babou._core.polling import Options


class Times(Protocol):
    """A runner's clocks and random numbers."""

    @property
    def clock(self) -> Callable[[], float]: ...

    @property
    def random(self) -> Callable[[], float]: ...

    @property
    def wall(self) -> Callable[[], float]: ...


def _since(moment: datetime | None, wall: Callable[[], float]) -> float:
    """Return the seconds since a moment by the wall clock, 0 for None or a moment to come."""
    return 0.0 if moment is None else max(0.0, wall() - moment.timestamp())


def id_of(asset: object) -> str:
    """Return the identifier of an asset, or an identifier as it is.

    Raises:
        InvalidAssetIdError: It can't be sent.
    """
    return check_asset_id(asset.id if isinstance(asset, Asset) else asset)


@frozen
class AssetFlows:
    """Builds the flows of the operations on assets.

    Every method raises `ConfigurationError` for an argument that can't be used.
    """

    times: Times
    options: Options

    def get(self, asset: object, limit: float = math.inf) -> Generator[Step, Answer, Asset]:
        """Return the flow that fetches an asset, within `limit` and the client's timeout."""
        return flows.get(
            id_of(asset),
            now=self.times.clock(),
            timeout=min(limit, self.options.timeout),
            max_retries=self.options.max_retries,
            random=self.times.random,
        )

    def watch(
        self,
        asset: object,
        *,
        timeout: float,
        started_at: datetime | None,
        missing_ok_for: float,
        raise_failed: bool,
    ) -> Generator[Step | Asset | FailedPoll, Answer, None]:
        """Return the flow that waits for an asset."""
        return flows.watch(
            id_of(asset),
            policy=self.options.poll,
            now=self.times.clock(),
            already_elapsed=_since(check_started_at(started_at), self.times.wall),
            timeout=check_seconds(timeout, "timeout"),
            request_timeout=self.options.timeout,
            missing_ok_for=check_number(missing_ok_for, "missing_ok_for"),
            raise_failed=raise_failed,
            random=self.times.random,
        )

    def many(
        self,
        assets: object,
        *,
        timeout: float,
        started_at: datetime | None,
        missing_ok_for: float,
    ) -> Batch:
        """Return the schedule of waits for many assets."""
        return Batch(
            check_asset_ids(assets, id_of),
            policy=self.options.poll,
            began=self.times.clock() - _since(check_started_at(started_at), self.times.wall),
            timeout=check_seconds(timeout, "timeout"),
            request_timeout=self.options.timeout,
            missing_ok_for=check_number(missing_ok_for, "missing_ok_for"),
            random=self.times.random,
        )

    def query(self, state: object, content_type: object) -> Query:
        """Return which assets to list."""
        known = schema.definition("AssetState")["enum"]
        if state is not None and state not in known:
            raise ConfigurationError(f"state must be one of {', '.join(known)}, not {state!r}.")
        return Query(
            None if state is None else AssetState(str(state)), check_content_type(content_type)
        )

    def pages(self, query: Query, most: int | None) -> Generator[Step | AssetPage, Answer, None]:
        """Return the flow that fetches a list, page after page."""
        return flows.pages(
            query,
            most=most,
            now=self.times.clock(),
            timeout=self.options.timeout,
            max_retries=self.options.max_retries,
            random=self.times.random,
        )

    def upload(self, content: Content, limit: float) -> Generator[Step, Answer, Asset]:
        """Return the flow that uploads a file, within `limit` seconds."""
        return flows.upload(
            content,
            now=self.times.clock(),
            timeout=limit,
            max_retries=self.options.max_retries,
            random=self.times.random,
        )

    def plan(self, asset: Asset) -> Plan:
        """Return the plan of a download.

        Raises:
            DownloadError: The asset has no URL, or one that isn't fetched.
        """
        return Plan(
            asset_id=asset.id,
            url=source_url(asset),
            size=asset.size,
            max_retries=self.options.max_retries,
            longest_pause=self.options.timeout,
            random=self.times.random,
        )
