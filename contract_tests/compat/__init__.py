"""Compatibility by behaviour: the released client and this one, each against the other's spec."""

from compat.compare import compare
from compat.model import Difference, Effect, Level, Report, Who

__all__ = ["Difference", "Effect", "Level", "Report", "Who", "compare"]
