"""The request of each operation, and the meaning of the replies to it. Pure."""

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
from babou._core.retry import is_retryable, retry_after
from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    BabouError,
    BudgetError,
    class_for,
)

if TYPE_CHECKING:
    from babou._core.operations import AssetState

_T = TypeVar("_T")

Reply = Response | APIConnectionError | APIResponseValidationError | BudgetError
"""The result of one request."""

Answer = tuple[Reply | Cancelled | None, float]
"""What a flow receives for a step: the result, and the runner's time."""

_OTHER_SERVER = "Another server or path may have answered: check BABOU_BASE_URL"


@frozen
class Call(Generic[_T]):
    """One call of an operation.

    Attributes:
        subject: What it is about; its errors begin with this.
        decode: Reads the body of a success.
        successes: The statuses of a success.
        advice: What to try after a status, if that is different for this operation.
    """

    request: Request
    subject: str
    decode: Callable[[bytes], _T]
    successes: frozenset[int]
    advice: Mapping[int, str] = {}

    def outcome(self, reply: Reply | Cancelled | None) -> _T | BabouError:
        """Return the result that a reply brings, or the error to raise."""
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
    """Return the asset that a reply to `asset_call` brings, or the error."""
    return asset_call(asset_id).outcome(reply)


@frozen
class Query:
    """Which assets to list: all, or those of a state or type."""

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


def status_error(
    response: Response,
    details: Mapping[str, str | None] | None,
    *,
    subject: str,
    advice: Mapping[int, str] = {},
) -> APIStatusError:
    """Return the error for an answer that is not a success.

    Args:
        response: The answer.
        details: `error`, `code` and `hint` of its body, or None if it is not the documented one.
        subject: What the call was about.
        advice: What to try after a status, if that is different for the operation.
    """
    status, headers = response.status, response.headers
    details = details or {}
    kind = headers.get("content-type", "").partition(";")[0].strip()
    message = details.get("error") or (
        f"an answer that is not the API's own ({kind or 'no content type'}, "
        f"{len(response.body)} bytes)"
    )
    code, hint = details.get("code"), details.get("hint")
    foreign = "" if code else _FOREIGN.get(status, "")
    request_id = headers.get("x-request-id") or headers.get("request-id")
    wait = retry_after(headers, response.received_at)
    cls = class_for(status)
    known = {**_ADVICE, **advice}
    tip = foreign or known.get(status) or known.get(status // 100, "Try again later")
    sentences = [f"{subject}: HTTP {status}{f' {code}' if code else ''}: {message}"]
    sentences += [hint or tip]
    sentences += [f"Retry after {wait:g} s"] if wait is not None else []
    sentences += [f"Request id {request_id}"] if request_id else []
    return cls(
        " ".join(f"{sentence.rstrip('.')}." for sentence in sentences),
        status_code=status,
        code=code,
        message=message,
        hint=hint,
        request_id=request_id,
        retry_after=wait,
        retryable=is_retryable(status),
        body=response.body,
        headers=headers,
    )


_ADVICE: Mapping[int, str] = {
    1: "The API never answers so: check BABOU_BASE_URL",
    2: "The API never answers so: check BABOU_BASE_URL",
    3: "The API never redirects: check BABOU_BASE_URL",
    4: "The API never answers so: check BABOU_BASE_URL",
    400: "Use the id that the upload returned",
    401: "Check BABOU_API_KEY",
    403: "The key has no right to this, or a firewall refused: check BABOU_API_KEY",
    404: "It does not exist, or belongs to another account: check the id and BABOU_API_KEY",
    408: "Try again later",
    409: "Try again later",
    429: "Slow down, and try again later",
}
"""What to try, by status, or else by the first digit of the status."""

_FOREIGN: Mapping[int, str] = {
    400: "Another server or a gateway may have answered: check BABOU_BASE_URL, then the id",
    401: "Another server or a gateway may have answered: check BABOU_BASE_URL, then BABOU_API_KEY",
    403: "Another server or a gateway may have answered: check BABOU_BASE_URL, then BABOU_API_KEY",
    404: "Another server or path may have answered: check BABOU_BASE_URL, then the id",
}
"""What to try if the answer has no `code`: each of the API's own has one."""
