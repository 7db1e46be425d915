"""What kinds of ids there are."""

import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(asset_id: str) -> bool:
    """Say whether an id is a UUID."""
    return _UUID.fullmatch(asset_id) is not None


def is_number(asset_id: str) -> bool:
    """Say whether an id is a number."""
    return asset_id.isdecimal()
