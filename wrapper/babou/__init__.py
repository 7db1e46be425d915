"""Babou's asset API: fetch, wait for, check and download an asset.

    from babou import Client

    with Client() as client:  # BABOU_API_KEY
        asset = client.assets.wait("ast_…", timeout=600)
        path = client.assets.download(asset, "logo.png")

`AsyncClient` has the same methods for asyncio, uvloop and trio. Everything public is named below.
"""

from typing import TYPE_CHECKING, Any

from babou._errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AssetFailedError,
    AuthenticationError,
    BabouError,
    BadRequestError,
    BudgetError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    DownloadError,
    FileTooLargeError,
    InternalServerError,
    InvalidAssetIdError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UploadError,
    WaitCancelledError,
    WaitError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from babou._async_client import AsyncAssetList, AsyncAssets, AsyncClient
    from babou._client import AssetList, Assets, Client
    from babou._core.messages import Request, Response
    from babou._core.operations import Asset, AssetPage, AssetState
    from babou._core.outcomes import (
        Again,
        Done,
        Failed,
        TimedOut,
        Verdict,
        VerdictReason,
        WaitFailure,
        WaitResult,
        WaitSuccess,
    )
    from babou._core.polling import PollPolicy
    from babou._http.budget import Budget, RateBudget
    from babou._http.caller import AsyncHttpxTransport, HttpxTransport
    from babou._http.redis_budget import RedisBudget
    from babou._http.transport import AsyncTransport, ResponseStream, Transport

    __version__: str

__all__ = [
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "Again",
    "Asset",
    "AssetFailedError",
    "AssetList",
    "AssetPage",
    "AssetState",
    "Assets",
    "AsyncAssetList",
    "AsyncAssets",
    "AsyncClient",
    "AsyncHttpxTransport",
    "AsyncTransport",
    "AuthenticationError",
    "BabouError",
    "BadRequestError",
    "Budget",
    "BudgetError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "Done",
    "DownloadError",
    "Failed",
    "FileTooLargeError",
    "HttpxTransport",
    "InternalServerError",
    "InvalidAssetIdError",
    "NotFoundError",
    "PermissionDeniedError",
    "PollPolicy",
    "RateBudget",
    "RateLimitError",
    "RedisBudget",
    "Request",
    "Response",
    "ResponseStream",
    "TimedOut",
    "Transport",
    "UploadError",
    "Verdict",
    "VerdictReason",
    "WaitCancelledError",
    "WaitError",
    "WaitFailure",
    "WaitResult",
    "WaitSuccess",
    "WaitTimeoutError",
    "__version__",
]

# The module of each other name. It is imported when the name is first used, so a program that only
# catches errors loads none of them. httpcore is imported when the first client is made.
_LATE = {
    "Again": "babou._core.outcomes",
    "Asset": "babou._core.operations",
    "AssetList": "babou._client",
    "AssetPage": "babou._core.operations",
    "Assets": "babou._client",
    "AssetState": "babou._core.operations",
    "AsyncAssetList": "babou._async_client",
    "AsyncAssets": "babou._async_client",
    "AsyncClient": "babou._async_client",
    "AsyncHttpxTransport": "babou._http.caller",
    "AsyncTransport": "babou._http.transport",
    "Budget": "babou._http.budget",
    "Client": "babou._client",
    "Done": "babou._core.outcomes",
    "Failed": "babou._core.outcomes",
    "HttpxTransport": "babou._http.caller",
    "PollPolicy": "babou._core.polling",
    "RateBudget": "babou._http.budget",
    "RedisBudget": "babou._http.redis_budget",
    "Request": "babou._core.messages",
    "Response": "babou._core.messages",
    "ResponseStream": "babou._http.transport",
    "TimedOut": "babou._core.outcomes",
    "Transport": "babou._http.transport",
    "Verdict": "babou._core.outcomes",
    "VerdictReason": "babou._core.outcomes",
    "WaitFailure": "babou._core.outcomes",
    "WaitResult": "babou._core.outcomes",
    "WaitSuccess": "babou._core.outcomes",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever the name stands for)
    if name == "__version__":
        from babou._core.config import version  # noqa: PLC0415

        value: Any = version()
    elif name in _LATE:
        from importlib import import_module  # noqa: PLC0415

        value = getattr(import_module(_LATE[name]), name)
    else:
        raise AttributeError(f"module 'babou' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
