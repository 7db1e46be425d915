"""`assets.get`, and `assets.wait`, which is made of it."""

from babou_contract.checks.client.get_asset import waits
from babou_contract.checks.client.get_asset.driver import DRIVER

__all__ = ["DRIVER"]

CHECKS = tuple(waits.check)
