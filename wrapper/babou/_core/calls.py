"""What is asked of the API: for each operation its request, and what a reply to it means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping  # noqa: TC003 (attrs resolves annotations at run time)
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen

from babou._core.messages import Cancelled, Request, Response
from babou._core.operations import (
    Asset,
    AssetPage,
    asset_request,
    decode_asset,
    decode_error,
    decode_page,
    decode_uploaded,
    page_request,
    successes,
    upload_request,
)
from babou._core.retry import status_error
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    BabouError,
    BudgetError,
)

if TYPE_CHECKING:
    from babou._core.operations import AssetState

_T = TypeVar("_T")

Reply = Response | APIConnectionError | APIResponseValidationError | BudgetError
"""What comes of one request."""

Answer = tuple[Reply | Cancelled | None, float]
"""What a flow is sent back, with the runner's time."""

_OTHER_SERVER = "Another server or path may have answered: check BABOU_BASE_URL"


@frozen
class Call(Generic[_T]):
    """One call of an operation.

    Attributes:
        subject: What it is about, as its errors begin.
        decode: Reads the body of a success.
        successes: Statuses whose body is read.
        advice: What to try after a status, where that is this operation's own.
    """

    request: Request
    subject: str
    decode: Callable[[bytes], _T]
    successes: frozenset[int]
    advice: Mapping[int, str] = {}

    def outcome(self, reply: Reply | Cancelled | None) -> _T | BabouError:
        """Return what a reply means: the result, or the error to raise."""
        if isinstance(reply, BabouError):
            reply.args = (f"{self.subject}: {reply}",)
            return reply
        assert isinstance(reply, Response), reply  # noqa: S101 (runners answer each step)
        if reply.status not in self.successes:
            details = decode_error(reply.body)
            return status_error(reply, details, subject=self.subject, advice=self.advice)
        try:
            return self.decode(reply.body)
        except APIResponseValidationError as error:
            return error


def asset_call(asset_id: str) -> Call[Asset]:
    """Return the call that fetches an asset."""
    return Call(
        asset_request(asset_id),
        f"Asset {asset_id!r}",
        lambda body: decode_asset(body, asset_id=asset_id),
        successes("getAsset"),
    )


def outcome_of(reply: Reply | Cancelled | None, asset_id: str) -> Asset | BabouError:
    """Return what a reply to the call for an asset means."""
    return asset_call(asset_id).outcome(reply)


@frozen
class Query:
    """Which assets a list is of: all, or those of a state or type."""

    state: AssetState | None = None
    content_type: str | None = None


def page_call(query: Query, *, limit: int, offset: int) -> Call[AssetPage]:
    """Return the call that fetches a page of the list."""
    return Call(
        page_request(query.state, query.content_type, limit=limit, offset=offset),
        "The list of assets",
        decode_page,
        successes("listAssets"),
        {400: "Check state= and content_type=", 404: _OTHER_SERVER},
    )


def upload_call(subject: str, *, size: int, content_type: str) -> Call[Asset]:
    """Return the call that uploads a file."""
    return Call(
        upload_request(size=size, content_type=content_type),
        subject,
        decode_uploaded,
        successes("uploadAsset"),
        {
            400: "Check the file, and content_type=",
            404: _OTHER_SERVER,
            413: "Make the file smaller",
        },
    )
