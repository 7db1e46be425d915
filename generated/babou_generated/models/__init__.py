"""Contains all the data models used in inputs/outputs"""

from .asset import Asset
from .asset_state import AssetState
from .error import Error

__all__ = (
    "Asset",
    "AssetState",
    "Error",
)
