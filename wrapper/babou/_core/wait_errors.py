"""The errors that end a wait, with their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babou._errors import AssetFailedError, WaitCancelledError, WaitTimeoutError

if TYPE_CHECKING:
    from babou._core.operations import Asset
    from babou._errors import BabouError


def asset_failed(asset_id: str, *, asset: Asset, elapsed: float, polls: int) -> AssetFailedError:
    """Return the error of a wait whose asset failed."""
    return AssetFailedError(
        f"Asset {asset_id!r} failed: its state is {str(asset.state)!r} and will not change. "
        "Upload the file again.",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
    )


def wait_timeout(
    asset_id: str,
    *,
    asset: Asset | None,
    elapsed: float,
    polls: int,
    error: BabouError | None,
    timeout: float,
) -> WaitTimeoutError:
    """Return the error of a wait whose time is up."""
    seen = f"is still {str(asset.state)!r}" if asset is not None else "was not seen"
    return WaitTimeoutError(
        f"Asset {asset_id!r} {seen} after {elapsed:.1f} of {timeout:g} s and "
        f"{_counted(polls)}; it may yet become ready: wait again, or longer.{_trouble(error)}",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
        last_error=error,
    )


def wait_cancelled(
    asset_id: str, *, asset: Asset | None, elapsed: float, polls: int, error: BabouError | None
) -> WaitCancelledError:
    """Return the error of a wait that was told to stop."""
    return WaitCancelledError(
        f"The wait for asset {asset_id!r} was cancelled after {elapsed:.1f} s and "
        f"{_counted(polls)}.{_trouble(error)}",
        asset_id=asset_id,
        asset=asset,
        elapsed=elapsed,
        polls=polls,
        last_error=error,
    )


def _counted(polls: int) -> str:
    return f"{polls} poll{'' if polls == 1 else 's'}"


def _trouble(error: BabouError | None) -> str:
    return "" if error is None else f" The last error: {error}"
