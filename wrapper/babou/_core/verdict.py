"""Say whether an asset can be used, and why not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from babou._core.operations import Asset

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
