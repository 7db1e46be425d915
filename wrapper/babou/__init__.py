"""Babou's asset API: fetch, wait for, check and download an asset.

    from babou import Client

    with Client() as client:  # BABOU_API_KEY
        asset = client.assets.wait("ast_…", timeout=600)
        path = client.assets.download(asset, "logo.png")

`AsyncClient` has the same methods for asyncio. Everything public is named below.
"""

from typing import TYPE_CHECKING, Any

from babou._async_client import AsyncClient
from babou._client import Client
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
from babou._polling import Again, Done, Failed, PollPolicy, TimedOut
from babou._verdict import Verdict

if TYPE_CHECKING:
    from babou._assets import Assets
    from babou._async_assets import AsyncAssets
    from babou._batch import WaitResult
    from babou._httpx_engine import AsyncHttpxEngine, HttpxEngine
    from babou._operations import Asset, AssetState

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
    "Failed",
    "HttpxEngine",
    "InternalServerError",
    "InvalidAssetIdError",
    "NotFoundError",
    "PermissionDeniedError",
    "PollPolicy",
    "RateLimitError",
    "TimedOut",
    "Verdict",
    "WaitCancelledError",
    "WaitError",
    "WaitResult",
    "WaitTimeoutError",
    "__version__",
]

# These need the HTTP stack or the package's metadata, which cost more to load than all the rest:
# they come when asked for.
_LATE = {
    "Asset": "babou._operations",
    "Assets": "babou._assets",
    "AsyncAssets": "babou._async_assets",
    "AssetState": "babou._operations",
    "AsyncHttpxEngine": "babou._httpx_engine",
    "HttpxEngine": "babou._httpx_engine",
    "WaitResult": "babou._batch",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever the name stands for)
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        value: Any = version("babou")
    elif name in _LATE:
        from importlib import import_module  # noqa: PLC0415

        value = getattr(import_module(_LATE[name]), name)
    else:
        raise AttributeError(f"module 'babou' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
