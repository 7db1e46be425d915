"""Where pickles of release 0.1 look for `Asset`: they may lie in a queue."""

from babou._core.operations import Asset

__all__ = ["Asset"]
