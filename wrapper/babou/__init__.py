"""Babou's asset API: fetch, wait for, check and download an asset.

    from babou import Client

    with Client() as client:  # BABOU_API_KEY
        asset = client.assets.wait("ast_…", timeout=600)
        path = client.assets.download(asset, "logo.png")

`AsyncClient` has the same methods for asyncio. Everything public is named below.
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
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    DownloadError,
    InternalServerError,
    InvalidAssetIdError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    WaitCancelledError,
    WaitError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from babou._assets import Assets
    from babou._async_assets import AsyncAssets
    from babou._async_client import AsyncClient
    from babou._batch import WaitFailure, WaitResult, WaitSuccess
    from babou._client import Client
    from babou._http.caller import AsyncHttpxTransport, HttpxTransport
    from babou._http.transport import AsyncTransport, ResponseStream, Transport
    from babou._messages import Request, Response
    from babou._operations import Asset, AssetState
    from babou._polling import Again, Done, Failed, PollPolicy, TimedOut
    from babou._verdict import Verdict, VerdictReason

    __version__: str

__all__ = [
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "Again",
    "Asset",
    "AssetFailedError",
    "AssetState",
    "Assets",
    "AsyncAssets",
    "AsyncClient",
    "AsyncHttpxTransport",
    "AsyncTransport",
    "AuthenticationError",
    "BabouError",
    "BadRequestError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "Done",
    "DownloadError",
    "Failed",
    "HttpxTransport",
    "InternalServerError",
    "InvalidAssetIdError",
    "NotFoundError",
    "PermissionDeniedError",
    "PollPolicy",
    "RateLimitError",
    "Request",
    "Response",
    "ResponseStream",
    "TimedOut",
    "Transport",
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

# Where each of the others is, which comes when it is asked for: who only catches errors, or imports
# this for a type, waits for none of it. The HTTP stack comes with the first client that is made.
_LATE = {
    "Again": "babou._polling",
    "Asset": "babou._operations",
    "Assets": "babou._assets",
    "AssetState": "babou._operations",
    "AsyncAssets": "babou._async_assets",
    "AsyncClient": "babou._async_client",
    "AsyncHttpxTransport": "babou._http.caller",
    "AsyncTransport": "babou._http.transport",
    "Client": "babou._client",
    "Done": "babou._polling",
    "Failed": "babou._polling",
    "HttpxTransport": "babou._http.caller",
    "PollPolicy": "babou._polling",
    "Request": "babou._messages",
    "Response": "babou._messages",
    "ResponseStream": "babou._http.transport",
    "TimedOut": "babou._polling",
    "Transport": "babou._http.transport",
    "Verdict": "babou._verdict",
    "VerdictReason": "babou._verdict",
    "WaitFailure": "babou._batch",
    "WaitResult": "babou._batch",
    "WaitSuccess": "babou._batch",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever the name stands for)
    if name == "__version__":
        from babou._config import version  # noqa: PLC0415

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
