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
    from babou._async_httpx_engine import AsyncHttpxEngine
    from babou._batch import WaitFailure, WaitResult, WaitSuccess
    from babou._client import Client
    from babou._engine import AsyncEngine, Engine, Stream
    from babou._engines import EngineName
    from babou._httpx_engine import HttpxEngine
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
    "AsyncEngine",
    "AsyncHttpxEngine",
    "AuthenticationError",
    "BabouError",
    "BadRequestError",
    "Client",
    "ClientClosedError",
    "ConfigurationError",
    "ConflictError",
    "Done",
    "DownloadError",
    "Engine",
    "EngineName",
    "Failed",
    "HttpxEngine",
    "InternalServerError",
    "InvalidAssetIdError",
    "NotFoundError",
    "PermissionDeniedError",
    "PollPolicy",
    "RateLimitError",
    "Request",
    "Response",
    "Stream",
    "TimedOut",
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
    "AsyncEngine": "babou._engine",
    "AsyncHttpxEngine": "babou._async_httpx_engine",
    "Client": "babou._client",
    "Done": "babou._polling",
    "Engine": "babou._engine",
    "EngineName": "babou._engines",
    "Failed": "babou._polling",
    "HttpxEngine": "babou._httpx_engine",
    "PollPolicy": "babou._polling",
    "Request": "babou._messages",
    "Response": "babou._messages",
    "Stream": "babou._engine",
    "TimedOut": "babou._polling",
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
