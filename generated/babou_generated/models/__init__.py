"""Contains all the data models used in inputs/outputs"""

from .asset import Asset
from .asset_page import AssetPage
from .asset_state import AssetState
from .error import Error
from .pagination import Pagination

__all__ = (
    "Asset",
    "AssetPage",
    "AssetState",
    "Error",
    "Pagination",
)
