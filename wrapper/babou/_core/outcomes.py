"""How a wait, one of its polls, or a check can end, and the texts for that. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

from babou._errors import AssetFailedError, WaitCancelledError, WaitTimeoutError

if TYPE_CHECKING:
    from babou._core.operations import Asset
    from babou._errors import BabouError


@frozen
class FailedPoll:
    """A poll that failed for a passing reason; the wait goes on, if there is time."""

    asset_id: str
    error: BabouError


@frozen
class Done:
    """The asset is ready."""

    asset: Asset


@frozen
class Failed:
    """The wait ends with an error: the asset failed, or another poll is of no use."""

    error: BabouError


@frozen
class Again:
    """Poll again after `delay` seconds."""

    delay: float


@frozen
class TimedOut:
    """The wait ends: its time is up, or would be up before the next poll is allowed."""

    error: WaitTimeoutError


@frozen
class WaitSuccess:
    """The wait for one of many assets ended well: `asset` is ready, `error` is None."""

    asset_id: str
    asset: Asset
    error: None = None


@frozen
class WaitFailure:
    """The wait for one of many assets ended without a ready one: `error` is the reason."""

    asset_id: str
    error: BabouError
    asset: None = None


WaitResult = WaitSuccess | WaitFailure
"""How the wait for one of many assets ended."""

VerdictReason = Literal["ready", "not_ready", "failed", "not_found"]


@frozen
class Verdict:
    """The answer to "can this asset be used?"; true when it can.

    Attributes:
        asset_id: Which asset.
        reason: `ready`, `not_ready` (uploading, processing or a state unknown to this version),
            `failed`, or `not_found`.
        asset: The asset, unless it was not found.
    """

    asset_id: str
    reason: VerdictReason
    asset: Asset | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the asset is ready."""
        return self.reason == "ready"

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        """Return the verdict as a sentence."""
        state = f" (its state is {str(self.asset.state)!r})" if self.asset is not None else ""
        return f"Asset {self.asset_id!r} {_WORDS[self.reason]}{state}."


_WORDS = {
    "ready": "is ready",
    "not_ready": "is not ready yet",
    "failed": "failed and will never be ready",
    "not_found": "does not exist, or belongs to another account",
}


def verdict(asset_id: str, asset: Asset | None) -> Verdict:
    """Return the verdict on an asset, or on its absence."""
    if asset is None:
        return Verdict(asset_id, "not_found")
    if asset.is_ready:
        return Verdict(asset_id, "ready", asset)
    return Verdict(asset_id, "failed" if asset.is_failed else "not_ready", asset)


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
